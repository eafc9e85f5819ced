"""Stale draws on an enumerable program space: bias, variance and learning, by importance weight.

    python experiments/stale_exploration.py

Programs are the leaves of a tree, the policy has a logit for every prefix and action, and a few
programs are rewarded. A stale draw comes from the policy of some training steps ago, as from
actors beside training. Every estimator of the policy gradient has one stale draw, one own draw of
the current policy, or both.

1. Bias and variance of an estimate, exact: sums over all (pairs of) programs.
2. Learning: the same estimators in a training loop, without a memory and with MAPO's.

Legend: S world, K program, P parameter, A action.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from sparse_rl.analysis.results_page import hardware, write_section
from sparse_rl.estimators.functional import corrected_log_ratio
from sparse_rl.interpreters.toys import TreeWorld, enumerate_trajectories

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "results" / "stale_exploration.md"
PLOT = ROOT / "docs" / "images" / "stale_exploration.png"
DEPTH, ACTIONS, REWARDED = 4, 4, 6
STALENESS = (1, 3, 10, 30)
CLIPS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
SHOWN = (1.0, 0.5)
"""c of the tables by staleness."""
MANY = 64
"""Estimates in a mean: a batch's."""
GOAL = 0.3
"""Where the gradient is looked at: the first step of training with this expected reward."""


class Space:
    """S worlds of the same programs with other rewards, and their tabular policies."""

    def __init__(self, seeds: range) -> None:
        prefixes = [
            p for length in range(DEPTH) for p in itertools.product(range(ACTIONS), repeat=length)
        ]
        world = TreeWorld({prefix: tuple(range(ACTIONS)) for prefix in prefixes}, {})
        place = {(p, a): n for n, (p, a) in enumerate(itertools.product(prefixes, range(ACTIONS)))}
        self.programs = [program.actions for program in enumerate_trajectories(world)]
        # Which logits a program passes, one a token.
        self.passes_KP = torch.zeros(len(self.programs), len(place)).double()
        for k, program in enumerate(self.programs):
            for t, action in enumerate(program):
                self.passes_KP[k, place[program[:t], action]] = 1.0
        self.reward_SK = torch.zeros(len(seeds), len(self.programs)).double()
        for s, seed in enumerate(seeds):
            generator = torch.Generator().manual_seed(seed)
            chosen = torch.randperm(len(self.programs), generator=generator)[:REWARDED]
            self.reward_SK[s, chosen] = 1.0

    def log_steps(self, theta_SP: Tensor) -> Tensor:
        """Log-probability of every action after every prefix, (S, P)."""
        return theta_SP.view(len(theta_SP), -1, ACTIONS).log_softmax(-1).flatten(1)

    def log_probs(self, theta_SP: Tensor) -> Tensor:
        """Log-probability of every program, (S, K)."""
        return self.log_steps(theta_SP) @ self.passes_KP.T

    def scores(self, theta_SP: Tensor) -> Tensor:
        """Gradient of every log-probability, (S, K, P)."""
        # Whether a program passes the prefix that a logit belongs to.
        passed_KP = self.passes_KP.view(len(self.passes_KP), -1, ACTIONS).sum(-1)
        passed_KP = passed_KP.repeat_interleave(ACTIONS, 1)
        return self.passes_KP - self.log_steps(theta_SP).exp()[:, None] * passed_KP

    def expected_reward(self, theta_SP: Tensor) -> Tensor:
        """E_pi[r], (S,)."""
        return (self.log_probs(theta_SP).exp() * self.reward_SK).sum(-1)

    def start(self) -> Tensor:
        """Logits of uniform policies."""
        return torch.zeros(len(self.reward_SK), self.passes_KP.shape[1]).double().requires_grad_()


@dataclass(frozen=True)
class Laws:
    """Log-probabilities of all programs at a step, (S, K).

    Attributes:
        target_SK: the policy that the expectation is under.
        behaviour_SK: the law of stale draws.
        by_token_SKT: log-ratios of the tokens.
    """

    target_SK: Tensor
    behaviour_SK: Tensor
    by_token_SKT: Tensor


Weights = tuple[Tensor, Tensor]
"""Weights of every program as a stale and as an own draw, both (S, K)."""
Estimate = Callable[[Laws, float], Weights]


def without(laws: Laws, clip: float) -> Weights:
    return torch.ones_like(laws.target_SK), torch.zeros_like(laws.target_SK)


