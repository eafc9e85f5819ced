"""The first lines of a training."""

from __future__ import annotations

from collections.abc import Callable

import pytorch_lightning as pl

from sparse_rl.folders import run_folder
from sparse_rl.narrow import narrow


class Opening(pl.Callback):
    """Prints the run's subject, its folder and the next commands before training.

    Args:
        subject: returns the first line (model and data), once the data are loaded.
    """

    def __init__(self, subject: Callable[[], str]) -> None:
        self.subject = subject

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        folder = run_folder(trainer)  # A collective call, so it comes first.
        if not trainer.is_global_zero or trainer.fast_dev_run:  # type: ignore[attr-defined]
            return
        print(narrow(self.subject()))
        print(f"Writes to {folder}" + (f", from {trainer.ckpt_path}" if trainer.ckpt_path else ""))
        # Flushed: the next lines come over the standard error, which has no buffer.
        print(f"Next: sparse-rl report {folder}; resume: --ckpt_path=last", flush=True)
