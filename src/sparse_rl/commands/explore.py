"""`sparse-rl explore`: fills the memory without training."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from sparse_rl.bounds import Amount, Count, NonNegative, Workers
from sparse_rl.commands.arguments import Arguments, add_engine, out_file
from sparse_rl.commands.early_options import check_options
from sparse_rl.errors import DataError
from sparse_rl.exploration.budget import Budget
from sparse_rl.exploration.explored_sets import ExploredKind
from sparse_rl.exploration.program_file import write_programs
from sparse_rl.exploration.search import SearchOptions, search_all
from sparse_rl.exploration.tables.coverage import coverage, coverage_page, coverage_table
from sparse_rl.exploration.worker_pool import WorkerPool
from sparse_rl.folders import write_text
from sparse_rl.modules.tables.questions_task import TableQuestionsTask
from sparse_rl.modules.task import Task
from sparse_rl.narrow import narrow


def main(args: Sequence[str]) -> None:
    """Searches the programs of a split; prints coverage and throughput."""
    args = list(args)
    parser = Arguments(
        "explore", "Finds rewarded programs; further --data.* and --model.task.* options apply."
    )
    parser.add_argument("--config", required=True, help="a training config, for its data")
    parser.add_argument(
        "--out", type=out_file, required=True, help="JSONL file of rewarded programs"
    )
    parser.add_argument(
        "--method", choices=("systematic", "gumbel", "exhaustive"), default="exhaustive"
    )
    parser.add_argument("--split", choices=("train", "dev", "test"), default="train")
    parser.add_argument("--attempts", type=Count, default=1000, help="walks per example")
    parser.add_argument("--max_programs", type=Count, default=100, help="programs kept per example")
    parser.add_argument("--explored", choices=get_args(ExploredKind), default="exact")
    parser.add_argument(
        "--max_states",
        type=NonNegative,
        default=0,
        help="states searched per example; 0 for no limit",
    )
    parser.add_argument(
        "--max_seconds", type=Amount, default=0.0, help="limit per example; 0 for none (exhaustive)"
    )
    parser.add_argument(
        "--report", type=out_file, help="Markdown file of coverage by kind of answer (tables)"
    )
    parser.add_argument("--workers", type=Workers, default=0, help="0 for one per core")
    add_engine(parser)
    options, rest = parser.parse_known_args(args)
    pool = WorkerPool(options.workers, options.engine, options.address)
    data, task = data_and_task(options.config, rest)
    if options.report and not isinstance(task, TableQuestionsTask):
        raise DataError(f"leave --report out: {type(task).__name__} has no kinds of answers")
    examples = data.examples(options.split)
    search = SearchOptions(
        options.method,
        options.max_programs,
        options.attempts,
        options.explored,
        budget=Budget(options.max_states, options.max_seconds),
    )
    begin, cpu_begin = time.perf_counter(), _cpu_seconds()
    found = list(search_all(examples, task, search, pool))
    seconds, cpu_seconds = time.perf_counter() - begin, _cpu_seconds() - cpu_begin
    pairs = [(e, f.rewarded) for e, f in zip(examples, found, strict=True)]
    write_programs(options.out, pairs, task)
    covered = sum(bool(f.rewarded) for f in found)
    rewarded = sum(len(f.rewarded) for f in found)
    executed = sum(f.executed for f in found)
    partial = " and partial programs" if options.method == "exhaustive" else ""
    cost = f"{rewarded:,} rewarded programs, {executed:,} programs{partial} executed"
    if pool.engine == "local":
        # Ray's workers are no children of this process: their processor time is unknown.
        rate = f"{executed / cpu_seconds:,.0f} per second and core"
        cost += f" in {cpu_seconds:,.1f} s of processor time: {rate}"
    if isinstance(task, TableQuestionsTask):
        coverages = [coverage(example, programs, task.language) for example, programs in pairs]
        print(coverage_table(coverages, task.language.max_expressions))
        if options.report:
            # The config by name: its folder is particular to this machine.
            words = [word.replace(options.config, Path(options.config).name) for word in args]
            command = shlex.join(["sparse-rl", "explore", *words])
            page = coverage_page(coverages, task.language.max_expressions, command, cost)
            write_text(options.report, page)
    told = (
        f"{covered} of {len(examples)} examples have a rewarded program "
        f"({covered / max(len(examples), 1):.1%}); {cost}, {seconds:.1f} s in all."
    )
    print(narrow(told), f"Written to {options.out}", sep="\n")


def _cpu_seconds() -> float:
    """Processor time of this process and its finished workers."""
    # `os.times` counts in hundredths of a second: a short search would show as 0.
    return time.process_time() + sum(os.times()[2:4])


def data_and_task(config: str, rest: list[str]) -> tuple[Any, Task[Any, Any]]:
    """Makes data module and task of a config, ready for searches.

    Raises:
        SparseRLError: an option is unknown or has a wrong value.
    """
    words = [f"--config={config}", *rest]
    check_options(words)
    from sparse_rl.commands.programs import instantiate

    cli = instantiate(words)
    data, task = cli.datamodule, cli.model.task
    data.prepare_data()
    task.attach(data)
    return data, task


def table_data(config: str, rest: list[str]) -> tuple[Any, TableQuestionsTask[Any]]:
    """Makes data module and task as `data_and_task`, for questions over tables only.

    Raises:
        SparseRLError: an option is unknown or has a wrong value, or the config has another task.
    """
    data, task = data_and_task(config, rest)
    if not isinstance(task, TableQuestionsTask):
        raise DataError(f"give --config a config of tables, not of {type(task).__name__}")
    return data, task
