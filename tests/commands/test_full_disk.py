"""A disk that is full ends a command in one line, and the file that was there stays."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparse_rl.cli import main
from sparse_rl.folders import write_text


@pytest.fixture
def no_room() -> Iterator[None]:
    """Files may grow to 1,000 bytes only, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_file_that_does_not_fit_leaves_the_earlier_one(no_room: None, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(OSError):
        write_text(path, "x" * 10_000)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_command_names_the_file_that_does_not_fit(
    no_room: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report.html"
    monkeypatch.setattr("sparse_rl.cli.run", lambda args: write_text(out, "x" * 10_000))
    with pytest.raises(SystemExit) as stopped:
        main(["report"])
    assert str(stopped.value).startswith("error: make room on the disk of ")
    assert "report.html" in str(stopped.value)
    assert list(tmp_path.iterdir()) == []