def importance(laws: Laws, clip: float) -> Weights:
    return (laws.target_SK - laws.behaviour_SK).exp(), torch.zeros_like(laws.target_SK)


def truncated(laws: Laws, clip: float) -> Weights:
    return importance(laws, clip)[0].clamp(max=clip), torch.zeros_like(laws.target_SK)


def truncated_tokens(laws: Laws, clip: float) -> Weights:
    stale_SK = laws.by_token_SKT.clamp(max=math.log(clip)).sum(-1).exp()
    return stale_SK, torch.zeros_like(laws.target_SK)


def corrected(laws: Laws, clip: float) -> Weights:
    stale_SK, own_SK = (
        corrected_log_ratio(
            laws.target_SK,
            laws.behaviour_SK,
            laws.behaviour_SK,
            torch.full_like(laws.target_SK, own, dtype=torch.bool),
            clip,
        ).exp()
        for own in (False, True)
    )
    return stale_SK, own_SK


def balanced(laws: Laws, clip: float) -> Weights:
    """The balance heuristic (Veach and Guibas, 1995): both draws count p / (mu + p)."""
    share_SK = torch.sigmoid(laws.target_SK - laws.behaviour_SK)
    return share_SK, share_SK


def own(laws: Laws, clip: float) -> Weights:
    return torch.zeros_like(laws.target_SK), torch.ones_like(laws.target_SK)


ESTIMATES: Mapping[str, Estimate] = {
    "no correction": without,
    "importance weights": importance,
    "truncated": truncated,
    "truncated by token": truncated_tokens,
    "truncated, corrected": corrected,
    "balance heuristic": balanced,
    "own draw alone": own,
}
MEMORY = "memory and own draw"
CLIPPED = ("truncated", "truncated by token", "truncated, corrected")
WITH_OWN = ("truncated, corrected", "balance heuristic", "own draw alone", MEMORY)
Figures = tuple[Tensor, Tensor]
"""Bias and standard deviation in units of the gradient's norm, both (S,)."""


# ---- one estimate, exactly


def figures(space: Space, laws: Laws, score_SKP: Tensor, weights: Weights) -> Figures:
    """Bias and standard deviation of the sum of a stale and an own draw's terms."""
    term_SKP = space.reward_SK.unsqueeze(-1) * score_SKP
    square_SK = term_SKP.square().sum(-1)
    exact_SP = mean(laws.target_SK.exp(), term_SKP)
    total_SP, variance_S = torch.zeros_like(exact_SP), torch.zeros(len(exact_SP)).double()
    for law_SK, weight_SK in zip((laws.behaviour_SK, laws.target_SK), weights, strict=True):
        part_SP = mean(law_SK.exp() * weight_SK, term_SKP)
        second_S = (law_SK.exp() * weight_SK.square() * square_SK).sum(-1)
        total_SP = total_SP + part_SP
        variance_S = variance_S + second_S - part_SP.square().sum(-1)
    norm_S = exact_SP.norm(dim=-1)
    return (total_SP - exact_SP).norm(dim=-1) / norm_S, variance_S.clamp(min=0).sqrt() / norm_S


def remembered(space: Space, laws: Laws, score_SKP: Tensor) -> Figures:
    """The same where a rewarded stale draw enters B: pi f of it, and an own draw outside B."""
    term_SKP = space.reward_SK.unsqueeze(-1) * score_SKP
    exact_SP = mean(laws.target_SK.exp(), term_SKP)
    # B's mass after the stale draw of the row: the program's own, if it is rewarded.
    mass_SK = laws.target_SK.exp() * space.reward_SK
    dot_SKK = term_SKP @ term_SKP.mT
    square_SK = dot_SKK.diagonal(dim1=1, dim2=2)
    outside_SKK = laws.target_SK.exp()[:, None, :].expand_as(dot_SKK).clone()
    outside_SKK.diagonal(dim1=1, dim2=2).mul_(1 - space.reward_SK)
    outside_SKK = outside_SKK / outside_SKK.sum(-1, keepdim=True)
    inside_SKK, rest_SKK = mass_SK[:, :, None], 1 - mass_SK[:, :, None]
    second_SKK = (
        inside_SKK.square() * square_SK[:, :, None]
        + 2 * inside_SKK * rest_SKK * dot_SKK
        + rest_SKK.square() * square_SK[:, None, :]
    )
    second_S = (laws.behaviour_SK.exp() * (outside_SKK * second_SKK).sum(-1)).sum(-1)
    norm_S = exact_SP.norm(dim=-1)
    variance_S = second_S - exact_SP.square().sum(-1)
    return torch.zeros_like(norm_S), variance_S.sqrt() / norm_S


