"""What exploring and drawing cost: GACA's loop against its exhaustive variant, in turns.

    python benchmarks/loop.py --root DIR --out docs/results/loop_time.md

Trains one with the other from empty caches, with one thread each. Counts seconds of processor time,
which other work on the machine changes less than clock time: of training alone, and of the whole
command, with reading, annotating and the search before training in all its processes. Options that
are not the script's own are those of `train.py`. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sparse_rl.analysis.results_page import machine, write_section

CONFIGS = {"loop": "gaca_wikisql.yaml", "exhaustive": "gaca_wikisql_exhaustive.yaml"}
OPTIONS = (
    "--trainer.limit_val_batches=0",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
)
# Tells a process that it trains, and where to write the seconds.
SECONDS = "SPARSE_RL_TRAINING_SECONDS"


def work(out: Path, arguments: list[str]) -> None:
    """One training: writes the processor time of its steps down."""
    import pytorch_lightning as pl
    from observed import train_observed

    class Meter(pl.Callback):
        """Processor time from the first step to the last."""

        def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            self.start = time.process_time()

        def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            out.write_text(json.dumps(time.process_time() - self.start))

    train_observed(Meter(), arguments)


def seconds(config: str, arguments: list[str]) -> dict[str, float]:
    """Processor time of a training and of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "seconds")
        own = [f"--config={config}", f"--trainer.logger.save_dir={folder}"]
        own.append(f"--data.cache={folder}/cache")
        before = _of_children()
        subprocess.run(
            [sys.executable, __file__, "fit", *own, *arguments],
            env={**os.environ, "OMP_NUM_THREADS": "1", SECONDS: str(out)},
            stdout=2,  # The report alone is the script's output.
            check=True,
        )
        return {"training": json.loads(out.read_text()), "command": _of_children() - before}


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    if SECONDS in os.environ:
        work(Path(os.environ[SECONDS]), sys.argv[1:])
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--limit", type=int, default=4000, help="training examples; 0: all")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2, help="trainings of each variant")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    options, rest = parser.parse_known_args()
    arguments = [*OPTIONS, f"--data.root={options.root}", f"--data.limit={options.limit}"]
    arguments += [f"--trainer.max_epochs={options.epochs}", *rest]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONFIGS}
    for _ in range(options.rounds):
        for name, config in CONFIGS.items():
            found[name].append(seconds(config, arguments))
    mean = {
        name: {part: statistics.mean(r[part] for r in rounds) for part in ("training", "command")}
        for name, rounds in found.items()
    }
    ratio = {p: mean["loop"][p] / mean["exhaustive"][p] for p in ("training", "command")}
    report = {"rounds": found, "mean": mean, "ratio": ratio}
    if options.out:
        command = f"python benchmarks/loop.py --root DIR --limit {options.limit}"
        command = " ".join([command, f"--epochs {options.epochs}", *rest])
        write_section(options.out, "GACA on WikiSQL", text(report, options, command))
    print(json.dumps(report))


def text(report: dict[str, Any], options: argparse.Namespace, command: str) -> str:
    """The section of the result page."""
    rows = "\n".join(
        f"| {name} | {of['training']:.1f} | {of['command']:.1f} |"
        for name, of in report["mean"].items()
    )
    ratio = report["ratio"]
    return (
        f"Seconds of processor time, mean of {options.rounds} trainings each, in turns, with one "
        f"thread: {options.limit} questions, {options.epochs} epochs, no validation.\n\n"
        "| variant | training | whole command |\n|---|--:|--:|\n"
        f"{rows}\n| loop / exhaustive | {ratio['training']:.2f} | {ratio['command']:.2f} |\n\n"
        "The whole command begins without a cache: it reads, annotates and searches before it "
        f"trains.\n\n`{command}`, seed 0; {machine()}."
    )


if __name__ == "__main__":
    main()
