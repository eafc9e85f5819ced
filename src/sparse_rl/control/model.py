"""What every model of control shares: its seed, the axis of its curves, steps of optimisers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, TypeVar

import pytorch_lightning as pl
import torch
from torch import Tensor

from sparse_rl import processes
from sparse_rl.bounds import Seed, bounded
from sparse_rl.control.errors import ControlError
from sparse_rl.seeds import seed_or_run_seed

DataT = TypeVar("DataT", bound=pl.LightningDataModule)


class ControlModel(pl.LightningModule):
    """A model of the command line of control.

    One that learns in environments is a `ControlLearner`; others, such as a planner over a table of
    values or a clone of demonstrations, subclass this. A run chooses its best checkpoint by
    `val/return`, unless its config sets `best_checkpoint`.

    Args:
        seed: seed of what the model draws itself; null for seed_everything's.
    """

    @bounded
    def __init__(self, seed: Seed | None = None) -> None:
        super().__init__()
        # Torch's optimisers are stepped here: not every update is a step of the trainer's.
        self.automatic_optimization = False
        self.seed = seed_or_run_seed(seed)

    @abstractmethod
    def subject(self) -> str:
        """Names what is learned from, for the first line of a training."""

    def data_of(self, kind: type[DataT], purpose: str) -> DataT:
        """Returns the trainer's data module, which must be of a kind.

        Args:
            kind: class of the data modules that the model is for.
            purpose: what the model does with them, such as "learn from", for the error.

        Raises:
            ControlError: it is of another kind.
        """
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]
        if not isinstance(data, kind):
            raise ControlError(
                f"set data to {kind.__name__}: {type(self).__name__} cannot {purpose} "
                f"{type(data).__name__}"
            )
        return data

    def log_against(self, axis: float, values: Mapping[str, Tensor | float]) -> None:
        """Logs against an axis of one's own: Lightning takes a metric called "step" for it."""
        self.log_dict({**values, "step": axis}, batch_size=1)


def step(optimizer: Any, clip_norm: float, counted: bool = True) -> Tensor:
    """Clips an optimiser's gradients and takes its step; returns the norm before clipping.

    Args:
        optimizer: Lightning's wrapper of an optimiser.
        clip_norm: norm to which gradients are clipped.
        counted: whether it is the trainer's step too; one per training step is.
    """
    trained = [weights for group in optimizer.param_groups for weights in group["params"]]
    norm = torch.nn.utils.clip_grad_norm_(trained, clip_norm)
    (optimizer if counted else optimizer.optimizer).step()
    optimizer.zero_grad()
    return norm


def need_one_process(reason: str) -> None:
    """Refuses a training in several processes.

    Raises:
        ControlError: there are several.
    """
    if processes.count() > 1:
        raise ControlError(f"set trainer.devices to 1: {reason}")
