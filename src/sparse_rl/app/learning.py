"""A training with the folder's answers, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

PROGRAM = ("-m", "sparse_rl", "learn")


class Learning:
    """`sparse-rl learn` in the background: one process, whose output is read on demand.

    Args:
        arguments: those of `learn`, without `--json`.

    Attributes:
        doing: what the training is doing, in a few words.
        result: what came out, as in `Learned`; None before, and after an error.
        error: the line of its error; "" if there is none.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.doing = "starting"
        self.result: dict[str, Any] | None = None
        self.error = ""
        # Files, and no pipes: nobody has to read them for the process to go on.
        self._output, self._errors = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, *PROGRAM, "--json", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._errors,
        )

    def running(self) -> bool:
        """Whether it still runs; brings `doing`, `result` and `error` up to date."""
        status = self._process.poll()
        lines = [json.loads(line) for line in _lines(self._output)]
        if lines and "doing" in lines[-1]:
            self.doing = lines[-1]["doing"]
        elif lines:
            self.result = lines[-1]
        if status and not self.error:
            told = [line for line in _lines(self._errors) if line.startswith("error: ")]
            self.error = told[-1].removeprefix("error: ") if told else f"it ended with {status}"
        return status is None

    def stop(self) -> None:
        """Ends the process, if it still runs."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def learn_arguments(root: Path, out: Path, checkpoint: Path | None, max_epochs: int) -> list[str]:
    """Arguments of `learn` for a folder."""
    given = [] if checkpoint is None else [f"--ckpt_path={checkpoint}"]
    return [f"--out={out}", f"--max_epochs={max_epochs}", *given, "--", str(root)]


def _lines(file: IO[bytes]) -> list[str]:
    """The whole lines that a process has written so far."""
    # The process has the same place in the file: reading must not move it.
    text = os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace")
    return text.rpartition("\n")[0].splitlines()
