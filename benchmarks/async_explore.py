"""Exploration in the training step against exploration beside training, from an empty memory.

    OMP_NUM_THREADS=1 python benchmarks/async_explore.py --root DIR --workers 1 2
    OMP_NUM_THREADS=1 python benchmarks/async_explore.py            # the generated quickstart

Trains the same policy (MAPO without fresh draws, so that all programs come from exploration) for
the same number of steps with `explore_per_visit` and with `async_explore.workers`, the settings in
turn, as often as --repeats says. Every setting is reported with its training steps per second and
the rewarded programs found per second (all of B, as it was empty), and each asynchronous one with
the ratios to each synchronous one. Two clocks:

- wall: what was seen. Needs a core for every busy process, and no other load.
- cpu: seconds of computing. The workers and the policy's process take turns, so that on cores of
  their own they would explore for as long as training trains: programs per second are then those
  per CPU second of all exploration processes together, and steps those per CPU second of training.
  This is an estimate that other load hardly disturbs.

Prints one JSON object as its last line. Options that are not the script's own are those of
`train.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint

from sparse_rl.cli import find_config
from sparse_rl.training_cli import instantiate

FIXED = (
    "--warm_start.method=none",
    "--trainer.limit_val_batches=0",
    "--trainer.max_epochs=1000",
    "--trainer.logger=CSVLogger",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
)
Measured = dict[str, float]


class Meter(pl.Callback):
    """Times training from the first step, when no features and worlds are cached, to the last."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.wall = time.perf_counter() - self._wall
        self.cpu = time.process_time() - self._cpu


def children_cpu() -> float:
    """CPU seconds of all processes of ours that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(arguments: list[str]) -> Measured:
    """One run with the command line's arguments."""
    meter = Meter()
    # The last line of stdout is the report's.
    with tempfile.TemporaryDirectory() as logs, contextlib.redirect_stdout(sys.stderr):
        cli = instantiate([*arguments, f"--trainer.logger.save_dir={logs}"])
        trainer: Any = cli.trainer
        # Nothing is validated, so no checkpoint is the best one. The meter stops first.
        kept = [c for c in trainer.callbacks if not isinstance(c, ModelCheckpoint)]
        trainer.callbacks = [meter, *kept]
        before = children_cpu()
        trainer.fit(cli.model, datamodule=cli.datamodule)
        explored = children_cpu() - before
    rewarded, _ = cli.model.replay.sizes()
    return {
        "steps_per_second": trainer.global_step / meter.wall,
        "rewarded_per_second": rewarded / meter.wall,
        "steps_per_cpu_second": trainer.global_step / meter.cpu,
        # Without processes of its own, exploration is part of training's computing.
        "rewarded_per_cpu_second": rewarded / (explored or meter.cpu),
        "rewarded": rewarded,
        "walks": len(cli.model.explored),
        "seconds": meter.wall,
        "training_cpu_seconds": meter.cpu,
        "exploration_cpu_seconds": explored,
    }


def compare(sync: Measured, beside: Measured) -> Measured:
    """What exploration beside training gains, by both clocks."""
    if not sync["rewarded"]:
        raise SystemExit("raise --steps or --limit: exploration in the step has found no program")
    return {
        f"{what}_{clock}": beside[f"{what}_per_{second}"] / sync[f"{what}_per_{second}"]
        for clock, second in (("wall", "second"), ("cpu", "cpu_second"))
        for what in ("steps", "rewarded")
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Compares exploration in the training step with exploration beside training; "
        "further options are train.py's.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--root", type=Path, help="folder in WikiSQL's format; else the quickstart")
    parser.add_argument("--steps", type=int, default=64, help="training steps of a run")
    parser.add_argument("--limit", type=int, default=2000, help="training examples; 0: all")
    parser.add_argument("--visits", type=int, nargs="+", default=[1], help="explore_per_visit")
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help="world processes")
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
            runs[name].append(measure([*own, *setting, *rest]))
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
