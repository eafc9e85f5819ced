"""Commands of the package in forks of this process, which has imported everything."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sparse_rl.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Life:
    """A command that runs in a session of its own.

    Attributes:
        pid: its process id, which is also that of its session.
        log: file of all that it prints.
        status: exit status, or minus the signal that has ended it; None while it runs.
    """

    pid: int
    log: Path
    status: int | None = None

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def running(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is None

    def session(self) -> list[int]:
        """Ids of the processes of its session that run, itself among them."""
        return [pid for pid, (_, session) in processes().items() if session == self.pid]

    def children(self) -> list[int]:
        """Ids of its own children that run."""
        return [pid for pid, (parent, _) in processes().items() if parent == self.pid]

    def wait(self, seconds: float) -> float | None:
        """Waits until its whole session has ended; the seconds that it took, None for too many."""
        begin = time.monotonic()
        while (passed := time.monotonic() - begin) < seconds:
            if not self.running() and not self.session():
                return passed
            time.sleep(0.02)
        return None

    def wait_for(self, condition: Callable[[], object], seconds: float = 120) -> bool:
        """Waits until a condition holds; False if the command ends, or takes too long, before."""
        begin = time.monotonic()
        while time.monotonic() - begin < seconds and self.running():
            if condition():
                return True
            time.sleep(0.005)
        return False

    def end(self) -> None:
        """Kills what is left of it."""
        for pid in self.session():
            os.kill(pid, signal.SIGKILL)
        while self.running():
            time.sleep(0.01)


def processes() -> dict[int, tuple[int, int]]:
    """Parent and session of every process that has not ended."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] not in "ZX":
            found[int(stat.parent.name)] = (int(fields[1]), int(fields[3]))
    return found


def live(args: Sequence[str], log: Path, reader: bool = True) -> Life:
    """Starts a command in a fork; without a reader, its output goes to a pipe that is closed."""
    child = os.fork()
    if child:
        return Life(child, log)
    status = 1
    # The fork must never come back to the caller's loop.
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with log.open("ab") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        if not reader:
            read, write = os.pipe()
            os.close(read)
            os.dup2(write, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        # The ranks of a run start from this script.
        sys.argv = [str(REPOSITORY / "train.py")]
        main(args)
        status = 0
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
