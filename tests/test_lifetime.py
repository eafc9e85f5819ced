"""Processes end with the process that started them, however it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sparse_rl import lifetime

# A parent that starts a child, tells its id, and sleeps.
PARENT = """
import os, sys, time
from sparse_rl import lifetime

lifetime.PERIOD = 0.01
mine = os.getpid()
child = os.fork()
if not child:
    lifetime.end_with(mine)
    time.sleep(60)
print(child, flush=True)
time.sleep(60)
"""


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").is_file(), reason="looks at processes in /proc")
def test_a_worker_ends_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        assert running(child)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        limit = time.monotonic() + 10
        while running(child) and time.monotonic() < limit:
            time.sleep(0.01)
        assert not running(child)
    finally:
        parent.stdout.close()
        if running(child):
            os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize(
    ("environment", "ends"),
    [
        ({}, None),
        ({"LOCAL_RANK": "1"}, None),
        ({"SPARSE_RL_PARENT": "7"}, None),
        ({"LOCAL_RANK": "1", "SPARSE_RL_PARENT": "7"}, 7),
    ],
)
def test_only_a_rank_that_lightning_has_started_ends_with_the_first(
    environment: dict[str, str], ends: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOCAL_RANK", "SPARSE_RL_PARENT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    watched: list[int] = []
    monkeypatch.setattr(lifetime, "end_with", watched.append)
    lifetime.end_with_first_rank()
    assert watched == ([] if ends is None else [ends])
