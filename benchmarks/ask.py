"""Seconds to load a checkpoint and to answer a question about a table of 500 rows.

    python benchmarks/ask.py --ckpt_path CHECKPOINT [--rows 500] [--questions 20]

In a fresh process: the import of the package and of torch, the checkpoint, the table from a CSV
file, and then the questions one by one. `cpu` is what the process itself has computed: on a busy
machine the rest is waiting. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

_TEMPLATES = (
    "how many points does {name} have?",
    "which town is {name} from?",
    "how many players are from {town}?",
    "who has more than {points} points?",
    "what is the highest number of points of a player from {town}?",
)


def write_table(path: Path, rows: int, rng: random.Random) -> list[list[str]]:
    """Eight columns of names, numbers and dates."""
    towns = [f"Town{number}" for number in range(30)]
    table = [
        [
            f"Player{row}",
            rng.choice(towns),
            f"{rng.randrange(5000):,}",
            str(rng.randrange(18, 40)),
            f"{rng.randrange(1, 29)} May {rng.randrange(1980, 2020)}",
            f"{rng.randrange(9)}-{rng.randrange(9)}",
            rng.choice(("forward", "goal", "wing")),
            f"{rng.random():.3f}",
        ]
        for row in range(rows)
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Player", "Town", "Points", "Age", "Born", "Score", "Position", "Share"])
        writer.writerows(table)
    return table


def main() -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    parser = argparse.ArgumentParser(description="Times load and ask.")
    parser.add_argument("--ckpt_path", required=True)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--questions", type=int, default=20)
    options = parser.parse_args()
    rng = random.Random(0)

    import sparse_rl

    model = sparse_rl.load(options.ckpt_path)
    report = {"load_seconds": time.perf_counter() - wall, "load_cpu": time.process_time() - cpu}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        rows = write_table(path, options.rows, rng)
        begin = time.perf_counter()
        table = model.open(path)
        report["open_seconds"] = time.perf_counter() - begin
    seconds, cpus = [], []
    for number in range(options.questions):
        row = rng.choice(rows)
        names = {"name": row[0], "town": row[1], "points": row[2]}
        question = _TEMPLATES[number % len(_TEMPLATES)].format(**names)
        begin, begin_cpu = time.perf_counter(), time.process_time()
        model.ask(table, question)
        seconds.append(time.perf_counter() - begin)
        cpus.append(time.process_time() - begin_cpu)
    report |= {
        "rows": options.rows,
        "median_seconds": statistics.median(seconds),
        "slowest_seconds": max(seconds),
        "median_cpu": statistics.median(cpus),
        "slowest_cpu": max(cpus),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
