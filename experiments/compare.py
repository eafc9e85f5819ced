"""Compares methods over seeds, and regimes, under one budget: one page of tables and curves.

    python experiments/compare.py experiments/comparisons/wikisql.yaml -- --data.root DIR

What comes after `--` goes to every run. A finished run is a line of `docs/results/data/NAME.jsonl`;
it is not run again, and every figure is computed from these lines: docs/comparisons.md.
"""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from comparing.jobs import Job, plan_jobs, public_arguments
from comparing.on_ray import starting_on_ray
from comparing.plan import Plan, PlanError, choose, read_plan
from comparing.records import of_jobs, read_records
from comparing.running import Start, run_missing, warm_start_of_processes
from sparse_rl.commands.arguments import add_engine
from sparse_rl.config_files import family
from sparse_rl.errors import SparseRLError
from sparse_rl.ray_cluster import check_engine

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Runs what is missing and writes the page."""
    # As Ctrl-C does, so that the running trainings end too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    argv, extra = sys.argv[1:], []
    if "--" in argv:
        extra = argv[argv.index("--") + 1 :]
        argv = argv[: argv.index("--")]
    try:
        failed = compare(parser().parse_args(argv), extra)
    except SparseRLError as error:
        sys.exit(f"error: {error}")
    if failed:
        sys.exit("\n".join([f"{len(failed)} runs failed:", *failed]))


def parser() -> argparse.ArgumentParser:
    """Options of the script."""
    found = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    found.add_argument("comparison", type=Path)
    found.add_argument("--out", type=Path, default=Path("runs"), help="folder of the runs")
    found.add_argument("--results", type=Path, default=ROOT / "docs" / "results")
    found.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    found.add_argument("--threads", type=int, default=1, help="torch threads of a training")
    add_engine(found)
    for part, names in (("--only", "METHOD[,METHOD]"), ("--regimes", "REGIME[,REGIME]")):
        found.add_argument(part, metavar=names, help="run only these; a list or one full name")
    found.add_argument("--seeds", metavar="0,1", help="run only these seeds")
    found.add_argument(
        "--minutes", type=float, default=math.inf, help="start no training after so many minutes"
    )
    found.add_argument("--report-only", action="store_true", help="run nothing")
    return found


def compare(options: argparse.Namespace, extra: Sequence[str]) -> list[str]:
    """Runs what is missing and writes the page of all records; says what to do with failed runs.

    Raises:
        SparseRLError: the plan is wrong, or no run has a record.
    """
    check_engine(options.engine, options.address)
    plan = read_plan(options.comparison)
    name = options.comparison.stem
    jobs = plan_jobs(plan, options.out / name, extra)
    chosen = select(plan, jobs, options)
    file = options.results / "data" / f"{name}.jsonl"
    known = read_records(file)
    recorded = of_jobs(known, jobs)
    failed = {}
    if not options.report_only:
        print(f"{len(recorded)} of {len(jobs)} runs have a record", flush=True)
        with engine(options, options.out / name, jobs) as start:
            failed = run_missing(
                jobs, chosen, recorded, file, start, options.jobs, options.minutes, plan.keep
            )
    if recorded:
        # Late: a training imports this file too, and neither SciPy nor Matplotlib.
        from comparing.page import write_page

        command = f"python experiments/compare.py experiments/comparisons/{name}.yaml"
        command += f" -- {public_arguments(extra)}" if extra else ""
        # In the plan's order, whatever the order of the runs was.
        ordered = {job: recorded[job] for job in jobs if job in recorded}
        print(write_page(plan, ordered, options.results / f"{name}.md", command))
    elif not failed:
        others = f"; its {len(known)} records are of runs with other options" if known else ""
        raise PlanError(f"run the comparison first: {file} has no record of this plan{others}")
    return list(failed.values())


def engine(
    options: argparse.Namespace, out: Path, jobs: Sequence[Job]
) -> AbstractContextManager[Start]:
    """What starts a training, on this machine or on Ray."""
    if options.engine == "ray":
        return starting_on_ray(out, options.jobs, options.threads, options.address)
    families = sorted({family(job.arguments) for job in jobs})
    return nullcontext(warm_start_of_processes(options.threads, families))


def select(plan: Plan, jobs: Sequence[Job], options: argparse.Namespace) -> list[Job]:
    """The jobs to run.

    Raises:
        PlanError: a method, regime or seed is not in the plan.
    """
    methods = _chosen("--only", options.only, plan.methods)
    regimes = _chosen("--regimes", options.regimes, plan.regimes)
    seeds = _chosen("--seeds", options.seeds, list(map(str, plan.seeds)))
    return [
        job
        for job in jobs
        if job.method in methods and job.regime in regimes and str(job.seed) in seeds
    ]


def _chosen(option: str, text: str | None, known: Collection[str]) -> Collection[str]:
    """All names, or those in the text; a name may have commas of its own."""
    if text is None or text in known:
        return known if text is None else [text]
    return choose([part.strip() for part in text.split(",")], known, option)


if __name__ == "__main__":
    main()
