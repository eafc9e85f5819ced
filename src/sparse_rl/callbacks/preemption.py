"""Stopping a run from outside: SIGTERM, as schedulers send it, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytorch_lightning as pl

from sparse_rl import processes
from sparse_rl.modules.exchanging import StepExchange


class Preemption(pl.Callback):
    """Stops all processes after the same step on SIGTERM or Ctrl-C; `LastCheckpoint` saves the run.

    Any process may receive the signal. In Lightning 2.6 its handler calls the other processes at
    once, in the middle of any collective under way. Here the handler only sets a flag, and the
    processes compare flags where they are in step: after a training step and after an epoch. A
    learner of programs sends its flag with the step's exchange (`StepExchange`), so a signal during
    the backward pass counts for the next step. A validation under way is finished. A second Ctrl-C
    stops at once.

    Attributes:
        interrupted: whether Ctrl-C was the signal.
    """

    def __init__(self) -> None:
        self.interrupted = False
        self._outside: Any = None
        self._told = False
        self._stopping = False

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._told = self._stopping = False
        # Replaces Lightning's handler; Lightning restores the handler before both. Only the main
        # thread can set a handler.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._note)
            self._outside = signal.signal(signal.SIGINT, self._note)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._restore_interrupts()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        self._restore_interrupts()

    def _note(self, signum: int, frame: object) -> None:
        self._told = True
        if signum == signal.SIGINT:
            self.interrupted = True
            self._restore_interrupts()

    def _restore_interrupts(self) -> None:
        """Lets Ctrl-C stop at once, as outside of training."""
        if self._outside is not None:
            signal.signal(signal.SIGINT, self._outside)
            self._outside = None

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any
    ) -> None:
        exchange = _exchange(pl_module)
        if exchange is not None:
            exchange.stop = self._told

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any
    ) -> None:
        exchange = _exchange(pl_module)
        self._agree(trainer, self._asked(pl_module) if exchange is None else exchange.stopping)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._agree(trainer, self._asked(pl_module))

    def _asked(self, pl_module: pl.LightningModule) -> bool:
        """Asks all processes whether one of them has been told to stop."""
        return processes.total(self._told, pl_module.device) > 0

    def _agree(self, trainer: pl.Trainer, stopping: bool) -> None:
        self._stopping = stopping
        _stop_between_batches(trainer, self._stopping)

    # Processes have different numbers of dev batches, so none may leave during validation.

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._stopping:
            _stop_between_batches(trainer, False)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if self._stopping:
            _stop_between_batches(trainer, True)


def _exchange(pl_module: pl.LightningModule) -> StepExchange | None:
    """Returns the exchange that takes the flag to the other processes of a run, if there is one."""
    exchange = getattr(pl_module, "exchange", None)
    return exchange if isinstance(exchange, StepExchange) and processes.count() > 1 else None


def _stop_between_batches(trainer: pl.Trainer, stop: bool) -> None:
    """Sets the flag that makes Lightning raise SIGTERMException; it has no public setter."""
    trainer._signal_connector.received_sigterm = stop
