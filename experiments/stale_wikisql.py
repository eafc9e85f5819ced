"""Stale draws while a policy learns WikiSQL: dev accuracy, by importance weight.

    python experiments/stale_wikisql.py --data.root DIR

A training loop with a controlled age of the draws: of every question, some programs are drawn from
the weights of `--staleness` updates ago, and some from the current ones. An estimate uses the
former, the latter or both. Without a memory the gradient is that of all programs; with MAPO's, the
draws estimate what lies outside B. Everything is repeatable, unlike a run with processes that
explore.

Legend: N program in the flat batch, B example.
"""

from __future__ import annotations

import argparse
import copy
import shlex
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from comparing.jobs import public_arguments
from sparse_rl.analysis.results_page import hardware, write_section
from sparse_rl.commands.explore import table_data
from sparse_rl.config_files import find_config
from sparse_rl.estimators.functional import segment_logsumexp, surrogate
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.decoding import beam, sample
from sparse_rl.modules.policy import Policy
from sparse_rl.replay import Memory
from stale_exploration import ESTIMATES, MEMORY, WITH_OWN, Laws, draws_of, label, own

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "results" / "stale_exploration.md"
COMPARED = ("truncated", "truncated, corrected", "own draw alone", MEMORY)
LEAST = 0.1
"""MAPO's least coefficient of B."""
OLD, OWN, INSIDE = 0, 1, 2
"""Where a program of a batch comes from."""


class Loop:
    """One training: a policy, its past, its memory, and the estimate of its gradient."""

    def __init__(
        self, data: Any, task: Any, name: str, remember: bool, options: argparse.Namespace
    ) -> None:
        self.task, self.name, self.remember, self.options = task, name, remember, options
        self.policy: Policy = task.build(data)
        self.memory = Memory()
        self.older: deque[Policy] = deque(maxlen=options.staleness + 1)

    def step(self, examples: Sequence[Any], rng: np.random.Generator) -> Tensor:
        """The loss of a batch; files its rewarded programs."""
        self.older.append(copy.deepcopy(self.policy))
        worlds = [self.task.world(example) for example in examples]
        places = [b for b in range(len(examples)) for _ in range(self.options.draws)]
        rows: list[tuple[int, int, Trajectory]] = []
        if self.name != "own draw alone":
            rows += self._drawn(self.older[0], OLD, examples, worlds, places, rng)
        if self.name == MEMORY:
            # The stale draws only fill B.
            self._file(examples, rows)
            rows = []
        if self.name in WITH_OWN:
            rows += self._drawn(self.policy, OWN, examples, worlds, places, rng)
        if self.remember:
            for b, (example, world) in enumerate(zip(examples, worlds, strict=True)):
                known = self.memory.replay.rewarded(example.id, world)
                rows += [(b, INSIDE, program) for program in known]
        example_N = torch.tensor([b for b, _, _ in rows])
        source_N = torch.tensor([source for _, source, _ in rows])
        programs = [program for _, _, program in rows]
        log_prob_N, _ = self.policy.score(
            self.policy.encode(examples), programs, example_N.tolist()
        )
        behaviour_N = torch.zeros_like(log_prob_N)
        if self.name not in ("own draw alone", MEMORY):
            behaviour_N = self._score_past(examples, programs, example_N.tolist())
        weight_N = self._weights(
            log_prob_N.detach(), behaviour_N, example_N, source_N, self._known(examples, rows)
        )
        reward_N = torch.tensor([program.reward for program in programs])
        loss_B, _ = surrogate(weight_N * reward_N, log_prob_N, example_N, len(examples))
        if self.remember:
            self._file(examples, rows)
        return loss_B.mean()

    @torch.no_grad()
    def _score_past(
        self, examples: Sequence[Any], programs: Sequence[Trajectory], places: Sequence[int]
    ) -> Tensor:
        past = self.older[0]
        return past.score(past.encode(examples), programs, places)[0]

    def _weights(
        self,
        log_prob_N: Tensor,
        behaviour_N: Tensor,
        example_N: Tensor,
        source_N: Tensor,
        known_N: Tensor,
    ) -> Tensor:
        """Weight of every program in its example's gradient; a draw that is in B counts there."""
        inside_N = source_N == INSIDE
        size = int(example_N.max()) + 1
        mass_N = torch.where(inside_N, log_prob_N, -torch.inf)
        mass_B = segment_logsumexp(mass_N, example_N, size).exp().clamp(max=1.0)
        outer_B = torch.where(mass_B > 0, mass_B.clamp(min=LEAST), 0.0)
        scale_B = (1 - outer_B) / (1 - mass_B).clamp(min=1e-6)
        estimate = own if self.name == MEMORY else ESTIMATES[self.name]
        # Only whole programs are scored: no estimate by token is compared.
        laws = Laws(log_prob_N[None], behaviour_N[None], torch.zeros(1, len(log_prob_N), 1))
        (old_1N, own_1N) = estimate(laws, self.options.clip)
        drawn_N = torch.where(source_N == OLD, old_1N[0], own_1N[0]).masked_fill(known_N, 0.0)
        outside_N = scale_B[example_N] * drawn_N / self.options.draws
        within_N = (outer_B / mass_B.clamp(min=1e-30))[example_N] * log_prob_N.exp()
        return torch.where(inside_N, within_N, outside_N)

    @torch.no_grad()
    def _drawn(
        self,
        policy: Policy,
        source: int,
        examples: Sequence[Any],
        worlds: Sequence[Any],
        places: Sequence[int],
        rng: np.random.Generator,
    ) -> list[tuple[int, int, Trajectory]]:
        generators = rng.spawn(len(places))
        programs = sample(policy, policy.encode(examples), worlds, places, generators)
        return [(b, source, program) for b, program in zip(places, programs, strict=True)]

    def _known(
        self, examples: Sequence[Any], rows: Sequence[tuple[int, int, Trajectory]]
    ) -> Tensor:
        """Whether a draw is in B."""
        replay = self.memory.replay
        return torch.tensor(
            [
                source != INSIDE and replay.is_rewarded(examples[b].id, program.actions)
                for b, source, program in rows
            ]
        )

    def _file(self, examples: Sequence[Any], rows: Sequence[tuple[int, int, Trajectory]]) -> None:
        for b, source, program in rows:
            if source != INSIDE and program.reward > 0:
                self.memory.file(examples[b].id, program)


