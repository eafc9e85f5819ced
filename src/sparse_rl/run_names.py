"""Names of checkpoints and runs, by one rule for all commands.

| name | checkpoint | run |
|---|---|---|
| a file | the file | the one that it lies in |
| `runs/NAME/version_N` | its `best.ckpt` | it |
| `runs/NAME` | the newest of its runs' `best.ckpt` | the run of it |
| `best`, `last` | that of the newest run below a folder, `runs` by default | this run |
| `packaged`, `packaged_minilm` | the model that comes with the package | none |
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparse_rl.errors import CheckpointError
from sparse_rl.natural_order import natural_key

RUNS = Path("runs")
NEWEST = ("best", "last")
PACKAGED = {
    name: Path(__file__).parent / "asking" / f"{name}.ckpt"
    for name in ("packaged", "packaged_minilm")
}
"""Checkpoints of the models that come with the package, see `docs/packaged_model.md`."""


def find_checkpoint(
    name: str | Path, option: str = "--ckpt_path", runs: Path | None = None
) -> Path:
    """Finds the checkpoint of a name.

    Args:
        name: a file, the folder of one or several runs, `best`, `last` or a key of `PACKAGED`.
        option: what was given the name, for the error.
        runs: folder below which `best` and `last` are looked for; `RUNS` by default.

    Raises:
        CheckpointError: there is none.
    """
    if str(name) in NEWEST:
        runs = RUNS if runs is None else runs
        found = _newest(runs.rglob(f"checkpoints/{name}.ckpt"))
        if found is None:
            raise CheckpointError(f"train first, or give {option} a file: no {name}.ckpt in {runs}")
        return found
    path = PACKAGED.get(str(name), Path(name))
    if path.is_file():
        return path
    if not path.is_dir():
        raise CheckpointError(f"give {option} an existing checkpoint: no file {path}")
    patterns = ("best.ckpt", "checkpoints/best.ckpt", "*/checkpoints/best.ckpt")
    found = _newest(file for pattern in patterns for file in path.glob(pattern))
    if found is None:
        raise CheckpointError(
            f"give {option} a checkpoint or a run's folder: no checkpoints/best.ckpt in {path}"
        )
    return found


def find_run(name: str | Path, option: str = "RUN") -> Path:
    """Finds the folder of the run of a name.

    A folder without a run is returned as it is, for the error of what reads it.

    Raises:
        CheckpointError: the name is that of no folder and no checkpoint.
    """
    path = Path(name)
    if path.is_dir() and str(name) not in NEWEST:
        if (path / "config.yaml").is_file():
            return path
        checkpoint = _newest(path.glob("*/checkpoints/best.ckpt"))
        return path if checkpoint is None else checkpoint.parent.parent
    checkpoint = find_checkpoint(name, option)
    return checkpoint.parent.parent if checkpoint.parent.name == "checkpoints" else path


def _newest(files: Iterable[Path]) -> Path | None:
    """The file that was written last; of several at once, that of the last version."""
    return max(files, key=lambda file: (file.stat().st_mtime, natural_key(file)), default=None)
