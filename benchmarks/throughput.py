"""How many examples a second two processes train on, against one, with one thread each.

    python benchmarks/throughput.py --root DIR

Trains in turns with one process, with two that share its batches, with two that have as many
examples each as it had, and with two runs side by side that know nothing of each other: more than
these the machine does not give. Times the steps from the second epoch on, by the clock and by each
process's processor time: where others use the machine too, processes of a run wait for each other
and clock times say little, while a step takes at least the processor time of its busiest process.
Options that are not the script's own are those of `train.py`. Prints one JSON object as its last
line.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sparse_rl.analysis.results_page import machine, write_section

OPTIONS = (
    "--trainer.max_epochs=3",
    "--trainer.limit_val_batches=0",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
)
# Tells a process that it is one of a run, also where Lightning starts it, and where to write.
TIMES = "SPARSE_RL_STEP_TIMES"

Row = tuple[int, float, float]
"""Epoch, clock time and processor time at the end of a step."""


def work(out: Path, arguments: list[str]) -> None:
    """One process of a run: writes the times of its steps down."""
    import pytorch_lightning as pl
    from observed import train_observed

    class Meter(pl.Callback):
        """Epoch, clock time and processor time at the end of every step."""

        def __init__(self) -> None:
            self.rows: list[Row] = []

        def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
            row = trainer.current_epoch, time.perf_counter(), time.process_time()
            self.rows.append(row)

        def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            Path(f"{out}.{trainer.global_rank}").write_text(json.dumps(self.rows))

    train_observed(Meter(), arguments)


@dataclass(frozen=True)
class Kind:
    """A way to train.

    Attributes:
        name: in the report.
        processes: of a run.
        batches: its batch, in batches of the run with one process.
        copies: runs side by side.
    """

    name: str
    processes: int = 1
    batches: int = 1
    copies: int = 1


KINDS = (
    Kind("one process"),
    Kind("two processes, the same batch", processes=2),
    Kind("two processes, a batch each", processes=2, batches=2),
    Kind("two runs side by side", copies=2),
)


@dataclass(frozen=True)
class Rate:
    """Examples a second of all copies together.

    Attributes:
        clock: by the clock.
        processor: by the processor time of the busiest process of every step.
        uneven: processor time of the busiest process, as a multiple of the mean's.
    """

    clock: float
    processor: float
    uneven: float


def measure(kind: Kind, arguments: list[str], batch: int) -> Rate:
    """Trains once."""
    with tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder, f"times{copy}") for copy in range(kind.copies)]
        own = [f"--data.batch_size={batch * kind.batches}"]
        if kind.processes > 1:
            own += [f"--trainer.devices={kind.processes}", "--trainer.strategy=ddp"]
        running = [
            subprocess.Popen(
                [sys.executable, __file__, "fit", *arguments, *own]
                + [f"--trainer.logger.save_dir={out}"],
                env={**os.environ, "OMP_NUM_THREADS": "1", TIMES: str(out)},
                stdout=sys.stderr,
            )
            for out in outs
        ]
        if any([process.wait() for process in running]):
            sys.exit(f"read the output above: {kind.name} has failed")
        runs = [
            [json.loads(Path(f"{out}.{rank}").read_text()) for rank in range(kind.processes)]
            for out in outs
        ]
    return rate_of(runs, batch * kind.batches)


def rate_of(runs: list[list[list[Row]]], batch: int) -> Rate:
    """Returns the rate of runs side by side, from the rows of each of their processes."""
    clock = processor = uneven = 0.0
    for ranks in runs:
        used = [step_seconds(rows, 2) for rows in ranks]
        busiest = statistics.mean(map(max, zip(*used, strict=True)))
        clock += batch / statistics.mean(step_seconds(ranks[0], 1))
        processor += batch / busiest
        uneven += busiest / statistics.mean(map(statistics.mean, used)) / len(runs)
    return Rate(clock, processor, uneven)


def step_seconds(rows: list[Row], column: int) -> list[float]:
    """Times of the steps, but for the first epoch, which also computes what is kept.

    What lies between two epochs is no step.
    """
    return [b[column] - a[column] for a, b in pairwise(rows) if a[0] == b[0] > 0]


def main() -> None:
    if TIMES in os.environ:
        work(Path(os.environ[TIMES]), sys.argv[1:])
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--config", default="gaca_wikisql.yaml", help="training config")
    parser.add_argument("--limit", type=int, default=2000, help="training examples; 0: all")
    parser.add_argument("--batch", type=int, default=125, help="examples a step of one process")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each kind")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    options, rest = parser.parse_known_args()
    # A multiple of all batches, so that none is smaller than the others.
    limit = options.limit // (2 * options.batch) * 2 * options.batch
    data = [f"--data.root={options.root}", f"--data.limit={limit}"]
    arguments = [f"--config={options.config}", *OPTIONS, *data, *rest]
    load = os.getloadavg()[0]
    found: dict[str, list[Rate]] = {kind.name: [] for kind in KINDS}
    for _ in range(options.rounds):
        for kind in KINDS:
            found[kind.name].append(measure(kind, arguments, options.batch))
    report = {
        "load_before": load,
        "rounds": {name: [vars(rate) for rate in rates] for name, rates in found.items()},
        # The quickest round is the one that was disturbed least.
        "best": {
            name: {
                "clock": max(rate.clock for rate in rates),
                "processor": max(rate.processor for rate in rates),
                "uneven": statistics.mean(rate.uneven for rate in rates),
            }
            for name, rates in found.items()
        },
    }
    if options.out:
        command = f"python benchmarks/throughput.py --root DIR --limit {limit}"
        write_section(options.out, "Throughput", text(report, " ".join([command, *rest])))
    print(json.dumps(report))


def text(report: dict[str, Any], command: str) -> str:
    """The section of the result page."""
    best = report["best"]
    one = best[KINDS[0].name]
    rows = "\n".join(
        f"| {name} | {of['clock']:.0f} | {of['clock'] / one['clock']:.2f} | "
        f"{of['processor'] / one['processor']:.2f} | {of['uneven']:.3f} |"
        for name, of in best.items()
    )
    rounds = len(report["rounds"][KINDS[0].name])
    return (
        "Training with one thread a process, from the second epoch on; of "
        f"{rounds} rounds in turns, the quickest.\n\n"
        "| | examples a second | against one process | by processor time | busiest / mean |\n"
        f"|---|--:|--:|--:|--:|\n{rows}\n\n"
        "Two runs side by side exchange nothing: their rate is what the machine's two cores can "
        "give. By processor time a step takes as long as its busiest process computes, without "
        "waiting; the last column is the mean of that process's time over the mean of all. "
        f"Load average before: {report['load_before']:.1f}.\n\n"
        f"`{command}`, seed 0; {machine()}."
    )


if __name__ == "__main__":
    main()
