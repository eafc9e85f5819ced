"""Causal confusion in MountainCar-v0: clones, masks, interventions, and their baselines.

    python experiments/causal_mountaincar.py

Trains by the shipped configs, seed by seed, and writes page, figure and records. A seed that has a
record is not run again; what comes after -- goes to every training.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from causal.measure import measure
from causal.page import text
from causal.plots import plot
from sparse_rl.analysis.results_page import hardware

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main() -> None:
    """Runs the seeds that have no record, and writes the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(5)))
    parser.add_argument("--repeats", type=int, default=5, help="of every intervention")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the results")
    parser.add_argument("--runs", default="runs", help="folder of the runs")
    parser.add_argument("more", nargs="*", help="options of every training, after --")
    options = parser.parse_args()
    torch.set_num_threads(1)
    path = options.docs / "results" / "data" / "causal_mountaincar.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    records = {record["seed"]: record for record in map(json.loads, lines)}
    for seed in options.seeds:
        if seed not in records:
            records[seed] = measure(seed, options.repeats, options.runs, options.more)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(records[seed]) + "\n")
    chosen = [records[seed] for seed in options.seeds]
    plot(chosen, options.docs / "images" / "causal_mountaincar.png")
    command = " ".join(["python experiments/causal_mountaincar.py", *sys.argv[1:]])
    page = options.docs / "results" / "causal_mountaincar.md"
    page.write_text(text(chosen, hardware(), command), encoding="utf-8")
    print(page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
