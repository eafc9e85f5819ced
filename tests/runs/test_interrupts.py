"""Ctrl-C ends every command with one line and status 130, and loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.cli import main


@pytest.mark.slow
def test_ctrl_c_completes_the_step_and_writes_the_last_checkpoint(runner: Any) -> None:
    process = runner.start(
        "--trainer.max_epochs=1000", "--trainer.logger.flush_logs_every_n_steps=1"
    )
    metrics = runner.folder / "gaca_wikisql" / "version_0" / "metrics.csv"
    limit = time.monotonic() + 200
    while not (metrics.is_file() and metrics.read_text().count("\n") > 3):
        assert process.poll() is None and time.monotonic() < limit, "it trains"
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=100)
    assert process.returncode == 130 and "Traceback" not in shown, shown
    assert shown.splitlines()[-1].startswith("stopped by Ctrl-C: --ckpt_path=last goes on")
    last = torch.load(metrics.parent / "checkpoints" / "last.ckpt", weights_only=True)
    assert f"Stopped after step {last['global_step']}." in shown


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("explore", "nothing was written; the same command begins again"),
        ("sweep", "the same command goes on"),
        ("--config=x", "--ckpt_path=last goes on from the last checkpoint"),
    ],
)
def test_other_commands_say_how_to_go_on(
    command: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"stopped by Ctrl-C: {says}" in ended_by_ctrl_c(command, monkeypatch, capsys)


def test_an_import_that_loses_ctrl_c_ends_like_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ended_by_ctrl_c("explore", monkeypatch, capsys, AttributeError("half a module"))
    assert "stopped by Ctrl-C" in said


def ended_by_ctrl_c(
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    instead: Exception | None = None,
) -> str:
    """Presses Ctrl-C in a command, which ends with status 130; returns what it says.

    Args:
        instead: the error that takes the place of the interrupt, if one does.
    """

    def press(args: list[str]) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            if instead is None:
                raise
        assert instead is not None
        raise instead

    monkeypatch.setattr("sparse_rl.cli.run", press)
    # Where the tests run in the background, Ctrl-C is ignored.
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SystemExit) as stopped:
            main([command])
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, earlier)
    assert stopped.value.code == 130
    return capsys.readouterr().err


def test_a_reader_that_stops_is_no_error(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "sparse_rl"],
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.stderr == b"" and done.returncode == 128 + signal.SIGPIPE


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out.startswith("sparse-rl 0.")
