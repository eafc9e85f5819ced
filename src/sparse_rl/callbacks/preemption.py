"""Stopping a run from outside: SIGTERM, as schedulers send it."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytorch_lightning as pl

from sparse_rl import processes


class Preemption(pl.Callback):
    """On SIGTERM all processes stop after the same step; see `LastCheckpoint` for what they save.

    Any process may be the one that is told. Lightning 2.6 has it speak to the others within the
    signal handler, in the middle of whatever they exchange at that moment. Here the handler takes a
    note, and the processes compare notes where they are together: after a step and after an epoch.
    A validation under way is finished.
    """

    def __init__(self) -> None:
        self._told = False
        self._stopping = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._told = self._stopping = False
        # In place of Lightning's handler; Lightning restores the one before both. Signals are the
        # main thread's affair: training in another one leaves them to it.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._note)

    def _note(self, signum: int, frame: object) -> None:
        self._told = True

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any
    ) -> None:
        self._agree(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._agree(trainer, pl_module)

    def _agree(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._stopping = processes.total(self._told, pl_module.device) > 0
        _stop_between_batches(trainer, self._stopping)

    # The processes have different numbers of dev batches, so none may leave in between.

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._stopping:
            _stop_between_batches(trainer, False)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._stopping:
            _stop_between_batches(trainer, True)


def _stop_between_batches(trainer: pl.Trainer, stop: bool) -> None:
    """Sets what makes Lightning raise SIGTERMException; it has no public setter."""
    trainer._signal_connector.received_sigterm = stop
