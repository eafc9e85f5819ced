"""What every model with a policy shares: its environments, evaluation by episodes, checkpoints."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import torch
from tensordict import TensorDictBase

from sparse_rl.bounds import LearningRate, Seed, Width, bounded
from sparse_rl.checkpoint_file import check_resumable
from sparse_rl.control.environments import GymDataModule, Spaces
from sparse_rl.control.errors import ControlError
from sparse_rl.control.model import ControlModel, need_one_process
from sparse_rl.control.rollouts import evaluate
from sparse_rl.errors import CheckpointError

EVALUATION_SEEDS = {"val": 1_000_000, "test": 2_000_000}
"""First seeds of the episodes of an evaluation, the same in all runs."""


class Player(ControlModel):
    """A model with a policy, which plays episodes to be evaluated.

    One that also learns from episodes is a `ControlLearner`.

    Args:
        hidden: width of the two hidden layers of each network; 32 to 256.
        lr: learning rate of Adam; 1e-4 to 1e-2.
        seed: seed of what the model draws itself; null for seed_everything's.
    """

    discrete: ClassVar[bool] = True
    """Whether the algorithm's actions are discrete."""

    @bounded
    def __init__(
        self, hidden: Width = 64, lr: LearningRate = 2e-3, seed: Seed | None = None
    ) -> None:
        super().__init__(seed)
        self.hidden = hidden
        self.lr = lr

    # ---- for subclasses

    @abstractmethod
    def build(self, spaces: Spaces) -> None:
        """Makes the networks."""

    @abstractmethod
    def act_best(self, now: TensorDictBase) -> TensorDictBase:
        """Adds the `action` by which the policy is evaluated; its mode, as a rule."""

    # ---- set-up and checkpoints

    @property
    def environments(self) -> GymDataModule:
        return self.data_of(GymDataModule, "learn from")

    def setup(self, stage: str) -> None:
        """Makes the networks.

        Raises:
            ControlError: the environment's actions are not of the algorithm's kind, or there are
                several processes.
        """
        need_one_process("unrolls are not shared among processes")
        data = self.environments
        spaces = data.spaces()
        if spaces.discrete != self.discrete:
            kinds = {True: "discrete", False: "continuous"}
            raise ControlError(
                f"choose another model or data.name: {type(self).__name__} needs "
                f"{kinds[self.discrete]} actions, and those of {data.name} are "
                f"{kinds[spaces.discrete]}"
            )
        if not any(True for _ in self.parameters()):
            self.build(spaces)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        trained = [weights for weights in self.parameters() if weights.requires_grad]
        return torch.optim.Adam(trained, self.lr, eps=1e-5)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the environment's name."""
        checkpoint["control"] = {"environment": self.environments.name}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Checks that the checkpoint is of this environment.

        Raises:
            CheckpointError: it is another family's, or of another environment.
        """
        where = str(self.trainer.ckpt_path or "--ckpt_path")
        state = checkpoint.get("control")
        if not isinstance(state, dict):
            raise CheckpointError(f"give a checkpoint of a control run: {where} has no environment")
        if state.get("environment") != self.environments.name:
            raise CheckpointError(
                f"set data.name to {state.get('environment')}: {where} was trained there, not on "
                f"{self.environments.name}"
            )
        if self.trainer.state.fn == "fit":
            check_resumable(checkpoint, where)

    # ---- evaluation

    def validation_step(self, batch: int, batch_index: int) -> None:
        """Logs the mean return of the policy's mode."""
        self._evaluate("val")

    def test_step(self, batch: int, batch_index: int) -> None:
        """Logs the mean return on episodes that no validation has seen."""
        self._evaluate("test")

    def _evaluate(self, split: str) -> None:
        data = self.environments
        env = data.make(data.episodes)
        seed = EVALUATION_SEEDS[split]
        # A policy may draw: evaluations draw the same, and leave no trace in the training's draws.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            returns = evaluate(env, self.act_best, seed)
        env.close()
        measured = data.measures(sum(returns) / len(returns))
        self.log_dict({f"{split}/{name}": value for name, value in measured.items()}, batch_size=1)
