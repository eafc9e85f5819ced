"""What every learner in environments shares: unrolls, evaluation, logs and exact resuming."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from tensordict import TensorDictBase
from torch import Tensor

from sparse_rl.bounds import Fraction, LearningRate, PositiveAmount, Seed, Width, bounded
from sparse_rl.checkpoint_file import check_optimizer, restoring
from sparse_rl.control.model import step
from sparse_rl.control.player import Player
from sparse_rl.control.rollouts import Rollouts, Unroller


class ControlLearner(Player):
    """Alternates unrolls and updates; a subclass has the networks and the update.

    The trainer's step is one unroll with its updates; the axis of the logs is environment steps.

    Args:
        hidden: width of the two hidden layers of each network; 32 to 256.
        lr: learning rate of Adam; 1e-4 to 1e-2.
        gamma: discount; .95 to .999.
        reward_scale: factor of the rewards as the learner sees them; returns are logged as they
            are. With it, returns should be of the order of 1 to 10.
        clip_norm: norm to which gradients are clipped; .5 to 10.
        stop_when_solved: end the training when the mean return of 100 episodes reaches the
            environment's own threshold (475 for CartPole-v1).
        seed: seed of the environments; null for seed_everything's.
    """

    @bounded
    def __init__(
        self,
        hidden: Width = 64,
        lr: LearningRate = 2e-3,
        gamma: Fraction = 0.99,
        reward_scale: PositiveAmount = 1.0,
        clip_norm: PositiveAmount = 1.0,
        stop_when_solved: bool = False,
        seed: Seed | None = None,
    ) -> None:
        super().__init__(hidden, lr, seed)
        self.gamma = gamma
        self.reward_scale = reward_scale
        self.clip_norm = clip_norm
        self.stop_when_solved = stop_when_solved
        self.rollouts: Unroller | None = None
        self.solved_at: int | None = None
        self._resumed: dict[str, Any] | None = None

    # ---- for subclasses

    @abstractmethod
    def act(self, now: TensorDictBase) -> TensorDictBase:
        """Adds `action`, drawn from the policy, and what `update` needs of its law."""

    @abstractmethod
    def update(self, unroll: TensorDictBase) -> Mapping[str, Tensor | float]:
        """Learns from an unroll [E, T]; returns what is to be logged under `train/`."""

    def start(self) -> Unroller:
        """Starts the environments of the training."""
        data = self.environments
        return Rollouts(data.make(data.environments), self.seed)

    def subject(self) -> str:
        data = self.environments
        return f"{data.name}: {data.environments} environments, unrolls of {data.unroll} steps"

    def memory_state(self) -> dict[str, Any]:
        """What a checkpoint must hold besides weights, optimisers and environments."""
        return {}

    def load_memory_state(self, state: Mapping[str, Any]) -> None:
        """Restores what `memory_state` returned."""

    # ---- checkpoints

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Adds the environments' state and the memory."""
        super().on_save_checkpoint(checkpoint)
        assert self.rollouts is not None
        checkpoint["control"] |= {
            "rollouts": self.rollouts.state_dict(),
            "solved_at": self.solved_at,
            "memory": self.memory_state(),
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keeps what resuming needs until there are environments."""
        super().on_load_checkpoint(checkpoint)
        if self.trainer.state.fn == "fit":
            self._resumed = checkpoint["control"]

    def on_train_start(self) -> None:
        """Starts the environments, or goes on with a checkpoint's."""
        self.rollouts = self.start()
        for optimizer in self.trainer.optimizers:
            check_optimizer(optimizer, self.trainer.ckpt_path or "--ckpt_path")
        if self._resumed is not None:
            with restoring(str(self.trainer.ckpt_path)):
                self.rollouts.load_state_dict(self._resumed["rollouts"])
                self.solved_at = self._resumed["solved_at"]
                self.load_memory_state(self._resumed["memory"])
            self._resumed = None

    def on_train_end(self) -> None:
        """Stops the environments, whose last state stays for the checkpoint."""
        assert self.rollouts is not None
        self.rollouts.close()

    # ---- training and evaluation

    def training_step(self, batch: int, batch_index: int) -> None:
        """Unrolls and updates."""
        assert self.rollouts is not None
        unroll = self.rollouts.unroll(self.act, self.environments.unroll)
        unroll["next", "reward"] = self.reward_scale * unroll["next", "reward"]
        values = {f"train/{name}": value for name, value in self.update(unroll).items()}
        mean, goal = self.rollouts.mean_return, self.environments.goal
        if mean is not None:
            values["train/return"] = mean
            if goal is not None and mean >= goal and self.solved_at is None:
                self.solved_at = self.rollouts.steps
        if self.solved_at is not None and self.stop_when_solved:
            self.trainer.should_stop = True
        self._log(values)

    def _log(self, values: Mapping[str, Tensor | float]) -> None:
        assert self.rollouts is not None
        steps = float(self.rollouts.steps)
        self.log_against(steps, {**values, "env_steps": steps})

    def step_optimizer(self, counted: bool) -> Tensor:
        """Clips the gradients and takes the optimiser's step; returns the norm before clipping.

        Args:
            counted: whether it is the trainer's step too; one in every unroll is.
        """
        return step(self.optimizers(), self.clip_norm, counted)

    def validation_step(self, batch: int, batch_index: int) -> None:
        """Logs the mean return of the policy's mode, and when the environment was solved."""
        super().validation_step(batch, batch_index)
        if self.rollouts is not None:
            solved = {} if self.solved_at is None else {"solved_at": float(self.solved_at)}
            self._log(solved)
