"""`sparse-rl explore`: fills the memory without training."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from sparse_rl.commands.arguments import Arguments
from sparse_rl.errors import DataError
from sparse_rl.exploration.explored_sets import ExploredKind
from sparse_rl.exploration.search import SearchOptions, search_all
from sparse_rl.exploration.tables.coverage import coverage, coverage_page, coverage_table
from sparse_rl.exploration.tables.exhaustive import Budget
from sparse_rl.exploration.tables.program_file import write_programs
from sparse_rl.interpreters.tables.triggers import triggers_from


def main(args: Sequence[str]) -> None:
    """Searches the programs of a split; prints coverage and throughput."""
    args = list(args)
    parser = Arguments("explore", "Finds rewarded programs; further --data.* options apply.")
    parser.add_argument("--config", required=True, help="any training config: its data are used")
    parser.add_argument("--out", type=Path, required=True, help="JSONL file of rewarded programs")
    parser.add_argument(
        "--method", choices=("systematic", "gumbel", "exhaustive"), default="exhaustive"
    )
    parser.add_argument("--split", choices=("train", "dev", "test"), default="train")
    parser.add_argument("--attempts", type=int, default=1000, help="walks per question")
    parser.add_argument("--max_programs", type=int, default=100, help="kept per question")
    parser.add_argument("--explored", choices=get_args(ExploredKind), default="exact")
    parser.add_argument(
        "--max_states", type=int, default=0, help="entries looked at per question; 0: no limit"
    )
    parser.add_argument(
        "--max_seconds", type=float, default=0.0, help="per question; 0: no limit (exhaustive)"
    )
    parser.add_argument(
        "--trigger_words",
        help='look first for programs of functions with a trigger in the question: "default" for '
        "MAPO's words, or a YAML file (exhaustive)",
    )
    parser.add_argument("--report", type=Path, help="Markdown file of coverage by kind of answer")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options, rest = parser.parse_known_args(args)
    data = table_data(options.config, rest)
    examples = data.examples(options.split)
    search = SearchOptions(
        options.method,
        options.max_programs,
        options.attempts,
        options.explored,
        budget=Budget(options.max_states, options.max_seconds),
        triggers=triggers_from(options.trigger_words),
    )
    begin, cpu_begin = time.perf_counter(), _cpu_seconds()
    found = list(search_all(examples, data.language, search, options.workers))
    seconds, cpu_seconds = time.perf_counter() - begin, _cpu_seconds() - cpu_begin
    pairs = [(e, f.rewarded) for e, f in zip(examples, found, strict=True)]
    write_programs(options.out, pairs, data.language)
    coverages = [coverage(example, programs, data.language) for example, programs in pairs]
    print(coverage_table(coverages, data.language.max_expressions))
    covered = sum(bool(f.rewarded) for f in found)
    rewarded = sum(len(f.rewarded) for f in found)
    programs = sum(f.programs for f in found)
    cost = (
        f"{rewarded:,} rewarded of {programs:,} programs in {cpu_seconds:,.1f} s of processor "
        f"time: {programs / cpu_seconds:,.0f} programs per second and core"
    )
    if options.report:
        # The config by name: where it lies says something of this machine only.
        words = [word.replace(options.config, Path(options.config).name) for word in args]
        command = shlex.join(["sparse-rl", "explore", *words])
        page = coverage_page(coverages, data.language.max_expressions, command, cost)
        options.report.write_text(page, encoding="utf-8")
    print(
        f"{covered} of {len(examples)} questions have a rewarded program "
        f"({covered / max(len(examples), 1):.1%}); {cost}, {seconds:.1f} s in all. "
        f"Written to {options.out}"
    )


def _cpu_seconds() -> float:
    """Processor time of this process and of its workers that have ended."""
    # `os.times` counts in hundredths of a second: a short search would take none.
    return time.process_time() + sum(os.times()[2:4])


def table_data(config: str, rest: list[str]) -> Any:
    """The data module of a config of tables.

    Raises:
        SparseRLError: an option is unknown or has a wrong value, or the config has other data.
    """
    from sparse_rl.commands.training import instantiate

    data = instantiate([f"--config={config}", *rest]).datamodule
    if not hasattr(data, "language"):
        raise DataError(
            f"give --config a config of tables: {type(data).__name__} has no programs to search for"
        )
    data.prepare_data()
    return data
