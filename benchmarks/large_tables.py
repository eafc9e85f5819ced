"""Exploration as tables grow: programs per second of processor time, by rows and columns.

    python benchmarks/large_tables.py --rows 50 500 5000 --columns 6 20 60
    python benchmarks/large_tables.py --before OLD/src --out docs/results/large_tables.md

Generates tables, with questions that have a rewarded program of one to three expressions, and
searches each question systematically and exhaustively. With `--before`, every size is measured in
turns with the package of another folder. `digest` stands for the first programs of the walks, with
their valid actions and rewards: two versions that explore the same have the same. Prints one JSON
object as its last line.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generated_tables import generated_questions, generated_table

from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.exploration.budget import Budget
from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import wikisql_language, wtq_language
from sparse_rl.interpreters.world import Trajectory

LANGUAGES = {"wikisql": wikisql_language, "wtq": wtq_language}
DIGESTED = 20
"""Walks of a question that the digest has."""


def walks(example: Example, domain: TableDomain, attempts: int, seconds: float) -> list[Trajectory]:
    """Walks a question systematically, for at most so many seconds of processor time."""
    explorer = SystematicExplorer(example.id, domain.world(example), ExactExplored())
    begin = time.process_time()
    found = []
    for walk in systematic_walks(explorer, attempts, uniform(random.Random(example.id))):
        found.append(walk)
        if len(found) >= DIGESTED and time.process_time() - begin > seconds:
            break
    return found


def measure(rows: int, columns: int, options: argparse.Namespace) -> dict[str, Any]:
    """Searches the questions about one table of a size."""
    rng = random.Random(f"{options.seed} {rows} {columns}")
    table = generated_table(rows, columns, rng)
    domain = TableDomain(LANGUAGES[options.language]())
    begin = time.process_time()
    examples = generated_questions(table, wtq_language(), options.questions, rng)
    reading = time.process_time() - begin
    begin = time.process_time()
    walked = [walks(e, domain, options.attempts, options.seconds) for e in examples]
    walking = time.process_time() - begin
    first = [(w.actions, w.valid, w.reward) for found in walked for w in found[:DIGESTED]]
    begin = time.process_time()
    budget = Budget(seconds=options.seconds)
    searched = [domain.exhaustive(example, budget=budget) for example in examples]
    searching = time.process_time() - begin
    executed = sum(found.executed for found in searched)
    return {
        "rows": rows,
        "columns": columns,
        "questions": len(examples),
        "reading_milliseconds": 1000 * reading / len(examples),
        "walks": sum(map(len, walked)),
        "walks_per_second": sum(map(len, walked)) / walking,
        "digest": hashlib.sha256(repr(first).encode()).hexdigest()[:12],
        "executed_per_second": executed / searching,
        "solved": sum(bool(found.programs) for found in searched),
        "complete": sum(found.complete for found in searched),
    }


def measured_in_turns(options: argparse.Namespace) -> Iterator[dict[str, dict[str, Any]]]:
    """Measures every size by each version, in a process of its own."""
    passed = [f"--{name}={getattr(options, name)}" for name in PASSED]
    sources = {"before": options.before, "after": Path(__file__).resolve().parents[1] / "src"}
    for columns in options.columns:
        for rows in options.rows:
            found = {}
            for version, source in sources.items():
                command = [sys.executable, __file__, *passed]
                command += [f"--rows={rows}", f"--columns={columns}"]
                environment = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
                done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
                found[version] = json.loads(done.stdout.splitlines()[-1])["measured"][0]
                print(version, found[version], file=sys.stderr)
            yield found


PASSED = ("language", "questions", "attempts", "seconds", "seed")


def section(found: list[dict[str, dict[str, Any]]], options: argparse.Namespace) -> str:
    """Writes the section of a result page."""
    lines = [_line(one["before"], one["after"]) for one in found]
    sizes = {name: " ".join(map(str, getattr(options, name))) for name in ("rows", "columns")}
    values = {**sizes, **{name: getattr(options, name) for name in PASSED}}
    command = " ".join(f"--{name} {value}" for name, value in values.items())
    return (
        f"{options.questions} questions a table, of up to {options.attempts:,} walks and "
        f"{options.seconds:g} s each; an exhaustive search has {options.seconds:g} s too, and 100 "
        "programs. Programs per second of processor time, before → after; *solved*: questions of "
        "which the exhaustive search finds a rewarded program, *complete*: all of them; *reading*: "
        "milliseconds to find a question's constants and its answer.\n\n"
        "| columns | rows | systematic | ratio | exhaustive | ratio | solved | complete | reading "
        "| same programs |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|:-:|\n"
        + "\n".join(lines)
        + f"\n\n`python benchmarks/large_tables.py --before OLD/src {command}`; {machine()}."
    )


def _line(before: dict[str, Any], after: dict[str, Any]) -> str:
    def change(name: str, form: str = ",.0f") -> str:
        return f"{before[name]:{form}} → {after[name]:{form}}"

    def ratio(name: str) -> str:
        return f"{after[name] / before[name]:.1f}"

    cells = (
        f"{before['columns']}",
        f"{before['rows']:,}",
        change("walks_per_second"),
        ratio("walks_per_second"),
        change("executed_per_second"),
        ratio("executed_per_second"),
        change("solved", "d"),
        change("complete", "d"),
        change("reading_milliseconds", ",.1f"),
        "yes" if before["digest"] == after["digest"] else "no",
    )
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measures exploration on tables of growing size.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[50, 500, 5000])
    parser.add_argument("--columns", type=int, nargs="+", default=[6, 20, 60])
    parser.add_argument("--language", choices=[*LANGUAGES], default="wtq", help="functions")
    parser.add_argument("--questions", type=int, default=3, help="questions a table")
    parser.add_argument("--attempts", type=int, default=1000, help="walks of a question")
    parser.add_argument("--seconds", type=float, default=20.0, help="limit of each search")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--before", type=Path, help="src folder of the version to compare with")
    parser.add_argument("--out", type=Path, help="result page to write a section of")
    options = parser.parse_args()
    if options.before is None:
        sizes = [(rows, columns) for columns in options.columns for rows in options.rows]
        print(json.dumps({"measured": [measure(*size, options) for size in sizes]}))
        return
    found = list(measured_in_turns(options))
    if options.out:
        write_section(options.out, f"Functions of {options.language}", section(found, options))
    print(json.dumps({"compared": found}))


if __name__ == "__main__":
    main()
