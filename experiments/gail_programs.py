"""GAIL's discriminator as an auxiliary reward of programs, in place of MeRL's learned score.

    python experiments/gail_programs.py --config mapo_wtq.yaml --out FILE --data.root DIR
    python train.py --config merl_wtq.yaml --data.root DIR \
        --model.estimator=experiments.gail_programs.Gail --model.estimator.experts=FILE

The first line writes the experts' programs. There are no human demonstrations, so an expert's
program of a question is the most credible one of a search: of the rewarded programs, that of the
class with most votes on fictitious tables (Pasupat and Liang, ACL 2016;
`exploration/tables/credibility.py`). In WikiSQL's dev questions it is right in 55.3 % where one at
random is in 40.7 % (docs/results/wtq_spurious.md).

A reward only chooses among the programs of one question, so the discriminator sees by how much a
program's features differ from the mean of its question's rewarded programs. Of the features as they
are it learns next to nothing: they say more about the question than about the program.

Legend: B example, N trajectory in the flat batch, M program of an expert, F feature.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as nnf

from sparse_rl.analysis.results_page import write_section
from sparse_rl.bounds import PositiveAmount, bounded
from sparse_rl.commands.explore import table_data
from sparse_rl.commands.spurious_rates import with_examples
from sparse_rl.config_files import find_config
from sparse_rl.datamodules.tables.wikitablequestions_forms import forms_path, read_human_forms
from sparse_rl.errors import DataError
from sparse_rl.estimators import Mapo, Objective, ScoredBatch, Stratum
from sparse_rl.estimators import functional as F
from sparse_rl.estimators.auxiliary import needed_features, share_scores
from sparse_rl.exploration.search import SearchOptions, search_all
from sparse_rl.exploration.tables.agreement import HEADLINE, interval, spurious_mass
from sparse_rl.exploration.tables.credibility import credibility, meanings_and_mentions, select
from sparse_rl.interpreters.world import replay_actions


def discriminator_loss(policy_N: Tensor, weight_N: Tensor, expert_M: Tensor) -> Tensor:
    """-(E_pi[log D] + E_E[log(1 - D)]) for D = sigmoid(logit) (Ho and Ermon, 2016, eq. 17).

    Args:
        policy_N: logits of the policy's programs.
        weight_N: their weights, of sum one.
        expert_M: logits of the experts' programs.
    """
    return -(weight_N * nnf.logsigmoid(policy_N)).sum() - nnf.logsigmoid(-expert_M).mean()


def policy_weights_in_b(batch: ScoredBatch, least: int) -> Tensor:
    """Weights of the drawn programs of B, pi(z) / pi_B in a question, of sum one over the batch.

    Questions with fewer drawn programs of B than `least` have weight 0.
    """
    index_N, num = batch.example_N, batch.num_examples
    in_b_N = batch.stratum_N == Stratum.B
    log_prob_N = torch.where(in_b_N, batch.log_prob_N.detach(), -torch.inf)
    inside_N = F.segment_log_softmax(log_prob_N, index_N, num).exp()
    enough_B = F.segment_sum(in_b_N.float(), index_N, num) >= least
    inside_N = torch.where(in_b_N & enough_B[index_N], inside_N, 0.0)
    return inside_N / inside_N.sum().clamp(min=1.0)


def centred_in_b(features_NF: Tensor, batch: ScoredBatch) -> Tensor:
    """Features without the mean of their question's drawn B, (N, F)."""
    in_b_N = (batch.stratum_N == Stratum.B).to(features_NF.dtype)
    sum_BF = features_NF.new_zeros(batch.num_examples, features_NF.shape[1])
    sum_BF = sum_BF.index_add(0, batch.example_N, features_NF * in_b_N[:, None])
    count_B = F.segment_sum(in_b_N, batch.example_N, batch.num_examples).clamp(min=1.0)
    return features_NF - (sum_BF / count_B[:, None])[batch.example_N]


