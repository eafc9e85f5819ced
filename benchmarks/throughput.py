"""How many examples a second two processes train on, against one, with one thread each.

    python benchmarks/throughput.py --root DIR

Trains in turns with one process, with two that share its batches, with two that have as many
examples each as it had, and with two runs side by side that know nothing of each other: more than
these the machine does not give. Times the steps from the second epoch on. Options that are not the
script's own are those of `train.py`. Prints one JSON object as its last line.
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
TWO = ("--trainer.devices=2", "--trainer.strategy=ddp")


def work(out: Path, arguments: list[str]) -> None:
    """One process of a run: writes the times of its steps down."""
    import pytorch_lightning as pl
    from observed import train_observed

    class Meter(pl.Callback):
        """Epoch and clock time at the end of every step."""

        def __init__(self) -> None:
            self.rows: list[tuple[int, float]] = []

        def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
            self.rows.append((trainer.current_epoch, time.perf_counter()))

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


def examples_per_second(kind: Kind, arguments: list[str], batch: int) -> float:
    """Of all its copies together."""
    with tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder, f"times{copy}") for copy in range(kind.copies)]
        own = [f"--data.batch_size={batch * kind.batches}", *(TWO if kind.processes == 2 else ())]
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
        rows = [json.loads(Path(f"{out}.0").read_text()) for out in outs]
    return sum(batch * kind.batches / seconds_per_step(steps) for steps in rows)


def seconds_per_step(rows: list[tuple[int, float]]) -> float:
    """Mean clock time of a step, but for the first epoch, which also computes what is kept.

    What lies between two epochs is no step.
    """
    return statistics.mean(b[1] - a[1] for a, b in pairwise(rows) if a[0] == b[0] > 0)


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
    rates: dict[str, list[float]] = {kind.name: [] for kind in KINDS}
    for _ in range(options.rounds):
        for kind in KINDS:
            rates[kind.name].append(examples_per_second(kind, arguments, options.batch))
    # The quickest round is the one that was disturbed least.
    best = {name: max(found) for name, found in rates.items()}
    report = {"load_before": load, "examples_per_second": rates, "best": best}
    if options.out:
        command = f"python benchmarks/throughput.py --root DIR --limit {limit}"
        write_section(options.out, "Throughput", text(report, " ".join([command, *rest])))
    print(json.dumps(report))


def text(report: dict[str, Any], command: str) -> str:
    """The section of the result page."""
    best = report["best"]
    one = best[KINDS[0].name]
    rows = "\n".join(f"| {name} | {rate:.0f} | {rate / one:.2f} |" for name, rate in best.items())
    rounds = len(report["examples_per_second"][KINDS[0].name])
    return (
        "Training with one thread a process, from the second epoch on; of "
        f"{rounds} rounds in turns, the quickest.\n\n"
        f"| | examples a second | against one process |\n|---|---|---|\n{rows}\n\n"
        "Two runs side by side exchange nothing: their rate is what the machine's two cores can "
        f"give. Load average before: {report['load_before']:.1f}.\n\n"
        f"`{command}`, seed 0; {machine()}."
    )


if __name__ == "__main__":
    main()
