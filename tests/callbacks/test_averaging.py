"""The average of the weights against the sum written out."""

from __future__ import annotations

from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from sparse_rl.callbacks.averaging import AverageWeights

DECAY = 0.6


class Line(pl.LightningModule):
    """One weight, which every step of the training and every validation records."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor([2.0]))
        self.trained: list[float] = []
        self.validated: list[float] = []

    def training_step(self, batch: Tensor, batch_index: int) -> Tensor:
        return (self.slope * batch).square().sum()

    def on_train_batch_end(self, outputs: object, batch: Tensor, batch_idx: int) -> None:
        self.trained.append(float(self.slope.detach()))

    def validation_step(self, batch: Tensor, batch_index: int) -> None:
        self.validated.append(float(self.slope.detach()))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


def test_the_average_is_validated_and_kept_and_training_goes_on_as_without(tmp_path: Path) -> None:
    def train(decay: float) -> Line:
        line = Line()
        trainer = pl.Trainer(
            max_epochs=1,
            val_check_interval=1,
            num_sanity_val_steps=0,
            callbacks=[AverageWeights(decay)],
            default_root_dir=tmp_path,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            accelerator="cpu",
        )
        trainer.fit(line, DataLoader(torch.ones(4)), DataLoader(torch.ones(1)))
        return line

    without, line = train(0), train(DECAY)
    assert line.trained == without.trained
    average, expected = 2.0, []
    for step, weight in enumerate(line.trained, 1):
        kept = min(DECAY, (1 + step) / (10 + step))
        average = kept * average + (1 - kept) * weight
        expected.append(average)
    torch.testing.assert_close(line.validated, expected)
    torch.testing.assert_close(line.slope.item(), expected[-1])
    torch.testing.assert_close(without.slope.item(), without.trained[-1])
