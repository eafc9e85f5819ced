"""The base of all estimators: the plan, the guard against NaN, the diagnostics.

Legend: B example, N trajectory in the flat batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from sparse_rl.bounds import Amount, bounded
from sparse_rl.estimators import functional as F
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum
from sparse_rl.estimators.diagnostics import diagnostics
from sparse_rl.estimators.prior import Prior
from sparse_rl.estimators.strata import check_batch, drop_broken, upcast

BaselineName = Literal["none", "mean"]
Parameters = Mapping[str, Tensor]


@dataclass(frozen=True)
class Objective:
    """A strategy's losses and weights of a clean batch.

    Attributes:
        loss_B: loss of each example, carries the gradient.
        weight_N: a_i, weight of each trajectory in its example, at least 0, detached.
        coefficient_N: coefficient of the gradient of each log pi, detached.
        outer_B: coefficient w_B of the stratum B, detached.
        broken_B: True for examples with values that are not finite.
        extra: the strategy's own diagnostics, detached scalars.
    """

    loss_B: Tensor
    weight_N: Tensor
    coefficient_N: Tensor
    outer_B: Tensor
    broken_B: Tensor
    extra: dict[str, Tensor] = field(default_factory=dict)


class Estimator(ABC):
    """A policy-gradient estimator: plans the draws, and turns the scored batch into a loss.

    Attributes:
        plan: the draws for every example of a step.
        prior: the guiding prior needed in `ScoredBatch.log_prior_N`, which is optional for the
            uniform `EnergyPrior`. None for an estimator without a prior.
        features: whether `ScoredBatch.features_NF` is needed.
        pools: whether `ScoredBatch.pooled_2N` is needed: the other processes' `to_pool`, for
            strategies that rank the samples of all processes together.
        held_out: share of the training examples held out from the loss for `meta_step`.
    """

    plan: Plan
    prior: Prior | None = None
    features: bool = False
    pools: bool = False
    held_out: float = 0.0

    @bounded
    def __init__(self, plan: Plan, entropy_weight: Amount = 0.0) -> None:
        """Stores the options shared by all strategies.

        Args:
            plan: the draws for every example of a step.
            entropy_weight: weight of the entropy bonus. More prolongs exploration; 0 to 0.1.
        """
        self.plan = plan
        self.entropy_weight = entropy_weight

    def at_step(self, step: int) -> None:  # noqa: B027 - most strategies have no schedule
        """Sets the strategy's schedules, if any, to this optimiser step."""

    def meta_step(
        self,
        loss: Tensor,
        batch: ScoredBatch,
        parameters: Parameters,
        held_out: Callable[[Parameters], ScoredBatch],
    ) -> dict[str, Tensor]:
        """Updates the strategy's own parameters; called where `held_out` is above 0.

        Args:
            loss: the step's loss, with its graph, which must stay usable.
            batch: the batch of the loss.
            parameters: the policy's trainable parameters by name.
            held_out: scores the step's held-out examples, B alone, under given parameters.

        Returns:
            The strategy's own diagnostics, detached scalars.
        """
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Returns the strategy's learned state, in tensors and plain containers."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:  # noqa: B027 - most have no state
        """Restores what `state_dict` returned."""

    def to_pool(self, batch: ScoredBatch) -> Tensor:
        """Returns values of this batch for the other processes, (2, K), detached, where `pools`.

        A process without a trajectory in a step has K = 0 columns.
        """
        return batch.log_prob_N.new_zeros(2, 0)

    @abstractmethod
    def objective(self, batch: ScoredBatch) -> Objective:
        """Returns losses and weights of a batch that is checked, upcast and finite."""

    def own_diagnostics(self, batch: ScoredBatch) -> dict[str, Tensor]:
        """Returns further scalars of a clean batch, besides `Objective.extra`; detached."""
        return {}

    def loss(self, batch: ScoredBatch, diagnose: bool = True) -> tuple[Tensor, dict[str, Tensor]]:
        """Returns the mean loss over the examples and detached scalar diagnostics.

        An example with a NaN or without a trajectory contributes zero and is counted.

        Args:
            batch: the scored batch.
            diagnose: whether to compute the diagnostics, which take about as long as the loss;
                none otherwise.

        Raises:
            ValueError: a tensor has a wrong shape, type or range, or one is missing.
        """
        check_batch(batch)
        batch, broken_B = drop_broken(upcast(batch))
        objective = self.objective(batch)
        broken_B = broken_B | objective.broken_B
        loss = objective.loss_B.sum() / batch.num_examples
        if self.entropy_weight:
            entropy_B = entropy_bonus(batch, objective.weight_N)
            loss = loss - self.entropy_weight * entropy_B.sum() / batch.num_examples
        if not diagnose:
            return loss, {}
        report = diagnostics(batch, objective.coefficient_N, objective.outer_B)
        report["nan_examples"] = broken_B.sum().to(loss.dtype)
        return loss, report | objective.extra | self.own_diagnostics(batch)


def entropy_bonus(batch: ScoredBatch, weight_N: Tensor) -> Tensor:
    """Returns each example's mean entropy [B]: over its fresh draws, else over all by weight.

    Its gradient is the gradient of the entropies along the drawn trajectories; as usual, it omits
    the dependence of the draws on the policy.
    """
    if batch.entropy_N is None:
        raise ValueError("pass entropy_N, or set entropy_weight to 0: the bonus needs it")
    fresh_N = (batch.stratum_N == Stratum.FRESH).to(weight_N.dtype)
    count_B = F.segment_sum(fresh_N, batch.example_N, batch.num_examples)
    share_N = torch.where(count_B[batch.example_N] > 0, fresh_N, weight_N.detach())
    total_B = F.segment_sum(share_N, batch.example_N, batch.num_examples)
    sum_B = F.segment_sum(share_N * batch.entropy_N, batch.example_N, batch.num_examples)
    return sum_B / torch.where(total_B > 0, total_B, 1.0)


def reinforced(
    batch: ScoredBatch,
    weighted_N: Tensor,
    log_weight_N: Tensor,
    log_outer_B: Tensor,
    baseline: BaselineName,
    extra: dict[str, Tensor] | None = None,
) -> Objective:
    """Returns the family's objective, loss_B = -sum_i a_i sg(rho_i - b_i) log pi_i."""
    weight_N = log_weight_N.exp()
    coefficient_N = weighted_N
    if baseline == "mean":
        coefficient_N = weighted_N - weight_N * F.mean_baseline(
            weighted_N, batch.example_N, batch.stratum_N, Stratum.B, batch.num_examples
        )
    loss_B, broken_B = F.surrogate(
        coefficient_N, batch.log_prob_N, batch.example_N, batch.num_examples
    )
    coefficient_N = torch.where(broken_B[batch.example_N], 0.0, coefficient_N)
    return Objective(loss_B, weight_N, coefficient_N, log_outer_B.exp(), broken_B, extra or {})