def mean(weight_SK: Tensor, value_SKP: Tensor) -> Tensor:
    return torch.einsum("sk,skp->sp", weight_SK, value_SKP)


def trained(space: Space, lr: float) -> list[Tensor]:
    """Logits (S, P) after every step of exact policy gradients, until all worlds reach the goal."""
    theta_SP = space.start()
    adam = torch.optim.Adam([theta_SP], lr)
    path = [theta_SP.detach().clone()]
    while True:
        value_S = space.expected_reward(theta_SP)
        if bool((value_S > GOAL).all()):
            return path
        (-value_S.sum()).backward()
        adam.step()
        adam.zero_grad()
        path.append(theta_SP.detach().clone())


def laws_of(space: Space, theta_SP: Tensor, older_SP: Tensor) -> Laws:
    """Laws of a policy and an older one."""
    step_SP = space.log_steps(theta_SP) - space.log_steps(older_SP)
    place_KT = space.passes_KP.nonzero()[:, 1].view(len(space.programs), DEPTH)
    return Laws(space.log_probs(theta_SP), space.log_probs(older_SP), step_SP[:, place_KT])


def at_goal(space: Space, path: list[Tensor], staleness: int) -> tuple[Tensor, Tensor]:
    """Each world's logits when it reaches the goal, and those of `staleness` steps before."""
    value_TS = torch.stack([space.expected_reward(theta_SP) for theta_SP in path])
    now_S = (value_TS > GOAL).long().argmax(0)
    theta_TSP, world_S = torch.stack(path), torch.arange(len(now_S))
    return theta_TSP[now_S, world_S], theta_TSP[(now_S - staleness).clamp(min=0), world_S]


# ---- learning


def learn(
    space: Space, name: str, clip: float, staleness: int, memory: bool, options: argparse.Namespace
) -> Tensor:
    """Expected reward, mean over the updates, (S,)."""
    generator = torch.Generator().manual_seed(options.seed)
    theta_SP = space.start()
    adam = torch.optim.Adam([theta_SP], options.lr)
    path = [theta_SP.detach().clone()]
    in_b_SK = torch.zeros_like(space.reward_SK, dtype=torch.bool)
    curve = []
    for _ in range(options.steps):
        log_prob_SK = space.log_probs(theta_SP)
        older_SP = path[-1 - staleness] if staleness < len(path) else path[0]
        laws = laws_of(space, theta_SP.detach(), older_SP)
        stale_SN = draw(laws.behaviour_SK, options.draws, generator)
        if name == MEMORY:
            in_b_SK = filed(in_b_SK, space, stale_SN)
        inside_SK, rest_S1 = strata(laws.target_SK, in_b_SK)
        outside_SK = laws.target_SK.masked_fill(in_b_SK, -math.inf).log_softmax(-1)
        own_SN = draw(outside_SK, options.draws, generator)
        # Programs of B count in B alone.
        valued = Laws(outside_SK, laws.behaviour_SK, laws.by_token_SKT)
        estimate = own if name == MEMORY else ESTIMATES[name]
        weight_SK = torch.zeros_like(inside_SK)
        for drawn_SN, of_program_SK in zip((stale_SN, own_SN), estimate(valued, clip), strict=True):
            count_SK = torch.zeros_like(inside_SK).scatter_add(
                1, drawn_SN, torch.ones_like(drawn_SN, dtype=torch.double)
            )
            of_program_SK = of_program_SK.masked_fill(in_b_SK | (count_SK == 0), 0.0)
            weight_SK = weight_SK + count_SK * of_program_SK / options.draws
        weight_SK = inside_SK + rest_S1 * weight_SK
        (-(weight_SK * space.reward_SK * log_prob_SK).sum()).backward()
        adam.step()
        adam.zero_grad()
        if memory:
            own_found = own_SN if name in WITH_OWN else own_SN[:, :0]
            in_b_SK = filed(in_b_SK, space, torch.cat([stale_SN, own_found], 1))
        path.append(theta_SP.detach().clone())
        curve.append(space.expected_reward(path[-1]))
    return torch.stack(curve).mean(0)


