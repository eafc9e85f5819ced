"""Damages a cache of preprocessed examples in many ways, and reads the examples again."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from sparse_rl.datamodules.quickstart.data import Size, generate
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule

SIZES = {"train": Size(8, 80), "dev": Size(3, 20), "test": Size(3, 24)}
Damage = Callable[[Path, Path, random.Random], None]
"""Damages a folder of the cache; the second path is that of another split."""


def some_file(folder: Path, rng: random.Random) -> Path:
    return rng.choice(sorted(path for path in folder.rglob("*") if path.is_file()))


def truncate(folder: Path, _: Path, rng: random.Random) -> None:
    path = next(folder.rglob("*.arrow"))
    os.truncate(path, rng.randrange(1, path.stat().st_size))


def flip(folder: Path, _: Path, rng: random.Random) -> None:
    path = next(folder.rglob("*.arrow"))
    content = bytearray(path.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def replace(path: Path, make: Callable[[Path], object]) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    make(path)


def put(name: str, text: str) -> Damage:
    return lambda folder, other, rng: (folder / name).write_text(text) and None


def in_place_of(pattern: str, make: Callable[[Path], object]) -> Damage:
    return lambda folder, other, rng: replace(next(folder.rglob(pattern)), make)


def foreign_version(folder: Path, _: Path, rng: random.Random) -> None:
    """A folder of an earlier version, whose seal has sums only."""
    seal = folder / "sums.json"
    seal.write_text(json.dumps(json.loads(seal.read_text())["sums"]))


def foreign_data(folder: Path, other: Path, _: random.Random) -> None:
    shutil.rmtree(folder)
    shutil.copytree(other, folder)


def killed_filler(folder: Path, _: Path, __: random.Random) -> None:
    shutil.move(folder, folder.with_name(f"{folder.name}.4194304.partial"))


DAMAGES: dict[str, Damage] = {
    "a data file truncated": truncate,
    "a bit of a data file flipped": flip,
    "any file empty": lambda folder, other, rng: os.truncate(some_file(folder, rng), 0),
    "any file deleted": lambda folder, other, rng: some_file(folder, rng).unlink(),
    "all files deleted": lambda folder, other, rng: replace(folder, Path.mkdir),
    "half of the folder deleted": lambda folder, other, rng: shutil.rmtree(folder / "tables"),
    "a further file": put("more.txt", "more"),
    "a description that is no JSON": put("examples/dataset_info.json", "{"),
    "seal empty": put("sums.json", ""),
    "seal no JSON": put("sums.json", '{"sums": '),
    "seal a list": put("sums.json", "[]"),
    "seal nested without end": put("sums.json", "[" * 100_000),
    "seal of bytes": in_place_of("sums.json", lambda path: path.write_bytes(bytes(range(256)))),
    "seal a folder": in_place_of("sums.json", Path.mkdir),
    "seal a pipe": in_place_of("sums.json", os.mkfifo),
    "a pipe in a data file's place": in_place_of("*.arrow", os.mkfifo),
    "a folder in a data file's place": in_place_of("*.arrow", Path.mkdir),
    "a file in the folder's place": lambda folder, other, rng: replace(folder, Path.touch),
    "a link to nothing in its place": lambda folder, other, rng: replace(
        folder, lambda path: path.symlink_to("nowhere")
    ),
    "a link to itself in a data file's place": in_place_of(
        "*.arrow", lambda path: path.symlink_to(path.name)
    ),
    "an earlier version": foreign_version,
    "another split's examples": foreign_data,
    "what a killed filler left": killed_filler,
}


def examples(root: Path, cache: Path) -> list[object]:
    """Everything that the cache holds of the training questions."""
    return [
        (
            e.id,
            e.question,
            e.tokens,
            e.constants,
            e.answer,
            table.header,
            table.types,
            table.columns,
        )
        for e in WikiSQLDataModule(str(root), cache=str(cache)).examples("train")
        for table in [e.table]
    ]


def digest_folder(root: Path, cache: Path, split: str) -> Path:
    data = WikiSQLDataModule(str(root), cache=str(cache))
    return cache / data.digest(split)


def two_fillers(root: Path, cache: Path, right: list[object]) -> int:
    """Two processes fill at once; the number of those whose examples are right."""
    children = []
    for _ in range(2):
        child = os.fork()
        if not child:
            try:
                with contextlib.redirect_stderr(io.StringIO()):
                    same = examples(root, cache) == right
                os._exit(0 if same else 1)
            finally:
                os._exit(2)
        children.append(child)
    return sum(os.waitpid(child, 0)[1] == 0 for child in children)


def another_user(root: Path, cache: Path) -> str:
    """Reads a cache that this user may not: the error, which names the place."""
    cache.chmod(0)
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            if os.getuid() == 0:
                os.setuid(65534)
            examples(root, cache)
        except OSError as error:
            os.write(write, f"{error.strerror}: {error.filename}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    cache.chmod(0o755)
    os.close(write)
    return os.read(read, 1000).decode().replace(str(cache), "CACHE")


def measure(folder: Path, seed: int) -> Iterator[tuple[str, str, bool]]:
    """Yields the damages with what was seen, and whether it is right."""
    rng = random.Random(seed)
    root, cache = folder / "data", folder / "cache"
    generate(root, 0, SIZES)
    right = examples(root, cache)
    WikiSQLDataModule(str(root), cache=str(cache)).examples("dev")
    mine, other = (digest_folder(root, cache, split) for split in ("train", "dev"))
    for name, damage in DAMAGES.items():
        damage(mine, other, rng)
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            again = examples(root, cache)
        lines = said.getvalue().splitlines()
        # A folder that is not there is filled without a word.
        fine = again == right and len(lines) == (0 if damage is killed_filler else 1)
        fine &= not list(cache.glob("*.partial"))
        yield name, "; ".join(lines).replace(str(cache), "CACHE") or "filled", fine
    # The data can be read by all.
    for path in (folder, root, *root.iterdir()):
        path.chmod(0o755)
    said_to_other = another_user(root, cache)
    yield (
        "another user's cache",
        said_to_other,
        said_to_other.startswith("Permission denied: CACHE"),
    )
    shutil.rmtree(cache)
    yield "two fillers at once", "both read the same", two_fillers(root, cache, right) == 2


if __name__ == "__main__":
    sys.exit("run benchmarks/stress.py caches")
