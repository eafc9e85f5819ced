"""Demonstrations of MountainCar's expert, and the environment that the clone then acts in.

Legend: N step, I input: position, velocity, and the previous action or noise.
"""

from __future__ import annotations

from typing import NamedTuple

import pytorch_lightning as pl
import torch
from torch import Tensor

from sparse_rl.bounds import Count, Seed, bounded
from sparse_rl.control.causal.expert import best_actions
from sparse_rl.control.causal.mountain_car import (
    CarPolicy,
    Episodes,
    Observe,
    any_actions,
    play,
    starts,
    wide_starts,
)
from sparse_rl.control.errors import ControlError
from sparse_rl.seeds import seed_or_run_seed

INPUTS = ("position", "velocity", "previous action")
"""What a policy sees, if it is confounded; otherwise noise is in the place of the last."""

_TOGETHER = 500


class ExpertSteps(NamedTuple):
    """Observations and the expert's actions.

    Attributes:
        observation_NI: what the policy sees.
        action_N: what the expert does.
    """

    observation_NI: Tensor
    action_N: Tensor

    def join(self, other: ExpertSteps) -> ExpertSteps:
        """These steps and then the others."""
        return ExpertSteps(*(torch.cat(pair) for pair in zip(self, other, strict=True)))


class MountainCarDemonstrations(pl.LightningDataModule):
    """Steps of an expert in MountainCar-v0, which sees position and velocity alone.

    The clone sees a third input. Confounded, it is the previous action, which foretells the next
    one well and is no cause of it; original, it is noise of the same law.

    Args:
        confounded: whether the third input is the previous action.
        expert_steps: steps of the expert, from widened starts.
        samples: those of them that are learned from, drawn at random.
        held_out: others of them, on which loss and accuracy are measured.
        passes_per_epoch: passes through the samples between two evaluations.
        episodes: episodes of an evaluation; 100 to 1000.
        seed: seed of the demonstrations; null for seed_everything's.
    """

    @bounded
    def __init__(
        self,
        confounded: bool = True,
        expert_steps: Count = 100_000,
        samples: Count = 300,
        held_out: Count = 10_000,
        passes_per_epoch: Count = 200,
        episodes: Count = 200,
        seed: Seed | None = None,
    ) -> None:
        super().__init__()
        if samples + held_out > expert_steps:
            raise ControlError(
                f"set data.expert_steps to {samples + held_out} or more, for data.samples and "
                f"data.held_out: got {expert_steps}"
            )
        self.confounded = confounded
        self.expert_steps = expert_steps
        self.sizes = (samples, held_out)
        self.passes_per_epoch = passes_per_epoch
        self.episodes = episodes
        self.seed = seed_or_run_seed(seed)
        self.training: ExpertSteps
        self.held_out: ExpertSteps

    def setup(self, stage: str) -> None:
        """Lets the expert play."""
        if hasattr(self, "training"):
            return
        generator = torch.Generator().manual_seed(self.seed)
        found: list[tuple[Tensor, Tensor]] = []
        while sum(len(actions) for _, actions in found) < self.expert_steps:
            start_NS = wide_starts(_TOGETHER, generator)
            first_N = any_actions(_TOGETHER, generator)
            found.append(play(self.expert, self._observe(generator), start_NS, first_N).steps)
        observation_NI, action_N = (torch.cat(parts) for parts in zip(*found, strict=True))
        order = torch.randperm(self.expert_steps, generator=generator)
        both = torch.split(order[: sum(self.sizes)], list(self.sizes))
        self.training, self.held_out = (
            ExpertSteps(observation_NI[chosen], action_N[chosen]) for chosen in both
        )

    def options(self) -> dict[str, bool | int]:
        """The options that decide what is learned from."""
        samples, held_out = self.sizes
        return {
            "confounded": self.confounded,
            "expert_steps": self.expert_steps,
            "samples": samples,
            "held_out": held_out,
            "seed": self.seed,
        }

    def expert(self, observation_NI: Tensor) -> Tensor:
        """Asks the expert for actions."""
        return best_actions(observation_NI[:, :2])

    def play(self, act: CarPolicy, episodes: int, generator: torch.Generator) -> Episodes:
        """Plays episodes from the environment's own starts."""
        start_NS, first_N = starts(episodes, generator), any_actions(episodes, generator)
        return play(act, self._observe(generator), start_NS, first_N)

    def _observe(self, generator: torch.Generator) -> Observe:
        def observe(state_NS: Tensor, previous_N: Tensor) -> Tensor:
            third_N = previous_N if self.confounded else any_actions(len(state_NS), generator)
            return torch.cat([state_NS, third_N.unsqueeze(-1)], -1)

        return observe

    # No DataLoader: it would draw from the random generator at moments that resuming changes.

    def train_dataloader(self) -> range:
        """Numbers of the epoch's passes; the model draws the order of the samples itself."""
        return range(self.passes_per_epoch)

    def val_dataloader(self) -> range:
        """One evaluation."""
        return range(1)

    test_dataloader = val_dataloader
