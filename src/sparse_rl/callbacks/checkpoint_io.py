"""Writing checkpoints: whole or not at all, and in the background where a run writes its own."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from lightning_fabric.plugins.io import TorchCheckpointIO
from torch import Tensor

from sparse_rl import processes
from sparse_rl.callbacks.background import BackgroundWriter
from sparse_rl.checkpoint_file import read_weights
from sparse_rl.checkpoint_parts import (
    drop_parts,
    parts_reference,
    shared_folder,
    wait_for_parts,
    write_part,
    write_whole,
)
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.replay.strata import Snapshot


@dataclass
class _Save:
    """A checkpoint that is being saved in the background.

    Attributes:
        path: its file.
        folder: of the processes' parts of its memory; None with the memory in the file.
        memory: this process's part.
    """

    path: Path
    folder: Path | None
    memory: Snapshot | None = None

    def keep(self, memory: Snapshot) -> dict[str, Any]:
        """Takes this process's memory; returns what the checkpoint holds for it now."""
        self.memory = memory
        return {} if self.folder is None else parts_reference(self.folder)

    def write(self, checkpoint: dict[str, Any], failed: threading.Event) -> None:
        """Writes the file, and in the first of several processes its part, after the others'."""
        if self.folder is not None:
            self.write_part()
            wait_for_parts(self.folder, processes.count(), failed)
        elif self.memory is not None:
            checkpoint["sparse_rl"].update(self.memory())
        write_whole(checkpoint, self.path)
        drop_parts(self.path, keep=self.folder)

    def write_part(self) -> None:
        """Writes this process's part."""
        assert self.folder is not None and self.memory is not None
        write_part(self.folder, processes.rank(), self.memory())


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a temporary file in the target's folder, flushes it to disk, and renames it.

    A process killed at any moment leaves the previous checkpoint as it was. Reading accepts
    tensors and plain containers only. Saves within `in_background` return when the state is copied;
    the end of the fit, and of a failed one, waits for them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._writer = BackgroundWriter()
        self._save: _Save | None = None
        self._failed = threading.Event()

    @contextmanager
    def in_background(self, path: Path, module: pl.LightningModule) -> Iterator[None]:
        """Lets the block's save of a checkpoint go on after it; all processes must call it.

        Several processes of a learner of programs write a part of its memory each, into a folder
        beside the file. A save to a path waits for the one before it.
        """
        self._writer.wait(path)
        self._failed.clear()
        learner = module if isinstance(module, PolicyLearner) else None
        together = learner is not None and processes.count() > 1
        save = _Save(path, shared_folder(path) if together else None)
        # Without a common file system, the parts are gathered by the first process.
        if learner is not None and (not together or save.folder is not None):
            learner.keep_memory = save.keep
        self._save = save
        try:
            yield
        finally:
            self._save = None
            if learner is not None:
                learner.keep_memory = None
        if save.folder is not None and processes.rank() > 0:
            self._writer.submit(path, save.write_part)

    def fail(self) -> None:
        """Lets saves under way wait no longer for processes that may be gone."""
        self._failed.set()

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        save = self._save
        if save is None:
            self._writer.wait(Path(path))
            write_whole(checkpoint, Path(path))
            drop_parts(Path(path))
            return
        # Training goes on to change weights and the optimiser's state.
        content = _copied(checkpoint)
        self._writer.submit(save.path, lambda: save.write(content, self._failed))

    def load_checkpoint(
        self, path: Any, map_location: Any = "cpu", weights_only: bool | None = None
    ) -> dict[str, Any]:
        self._writer.wait(Path(path))
        return read_weights(path, map_location)

    def remove_checkpoint(self, path: Any) -> None:
        self._writer.wait(Path(path))
        super().remove_checkpoint(path)
        drop_parts(Path(path))

    def teardown(self) -> None:
        self._writer.finish()


def _copied(value: Any) -> Any:
    """Copies containers and their tensors, the latter to the host's memory."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        same = copy.copy(value)  # Of its own type, such as a state_dict's.
        same.update({key: _copied(item) for key, item in value.items()})
        return same
    if type(value) in (list, tuple):
        return type(value)(map(_copied, value))
    return value
