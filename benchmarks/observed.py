"""A training under a further callback, without the test at its end."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch

from sparse_rl.cli import main
from sparse_rl.commands.programs import ProgramCLI


def train_observed(callback: pl.Callback, arguments: list[str]) -> None:
    """Runs a training in this process, with one thread.

    Args:
        callback: what observes it; last of all.
        arguments: the command and its options.
    """
    make = ProgramCLI.instantiate_trainer

    def with_callback(self: ProgramCLI, **options: Any) -> pl.Trainer:
        trainer = make(self, **options)
        trainer.callbacks.append(callback)  # type: ignore[attr-defined]
        return trainer

    ProgramCLI.instantiate_trainer = with_callback  # type: ignore[method-assign]
    ProgramCLI.after_fit = lambda self: None  # type: ignore[method-assign]
    torch.set_num_threads(1)
    main(arguments)