def draw(log_prob_SK: Tensor, number: int, generator: torch.Generator) -> Tensor:
    return torch.multinomial(log_prob_SK.exp(), number, replacement=True, generator=generator)


def filed(in_b_SK: Tensor, space: Space, drawn_SN: Tensor) -> Tensor:
    """B with the rewarded ones of the drawn programs."""
    return in_b_SK | torch.zeros_like(in_b_SK).scatter(1, drawn_SN, True) & (space.reward_SK > 0)


def strata(target_SK: Tensor, in_b_SK: Tensor) -> Weights:
    """MAPO's weights of the programs of B, (S, K), and what is left outside, (S, 1)."""
    inside_SK = target_SK.exp() * in_b_SK
    mass_S1 = inside_SK.sum(-1, keepdim=True)
    outer_S1 = torch.where(mass_S1 > 0, mass_S1.clamp(min=0.1), 0.0)
    return inside_SK * outer_S1 / mass_S1.clamp(min=1e-300), 1 - outer_S1


# ---- the page


def estimates(space: Space, path: list[Tensor]) -> list[Row]:
    """Bias and standard deviation of every estimate, by staleness and c."""
    rows: list[Row] = []
    for staleness in STALENESS:
        theta_SP, older_SP = at_goal(space, path, staleness)
        laws, score_SKP = laws_of(space, theta_SP, older_SP), space.scores(theta_SP)
        for name, estimate in ESTIMATES.items():
            for c in CLIPS if name in CLIPPED else SHOWN[:1]:
                found = figures(space, laws, score_SKP, estimate(laws, c))
                rows.append(Row(name, staleness, c, *found))
        found = remembered(space, laws, score_SKP)
        rows.append(Row(MEMORY, staleness, SHOWN[0], *found))
    return rows


@dataclass(frozen=True)
class Row:
    """Figures of an estimate, (S,) in units of the gradient's norm."""

    name: str
    staleness: int
    clip: float
    bias_S: Tensor
    deviation_S: Tensor

    def error(self, draws: int) -> float:
        """Root mean squared error of the mean of so many estimates."""
        square_S = self.bias_S.square() + self.deviation_S.square() / draws
        return float(square_S.mean().sqrt())

    @property
    def bias(self) -> float:
        return float(self.bias_S.square().mean().sqrt())

    @property
    def deviation(self) -> float:
        return float(self.deviation_S.square().mean().sqrt())


