"""The random state of a run, in its checkpoints."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch

from sparse_rl import processes


class RandomState(pl.Callback):
    """Saves the state of every process's random generators and restores it when training resumes.

    Lightning 2.6 does neither. Draws of programs need no state, as they are keyed by example and
    visit; dropout and users' own estimators need it.
    """

    def __init__(self) -> None:
        self._restored: dict[str, Any] | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"ranks": processes.gather_to_first(get_random_state())}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        ranks = state_dict["ranks"]
        # A process that the checkpoint does not know begins with a state of its own.
        if processes.rank() < len(ranks):
            self._restored = ranks[processes.rank()]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # Only now: draws during the set-up of the trainer must not count.
        if self._restored is not None:
            set_random_state(self._restored)
            self._restored = None
        elif processes.rank():
            # All processes start with the same seed: otherwise dropout would be the same in all.
            torch.manual_seed(torch.initial_seed() + processes.rank())


def get_random_state() -> dict[str, Any]:
    """The states of torch, NumPy and Python, in tensors and plain containers."""
    _, keys, *position = np.random.get_state()
    version, words, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        # Of this process's device only; reading the others' would take memory on them.
        "cuda": [torch.cuda.get_rng_state()] if torch.cuda.is_available() else [],
        "numpy": [torch.from_numpy(np.asarray(keys, np.int64)), *position],
        "python": [version, torch.tensor(words), gauss],
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Restores what `get_random_state` returned."""
    torch.set_rng_state(state["torch"])
    if torch.cuda.is_available() and state["cuda"]:
        torch.cuda.set_rng_state(state["cuda"][0])
    keys, *position = state["numpy"]
    np.random.set_state(("MT19937", keys.numpy().astype(np.uint32), *position))
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words.tolist()), gauss))
