"""SIGTERM stops all processes after the same step, whichever of them are told."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

MORE = ["--trainer.strategy=ddp", "--trainer.devices=2", "--trainer.max_epochs=3"]

pytestmark = pytest.mark.slow


def started(runner: Any, *more: str) -> Any:
    """A run that has written its first steps down."""
    process = runner.start(*more, "--trainer.logger.flush_logs_every_n_steps=1", SKIP_TEST="1")
    metrics = runner.folder / "gaca_wikisql" / "version_0" / "metrics.csv"
    limit = time.monotonic() + 200
    while not (metrics.is_file() and metrics.read_text().count("\n") > 3):
        assert process.poll() is None and time.monotonic() < limit, "it trains"
        time.sleep(0.05)
    return process


def stop(runner: Any, rank: int) -> Any:
    """A run whose process `rank` gets SIGTERM after the first steps."""
    process = started(runner, *MORE)
    os.kill(int((runner.folder / f"pid{rank}").read_text()), signal.SIGTERM)
    return runner.finish(process)


def test_a_run_stopped_by_sigterm_to_any_process_goes_on_exactly(
    fit: Callable[..., Any], runner: Any
) -> None:
    straight = fit(*MORE, SKIP_TEST="1")
    for rank in (0, 1):
        stopped = stop(runner, rank)
        steps = stopped.state["global_step"]
        assert 0 < steps < straight.state["global_step"], "it was stopped in time"
        resumed = fit(*MORE, f"--ckpt_path={stopped.last}", SKIP_TEST="1")
        assert resumed.entries() == straight.entries()
        for name in ("train/loss", "train/gradient_norm"):
            both = stopped.logged(name) + resumed.logged(name)
            assert both == straight.logged(name)
        for name, tensor in straight.state["state_dict"].items():
            assert resumed.state["state_dict"][name].equal(tensor), name
