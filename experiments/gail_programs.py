"""GAIL's discriminator as an auxiliary reward of programs, in place of MeRL's learned score.

    python experiments/gail_programs.py --config mapo_wtq.yaml --out FILE --data.root DIR
    python train.py --config merl_wtq.yaml --data.root DIR \
        --model.estimator=experiments.gail_programs.Gail --model.estimator.experts=FILE

The first line writes the features of the experts' programs. There are no human demonstrations, so
an expert's program of a question is the most credible one of a search: of the rewarded programs,
that of the class with most votes on fictitious tables (Pasupat and Liang, ACL 2016;
`exploration/tables/credibility.py`). In WikiSQL's dev questions it is right in 55.3 % where one at
random is in 40.7 % (docs/results/wtq_spurious.md).

Legend: B example, N trajectory in the flat batch, M program of an expert, F feature.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as nnf

from sparse_rl.bounds import PositiveAmount, bounded
from sparse_rl.config_files import find_config
from sparse_rl.errors import DataError
from sparse_rl.estimators import Mapo, Objective, ScoredBatch, Stratum
from sparse_rl.estimators import functional as F
from sparse_rl.estimators.auxiliary import needed_features, share_scores

Reward = Literal["cost", "ratio"]


def discriminator_loss(policy_N: Tensor, weight_N: Tensor, expert_M: Tensor) -> Tensor:
    """-(E_pi[log D] + E_E[log(1 - D)]) for D = sigmoid(logit) (Ho and Ermon, 2016, eq. 17).

    Args:
        policy_N: logits of the policy's programs.
        weight_N: their weights, of sum one.
        expert_M: logits of the experts' programs.
    """
    return -(weight_N * nnf.logsigmoid(policy_N)).sum() - nnf.logsigmoid(-expert_M).mean()


def policy_weights_in_b(batch: ScoredBatch) -> Tensor:
    """Weights of the drawn programs of B, pi(z) / pi_B in a question, of sum one over the batch."""
    in_b_N = batch.stratum_N == Stratum.B
    log_prob_N = torch.where(in_b_N, batch.log_prob_N.detach(), -torch.inf)
    inside_N = F.segment_log_softmax(log_prob_N, batch.example_N, batch.num_examples).exp()
    inside_N = torch.where(in_b_N, inside_N, 0.0)
    return inside_N / inside_N.sum().clamp(min=1.0)


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
        reward: Reward = "cost",
        discriminator_lr: PositiveAmount = 0.01,
        clip_low: float = 0.1,
        fresh: int = 1,
        enumerate_up_to: int = 8,
        entropy_weight: float = 0.0,
    ) -> None:
        """Reads the experts' programs, and starts with a discriminator of no opinion.

        Args:
            experts: JSON file with the features of the experts' programs.
            reward: "cost", -log D; or "ratio", (1 - D) / D, the ratio of the experts' and the
                policy's law where D is optimal, which is unbounded.
            discriminator_lr: Adam's learning rate of D; 0.001 to 0.1.
            clip_low: least coefficient of a non-empty B; see `Mapo`.
            fresh: draws from the policy for each example, programs of B rejected; 1 to 16.
            enumerate_up_to: programs of B scored for each example; 4 to 64.
            entropy_weight: weight of the entropy bonus; 0 to 0.1.

        Raises:
            DataError: the file is not a JSON list of features.
        """
        super().__init__(clip_low, fresh, enumerate_up_to, "none", entropy_weight)
        try:
            rows = json.loads(Path(experts).read_text(encoding="utf-8"))
            self.expert_MF = torch.tensor(rows)
        except (OSError, TypeError, ValueError) as error:
            raise DataError(f"give experts a JSON list of features: {error} ({experts})") from None
        self.reward: Reward = reward
        # The last weight is the bias.
        self.phi_P = torch.zeros(self.expert_MF.shape[1] + 1, requires_grad=True)
        self._optimiser = torch.optim.Adam([self.phi_P], lr=discriminator_lr)

    def logits(self, features_NF: Tensor) -> Tensor:
        """Logits of D, the probability that a program is the policy's."""
        return features_NF.to(self.phi_P) @ self.phi_P[:-1] + self.phi_P[-1]

    def objective(self, batch: ScoredBatch) -> Objective:
        """MAPO eq. 6 with the rewards times their factors; then a step of the discriminator."""
        with torch.no_grad():
            logit_N = self.logits(needed_features(batch))
            score_N = -logit_N if self.reward == "ratio" else (-nnf.logsigmoid(logit_N)).log()
        reward_N = batch.reward_N * share_scores(score_N.to(batch.reward_N), batch)
        found = super().objective(replace(batch, reward_N=reward_N))
        return replace(found, extra=found.extra | self._ascend(batch))

    def _ascend(self, batch: ScoredBatch) -> dict[str, Tensor]:
        weight_N = policy_weights_in_b(batch).to(self.phi_P)
        if not weight_N.any():
            return {}
        with torch.enable_grad():
            policy_N = self.logits(needed_features(batch))
            expert_M = self.logits(self.expert_MF)
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


def expert_features(
    config: str, rest: list[str], questions: int, attempts: int, worlds: int, seed: int
) -> Iterator[tuple[float, ...]]:
    """Searches a sample of the training questions; yields features of the most credible programs.

    A question whose programs are all of one class has nothing to choose and shows the policy what
    right programs look like as well as others, so it counts too.
    """
    from sparse_rl.commands.explore import table_data
    from sparse_rl.exploration.search import SearchOptions, search_all
    from sparse_rl.exploration.tables.credibility import (
        credibility,
        meanings_and_mentions,
        select,
    )
    from sparse_rl.interpreters.world import replay_actions

    data, task = table_data(find_config(config), rest)
    examples = data.examples("train")
    sample = random.Random(seed).sample(examples, min(questions, len(examples)))
    options = SearchOptions("systematic", attempts=attempts, seed=seed)
    for example, found in zip(sample, search_all(sample, task, options, 1), strict=True):
        meanings, mentioned = meanings_and_mentions(
            example, found.rewarded, data.language, worlds, seed
        )
        best = select(meanings, credibility(meanings, mentioned), keep=1.0, per_class=1)
        for place in best[:1]:
            trajectory = replay_actions(task.world(example), found.rewarded[place])
            yield task.features(example, trajectory)


def main() -> None:
    """Writes the features of the experts' programs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--config", required=True, help="a training config, for its data")
    parser.add_argument("--out", type=Path, required=True, help="JSON file")
    parser.add_argument("--questions", type=int, default=2000, help="training questions searched")
    parser.add_argument("--attempts", type=int, default=100, help="walks per question")
    parser.add_argument("--worlds", type=int, default=10, help="fictitious tables")
    parser.add_argument("--seed", type=int, default=0)
    options, rest = parser.parse_known_args()
    sizes = (options.questions, options.attempts, options.worlds, options.seed)
    rows = list(expert_features(options.config, rest, *sizes))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(rows), encoding="utf-8")
    print(f"{len(rows)} programs. Written to {options.out}")


if __name__ == "__main__":
    main()
