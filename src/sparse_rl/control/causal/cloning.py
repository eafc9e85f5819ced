"""Behavioural cloning, with a mask of the inputs found by intervention, and its two baselines.

Legend: N step, G mask, A action, I input: position, velocity, previous action or noise.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import nll_loss

from sparse_rl.bounds import Count, LearningRate, Seed, Width, bounded
from sparse_rl.checkpoint_file import check_optimizer, check_resumable, restoring
from sparse_rl.control.causal.demonstrations import (
    INPUTS,
    ExpertSteps,
    MountainCarDemonstrations,
)
from sparse_rl.control.causal.graph_policy import GraphPolicy
from sparse_rl.control.causal.interventions import Intervention
from sparse_rl.control.causal.masks import all_masks
from sparse_rl.control.causal.mountain_car import ACTIONS
from sparse_rl.control.model import ControlModel, need_one_process, step
from sparse_rl.control.player import EVALUATION_SEEDS
from sparse_rl.errors import CheckpointError

ROLLOUTS = 10
"""Episodes of a clone from which DAgger takes the states that it asks about."""
STREAMS = 100_000
"""Random streams of a seed: the intervention's, and one for every round of DAgger."""


class PlainCloning(ControlModel):
    """Imitates an expert by all inputs. The trainer's step is a pass through the samples.

    Args:
        hidden: width of the two hidden layers; 50 in the paper.
        lr: learning rate of Adam; 1e-4 to 1e-2.
        batch: samples of an update.
        seed: seed of the interventions; null for seed_everything's.

    Attributes:
        mask: the inputs that the acting policy sees.
    """

    mask: Tensor

    @bounded
    def __init__(
        self,
        hidden: Width = 50,
        lr: LearningRate = 1e-3,
        batch: Count = 64,
        seed: Seed | None = None,
    ) -> None:
        super().__init__(seed)
        self.lr = lr
        self.batch = batch
        self.policy = GraphPolicy(len(INPUTS), hidden, ACTIONS)
        self.register_buffer("mask", torch.ones(len(INPUTS)))

    # ---- for subclasses

    def trained_masks(self) -> Tensor:
        """Masks whose policies are learned, all alike; [G, I]."""
        return self.mask.unsqueeze(0)

    def training_data(self) -> ExpertSteps:
        """What is imitated."""
        return self.demonstrations.training

    # ---- set-up and checkpoints

    @property
    def demonstrations(self) -> MountainCarDemonstrations:
        return self.data_of(MountainCarDemonstrations, "imitate")

    def subject(self) -> str:
        data = self.demonstrations
        third = "the previous action" if data.confounded else "noise"
        return f"MountainCar-v0 with {third}: {data.sizes[0]} samples of an expert"

    def setup(self, stage: str) -> None:
        """Checks what is learned from.

        Raises:
            ControlError: the data are of another kind, or there are several processes.
        """
        need_one_process("a clone is trained in one process")
        _ = self.demonstrations

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), self.lr)

    def stream(self, number: int) -> torch.Generator:
        """A random stream of its own, so that resuming finds the same."""
        return torch.Generator().manual_seed(self.seed * STREAMS + number)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds what the demonstrations follow from."""
        checkpoint["control"] = {"demonstrations": self.demonstrations.options()}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Checks that a training goes on with the demonstrations that it began with.

        Raises:
            CheckpointError: it is another family's checkpoint, or of other demonstrations.
        """
        where = str(self.trainer.ckpt_path or "--ckpt_path")
        state = checkpoint.get("control")
        if not (isinstance(state, dict) and isinstance(state.get("demonstrations"), dict)):
            raise CheckpointError(f"give a checkpoint of a clone: {where} has no demonstrations")
        if self.trainer.state.fn == "fit":
            check_resumable(checkpoint, where)
            for name, value in self.demonstrations.options().items():
                before = state["demonstrations"].get(name)
                if before != value:
                    raise CheckpointError(f"set data.{name} to {before}: {where} was trained so")

    def on_train_start(self) -> None:
        for optimizer in self.trainer.optimizers:
            check_optimizer(optimizer, self.trainer.ckpt_path or "--ckpt_path")

    # ---- training and evaluation

    def training_step(self, batch: int, batch_index: int) -> None:
        """Takes a step of the imitation loss for every batch of a pass through the samples."""
        observation_NI, action_N = self.training_data()
        mask_GI = self.trained_masks()
        parts = torch.split(torch.randperm(len(action_N)), self.batch)
        for number, chosen in enumerate(parts):
            mask_NI = mask_GI[torch.randint(len(mask_GI), (len(chosen),))]
            loss = nll_loss(self.policy(observation_NI[chosen], mask_NI), action_N[chosen])
            torch.autograd.backward(loss)
            step(self.optimizers(), math.inf, counted=number == len(parts) - 1)
        self.log("train/loss", loss.detach(), batch_size=1)

    def validation_step(self, batch: int, batch_index: int) -> None:
        """Logs loss and accuracy on held-out steps, and the mean return of the acting policy."""
        self.log_dict(self._evaluate("val"), batch_size=1)

    def test_step(self, batch: int, batch_index: int) -> None:
        """Logs the same on episodes that no validation has seen."""
        self.log_dict(self._evaluate("test"), batch_size=1)

    @torch.no_grad()
    def _evaluate(self, split: str) -> dict[str, float]:
        data = self.demonstrations
        observation_NI, action_N = data.held_out
        log_pi_GNA = self.policy.of_all(observation_NI, self.trained_masks())
        right_N = self.policy.act(self.mask)(observation_NI) == action_N
        generator = torch.Generator().manual_seed(EVALUATION_SEEDS[split])
        played = data.play(self.policy.act(self.mask), data.episodes, generator)
        return {
            # Of all that is learned, whatever acts: it chooses the checkpoint.
            f"{split}/loss": float(nll_loss(log_pi_GNA.mean(0), action_N)),
            f"{split}/accuracy": float(right_N.float().mean()),
            f"{split}/return": float(played.returns.mean()),
        }