class Gail(Mapo):
    """MAPO whose rewards are multiplied by a discriminator's verdict on (question, program).

    D tells the policy's rewarded programs from the experts'. It is logistic in the features, takes
    a step of ascent on GAIL's objective in every training step, and its verdict is -log D, shared
    among the programs of a question as MeRL's score is: mean one. Programs of a question differ
    in the sign of GAIL's cost alone; the policy's part of its objective is the reward.
    """

    features = True

    @bounded
    def __init__(
        self,
        experts: str,
        centred: bool = True,
        discriminator_lr: PositiveAmount = 0.03,
        clip_low: float = 0.1,
        fresh: int = 1,
        enumerate_up_to: int = 8,
        entropy_weight: float = 0.0,
    ) -> None:
        """Reads the experts' programs, and starts with a discriminator of no opinion.

        Args:
            experts: JSON file of this script.
            centred: whether the discriminator sees differences from the question's mean, of
                questions with several programs; otherwise the features, of all questions.
            discriminator_lr: Adam's learning rate of D; 0.001 to 0.1.
            clip_low: least coefficient of a non-empty B; see `Mapo`.
            fresh: draws from the policy for each example, programs of B rejected; 1 to 16.
            enumerate_up_to: programs of B scored for each example; 4 to 64.
            entropy_weight: weight of the entropy bonus; 0 to 0.1.

        Raises:
            DataError: the file is none of this script.
        """
        super().__init__(clip_low, fresh, enumerate_up_to, "none", entropy_weight)
        try:
            found = json.loads(Path(experts).read_text(encoding="utf-8"))
            features_MF = torch.tensor([expert["features"] for expert in found])
            mean_MF = torch.tensor([expert["mean"] for expert in found])
            several_M = torch.tensor([expert["programs"] > 1 for expert in found])
        except (OSError, TypeError, KeyError, ValueError) as error:
            raise DataError(f"give experts a file of this script: {error!r} ({experts})") from None
        self.expert_MF = (features_MF - mean_MF)[several_M] if centred else features_MF
        self.centred = centred
        # The last weight is the bias.
        self.phi_P = torch.zeros(self.expert_MF.shape[1] + 1, requires_grad=True)
        self._optimiser = torch.optim.Adam([self.phi_P], lr=discriminator_lr)

    def logits(self, features_NF: Tensor) -> Tensor:
        """Logits of D, the probability that a program is the policy's."""
        return features_NF.to(self.phi_P) @ self.phi_P[:-1] + self.phi_P[-1]

    def objective(self, batch: ScoredBatch) -> Objective:
        """MAPO eq. 6 with the rewards times their factors; then a step of the discriminator."""
        features_NF = needed_features(batch)
        if self.centred:
            features_NF = centred_in_b(features_NF, batch)
        with torch.no_grad():
            # A softmax of the log shares -log D among the programs of a question.
            score_N = (-nnf.logsigmoid(self.logits(features_NF))).log()
        reward_N = batch.reward_N * share_scores(score_N.to(batch.reward_N), batch)
        found = super().objective(replace(batch, reward_N=reward_N))
        return replace(found, extra=found.extra | self._ascend(features_NF, batch))

    def _ascend(self, features_NF: Tensor, batch: ScoredBatch) -> dict[str, Tensor]:
        weight_N = policy_weights_in_b(batch, least=2 if self.centred else 1).to(self.phi_P)
        if not weight_N.any():
            return {}
        with torch.enable_grad():
            policy_N, expert_M = self.logits(features_NF), self.logits(self.expert_MF)
            loss = discriminator_loss(policy_N, weight_N, expert_M)
            (self.phi_P.grad,) = torch.autograd.grad(loss, self.phi_P)
        self._optimiser.step()
        told = (weight_N * (policy_N > 0)).sum() + (expert_M < 0).float().mean()
        return {
            "discriminator_loss": loss.detach(),
            "discriminator_accuracy": told.detach() / 2,
            "phi_norm": self.phi_P.detach().norm(),
        }

    def state_dict(self) -> dict[str, Any]:
        """Returns the discriminator and the state of its optimiser."""
        return {"phi": self.phi_P.detach().clone(), "optimiser": self._optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        with torch.no_grad():
            self.phi_P.copy_(state["phi"])
        self._optimiser.load_state_dict(state["optimiser"])


@dataclass(frozen=True)
class Found:
    """A question's rewarded programs.

    Attributes:
        programs: the programs.
        features_KF: their features.
        templates: their symbols: functions kept, columns and constants by type.
        credible: place of the one that is most credible by fictitious tables.
    """

    example: Any
    programs: list[Any]
    features_KF: Tensor
    templates: list[tuple[int, ...]]
    credible: int

    @property
    def centred(self) -> Tensor:
        """Features without their mean, (K, F)."""
        return self.features_KF - self.features_KF.mean(0)


def found_programs(
    examples: Sequence[Any], task: Any, attempts: int, worlds: int, seed: int
) -> Iterator[Found]:
    """Searches questions; yields those with a rewarded program."""
    options = SearchOptions("systematic", attempts=attempts, seed=seed)
    for example, found in zip(examples, search_all(examples, task, options), strict=True):
        if not found.rewarded:
            continue
        meanings, mentioned = meanings_and_mentions(
            example, found.rewarded, task.language, worlds, seed
        )
        best = select(meanings, credibility(meanings, mentioned), keep=1.0, per_class=1)[0]
        world = task.world(example)
        walks = [replay_actions(world, actions) for actions in found.rewarded]
        features_KF = torch.tensor([task.features(example, walk) for walk in walks])
        programs = [world.program(walk.actions) for walk in walks]
        templates = [tuple(world.symbols[action] for action in walk.actions) for walk in walks]
        yield Found(example, programs, features_KF, templates, best)


def template_shares(found: Sequence[Found], rounds: int = 20) -> dict[tuple[int, ...], float]:
    """The most likely distribution of templates, if one program of every question is right.

    Expectation maximisation: a question's unit is shared among its programs by their templates'
    shares, which are the sums of these parts. Templates that answer many questions gain.
    """
    shares: dict[tuple[int, ...], float] = {t: 1.0 for one in found for t in one.templates}
    for _ in range(rounds):
        sums = dict.fromkeys(shares, 0.0)
        for one in found:
            total = sum(shares[template] for template in one.templates)
            for template in one.templates:
                sums[template] += shares[template] / total
        shares = {template: value / len(found) for template, value in sums.items()}
    return shares


def expert_of(one: Found, shares: Mapping[tuple[int, ...], float] | None) -> int:
    """Place of the expert's program: the most credible, or that of the most likely template."""
    if shares is None:
        return one.credible
    values = [shares.get(template, 0.0) for template in one.templates]
    return values.index(max(values))


def best_discriminator(
    found: Sequence[Found], shares: Mapping[tuple[int, ...], float] | None
) -> Tensor:
    """Parameters of D at the optimum, against a policy without preferences within B."""
    several = [one for one in found if len(one.programs) > 1]
    policy_NF = torch.cat([one.centred for one in several])
    weight_N = torch.cat(
        [torch.full((len(one.programs),), 1 / len(one.programs)) for one in several]
    )
    expert_MF = torch.stack([one.centred[expert_of(one, shares)] for one in several])
    phi_P = torch.zeros(policy_NF.shape[1] + 1, requires_grad=True)
    optimiser = torch.optim.LBFGS([phi_P], max_iter=500, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        policy_N, expert_M = (rows @ phi_P[:-1] + phi_P[-1] for rows in (policy_NF, expert_MF))
        loss = discriminator_loss(policy_N, weight_N / weight_N.sum(), expert_M)
        loss.backward()
        return float(loss.detach())

    optimiser.step(closure)
    return phi_P.detach()


def judged(data: Any, task: Any, sample: Sequence[Found], search: tuple[int, int, int]) -> str:
    """A table: how many programs agree with no human form, by their weight within B."""
    shares = template_shares(sample)
    kinds: dict[str, list[float]] = {"all alike": []}
    experts = {"most credible": None, "most likely template": shares}
    discriminators = {name: best_discriminator(sample, how) for name, how in experts.items()}
    annotated = [
        a for a in with_examples(data, read_human_forms(forms_path(data.root))) if a.is_comparable
    ]
    forms = {a.question.id: a.forms for a in annotated}
    for one in found_programs([a.example for a in annotated], task, *search):
        weights = {"all alike": torch.ones(len(one.programs))}
        for name, phi_P in discriminators.items():
            chosen_K = torch.zeros(len(one.programs))
            chosen_K[expert_of(one, experts[name])] = 1.0
            weights[f"expert: {name}"] = chosen_K
            logit_K = one.centred @ phi_P[:-1] + phi_P[-1]
            weights[f"-log D, expert: {name}"] = -nnf.logsigmoid(logit_K)
        for kind, weight_K in weights.items():
            members = (one.programs, weight_K.tolist(), forms[one.example.id], one.example.table)
            kinds.setdefault(kind, []).append(100 * spurious_mass(*members)[HEADLINE])
    lines = ["| weight within B | questions | agree with no human form |", "|---|--:|--:|"]
    for kind, values in kinds.items():
        low, high = interval(values)
        mean = sum(values) / len(values)
        lines.append(f"| {kind} | {len(values)} | {mean:.1f} % [{low:.1f}, {high:.1f}] |")
    return "\n".join(lines)


def main() -> None:
    """Writes the experts' programs, or judges them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--config", required=True, help="a training config, for its data")
    parser.add_argument("--out", type=Path, help="JSON file of the experts' programs")
    parser.add_argument("--experts", choices=("credible", "templates"), default="credible")
    parser.add_argument("--judge", type=Path, help="page for a section on experts and human forms")
    parser.add_argument("--questions", type=int, default=2000, help="training questions searched")
    parser.add_argument("--attempts", type=int, default=100, help="walks per question")
    parser.add_argument("--worlds", type=int, default=10, help="fictitious tables")
    parser.add_argument("--seed", type=int, default=0)
    options, rest = parser.parse_known_args()
    data, task = table_data(find_config(options.config), rest)
    examples = data.examples("train")
    number = min(options.questions, len(examples))
    search = (options.attempts, options.worlds, options.seed)
    sample = random.Random(options.seed).sample(examples, number)
    found = list(found_programs(sample, task, *search))
    if options.out:
        shares = template_shares(found) if options.experts == "templates" else None
        rows = [
            {
                "features": one.features_KF[expert_of(one, shares)].tolist(),
                "mean": one.features_KF.mean(0).tolist(),
                "programs": len(one.programs),
            }
            for one in found
        ]
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(rows), encoding="utf-8")
        print(f"{len(rows)} programs. Written to {options.out}")
    if options.judge:
        # Late: a training imports this file by its class path, without the scripts' folder.
        from comparing.jobs import public_arguments

        table = judged(data, task, found, search)
        name = Path(options.config).name
        command = f"python experiments/gail_programs.py --config {name} --judge PAGE"
        command += f" {public_arguments(rest)}" if rest else ""
        text = f"""\
Programs of a search with {options.attempts} attempts on the annotated questions: mean over the
questions of the share that agrees with no logical form that people wrote, in columns and
operations, with 95 % bootstrap intervals. D is the best discriminator between the experts'
programs and all alike, on {len(found)} questions.

{table}

Command: `{command}`."""
        write_section(options.judge, "The experts", text)
        print(table)


if __name__ == "__main__":
    main()
