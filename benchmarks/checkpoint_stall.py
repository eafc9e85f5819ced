"""How long training stands still for a checkpoint of millions of programs.

    python benchmarks/checkpoint_stall.py --programs 1000000

Fills a memory with random programs and explored prefixes, as a warm start does, and trains a small
policy beside it, whose steps take milliseconds. The run's own callback saves the checkpoints;
before each but the first, some questions of the memory get a new program. Reports the seconds that
a save holds training up, on the clock and of the processor, the seconds until its file is there,
how much slower steps are meanwhile, and what the process's memory grows by. Prints one JSON object
as its last line.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch

import sparse_rl as sr
from sparse_rl.analysis.results_page import machine
from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO
from sparse_rl.callbacks.checkpoints import LastCheckpoint
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.exploration.explored import prefix_key
from sparse_rl.interpreters.toys import TreeWorld
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.replay.memory import Memory

ACTIONS = 60
BETWEEN = 30
"""Steps between the end of one checkpoint and the next."""


def question(number: int) -> str:
    return f"question-{number}"


def fill(memory: Memory, options: argparse.Namespace) -> None:
    """Files random programs in equal numbers for all questions."""
    rng = np.random.default_rng(0)
    each = options.programs // options.questions
    for number in range(options.questions):
        found = rng.integers(0, ACTIONS, (each, options.length)).tolist()
        memory.file_found(question(number), map(tuple, found))
        for actions in found[: round(each * options.explored)]:
            memory.explored.add(prefix_key(question(number), actions))


class Stalls(LastCheckpoint):
    """Saves some checkpoints, each after the file of the one before is there."""

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__()
        self.options = options
        self.path = Path()
        self.sizes = (0, 0)
        self.stalls: list[float] = []
        self.processor: list[float] = []
        self.written: list[float] = []
        self.steps: dict[bool, list[float]] = {True: [], False: []}
        self._since = 0
        self._writing = False
        self._begun = self._last = 0.0
        self._rng = np.random.default_rng(1)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        self.path = Path(str(self.dirpath)) / "last.ckpt"
        self._last = time.perf_counter()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *args: Any) -> None:
        now = time.perf_counter()
        self.steps[self._writing].append(now - self._last)
        if self._writing and self.path.is_file():
            self.written.append(now - self._begun)
            self._writing, self._since = False, 0
        self._since += 1
        if len(self.written) == self.options.saves:
            trainer.should_stop = True
        elif not self._writing and self._since > BETWEEN:
            if self.stalls:
                self._file(pl_module.memory)
            self.sizes = sizes(pl_module.memory)
            self.path.unlink(missing_ok=True)
            self._begun, processor = time.perf_counter(), time.thread_time()
            self._save_checkpoint(trainer, str(self.path))
            self.stalls.append(time.perf_counter() - self._begun)
            self.processor.append(time.thread_time() - processor)
            self._writing = True
        self._last = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Saves nothing."""

    def _file(self, memory: Memory) -> None:
        for number in self._rng.integers(0, self.options.questions, self.options.changed):
            program = tuple(self._rng.integers(0, ACTIONS, self.options.length).tolist())
            memory.file_found(question(number), [program])


def train(options: argparse.Namespace, folder: str) -> dict[str, Any]:
    """Trains until the checkpoints are written; returns the report."""
    worlds = {f"tree {n}": TreeWorld.from_leaves({(0,): 0.0, (1,): 1.0}) for n in range(2_000)}
    task = sr.WorldTask(worlds, embedding=8, hidden=16)
    learner = PolicyLearner(task, sr.Mapo(fresh=1))
    fill(learner.memory, options)
    filled = peak()
    meter = Stalls(options)
    trainer = pl.Trainer(
        default_root_dir=folder,
        use_distributed_sampler=False,
        accelerator="cpu",
        max_epochs=1_000_000,
        limit_val_batches=0,
        num_sanity_val_steps=0,
        logger=False,
        plugins=[AtomicCheckpointIO()],
        callbacks=[meter],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    begin = time.perf_counter()
    learner.memory.pack()
    packing = time.perf_counter() - begin
    trainer.fit(learner, datamodule=task.data)
    grown = peak() - filled
    begin = time.perf_counter()
    state = read_checkpoint(meter.path)["sparse_rl"]
    read = time.perf_counter() - begin
    size = meter.path.stat().st_size
    learner.memory = memory = Memory()
    begin = time.perf_counter()
    memory.load_state_dict(state)
    if sizes(memory) != meter.sizes:
        raise RuntimeError("the checkpoint has lost programs")
    return {
        "programs": meter.sizes[0],
        "questions": options.questions,
        "explored": meter.sizes[1],
        "pack_seconds": packing,
        "first_stall_seconds": meter.stalls[0],
        "stall_seconds": statistics.median(meter.stalls[1:] or meter.stalls),
        "stall_processor_seconds": statistics.median(meter.processor[1:] or meter.processor),
        "longest_stall_seconds": max(meter.stalls),
        "longest_stall_processor_seconds": max(meter.processor),
        "written_seconds": statistics.median(meter.written),
        "step_seconds": statistics.median(meter.steps[False]),
        "step_seconds_meanwhile": statistics.median(meter.steps[True]),
        "longest_step_meanwhile": max(meter.steps[True]),
        "megabytes": size / 1e6,
        "filled_gigabytes": filled,
        "grown_gigabytes": grown,
        "read_seconds": read,
        "restore_seconds": time.perf_counter() - begin,
    }


def sizes(memory: Memory) -> tuple[int, int]:
    """Numbers of programs and of explored prefixes."""
    return sum(memory.replay.sizes()), len(memory.explored)


def peak() -> float:
    """The most memory that the process has had, in gigabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=int, default=1_000_000, help="rewarded programs")
    parser.add_argument("--questions", type=int, default=100_000, help="questions they are of")
    parser.add_argument("--length", type=int, default=10, help="actions of a program")
    parser.add_argument(
        "--explored", type=float, default=0.0, help="explored prefixes for each program; up to 1"
    )
    parser.add_argument(
        "--changed", type=int, default=10_000, help="programs filed before each checkpoint"
    )
    parser.add_argument("--saves", type=int, default=4, help="checkpoints")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        report = train(options, folder)
    print(machine())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
