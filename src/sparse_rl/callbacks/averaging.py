"""An average of the weights over the steps of a training."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from sparse_rl.bounds import Fraction, bounded


class AverageWeights(pl.Callback):
    """Validates and keeps an exponential moving average of the weights, and trains on as before.

    Checkpoints have the average as their weights, and the trained ones beside it for a resume.
    In the first steps the average forgets faster: its decay is at most (1 + step) / (10 + step).

    Lightning's own callback copies the whole module, and with it the memory of programs.

    Args:
        decay: share of the average that a step keeps; .99 to .9999, 0 for no average.
    """

    @bounded
    def __init__(self, decay: Fraction = 0.0) -> None:
        self.decay = decay
        self._average: dict[str, Tensor] = {}
        self._trained: dict[str, Tensor] = {}

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begins the average, or goes on with a checkpoint's."""
        if not self.decay:
            return
        weights = _weights(pl_module)
        self._average = {name: weight.clone() for name, weight in weights.items()}
        for name, trained in self._trained.items():
            weights[name].copy_(trained)
        self._trained = {}

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any
    ) -> None:
        if self._average:
            step = trainer.global_step
            kept = min(self.decay, (1 + step) / (10 + step))
            weights = list(_weights(pl_module).values())
            torch._foreach_lerp_(list(self._average.values()), weights, 1 - kept)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._swap(pl_module)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._swap(pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leaves the average as the module's weights."""
        self._swap(pl_module)
        self._average = {}

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        if self._average:
            trained = {name: checkpoint["state_dict"][name] for name in self._average}
            checkpoint["trained_weights"] = trained
            checkpoint["state_dict"] |= self._average

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        self._trained = dict(checkpoint.get("trained_weights", {})) if self.decay else {}

    def _swap(self, pl_module: pl.LightningModule) -> None:
        weights = _weights(pl_module)
        for name, average in self._average.items():
            kept = weights[name].clone()
            weights[name].copy_(average)
            average.copy_(kept)


def _weights(module: pl.LightningModule) -> dict[str, Tensor]:
    """The weights that training changes, without gradients."""
    return {name: p.detach() for name, p in module.named_parameters() if p.requires_grad}