def train(
    data: Any, task: Any, name: str, remember: bool, seed: int, options: argparse.Namespace
) -> float:
    """Greedy dev accuracy in per cent after training."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    loop = Loop(data, task, name, remember, options)
    adam = torch.optim.Adam(loop.policy.parameters(), options.lr)
    examples = data.examples("train")
    loop.policy.train()
    for _ in range(options.epochs):
        order = rng.permutation(len(examples))
        for start in range(0, len(order), options.batch):
            batch = [examples[place] for place in order[start : start + options.batch]]
            loss = loop.step(batch, rng)
            adam.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(loop.policy.parameters(), 5.0)
            adam.step()
    return accuracy(loop.policy, task, data.examples("dev")[: options.dev])


@torch.no_grad()
def accuracy(policy: Policy, task: Any, examples: Sequence[Any]) -> float:
    """Greedy accuracy in per cent."""
    policy.eval()
    right = 0.0
    for start in range(0, len(examples), 100):
        batch = examples[start : start + 100]
        worlds = [task.world(example) for example in batch]
        found = beam(policy, policy.encode(batch), worlds, 1)
        right += sum(programs[0].trajectory.reward for programs in found)
    return 100 * right / len(examples)


def main() -> None:
    """Writes the section of the result page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--config", default="mapo_wikisql.yaml", help="for its data and policy")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--staleness", type=int, default=20, help="updates")
    parser.add_argument("--clip", type=float, default=0.5, help="c")
    parser.add_argument("--draws", type=int, default=1, help="of each kind per question")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--dev", type=int, default=500, help="dev questions")
    parser.add_argument("--only", nargs="+", choices=COMPARED, default=COMPARED, metavar="ESTIMATE")
    parser.add_argument("--with_b", action="store_true", help="only with MAPO's memory")
    parser.add_argument("--title", default="WikiSQL", help="of the section")
    parser.add_argument("--page", type=Path, default=PAGE)
    options, rest = parser.parse_known_args()
    torch.set_num_threads(1)
    small = ["--data.limit=500", "--model.task.embedding=64", "--model.task.hidden=64"]
    data, task = table_data(find_config(options.config), [*small, *rest])
    task.prepare(data, ("train", "dev"))
    kinds = {True: "with B"} if options.with_b else {False: "no B", True: "with B"}
    head = " | ".join(kinds.values())
    lines = [f"| draws | estimate | {head} |", "|---|---|" + "--:|" * len(kinds)]
    for name in options.only:
        cells = []
        for remember in kinds:
            if name == MEMORY and not remember:
                cells.append("–")
                continue
            found = [train(data, task, name, remember, seed, options) for seed in options.seeds]
            print(name, remember, found, flush=True)
            spread = f" ± {np.std(found, ddof=1):.1f}" if len(found) > 1 else ""
            each = ", ".join(f"{value:.0f}" for value in found)
            cells.append(f"{np.mean(found):.1f}{spread} ({each})")
        lines.append(f"| {draws_of(name)} | {label(name, options.clip)} | {' | '.join(cells)} |")
    own_words = [word for word in sys.argv[1:] if word not in rest]
    words = " ".join(filter(None, [shlex.join(own_words), public_arguments(rest)]))
    table = "\n".join(lines)
    text = f"""\
500 training questions, {options.epochs} epochs of updates of {options.batch} questions, a small
network, no program known before training; draws of each kind per question: {options.draws}, the
stale ones by the weights of {options.staleness} updates ago. Greedy accuracy on
{options.dev} dev questions in per cent after training, mean ± standard deviation over
{len(options.seeds)} seeds; of each seed in brackets.

{table}

Machine: {hardware()}. Command: `python experiments/stale_wikisql.py {words}`."""
    write_section(options.page, options.title, text)
    print(table)


if __name__ == "__main__":
    main()
