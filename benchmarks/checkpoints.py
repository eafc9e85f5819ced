"""What the memory of programs and the checkpoints cost, beside the training steps.

    python benchmarks/checkpoints.py --root DIR

Trains some steps on all questions with one thread, adds up the time in the strata's methods, and
then writes checkpoints: their time is set against 200 steps. The first visit to an example runs its
programs once in the interpreter, for their valid sets: that is counted apart. Times are processor
times, which other jobs on the machine disturb little, and for writing the time on the clock too.
Options that are not the script's own are those of `train.py`. Prints one JSON object as its last
line.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.commands.programs import instantiate
from sparse_rl.config_files import find_config
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.replay import strata

STEPS_BETWEEN = 200
METHODS = ("visit", "add", "is_rewarded", "rewarded", "unrewarded")
OPTIONS = (
    "--trainer.limit_val_batches=0",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.logger=CSVLogger",
)


class Meter(pl.Callback):
    """Times steps, the strata's part of them, and in the end some checkpoints."""

    def __init__(self, skip: int, folder: Path) -> None:
        self.skip = skip
        self.folder = folder
        self.steps: list[float] = []
        self.seconds = {"strata": 0.0, "replay": 0.0}
        self.saves: list[dict[str, float]] = []
        self._begin = 0.0

    def time(self, owner: Any, name: str, part: str) -> None:
        """Adds up the time in a function of the owner."""
        function: Callable[..., Any] = getattr(owner, name)

        @wraps(function)
        def run(*args: Any) -> Any:
            begin = time.process_time()
            result = function(*args)
            self.seconds[part] += time.process_time() - begin
            return result

        setattr(owner, name, run)

    def on_train_batch_start(self, trainer: pl.Trainer, *args: Any) -> None:
        if trainer.global_step == self.skip:
            self.seconds = dict.fromkeys(self.seconds, 0.0)
        self._begin = time.process_time()

    def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
        if trainer.global_step > self.skip:
            self.steps.append(time.process_time() - self._begin)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, PolicyLearner)
        path = self.folder / "measured.ckpt"
        for _ in range(3):
            begin = time.process_time()
            pl_module.memory.replay.state_dict()
            memory = time.process_time() - begin
            begin, clock = time.process_time(), time.perf_counter()
            trainer.save_checkpoint(path)
            self.saves.append(
                {
                    "memory": memory,
                    "processor": time.process_time() - begin,
                    "clock": time.perf_counter() - clock,
                }
            )
        begin = time.process_time()
        read_checkpoint(path)
        self.loading = time.process_time() - begin
        self.megabytes = path.stat().st_size / 1e6
        self.programs = sum(pl_module.memory.replay.sizes())
        self.explored = len(pl_module.memory.explored)


def measure(arguments: list[str], steps: int, skip: int) -> dict[str, float]:
    """Trains with the command line's arguments and reports medians, in seconds."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        meter = Meter(skip, Path(folder))
        for name in METHODS:
            meter.time(strata.Strata, name, "strata")
        meter.time(strata, "replay_actions", "replay")
        cli = instantiate(
            [*arguments, f"--trainer.logger.save_dir={folder}"]
            + [f"--trainer.max_steps={skip + steps}"]
        )
        trainer = cli.trainer
        # Nothing is validated, and the meter writes the checkpoints.
        kept = [c for c in trainer.callbacks if not isinstance(c, ModelCheckpoint)]  # type: ignore[attr-defined]
        trainer.callbacks = [*kept, meter]  # type: ignore[attr-defined]
        trainer.fit(cli.model, datamodule=cli.datamodule)
        save = {name: statistics.median(s[name] for s in meter.saves) for name in meter.saves[0]}
    step = statistics.mean(meter.steps)
    replay = meter.seconds["replay"] / len(meter.steps)
    own = meter.seconds["strata"] / len(meter.steps) - replay
    training = STEPS_BETWEEN * step
    return {
        "steps": len(meter.steps),
        "step_seconds": step,
        "replay_seconds": replay,
        "strata_seconds": own,
        "strata_share": own / step,
        "memory_seconds": save["memory"],
        "checkpoint_seconds": save["processor"],
        "checkpoint_clock_seconds": save["clock"],
        "checkpoint_share": max(save["processor"], save["clock"]) / training,
        "load_seconds": meter.loading,
        "megabytes": meter.megabytes,
        "programs": meter.programs,
        "explored": meter.explored,
    }


def text(report: dict[str, float], command: str) -> str:
    """The section of the result page."""
    return (
        f"`gaca_wikisql` on all training questions, {report['programs']:,} programs in memory, "
        f"{report['explored']:,} explored prefixes; one thread; means over {report['steps']} "
        "steps, medians over three checkpoints.\n\n"
        "| | processor seconds | share of training |\n|---|---|---|\n"
        f"| a training step | {report['step_seconds']:.3f} | |\n"
        f"| of it in the strata | {report['strata_seconds']:.4f} | {report['strata_share']:.1%} |\n"
        "| of it running programs for their valid sets, in the first epoch only "
        f"| {report['replay_seconds']:.3f} | |\n"
        f"| a checkpoint of {report['megabytes']:.0f} MB, every {STEPS_BETWEEN} steps "
        f"| {report['checkpoint_seconds']:.2f} ({report['checkpoint_clock_seconds']:.2f} on the "
        f"clock) | {report['checkpoint_share']:.1%} |\n"
        f"| of it the memory as tensors | {report['memory_seconds']:.2f} | |\n\n"
        f"Reading it back takes {report['load_seconds']:.2f} s.\n\n"
        f"`{command}`, seed 0; {machine()}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--config", default="gaca_wikisql.yaml", help="training config")
    parser.add_argument("--steps", type=int, default=40, help="measured steps")
    parser.add_argument("--skip", type=int, default=3, help="steps before them")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    options, rest = parser.parse_known_args()
    torch.set_num_threads(1)
    data = ["--data=WikiSQLDataModule", f"--data.root={options.root}"]
    own = [f"--config={find_config(options.config)}", *OPTIONS, *data]
    report = measure([*own, *rest], options.steps, options.skip)
    if options.out:
        command = " ".join(["python benchmarks/checkpoints.py --root DIR", *rest])
        write_section(options.out, "What memory and checkpoints cost", text(report, command))
    print(json.dumps(report))


if __name__ == "__main__":
    main()
