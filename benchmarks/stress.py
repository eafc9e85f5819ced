"""Kills, interrupts and damages small runs, and looks at what is left.

    python benchmarks/stress.py kills --kills 64 --out docs/results/stress.md
    python benchmarks/stress.py actors --kills 30 --out docs/results/stress.md
    python benchmarks/stress.py caches --out docs/results/stress.md
    python benchmarks/stress.py interrupts --out docs/results/stress.md

`kills` ends processes of small trainings, with SIGKILL and SIGTERM: the main process, search and
exploration workers, ranks, at random moments. `actors` kills control runs and their actors.
`caches` damages a cache of examples. `interrupts` presses Ctrl-C at three moments of every command.
Each prints its table, and writes it as a section of a page; the exit status is 1 if something was
wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import datasets  # noqa: F401  # Imported here once, for all forks.
import torch
from stressing import actor_kills, caches, interrupts, kills

import sparse_rl.commands.control
import sparse_rl.commands.programs  # noqa: F401
from sparse_rl.analysis.results_page import machine, write_section


def table(header: str, rows: Sequence[Sequence[object]]) -> str:
    columns = header.split(" | ")
    lines = [header, "|".join("---" for _ in columns), *(" | ".join(map(str, row)) for row in rows)]
    return "\n".join(f"| {line} |" if line is not lines[1] else f"|{line}|" for line in lines)


def kills_section(folder: Path, options: argparse.Namespace) -> tuple[str, bool]:
    rows: list[tuple[object, ...]] = []
    total: Counter[str] = Counter()
    slowest = 0.0
    names = ("kills", "hung", "orphans", "tracebacks")
    after = ("checkpoints", "broken checkpoints", "resumed", "began", "wrong second starts")
    for target, signal_name, seen in kills.measure(folder, options.kills, options.seed):
        seconds = seen["slowest"] / 1000
        row = (target, signal_name, *(seen[n] for n in names), f"{seconds:.1f}")
        rows.append((*row, *(seen[name] for name in after)))
        print(*rows[-1], sep=" | ", flush=True)
        slowest = max(slowest, seconds)
        total += seen
    rows.append(
        ("all", "", *(total[n] for n in names), f"{slowest:.1f}", *(total[n] for n in after))
    )
    header = (
        "killed | signal | kills | did not end | orphans | tracebacks | slowest end, seconds | "
        "checkpoints | broken | resumed | began again | wrong second starts"
    )
    text = (
        "Small trainings on generated questions, of which one process is killed at a random "
        "moment. All that is left must end by itself within 20 seconds, without a traceback; the "
        "same command with `--ckpt_path=last`, or without it where there is no checkpoint, must "
        "then run to its end.\n\n"
    )
    wrong = ("hung", "orphans", "tracebacks", "broken checkpoints", "wrong second starts")
    return text + table(header, rows), not any(total[name] for name in wrong)


def actors_section(folder: Path, options: argparse.Namespace) -> tuple[str, bool]:
    counted = ("kills", "hung", "orphans", "tracebacks", "slowest", "went on", "replaced")
    after = ("checkpoints", "broken checkpoints", "resumed", "began", "wrong second starts")

    def row(name: str, seen: Counter[str]) -> tuple[object, ...]:
        cells = {**seen, "slowest": f"{seen['slowest'] / 1000:.1f}"}
        return name, *(cells.get(key, 0) for key in (*counted, *after))

    rows: list[tuple[object, ...]] = []
    total: Counter[str] = Counter()
    for target, seen in actor_kills.measure(folder, options.kills, options.seed):
        rows.append(row(target, seen))
        print(*rows[-1], sep=" | ", flush=True)
        total = kills.add(total, seen)
    rows.append(row("all", total))
    header = (
        "killed | kills | did not end | orphans | tracebacks | slowest end, seconds | "
        "trained to the end | actors replaced | checkpoints | broken | resumed | began again | "
        "wrong second starts"
    )
    text = (
        "Small control runs that save a checkpoint at every unroll, of which one process is killed "
        "with SIGKILL at a random moment of the training. Without its learner, all that is left "
        "must end by itself within 20 seconds; without an actor, the run must replace it and train "
        "to its end within 120. The same command with `--ckpt_path=last` must then go on.\n\n"
    )
    wrong = (
        "hung",
        "orphans",
        "tracebacks",
        "stopped",
        "broken checkpoints",
        "wrong second starts",
    )
    return text + table(header, rows), not any(total[name] for name in wrong)


def caches_section(folder: Path, options: argparse.Namespace) -> tuple[str, bool]:
    rows = []
    for name, said, right in caches.measure(folder, options.seed):
        rows.append((name, f"`{said}`", "yes" if right else "NO"))
        print(*rows[-1], sep=" | ", flush=True)
    text = "A cache of examples is damaged, and read again.\n\n"
    return text + table("damage | said | right", rows), all(row[2] == "yes" for row in rows)


def interrupts_section(folder: Path, options: argparse.Namespace) -> tuple[str, bool]:
    rows = []
    for command, moment, status, said, right in interrupts.measure(folder, options.seed):
        rows.append((command, moment, status, f"`{said}`", "yes" if right else "NO"))
        print(*rows[-1], sep=" | ", flush=True)
    text = (
        "Ctrl-C (SIGINT to all processes of the terminal) while a command imports, reads and "
        "works: it must end with status 130 and one line, and leave no half-written file.\n\n"
    )
    header = "command | moment | status | last line | right"
    return text + table(header, rows), all(row[4] == "yes" for row in rows)


SECTIONS = {
    "kills": ("Killed", kills_section),
    "actors": ("Killed control runs", actors_section),
    "caches": ("Damaged caches", caches_section),
    "interrupts": ("Interrupted", interrupts_section),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("section", choices=SECTIONS)
    parser.add_argument("--kills", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0, help="of the moments and damages")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    options = parser.parse_args()
    torch.set_num_threads(1)
    title, measure = SECTIONS[options.section]
    with tempfile.TemporaryDirectory() as folder:
        text, right = measure(Path(folder), options)
    kills_ = f" --kills {options.kills}" if options.section in ("kills", "actors") else ""
    command = f"python benchmarks/stress.py {options.section}{kills_} --seed {options.seed}"
    if options.out:
        write_section(options.out, title, f"{text}\n\n`{command}`; {machine()}.")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
