"""Atomic writing of folders and files: complete or absent."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytorch_lightning as pl


def run_folder(trainer: pl.Trainer) -> Path:
    """Returns the folder of a run's files: the logger's."""
    return Path(trainer.log_dir or trainer.default_root_dir)


@contextmanager
def complete_folder(folder: Path) -> Iterator[Path]:
    """Gives a temporary folder to write into, renamed to `folder` at the end of the block.

    If another process was first, its folder stays, as both wrote the same content. After an error
    nothing is left.
    """
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        try:
            partial.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    except OSError as error:
        error.filename = error.filename or str(folder)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)


_SEAL = "sums.json"


def cached_folder(folder: Path, fill: Callable[[Path], object]) -> None:
    """Fills a folder of a cache, unless it is there and is what was written.

    A damaged folder is filled again. Of several processes at once, one fills it and the others
    wait.

    Args:
        folder: the folder, which has sums of its files in `sums.json`.
        fill: writes the files into an empty folder.
    """
    if _is_whole(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_whole(folder):
            return
        if os.path.lexists(folder):
            print(f"filling {folder} again: it is damaged, or another's", file=sys.stderr)
            _remove(folder)
        # Killed fillers have left them; no other fills while the lock is held.
        for left in folder.parent.glob(f"{folder.name}.*.partial"):
            _remove(left)
        with complete_folder(folder) as partial:
            fill(partial)
            seal = {"folder": folder.name, "sums": _sums(partial)}
            (partial / _SEAL).write_text(json.dumps(seal), encoding="utf-8")


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _is_whole(folder: Path) -> bool:
    """Whether the files of a folder are those that were written."""
    seal = folder / _SEAL
    try:
        # A pipe in its place would be waited for.
        known = json.loads(seal.read_text(encoding="utf-8")) if seal.is_file() else None
        return bool(known == {"folder": folder.name, "sums": _sums(folder)})
    except (OSError, ValueError, RecursionError):
        return False


def _sums(folder: Path) -> dict[str, str]:
    """Computes the checksum of every file, by its path in the folder."""
    sums = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / _SEAL:
            with path.open("rb") as file:
                digest = hashlib.sha256()
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
            sums[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return sums


@contextmanager
def complete_file(path: Path) -> Iterator[Path]:
    """Gives a temporary path to write to, renamed to `path` at the end; makes its folder.

    After an error `path` is unchanged and nothing else is left. A killed process leaves a hidden
    `.partial` file. A device, such as /dev/stdout, is written to and not replaced.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        yield path
        return
    path = path.resolve()  # A link stays one.
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        # Writing to an open file, such as on a full disk, names none.
        error.filename = error.filename or str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a text file atomically; makes its folder if needed."""
    with complete_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file atomically; makes its folder if needed."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def check_writable(path: Path) -> None:
    """Checks that a file, or a folder with files, can be written at a path; leaves nothing.

    Raises:
        OSError: it cannot.
    """
    place = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    try:
        if place.is_dir():
            tempfile.TemporaryFile(dir=place).close()
        elif place == path.absolute():
            place.open("ab").close()
        else:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