def estimates_table(rows: Sequence[Row]) -> str:
    """By staleness: bias, standard deviation, and error of a mean."""
    head = " | ".join(aged(staleness) for staleness in STALENESS)
    lines = [f"| draws | estimate | {head} |", "|---|---|" + "--:|" * len(STALENESS)]
    for name in (*ESTIMATES, MEMORY):
        for clip in SHOWN if name in CLIPPED else SHOWN[:1]:
            kept = [row for row in rows if (row.name, row.clip) == (name, clip)]
            cells = [f"{r.bias:.2f}, {r.deviation:.1f}, {r.error(MANY):.2f}" for r in kept]
            lines.append(f"| {draws_of(name)} | {label(name, clip)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def clip_table(rows: Sequence[Row], staleness: int) -> str:
    """By c: bias, and error of a mean."""
    head = " | ".join(f"c = {c:g}" for c in CLIPS)
    lines = [f"| estimate | {head} |", "|---|" + "--:|" * len(CLIPS)]
    for name in CLIPPED:
        kept = [row for row in rows if (row.name, row.staleness) == (name, staleness)]
        cells = [f"{row.bias:.2f}, {row.error(MANY):.2f}" for row in kept]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def aged(staleness: int) -> str:
    """The age of draws, as a heading."""
    return "1 step" if staleness == 1 else f"{staleness} steps"


def draws_of(name: str) -> str:
    """Which draws an estimate needs."""
    if name == "own draw alone":
        return "own"
    return "stale, own" if name in WITH_OWN else "stale"


def label(name: str, clip: float) -> str:
    """The estimate's name in a table, with its c."""
    return f"{name}, c = {clip:g}" if name in CLIPPED else name


def learning_table(space: Space, options: argparse.Namespace) -> str:
    """Mean expected reward over training, without a memory and with MAPO's."""
    kinds = [(memory, staleness) for memory in (False, True) for staleness in STALENESS[1:]]
    head = " | ".join(f"{'with B' if memory else 'no B'}, {aged(s)}" for memory, s in kinds)
    last = f"the last, less {MEMORY}"
    lines = [f"| draws | estimate | {head} | {last} |", "|---|---|" + "--:|" * (len(kinds) + 1)]
    against_S = learn(space, MEMORY, 1.0, STALENESS[-1], True, options)
    for name in (*ESTIMATES, MEMORY):
        for clip in SHOWN if name in CLIPPED else SHOWN[:1]:
            cells = []
            for memory, staleness in kinds:
                if name == MEMORY and not memory:
                    cells.append("–")
                    continue
                value_S = learn(space, name, clip, staleness, memory, options)
                cells.append(with_error(value_S))
            cells.append("" if name == MEMORY else with_error(value_S - against_S, "+"))
            lines.append(f"| {draws_of(name)} | {label(name, clip)} | {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    return "\n".join(lines)


def with_error(value_S: Tensor, sign: str = "") -> str:
    """Mean ± standard error over the worlds."""
    return f"{float(value_S.mean()):{sign}.3f} ± {float(value_S.std() / len(value_S) ** 0.5):.3f}"


def plot(rows: Sequence[Row], path: Path) -> None:
    """Bias, and error of a mean, against c; one column per staleness."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, len(STALENESS), figsize=(11, 5.2), sharex=True, sharey="row")
    for column, staleness in zip(axes.T, STALENESS, strict=True):
        for number, name in enumerate((*ESTIMATES, MEMORY)):
            kept = [row for row in rows if (row.name, row.staleness) == (name, staleness)]
            times, style = (1, "-o") if name in CLIPPED else (len(CLIPS), "--")
            for axis, values in zip(
                column, ([r.bias for r in kept], [r.error(MANY) for r in kept]), strict=True
            ):
                colour = f"C{number}"
                axis.plot(CLIPS, values * times, style, color=colour, markersize=3, label=name)
        column[0].set_xscale("log", base=2)
        column[1].set_yscale("log")
        column[0].set_title(f"{aged(staleness)} old")
        column[1].set_xlabel("c")
    axes[0, 0].set_ylabel("bias")
    axes[1, 0].set_ylabel(f"error of the mean of {MANY}")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="lower center", ncol=4, fontsize=8)
    figure.tight_layout(rect=(0, 0.1, 1, 1))
    figure.savefig(path, dpi=110)


def main() -> None:
    """Writes the sections of the result page, and the plot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--worlds", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0, help="of the first world and the draws")
    parser.add_argument("--lr", type=float, default=0.05, help="Adam's")
    parser.add_argument("--draws", type=int, default=4, help="of each kind in an update")
    parser.add_argument("--steps", type=int, default=150, help="updates")
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--plot", type=Path, default=PLOT)
    options = parser.parse_args()
    torch.set_num_threads(1)
    space = Space(range(options.seed, options.seed + options.worlds))
    path = trained(space, options.lr)
    rows = estimates(space, path)
    plot(rows, options.plot)
    old = [space.expected_reward(at_goal(space, path, staleness)[1]) for staleness in STALENESS]
    ages = ", ".join(f"{float(value_S.mean()):.2f}" for value_S in old)
    command = " ".join(["python experiments/stale_exploration.py", *sys.argv[1:]])
    once = f"""\
{options.worlds} worlds of {len(space.programs)} programs of {DEPTH} tokens, {REWARDED} of them
rewarded. At the first step at which exact training has reached an expected reward of {GOAL}; the
older policies, {", ".join(map(str, STALENESS))} steps before, have {ages}. Root mean squares over
the worlds, in units of the norm of the exact gradient: bias, standard deviation of one estimate,
error of the mean of {MANY}.

{estimates_table(rows)}

By c, for draws of {aged(STALENESS[-2])} ago: bias, error of the mean of {MANY}.

{clip_table(rows, STALENESS[-2])}

![Bias and error by c](../images/{options.plot.name})"""
    write_section(options.page, "One estimate", once)
    print(once)
    learning = f"""\
From uniform policies, {options.steps} updates (Adam with {options.lr:g}) with {options.draws} draws
of each kind that the estimate needs. Expected reward of the policy, mean over the updates; ± one
standard error over {options.worlds} worlds. With B: MAPO's memory, w_B = max(π_B, 0.1), importance
weights outside B.

{learning_table(space, options)}

Machine: {hardware()}. Command: `{command}`."""
    write_section(options.page, "Learning", learning)


if __name__ == "__main__":
    main()
