"""Checkpoints that a run keeps: the best and the last."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.utilities import rank_zero_info
from pytorch_lightning.utilities.exceptions import SIGTERMException

from sparse_rl.bounds import NonNegative, bounded
from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO


class RunCheckpoint(ModelCheckpoint):
    """A checkpoint that the run itself writes, while training goes on."""

    def _save_checkpoint(self, trainer: pl.Trainer, filepath: str) -> None:
        io = trainer.strategy.checkpoint_io
        later: AbstractContextManager[None] = nullcontext()  # Another plug-in writes at once.
        if isinstance(io, AtomicCheckpointIO):
            later = io.in_background(Path(filepath), trainer.lightning_module)
        with later:
            super()._save_checkpoint(trainer, filepath)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        super().on_exception(trainer, pl_module, exception)
        io = trainer.strategy.checkpoint_io
        if isinstance(io, AtomicCheckpointIO) and not isinstance(exception, SIGTERMException):
            io.fail()


class BestCheckpoint(RunCheckpoint):
    """`best.ckpt`: the best on dev so far, across resumes.

    Args:
        monitor: logged metric that decides.
        mode: "max" or "min".
    """

    def __init__(self, monitor: str, mode: Literal["max", "min"] = "max") -> None:
        super().__init__(monitor=monitor, mode=mode, filename="best", enable_version_counter=False)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # A resumed run has its own folder; Lightning would then forget the best score.
        super().load_state_dict({**state_dict, "dirpath": self.dirpath})


class LastCheckpoint(RunCheckpoint):
    """`last.ckpt`: training resumes from it exactly.

    Written at the end of every epoch, after its validation, and when the run is stopped by
    `max_steps` or SIGTERM.

    Args:
        every_n_train_steps: also write it within an epoch, after so many steps; 0 for never.
    """

    @bounded
    def __init__(self, every_n_train_steps: NonNegative = 0) -> None:
        super().__init__(
            filename="last",
            every_n_epochs=1,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )
        self._steps = every_n_train_steps
        self._hidden_max_steps: int | None = None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        # A resumed run has its own folder; Lightning does the same then, with a warning.
        self.best_model_path = state_dict["best_model_path"]

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any
    ) -> None:
        step = trainer.global_step
        # Saves a run stopped within an epoch: Lightning would save it as if the epoch were over.
        due = step == trainer.max_steps or (self._steps and step % self._steps == 0)
        # After the last batch the epoch's validation is still to come, and is lost on resuming.
        if due and not trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            self._save(trainer)

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        super().on_exception(trainer, pl_module, exception)
        # Lightning raises SIGTERMException between two batches, other exceptions within one.
        if isinstance(exception, SIGTERMException):
            self._save(trainer)
            rank_zero_info(
                f"Stopped after step {trainer.global_step}. Go on with --ckpt_path=last."
            )

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        # With a limit of steps, Lightning 2.6 mistakes a checkpoint from the end of an epoch for
        # one from within it, and ends and counts that epoch again. Without a limit it does not.
        epochs = checkpoint["loops"]["fit_loop"]["epoch_progress"]["current"]
        if trainer.max_steps != -1 and epochs["processed"] > epochs["completed"]:
            self._hidden_max_steps = trainer.max_steps
            trainer.fit_loop.epoch_loop.max_steps = -1

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        if self._hidden_max_steps is not None:
            trainer.fit_loop.epoch_loop.max_steps = self._hidden_max_steps
            self._hidden_max_steps = None

    def _save(self, trainer: pl.Trainer) -> None:
        if not self._should_skip_saving_checkpoint(trainer):
            self._save_topk_checkpoint(trainer, self._monitor_candidates(trainer))
