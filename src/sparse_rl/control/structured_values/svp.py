"""Structured value-based planning: sweeps over a part of all states and actions, then completion.

Legend: S state, A action.

Source: Yang et al. (ICLR 2020), section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from sparse_rl.bounds import Count, PositiveFraction, ProperFraction, Seed, bounded
from sparse_rl.checkpoint_file import check_resumable
from sparse_rl.control.model import ControlModel, need_one_process
from sparse_rl.control.structured_values.grid import GridDataModule
from sparse_rl.control.structured_values.matrix_estimation import (
    approximate_rank,
    complete,
    geometric,
)
from sparse_rl.control.structured_values.planning import bellman, greedy_return, optimal_values
from sparse_rl.errors import CheckpointError


class Svp(ControlModel):
    """Plans on a grid: a sweep updates entries of Q that it draws, and completes the others.

    The trainer's step is one sweep, and so is the unit of the curves' axis.

    Args:
        observed: p, chance of an entry to be updated by a sweep; .1 to 1.
        completion: where the other entries come from: `soft_impute` estimates them from those that
            were updated, `none` leaves them as they are.
        gamma: discount.
        first_threshold: threshold of the first sweep, as a share of the greatest singular value. A
            great one leaves few directions and fills all entries at once, roughly.
        last_threshold: threshold of the last sweep; a small one is slow, and exact.
        annealed_over: sweeps from one to the other, in equal ratios.
        iterations: iterations of soft-impute in a sweep, from the estimate of the sweep before.
        seed: not used: what is observed is drawn from the generator that seed_everything sets.
    """

    q_SA: Tensor

    @bounded
    def __init__(
        self,
        observed: PositiveFraction = 0.2,
        completion: Literal["soft_impute", "none"] = "soft_impute",
        gamma: ProperFraction = 0.95,
        first_threshold: ProperFraction = 0.02,
        last_threshold: ProperFraction = 0.0002,
        annealed_over: Count = 100,
        iterations: Count = 6,
        seed: Seed | None = None,
    ) -> None:
        super().__init__(seed)
        self.observed = observed
        self.completion = completion
        self.gamma = gamma
        self.first_threshold = first_threshold
        self.last_threshold = last_threshold
        self.annealed_over = annealed_over
        self.iterations = iterations

    @property
    def grid(self) -> GridDataModule:
        return self.data_of(GridDataModule, "plan on")

    def subject(self) -> str:
        return f"{self.grid.describe()}, of which a sweep observes {self.observed:.0%}"

    def setup(self, stage: str) -> None:
        """Makes the problem and solves it exactly, for comparison.

        Raises:
            ControlError: there are several processes.
        """
        need_one_process("one process makes a whole sweep")
        if not hasattr(self, "problem"):
            self.problem = self.grid.problem()
            self.optimal_SA = optimal_values(self.problem, self.gamma)
            self.q_SA = nn.Parameter(torch.zeros_like(self.optimal_SA))
            self.optimal = {
                "val/optimal_return": float(self.optimal_SA.amax(1).mean()),
                "val/optimal_rank": float(approximate_rank(self.optimal_SA)),
            }

    def configure_optimizers(self) -> torch.optim.Optimizer:
        # With a rate of 1 and the difference as the gradient, a sweep is a step of the trainer's.
        return torch.optim.SGD([self.q_SA], lr=1.0)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the problem."""
        checkpoint["control"] = {"problem": self.grid.describe()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Checks that the checkpoint is of the same problem.

        Raises:
            CheckpointError: it is not.
        """
        where = str(self.trainer.ckpt_path or "--ckpt_path")
        state = checkpoint.get("control")
        problem = self.grid.describe()
        if not isinstance(state, dict) or state.get("problem") != problem:
            raise CheckpointError(f"give a checkpoint of a plan for {problem}: {where} has none")
        if self.trainer.state.fn == "fit":
            check_resumable(checkpoint, where)

    @torch.no_grad()
    def training_step(self, batch: int, batch_index: int) -> None:
        """Makes a sweep."""
        share = self.global_step / self.annealed_over
        threshold = geometric(self.first_threshold, self.last_threshold, share)
        target_SA = bellman(self.problem, self.q_SA.amax(1), self.gamma)
        observed_SA = torch.rand_like(target_SA) < self.observed
        if self.completion == "soft_impute" and observed_SA.any():
            thresholds = [threshold] * self.iterations
            new_SA = complete(target_SA, observed_SA, thresholds, self.q_SA)
        else:
            new_SA = torch.where(observed_SA, target_SA, self.q_SA)
        change_SA = self.q_SA - new_SA
        optimizer: Any = self.optimizers()
        self.q_SA.grad = change_SA
        optimizer.step()
        optimizer.zero_grad()
        values = {"train/threshold": threshold, "train/change": change_SA.norm() / new_SA.norm()}
        self._log(values)

    def _log(self, values: Mapping[str, Tensor | float]) -> None:
        self.log_against(float(self.global_step), values)

    @torch.no_grad()
    def validation_step(self, batch: int, batch_index: int) -> None:
        """Logs errors, ranks, and the greedy policy's return beside the optimal one."""
        self._log(
            {
                "val/return": greedy_return(self.problem, self.q_SA, self.gamma),
                "val/relative_error": self._relative_error(),
                "val/rank": float(approximate_rank(self.q_SA)),
                **self.optimal,
            }
        )

    @torch.no_grad()
    def test_step(self, batch: int, batch_index: int) -> None:
        """Logs the best checkpoint's return and error; there is no other data to test on."""
        self.log("test/return", greedy_return(self.problem, self.q_SA, self.gamma), batch_size=1)
        self.log("test/relative_error", self._relative_error(), batch_size=1)

    def _relative_error(self) -> float:
        return float((self.q_SA - self.optimal_SA).norm() / self.optimal_SA.norm())
