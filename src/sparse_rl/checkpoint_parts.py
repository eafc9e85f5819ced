"""The memory of several processes beside their checkpoint: a folder with the part of each.

`last.ckpt` names its folder, such as `last.3f09a2b1.parts`, and is written after all parts. Both
are moved and copied together.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import Any

import torch

from sparse_rl import processes
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.errors import CheckpointError
from sparse_rl.folders import complete_file

PATIENCE = 600.0
"""Seconds that the first process waits for the parts of the others; they write at the same time."""
LAST_PATIENCE = 5.0
"""The same, where the run has failed: the others may be gone."""


def shared_folder(checkpoint: Path) -> Path | None:
    """Makes an empty folder for the parts of a new checkpoint; all processes must call it.

    Returns:
        The folder; None if some process does not see it, as on nodes without a common file system.
    """
    token = secrets.token_hex(4)
    if processes.rank() == 0:
        _folder(checkpoint, token).mkdir(parents=True)
    folder = _folder(checkpoint, processes.gather(token)[0])
    return folder if all(processes.gather(folder.is_dir())) else None


def parts_reference(folder: Path) -> dict[str, Any]:
    """Returns what a checkpoint holds in place of its memory."""
    return {"parts": {"folder": folder.name, "count": processes.count()}}


def write_part(folder: Path, rank: int, memory: dict[str, Any]) -> None:
    """Writes the part of a process, whole or not at all."""
    try:
        write_whole({"folder": folder.name, "memory": memory}, _part(folder, rank))
    except BaseException:
        _failure(folder, rank).touch()
        raise


def write_whole(content: dict[str, Any], path: Path) -> None:
    """Writes a temporary file in the target's folder, flushes it to disk, and renames it."""
    with complete_file(path) as partial, partial.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())


def wait_for_parts(folder: Path, count: int, failed: Event) -> None:
    """Waits until all parts are written.

    Args:
        folder: of the parts.
        count: number of processes.
        failed: set when the run has failed, so that the rest may never come.

    Raises:
        CheckpointError: a process could not write its part, or is gone.
    """
    end = time.monotonic() + PATIENCE
    hurried = False
    while missing := [rank for rank in range(count) if not _part(folder, rank).is_file()]:
        if failed.is_set() and not hurried:
            hurried, end = True, min(end, time.monotonic() + LAST_PATIENCE)
        if time.monotonic() > end or any(_failure(folder, rank).exists() for rank in missing):
            raise CheckpointError(
                "go on from the checkpoint before, which is kept: of a new one, process "
                f"{missing[0]} has not written its part into {folder}"
            )
        time.sleep(0.01)


def parts_folders(checkpoint: Path) -> list[Path]:
    """Returns the folders with parts of a checkpoint: one, while none is being written."""
    return list(checkpoint.parent.glob(_folder(checkpoint, "[0-9a-f]" * 8).name))


def drop_parts(checkpoint: Path, keep: Path | None = None) -> None:
    """Removes the folders with parts of a checkpoint, but for one."""
    for folder in parts_folders(checkpoint):
        if folder != keep:
            shutil.rmtree(folder, ignore_errors=True)


def memory_states(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns the memories of the processes that wrote a checkpoint's.

    Args:
        state: what a learner of programs has written into a checkpoint (`program_state`).

    Raises:
        CheckpointError: a part is missing, damaged or another checkpoint's.
    """
    if "parts" not in state:
        return [dict(state)]
    folder, count = Path(state["parts"]["folder"]), state["parts"]["count"]
    return [_read_part(folder, rank, count) for rank in range(count)]


def _read_part(folder: Path, rank: int, count: int) -> dict[str, Any]:
    path = _part(folder, rank)
    if not path.is_file():
        raise CheckpointError(
            f"copy the folder {folder.name} with its checkpoint, or use another checkpoint: of the "
            f"{count} parts of its memory, {path} is missing"
        )
    part = read_checkpoint(path)
    if part.get("folder") != folder.name:
        raise CheckpointError(f"use another checkpoint: {path} is the part of another one")
    memory: dict[str, Any] = part["memory"]
    return memory


def _folder(checkpoint: Path, token: str) -> Path:
    return checkpoint.with_name(f"{checkpoint.stem}.{token}.parts")


def _part(folder: Path, rank: int) -> Path:
    return folder / f"{rank}.pt"


def _failure(folder: Path, rank: int) -> Path:
    return folder / f"{rank}.failed"
