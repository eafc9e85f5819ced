"""Processes of asynchronous exploration: world workers, and one that holds the policy."""

from __future__ import annotations

import copy
import fcntl
import os
import signal
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any

import torch
from pytorch_lightning.utilities import rank_zero_warn
from torch import multiprocessing

from sparse_rl.actors.inference import draw_for
from sparse_rl.actors.workers import Deliver, Walked, Worker
from sparse_rl.errors import SparseRLError
from sparse_rl.lifetime import end_with
from sparse_rl.modules.policy import Policy

FORK = multiprocessing.get_context("fork")


class ExplorationError(SparseRLError):
    """A process of asynchronous exploration has failed."""


class Explorers:
    """World workers and the process that draws for them; they run until `stop`.

    They are forked, so that worlds and explored prefixes are shared, not sent. The policy is a
    copy on the CPU, with weights in shared memory. Programs that are not collected fill the pipes,
    and exploration waits: memory is bounded.

    Args:
        policy: the policy to draw from.
        version: training step of its weights.
        workers: the workers, at least one.
        seed: seed of the draws.
    """

    def __init__(self, policy: Policy, version: int, workers: Sequence[Worker], seed: int) -> None:
        self._policy = copy.deepcopy(policy).cpu().eval().share_memory()
        self._version = torch.tensor(version).share_memory_()  # type: ignore[no-untyped-call]
        self._processes: dict[Connection, Any] = {}
        pipes = [FORK.Pipe() for _ in workers]
        ends = [end for pair in pipes for end in pair]
        served = [(far, worker.examples) for (_, far), worker in zip(pipes, workers, strict=True)]
        draw = partial(draw_for, served, self._policy, workers[0].walks, seed)
        far_ends = [far for _, far in pipes]
        self._start("exploration policy", lambda deliver: draw(), far_ends, ends)
        for number, (worker, (near, _)) in enumerate(zip(workers, pipes, strict=True), 1):
            walk = partial(worker.run, near, self._version.item)
            self._start(f"exploration worker {number}", walk, [near], ends)
        for end in ends:
            end.close()

    def _start(
        self,
        name: str,
        task: Callable[[Deliver], None],
        own: Sequence[Connection],
        ends: Sequence[Connection],
    ) -> None:
        """Forks a process with the pipe ends `own`, and a pipe of its programs to training."""
        ours, its = FORK.Pipe(duplex=False)
        # Room for the programs of a long step, where the system allows it: about 2,000 programs.
        with suppress(AttributeError, OSError):
            fcntl.fcntl(its.fileno(), fcntl.F_SETPIPE_SZ, 1 << 20)
        # The other side sees the end of a pipe when no process holds this end any more.
        foreign = [ours, *self._processes, *(end for end in ends if end not in own)]
        process = FORK.Process(
            target=_run, args=(task, its, foreign, os.getpid()), name=name, daemon=True
        )
        process.start()
        its.close()
        self._processes[ours] = process

    def refresh(self, policy: Policy, version: int) -> None:
        """Copies the weights of `policy` to the workers' policy, while they run."""
        mine, theirs = self._policy.state_dict(), policy.state_dict()
        for name, tensor in mine.items():
            tensor.copy_(theirs[name])
        self._version.fill_(version)

    def collect(self) -> list[Walked]:
        """Returns the programs that have arrived since the last call, without waiting.

        Raises:
            ExplorationError: a process has failed or was killed.
        """
        walked: list[Walked] = []
        while ready := wait(list(self._processes), timeout=0):
            for link in ready:
                assert isinstance(link, Connection)
                try:
                    message: list[Walked] | str = link.recv()
                except (EOFError, OSError):
                    self._end(link)
                    continue
                if isinstance(message, str):
                    raise ExplorationError(f"fix the error of an exploration process: {message}")
                walked += message
        return walked

    def _end(self, link: Connection) -> None:
        """Joins a process that has closed its pipe."""
        process = self._processes.pop(link)
        link.close()
        process.join()
        # A batch system may send SIGTERM to all processes: training then ends after its step.
        if process.exitcode == -signal.SIGTERM:
            rank_zero_warn(f"{process.name} (process {process.pid}) was ended by SIGTERM")
            return
        # A process ends with 0 when nothing is left to explore, or after another's failure.
        if process.exitcode:
            raise ExplorationError(
                "resume from the last checkpoint, or set async_explore.workers to 0: "
                f"{process.name} (process {process.pid}) died with exit status {process.exitcode}"
            )

    def stop(self) -> None:
        """Ends all processes; undelivered programs are lost. May be called again."""
        for process in self._processes.values():
            process.kill()
        for link, process in self._processes.items():
            process.join()
            link.close()
        self._processes = {}


def _run(
    task: Callable[[Deliver], None], out: Connection, foreign: Sequence[Connection], parent: int
) -> None:
    """Runs a task in a forked process, and reports its failure."""
    for link in foreign:
        link.close()
    # Training handles Ctrl-C and a batch system's signals, and then ends its workers.
    for number in (signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with(parent)
    # The parent's thread pool does not survive a fork.
    torch.set_num_threads(1)
    # A closed connection means that another process has ended: training reports it.
    with suppress(EOFError, ConnectionError):
        try:
            task(out.send)
        except (EOFError, ConnectionError):
            raise
        except Exception:
            out.send(traceback.format_exc())
