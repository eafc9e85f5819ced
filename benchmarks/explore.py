"""Throughput and coverage of a search for rewarded programs, on one process.

    python benchmarks/explore.py --root DIR --method systematic --attempts 200 --explored bloom

Prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.exploration.explored import Explored
from sparse_rl.exploration.explored_sets import ExploredKind, explored_set
from sparse_rl.exploration.search import SearchOptions, SearchResult, search_example
from sparse_rl.exploration.systematic import SystematicExplorer, systematic_walks, uniform
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.interpreters.tables.example import Example

# Every explored prefix is an edge below a decision, and every decision has at least two: a tree
# whose leaves are the programs walked to has fewer than twice as many edges.
PREFIXES_PER_WALK = 2


def shared_set(kind: ExploredKind, questions: int, attempts: int) -> Explored:
    """One explored set for all questions, as training has it."""
    return explored_set(kind, PREFIXES_PER_WALK * max(questions * attempts, 1))


def systematic(
    examples: list[Example], domain: TableDomain, search: SearchOptions, explored: Explored
) -> Iterator[SearchResult]:
    """Walks every question by the uniform policy, with one explored set for all of them."""
    for example in examples:
        choose = uniform(random.Random(f"{search.seed} {example.id}"))
        explorer = SystematicExplorer(example.id, domain.world(example), explored)
        walks = list(systematic_walks(explorer, search.attempts, choose))
        rewarded = [walk.actions for walk in walks if walk.reward > 0]
        yield SearchResult(example.id, rewarded, len(walks), explorer.exhausted)


def measure(
    examples: list[Example], domain: TableDomain, search: SearchOptions
) -> dict[str, float]:
    """Searches all examples and adds up what was found and what it cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    explored = shared_set(search.explored, len(examples), search.attempts)
    if search.method == "systematic":
        found = systematic(examples, domain, search, explored)
    else:
        found = (search_example(example, domain, search) for example in examples)
    covered = programs = rewarded = 0
    for result in found:
        covered += bool(result.rewarded)
        programs += result.executed
        rewarded += len(result.rewarded)
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "questions": len(examples),
        "coverage": covered / max(len(examples), 1),
        "programs": programs,
        "rewarded": rewarded,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "programs_per_second_per_core": programs / cpu_seconds,
        "questions_per_second_per_core": len(examples) / cpu_seconds,
        "explored_prefixes": len(explored),
        "peak_rss_mb": peak_rss_mb(),
    }


def peak_rss_mb() -> float:
    """The process's largest resident memory so far, loading included."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measures exploration on one process; loading is not counted.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--root", type=Path, required=True, help="folder in WikiSQL's format")
    parser.add_argument(
        "--split", choices=("train", "dev", "test"), default="dev", help="questions"
    )
    parser.add_argument("--limit", type=int, default=1000, help="first so many questions; 0: all")
    parser.add_argument(
        "--method",
        choices=("systematic", "exhaustive"),
        default="systematic",
        help="walk at random without repeating, or find all rewarded programs",
    )
    parser.add_argument(
        "--explored",
        choices=get_args(ExploredKind),
        default="exact",
        help="set of explored prefixes",
    )
    parser.add_argument("--attempts", type=int, default=200, help="walks per question (systematic)")
    parser.add_argument(
        "--max_programs", type=int, default=100, help="rewarded programs kept (exhaustive)"
    )
    options = parser.parse_args()
    data = WikiSQLDataModule(str(options.root), limit=options.limit)
    search = SearchOptions(options.method, options.max_programs, options.attempts, options.explored)
    print(json.dumps(measure(data.examples(options.split), TableDomain(data.language), search)))


if __name__ == "__main__":
    main()
