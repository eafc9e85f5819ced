"""MAPO with a meta-learned auxiliary reward (MeRL; Agarwal et al., 2019)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from sparse_rl.bounds import Count, PositiveAmount, Width, bounded
from sparse_rl.estimators.auxiliary import needed_features, share_scores
from sparse_rl.estimators.base import Objective, Parameters
from sparse_rl.estimators.batch import ScoredBatch
from sparse_rl.estimators.mapo import Mapo
from sparse_rl.estimators.mml import Mml
from sparse_rl.estimators.score import LinearScore, RewardScore
from sparse_rl.estimators.strata import check_unit_range, upcast


class Merl(Mapo):
    """MAPO whose rewards are multiplied by a learned score of (question, program).

    Bilevel: theta' = theta - a grad L(theta; phi) looks one step ahead, and phi descends the
    negative log-likelihood of the rewarded programs of held-out questions at theta' (MeRL).
    Programs that make other questions' programs more probable gain, and spurious programs lose.
    With phi = 0, the initial value, this is MAPO.

    The loss is linear in the programs' coefficients c_i(phi), so
    d L_held(theta') / d phi = a / B sum_i dc_i/dphi <grad log pi_i, grad L_held(theta')>,
    and one derivative of the step's gradient gives all inner products, exactly, by
    differentiating the backward pass.
    """

    features = True

    @bounded
    def __init__(
        self,
        size: Width | None = None,
        score: RewardScore | None = None,
        look_ahead: PositiveAmount = 0.1,
        meta_lr: PositiveAmount = 0.01,
        meta_every: Count = 5,
        held_out: float = 0.1,
        clip_low: float = 0.1,
        fresh: int = 1,
        enumerate_up_to: int = 8,
        entropy_weight: float = 0.0,
    ) -> None:
        """Chooses the auxiliary reward, its meta-learning, and the strata.

        Args:
            size: length of phi: the number of features for a `LinearScore`. None where the score
                fixes it.
            score: the score of a program's features, with parameters phi; None for a
                `LinearScore`.
            look_ahead: length a of the plain gradient step to theta'. Longer looks further ahead,
                where the gradient is less accurate; 0.01 to 1.
            meta_lr: learning rate of phi (Adam); 0.001 to 0.1.
            meta_every: steps between two updates of phi. A step with an update takes several
                times as long as one without; 1 to 10.
            held_out: share of the training questions that train phi only. More gives a better
                meta-objective and leaves fewer questions for the policy; 0.05 to 0.3.
            clip_low: least coefficient of a non-empty B; see `Mapo`.
            fresh: draws from the policy for each example, programs of B rejected; 1 to 16.
            enumerate_up_to: programs of B scored for each example; 4 to 64.
            entropy_weight: weight of the entropy bonus; 0 to 0.1.

        Raises:
            ValueError: an option is outside its range.
        """
        check_unit_range("held_out", 0.0, held_out, 0.9)
        super().__init__(clip_low, fresh, enumerate_up_to, "none", entropy_weight)
        self.held_out = held_out
        self.look_ahead = look_ahead
        self.meta_every = meta_every
        self._moves = True
        self.score = score or LinearScore()
        numbers = _numbers(self.score, size)
        self.phi_P = torch.nn.Parameter(torch.zeros(numbers, dtype=torch.float64))
        self._optimiser = torch.optim.Adam([self.phi_P], lr=meta_lr)
        self._judge = Mml(enumerate_up_to)

    def objective(self, batch: ScoredBatch) -> Objective:
        """MAPO eq. 6 with the rewards times their factors."""
        return self._scored(batch, self.phi_P.detach())

    def _scored(self, batch: ScoredBatch, phi_P: Tensor) -> Objective:
        score_N = self.score(phi_P.to(batch.reward_N), needed_features(batch))
        reward_N = batch.reward_N * share_scores(score_N, batch)
        return super().objective(replace(batch, reward_N=reward_N))

    def at_step(self, step: int) -> None:
        """Decides whether phi is updated in this step."""
        self._moves = (step + 1) % self.meta_every == 0

    def meta_step(
        self,
        loss: Tensor,
        batch: ScoredBatch,
        parameters: Parameters,
        held_out: Callable[[Parameters], ScoredBatch],
    ) -> dict[str, Tensor]:
        """Updates phi by the held-out objective at theta', in every `meta_every`-th step."""
        if not self._moves:
            return {}
        value, grad_P = self.meta_gradient(loss, batch, parameters, held_out)
        finite = grad_P.isfinite().all()
        if finite:
            self.phi_P.grad = grad_P.to(self.phi_P)
            self._optimiser.step()
        return {
            "meta_loss": value,
            "meta_skipped": (~finite).to(value.dtype),
            "phi_norm": self.phi_P.detach().norm(),
        }

    def meta_gradient(
        self,
        loss: Tensor,
        batch: ScoredBatch,
        parameters: Parameters,
        held_out: Callable[[Parameters], ScoredBatch],
    ) -> tuple[Tensor, Tensor]:
        """Returns the held-out objective at theta' and its gradient in phi [P]; see `meta_step`."""
        theta = list(parameters.values())
        outputs = [batch.log_prob_N]
        if self.entropy_weight and batch.entropy_N is not None:
            outputs.append(batch.entropy_N)
        seeds = torch.autograd.grad(loss, outputs, retain_graph=True)
        # The step's gradient is linear in it, so its derivative is a product with a direction.
        seed_N = seeds[0].requires_grad_()
        step = torch.autograd.grad(
            outputs, theta, (seed_N, *seeds[1:]), create_graph=True, materialize_grads=True
        )
        moved = {
            name: (value - self.look_ahead * grad).detach().requires_grad_()
            for name, value, grad in zip(parameters, theta, step, strict=True)
        }
        value, _ = self._judge.loss(held_out(moved))
        slope = torch.autograd.grad(value, list(moved.values()), materialize_grads=True)
        (along_N,) = torch.autograd.grad(step, seed_N, slope, retain_graph=True)

        phi_P = self.phi_P.detach().requires_grad_()
        coefficient_N = self._scored(upcast(batch), phi_P).coefficient_N
        effect = self.look_ahead / batch.num_examples * (coefficient_N * along_N).sum()
        (grad_P,) = torch.autograd.grad(effect, phi_P)
        return value.detach(), grad_P

    def state_dict(self) -> dict[str, Any]:
        """Returns phi and the state of its optimiser."""
        return {"phi": self.phi_P.detach().clone(), "optimiser": self._optimiser.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restores what `state_dict` returned."""
        with torch.no_grad():
            self.phi_P.copy_(state["phi"])
        self._optimiser.load_state_dict(state["optimiser"])


def _numbers(score: RewardScore, size: int | None) -> int:
    """Returns the length of phi."""
    name = type(score).__name__
    if score.size is not None:
        if size not in (None, score.size):
            raise ValueError(f"leave size out: {name} has {score.size} numbers, not {size}")
        return score.size
    if size is None:
        raise ValueError(f"set size to the number of features: {name} has a number for each")
    return size