class CausalCloning(PlainCloning):
    """Learns the policies of all masks at once; an intervention says which of them acts.

    It takes place before every validation, so its episodes or queries are those of one validation.
    Without an intervention the policy sees everything: dropout of inputs, the paper's baseline.

    Args:
        intervention: `PolicyExecution` or `ExpertQueries`; null for none.
        options: options of `PlainCloning`.
    """

    @bounded
    def __init__(self, intervention: Intervention | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.intervention = intervention

    def trained_masks(self) -> Tensor:
        return all_masks(len(INPUTS))

    def on_validation_start(self) -> None:
        """Chooses the mask."""
        if self.intervention is not None:
            found = self.intervention.choose(self.policy, self.demonstrations, self.stream(0))
            self.mask.copy_(found.best())


class Dagger(PlainCloning):
    """Asks the expert about states that the clone itself comes to, and learns from them too.

    DAgger (Ross, Gordon and Bagnell, 2011), whose first round are the demonstrations.

    Args:
        queries: states that the expert is asked about, after each epoch.
        options: options of `PlainCloning`.
    """

    @bounded
    def __init__(self, queries: Count = 10, **options: Any) -> None:
        super().__init__(**options)
        self.queries = queries
        self.answers = ExpertSteps(
            torch.empty(0, len(INPUTS), dtype=torch.float64), torch.empty(0, dtype=torch.long)
        )

    def training_data(self) -> ExpertSteps:
        return self.demonstrations.training.join(self.answers)

    def on_train_epoch_start(self) -> None:
        """Asks, from the second epoch on."""
        # An epoch that is resumed from its middle has asked already.
        if len(self.answers.action_N) < self.current_epoch * self.queries:
            data, generator = self.demonstrations, self.stream(self.current_epoch)
            seen_NI, _ = data.play(self.policy.act(self.mask), ROLLOUTS, generator).steps
            chosen = torch.randperm(len(seen_NI), generator=generator)[: self.queries]
            new = ExpertSteps(seen_NI[chosen], data.expert(seen_NI[chosen]))
            self.answers = self.answers.join(new)

    def validation_step(self, batch: int, batch_index: int) -> None:
        super().validation_step(batch, batch_index)
        self.log("queries", float(len(self.answers.action_N)), batch_size=1)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["control"]["answers"] = list(self.answers)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        with restoring(str(self.trainer.ckpt_path)):
            self.answers = ExpertSteps(*checkpoint["control"]["answers"])
