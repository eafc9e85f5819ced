"""Seconds and memory of `sparse-rl ask` on tables of many rows.

    python benchmarks/ask_rows.py --ckpt_path CHECKPOINT [--rows 200000 1000000]

Writes a table of six columns (a name of its own in every row, towns, a number with commas, a share,
a date, a position) and asks one question about it in a process of its own. `cpu` is what that
process has computed: on a busy machine the rest of `seconds` is waiting. `peak_rss_gb` is the peak
of all such processes so far, so rows ascend. Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

QUESTION = "how many points does Player{row} have?"


def write_table(path: Path, rows: int) -> None:
    rng = random.Random(0)
    towns = [f"Town{number}" for number in range(30)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Player", "Town", "Points", "Share", "Born", "Position"])
        for row in range(rows):
            born = f"{rng.randrange(1, 29)} May {rng.randrange(1980, 2020)}"
            position = rng.choice(("forward", "goal", "wing"))
            points, share = f"{rng.randrange(5000):,}", f"{rng.random():.3f}"
            writer.writerow([f"Player{row}", rng.choice(towns), points, share, born, position])


def ask(checkpoint: str, path: Path, rows: int) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    command = [sys.executable, "-m", "sparse_rl", "ask", f"--ckpt_path={checkpoint}"]
    question = QUESTION.format(row=rows // 2)
    subprocess.run([*command, f"--table={path}", question], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "rows": rows,
        "seconds": round(time.perf_counter() - begin, 1),
        "cpu": round(cpu, 1),
        "peak_rss_gb": round(after.ru_maxrss / 2**20, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Times ask on large tables.")
    parser.add_argument("--ckpt_path", required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000, 1_000_000])
    options = parser.parse_args()
    found = []
    for rows in sorted(options.rows):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "players.csv"
            write_table(path, rows)
            found.append(ask(options.ckpt_path, path, rows))
            print(found[-1], file=sys.stderr)
    print(json.dumps({"asked": found}))


if __name__ == "__main__":
    main()
