"""Every notebook runs from its first cell to its last, and is committed without outputs.

On smaller settings than those that it prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
# Settings of the cells that take time, and what they are here.
SMALL = {
    "credit_assignment": {"steps: int = 150": "steps: int = 15"},
    "generated_programs": {
        "--data.limit=80": "--data.limit=24",
        "--trainer.max_epochs=4": "--trainer.max_epochs=1 --trainer.log_every_n_steps=1",
        "QuickstartDataModule(limit=20)": "QuickstartDataModule(limit=4)",
        "worlds=20": "worlds=4",
    },
    "own_world": {
        "((300,), (300, 400), (400, 600))": "((40,), (300, 310), (400, 410))",
        "attempts=200": "attempts=20",
        "max_epochs=20": "max_epochs=2",
    },
    "verifiable_rewards": {
        '"train": 400, "dev": 50, "test": 100': '"train": 16, "dev": 4, "test": 4',
        "max_epochs=3": "max_epochs=1",
    },
    "own_tables": {
        '"--trainer.max_epochs=16"': '"--trainer.max_epochs=2", "--trainer.log_every_n_steps=1"',
        "--trainer.check_val_every_n_epoch=8": "--trainer.check_val_every_n_epoch=1",
    },
}


@pytest.fixture
def shell(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InteractiveShell]:
    """What runs the cells in a kernel, in this process: another would import everything anew."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("SPARSE_RL_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    yield InteractiveShell.instance(user_module=ModuleType("notebook"))
    InteractiveShell.clear_instance()


# Those that train through the command line; `.ci/run` runs them.
TRAINING = ("generated_programs", "own_tables")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.slow(ci=True) if path.stem in TRAINING else ())
        for path in NOTEBOOKS
    ],
    ids=lambda path: path.stem,
)
def test_notebook_runs(path: Path, shell: InteractiveShell) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "clear the outputs"
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    for setting, small in SMALL[path.stem].items():
        assert sum(setting in cell for cell in cells) == 1, f"{path.stem} lacks {setting}"
        cells = [cell.replace(setting, small) for cell in cells]
    for cell in cells:
        shell.run_cell(cell).raise_error()


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
