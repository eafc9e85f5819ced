"""Values of a chain, by targets of TD, MVE or STEVE; the toy problem of Buckman et al. (2018).

Legend: S state, L critic, M model, K horizon, B state of a batch; see `targets`.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from sparse_rl.bounds import Count, Fraction, NonNegative, PositiveFraction, bounded
from sparse_rl.control.model import ControlModel
from sparse_rl.control.value_expansion.chain import END_REWARD, ChainDataModule
from sparse_rl.control.value_expansion.targets import candidates, mve, steve


class ChainValues(ControlModel):
    """Ensembles of tables of values and of models; an update moves one state of every table.

    Every critic draws a state of its own, and all have the same target. They begin with values
    drawn uniformly between 0 and the reward of the end.

    Args:
        target: `mve` is the longest horizon alone, `steve` weighs all; TD is `mve` with horizon 0.
        horizon: H, imagined steps; 1 to 5.
        ensemble: models and critics; 4 to 8.
        teleport: probability that an imagined step lands anywhere; 0 is a perfect model.
        lr: share of the way to the target that an update goes.
    """

    values: nn.Parameter
    updates: Tensor

    @bounded
    def __init__(
        self,
        target: Literal["mve", "steve"] = "steve",
        horizon: NonNegative = 5,
        ensemble: Count = 8,
        teleport: Fraction = 0.1,
        lr: PositiveFraction = 1.0,
    ) -> None:
        super().__init__()
        self.target = target
        self.horizon = horizon
        self.ensemble = ensemble
        self.teleport = teleport
        self.lr = lr
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def subject(self) -> str:
        kind = "a perfect model" if not self.teleport else f"{self.teleport:.0%} teleports"
        return f"a chain of {self.chain.states} states, {kind}"

    @property
    def chain(self) -> ChainDataModule:
        return self.data_of(ChainDataModule, "learn from")

    def setup(self, stage: str) -> None:
        if not hasattr(self, "values"):
            shape = (self.ensemble, self.chain.states)
            self.values = nn.Parameter(END_REWARD * torch.rand(shape))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        # A step of SGD on half the squared error goes the share lr of the way.
        return torch.optim.SGD([self.values], self.lr)

    def training_step(self, batch: int, batch_index: int) -> None:
        optimizer: Any = self.optimizers()
        for update in range(self.chain.updates):
            state_L = torch.randint(self.chain.states, (self.ensemble,))
            self.values.grad = self.gradient(state_L)
            # The trainer counts one step a batch.
            (optimizer if update == 0 else optimizer.optimizer).step()
        self.updates += self.chain.updates

    @torch.no_grad()
    def gradient(self, state_L: Tensor) -> Tensor:
        """Gradient to the values of half the squared errors at the critics' states."""
        place = (torch.arange(self.ensemble), state_L)
        gradient_LS = torch.zeros_like(self.values)
        gradient_LS[place] = self.values[place] - self.targets(state_L)
        return gradient_LS

    @torch.no_grad()
    def targets(self, state_B: Tensor) -> Tensor:
        """Targets of states, after a step on the chain and `horizon` imagined ones."""
        chain = self.chain
        # The end has the value 0.
        value_LS = nn.functional.pad(self.values, (0, 1))
        now_B = chain.move(state_B)
        states = [now_B.expand(self.ensemble, -1)]
        for _ in range(self.horizon):
            states.append(chain.imagine(states[-1], self.teleport))
        state_KMB = torch.stack(states)
        target_KMNLB = candidates(
            chain.reward(now_B),
            chain.reward(state_KMB[1:]).unsqueeze(2),
            1.0 - chain.ended(state_KMB).to(value_LS),
            value_LS[:, state_KMB].permute(1, 2, 0, 3),
            gamma=1.0,
        )
        return steve(target_KMNLB)[0] if self.target == "steve" else mve(target_KMNLB)

    def _error(self) -> float:
        """Mean squared error of the critics' mean value."""
        error_S = self.values.detach().double().mean(0) - self.chain.values()
        return float(error_S.square().mean())

    def validation_step(self, batch: int, batch_index: int) -> None:
        """Logs the values' error against updates."""
        self.log_against(float(self.updates), {"val/value_mse": self._error()})

    def test_step(self, batch: int, batch_index: int) -> None:
        """Logs the values' error: a chain has no other states to be tested on."""
        self.log("test/value_mse", self._error(), batch_size=1)
