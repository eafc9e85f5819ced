"""How much faster two processes train than one, with one thread each.

    python benchmarks/throughput.py --root DIR

Trains with one process and with two in turns, several times, and times the steps from the second
epoch on. Options that are not the script's own are those of `train.py`. Beside the time on the
clock, which other jobs on the machine lengthen, it reports the time on the processors: of every
step the busiest process's, as if there were no waiting. Prints one JSON object as its last line.
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
from itertools import pairwise
from pathlib import Path
from typing import Any

from results import machine, write_section

OPTIONS = (
    "--trainer.max_epochs=3",
    "--trainer.limit_val_batches=0",
    "--trainer.accelerator=cpu",
    "--trainer.enable_progress_bar=false",
    "--trainer.enable_model_summary=false",
)
TWO = ("--trainer.devices=2", "--trainer.strategy=ddp")


def work(out: Path, arguments: list[str]) -> None:
    """One process of a run: writes the times of its steps down."""
    import pytorch_lightning as pl
    import torch

    from sparse_rl.cli import resolve_configs
    from sparse_rl.training_cli import TrainingCLI, train

    class Meter(pl.Callback):
        """Clock and processor time at the end of every step; the batch's size is the run's."""

        def __init__(self) -> None:
            self.rows: list[tuple[int, float, float]] = []

        def on_train_batch_end(self, trainer: pl.Trainer, *args: Any) -> None:
            self.rows.append((trainer.current_epoch, time.perf_counter(), time.process_time()))

        def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
            Path(f"{out}.{trainer.global_rank}").write_text(json.dumps(self.rows))

    make = TrainingCLI.instantiate_trainer

    def with_meter(self: TrainingCLI, **options: Any) -> pl.Trainer:
        trainer = make(self, **options)
        trainer.callbacks.append(Meter())  # type: ignore[attr-defined]
        return trainer

    TrainingCLI.instantiate_trainer = with_meter  # type: ignore[method-assign]
    TrainingCLI.after_fit = lambda self: None  # type: ignore[method-assign]
    torch.set_num_threads(1)
    train(["fit", *resolve_configs(arguments)])


def run(arguments: list[str], processes: int) -> dict[str, Any]:
    """Seconds a step of one run: by the clock, and by the busiest process's processor time."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "times")
        subprocess.run(
            [sys.executable, __file__, "--worker", str(out), *arguments]
            + [f"--trainer.logger.save_dir={folder}", *(TWO if processes == 2 else ())],
            check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=sys.stderr,
        )
        ranks = [json.loads(Path(f"{out}.{rank}").read_text()) for rank in range(processes)]
    # The first epoch also computes what is kept of every example. What lies between two epochs
    # is no step.
    pairs = [[(a, b) for a, b in pairwise(rows) if a[0] == b[0] > 0] for rows in ranks]
    busy = [[b[2] - a[2] for a, b in steps] for steps in pairs]
    wall = [b[1] - a[1] for a, b in pairs[0]]
    return {
        "seconds": statistics.mean(wall),
        "busiest": statistics.mean(map(max, zip(*busy, strict=True))),
        "processor_share": sum(map(sum, busy)) / (sum(wall) * processes),
        "steps": len(wall),
    }


def main() -> None:
    if sys.argv[1] == "--worker":
        work(Path(sys.argv[2]), sys.argv[3:])
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument("--config", default="gaca_wikisql.yaml", help="training config")
    parser.add_argument("--limit", type=int, default=2000, help="training examples; 0: all")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each kind")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    options, rest = parser.parse_known_args()
    data = [f"--data.root={options.root}", f"--data.limit={options.limit}"]
    arguments = [f"--config={options.config}", *OPTIONS, *data, *rest]
    load = os.getloadavg()[0]
    runs = {1: [], 2: []}  # type: dict[int, list[dict[str, Any]]]
    for _ in range(options.rounds):
        for processes, found in runs.items():
            found.append(run(arguments, processes))
    report: dict[str, Any] = {"load_before": load}
    for name in ("seconds", "busiest"):
        # The quickest run is the one that was disturbed least.
        one, two = (min(r[name] for r in found) for found in runs.values())
        report[name] = {"one": one, "two": two, "speedup": one / two}
    report["runs"] = runs
    if options.out:
        command = f"python benchmarks/throughput.py --root DIR --limit {options.limit}"
        write_section(options.out, "Throughput", text(report, " ".join([command, *rest])))
    print(json.dumps(report))


def text(report: dict[str, Any], command: str) -> str:
    """The section of the result page."""
    shares = [
        f"{min(r['processor_share'] for r in found):.0%} to "
        f"{max(r['processor_share'] for r in found):.0%}"
        for found in report["runs"].values()
    ]
    names = {"seconds": "clock", "busiest": "processor, busiest process"}
    rows = "\n".join(
        f"| {names[name]} | {report[name]['one']:.3f} | {report[name]['two']:.3f} "
        f"| {report[name]['speedup']:.2f} |"
        for name in names
    )
    return (
        "Seconds a step of the same batches, with one thread a process, from the second epoch on; "
        f"of {len(report['runs'][1])} runs each in turns, the quickest.\n\n"
        f"| | one process | two processes | speed-up |\n|---|---|---|---|\n{rows}\n\n"
        f"The processes had {shares[0]} (one) and {shares[1]} (two) of the time on the clock on a "
        "processor: what is missing they waited, for each other or for other jobs of the machine. "
        f"Load average before: {report['load_before']:.1f}.\n\n"
        f"`{command}`, seed 0; {machine()}."
    )


if __name__ == "__main__":
    main()
