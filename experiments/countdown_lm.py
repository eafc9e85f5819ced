"""Language models with sparse, verifiable rewards: TRL's GRPO and this package's estimators.

    pip install --target TRL --no-deps trl==1.13.0 accelerate
    PYTHONPATH=TRL python experiments/countdown_lm.py

All rivals begin with the weights of one small model and have one budget of completions; each has
the learning rate that is its best on a seed of its own. What has run is a line of
`docs/results/data/countdown_lm.jsonl` and is not run again; `--report-only` writes the page alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from countdown.budget import Budget
from countdown.levels import LEVELS, Level, measured, pre_trained
from countdown.page import write_page
from countdown.progress import Progress
from countdown.records import RunOf, Start, append, best_rate, read
from sparse_rl.analysis.results_page import hardware
from sparse_rl.datamodules.countdown import generate_tasks

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
RIVALS = (
    "TRL GRPO",
    "TRL GRPO, replay repaired",
    "REINFORCE, group baseline",
    "MAPO",
    "GACA",
    "MAPO, memory first",
    "GACA, memory first",
)
RATES = (1e-3, 3e-4)
TUNING_SEED = 100
TUNED_AT = "1 %"


def main() -> None:
    """Runs what is missing, for a time, and writes the page."""
    options = parser().parse_args()
    torch.set_num_threads(1)
    file = options.results / "data" / "countdown_lm.jsonl"
    if not options.report_only:
        run_missing(options, file)
    records = read(file)
    page = options.results / "countdown_lm.md"
    print(write_page(records, RIVALS, page, hardware(), TUNING_SEED))


def parser() -> argparse.ArgumentParser:
    """Options of the script."""
    found = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    found.add_argument("--out", type=Path, default=Path("runs/countdown_lm"), help="start models")
    found.add_argument("--results", type=Path, default=RESULTS)
    found.add_argument("--levels", nargs="+", choices=LEVELS, default=list(LEVELS))
    found.add_argument("--rivals", nargs="+", default=RIVALS, help="one run with each of them")
    found.add_argument("--rates", type=float, nargs="*", default=RATES)
    found.add_argument("--seeds", type=int, nargs="*", default=range(5))
    found.add_argument("--completions", type=int, default=Budget().completions)
    found.add_argument("--minutes", type=float, default=1e9, help="begin no run after so many")
    found.add_argument("--report-only", action="store_true", help="run nothing")
    return found


def run_missing(options: argparse.Namespace, file: Path) -> None:
    """Learning rates first, then the seeds, each with all rivals."""
    ends = time.monotonic() + 60 * options.minutes
    budget = Budget(completions=options.completions)
    for rate in options.rates:
        for rival in options.rivals:
            _run(TUNED_AT, rival, rate, TUNING_SEED, budget, options.out, file, ends)
    for seed in options.seeds:
        for level in options.levels:
            for rival in options.rivals:
                rate = best_rate(read(file), rival, TUNING_SEED)
                _run(level, rival, rate, seed, budget, options.out, file, ends)


def _run(
    level: str,
    rival: str,
    rate: float,
    seed: int,
    budget: Budget,
    out: Path,
    file: Path,
    ends: float,
) -> None:
    known = read(file)
    wanted = (level, rival, rate, seed, budget.completions)
    if (
        any((r.level, r.rival, r.lr, r.seed, r.completions) == wanted for r in known.runs)
        or time.monotonic() > ends
    ):
        return
    start = _start(LEVELS[level], level, known.starts, out, file)
    tasks = generate_tasks(LEVELS[level].difficulty, seed, LEVELS[level].sizes)
    progress = Progress(tasks, every=budget.completions // 16)
    # Late: TRL need not be there for the page, or for the package's own rivals.
    if rival.startswith("TRL"):
        from countdown.trl_rivals import train
    else:
        from countdown.own_rivals import train
    train(rival, start, progress, budget, rate, seed)
    run = RunOf(level, rival, rate, seed, progress.points)
    append(file, run)
    print(level, rival, rate, seed, progress.points[-1], flush=True)


def _start(level: Level, name: str, known: Sequence[Start], out: Path, file: Path) -> Path:
    """The folder of a level's model, which is pre-trained and measured at first use."""
    folder = out / name.replace(" %", "_percent")
    if not (folder / "config.json").is_file():
        pre_trained(level, folder)
    if name not in {start.level for start in known}:
        found = measured(level, name, folder)
        append(file, found)
        print(found, flush=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
