"""Synchronous against asynchronous exploration, from an empty memory.

    OMP_NUM_THREADS=1 python benchmarks/async_explore.py --root DIR --workers 1 2
    OMP_NUM_THREADS=1 python benchmarks/async_explore.py            # the generated quickstart

Trains the same policy (MAPO without fresh draws, so that all programs come from exploration) for
the same number of steps with `explore_per_visit` and with `async_explore.workers`, the settings in
turn, as often as --repeats says. Every setting is reported with its training steps per second and
the rewarded programs found per second (all of B, as it was empty), and each asynchronous one with
the ratios to each synchronous one.

Seconds are those of the wall clock, which needs a free core for each side. With --own_cores they
are CPU seconds, of training or of its explorers together, whichever are more, and training waits
after each step until its explorers have computed for as long as it has: what is measured is then
what one further core brings, on a machine whose cores are not free. Time for waking each other up
is not in it. With --pace=S training also waits until they have computed for S seconds a step: with
S from a synchronous run, that is exploration at equal training speed.

Prints one JSON object as its last line. Options that are not the script's own are those of
`train.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from sparse_rl.commands.programs import instantiate
from sparse_rl.config_files import find_config

FIXED = (
    "--warm_start.method=none",
    "--trainer.limit_val_batches=0",
    "--trainer.max_epochs=1000",
    "--trainer.num_sanity_val_steps=0",
    "--trainer.logger=CSVLogger",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
)
Measured = dict[str, float]


class Meter(pl.Callback):
    """Times training from the first step, when no features and worlds are cached, to the last.

    Args:
        own_cores: count CPU seconds of training, and hold it to those of its explorers.
        pace: CPU seconds of its explorers that training waits for, per step.
    """

    def __init__(self, own_cores: bool, pace: float) -> None:
        self.own_cores = own_cores
        self.pace = pace
        self.explored = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._begin = self._now()

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        while True:
            explorers = active_children()
            self.explored = sum(map(cpu_seconds, explorers))
            due = max(self._now() - self._begin, self.pace * trainer.global_step)
            if not (self.own_cores and explorers and self.explored < due):
                return
            time.sleep(0.01)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.seconds = self._now() - self._begin
        if self.own_cores:
            self.seconds = max(self.seconds, self.explored)

    def _now(self) -> float:
        return time.process_time() if self.own_cores else time.perf_counter()


def cpu_seconds(process: BaseProcess) -> float:
    """CPU seconds that a running process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(arguments: list[str], own_cores: bool, pace: float) -> Measured:
    """One run with the command line's arguments."""
    meter = Meter(own_cores, pace)
    # The last line of stdout is the report's.
    with tempfile.TemporaryDirectory() as logs, contextlib.redirect_stdout(sys.stderr):
        cli = instantiate([*arguments, f"--trainer.logger.save_dir={logs}"])
        trainer: Any = cli.trainer
        # Nothing is validated, so no checkpoint is the best one. The meter is the first to stop.
        kept = [c for c in trainer.callbacks if not isinstance(c, ModelCheckpoint)]
        trainer.callbacks = [meter, *kept]
        trainer.fit(cli.model, datamodule=cli.datamodule)
    rewarded, _ = cli.model.memory.replay.sizes()
    return {
        "steps_per_second": trainer.global_step / meter.seconds,
        "rewarded_per_second": rewarded / meter.seconds,
        "explored_per_second": len(cli.model.memory.explored) / meter.seconds,
        "rewarded": rewarded,
        "explored": len(cli.model.memory.explored),
        "seconds": meter.seconds,
        "exploration_cpu_seconds": meter.explored,
    }


def compare(sync: Measured, beside: Measured) -> Measured:
    """Gain of asynchronous exploration."""
    if not sync["rewarded"]:
        raise SystemExit("raise --steps or --limit: exploration in the step has found no program")
    names = ("steps_per_second", "rewarded_per_second", "explored_per_second")
    return {name: beside[name] / sync[name] for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Compares synchronous with asynchronous exploration; "
        "further options are train.py's.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--root", type=Path, help="folder in WikiSQL's format; else the quickstart")
    parser.add_argument("--steps", type=int, default=64, help="training steps of a run")
    parser.add_argument("--limit", type=int, default=2000, help="training examples; 0: all")
    parser.add_argument("--visits", type=int, nargs="*", default=[1], help="explore_per_visit")
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help="world processes")
    parser.add_argument("--own_cores", action="store_true", help="see above")
    parser.add_argument("--pace", type=float, default=0.0, help="with --own_cores; see above")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each setting")
    options, rest = parser.parse_known_args()
    config = "gaca_quickstart.yaml" if options.root is None else "mapo_wikisql.yaml"
    own = [f"--config={find_config(config)}", *FIXED, f"--trainer.max_steps={options.steps}"]
    own += ["--model.estimator=Mapo", "--model.estimator.fresh=0", f"--data.limit={options.limit}"]
    if options.root is not None:
        own.append(f"--data.root={options.root}")
    settings = {f"sync_{k}": [f"--model.explore_per_visit={k}"] for k in options.visits}
    settings |= {f"async_{n}": [f"--async_explore.workers={n}"] for n in options.workers}
    runs: dict[str, list[Measured]] = {name: [] for name in settings}
    for _ in range(options.repeats):
        for name, setting in settings.items():
            runs[name].append(measure([*own, *setting, *rest], options.own_cores, options.pace))
            print(name, json.dumps(runs[name][-1]), file=sys.stderr)
    report: dict[str, Any] = {
        name: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for name, found in runs.items()
    }
    report["ratios"] = {
        f"async_{n}/sync_{k}": compare(report[f"sync_{k}"], report[f"async_{n}"])
        for n in options.workers
        for k in options.visits
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
