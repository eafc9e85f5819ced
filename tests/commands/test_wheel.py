"""A wheel holds all that the package reads: it is used without a checkout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = REPOSITORY / "src" / "sparse_rl"


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel of the package."""
    # From a copy: setuptools also packs what an earlier build has left in the checkout.
    source, out = (tmp_path_factory.mktemp(name) for name in ("source", "wheel"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(REPOSITORY / "src", source / "src", ignore=ignored)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*build, f"--wheel-dir={out}", str(source)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


@pytest.mark.slow
def test_a_wheel_holds_every_file_of_the_package(contents: set[str]) -> None:
    files = {
        f"sparse_rl/{path.relative_to(SOURCES).as_posix()}"
        for path in SOURCES.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert not files - contents
    assert "sparse_rl/py.typed" in files and "sparse_rl/configs/gaca_quickstart.yaml" in files
    assert {Path(name).suffix for name in files} >= {".yaml", ".html", ".js", ".css"}


@pytest.mark.slow
def test_a_wheel_holds_nothing_else(contents: set[str]) -> None:
    assert {name.partition("/")[0].partition("-")[0] for name in contents} == {"sparse_rl"}
