"""Runs estimators times seeds under one budget and writes one table and one plot.

    python experiments/compare.py experiments/comparisons/wikisql.yaml -- --data.root DIR

What comes after `--` goes to every run; `{seed}` in an option of the file stands for the run's
seed. A run that has its `test_metrics.json` is not run again, so an interrupted comparison is taken
up where it stopped. Every figure comes from the runs' files.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import yaml
from scipy.stats import bootstrap

from sparse_rl.analysis.runs import FinishedRun, read_run

matplotlib.use("Agg")
import matplotlib.pyplot as plt

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Job:
    """One training: a method with a seed."""

    method: str
    seed: int
    folder: Path
    command: list[str]

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    @property
    def done(self) -> bool:
        return (self.folder / "test_metrics.json").is_file()


def jobs(plan: dict[str, Any], out: Path, extra: Sequence[str]) -> list[Job]:
    """All trainings of a comparison, seed by seed, so that a part of it is already fair."""
    found = []
    for seed in plan["seeds"]:
        for method, how in plan["methods"].items():
            slug = "".join(c if c.isalnum() else "_" for c in method.lower())
            options = {**plan.get("options", {}), **how.get("options", {})}
            options |= {
                "seed_everything": seed,
                "trainer.logger.save_dir": out,
                "trainer.logger.name": slug,
                "trainer.logger.version": f"seed_{seed}",
                "trainer.enable_progress_bar": "false",
            }
            command = [sys.executable, str(ROOT / "train.py"), "--config", how["config"], *extra]
            command += [
                f"--{key}={json.dumps(v) if isinstance(v, bool | None) else v}".replace(
                    "{seed}", str(seed)
                )
                for key, v in options.items()
            ]
            found.append(Job(method, seed, out / slug / f"seed_{seed}", command))
    return found


def run(job: Job, threads: int) -> None:
    """Trains and tests, with a log beside the run's files.

    Raises:
        SystemExit: the training failed.
    """
    if job.done:
        return
    shutil.rmtree(job.folder, ignore_errors=True)
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"{job.method}, seed {job.seed}: {' '.join(job.command)}", flush=True)
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    with job.log.open("w", encoding="utf-8") as log:
        status = subprocess.run(job.command, env=environment, stdout=log, stderr=log).returncode
    if status or not job.done:
        sys.exit(f"read {job.log}: {job.method}, seed {job.seed}, ended with {status}")


def spread(values: Sequence[float]) -> str:
    """Mean ± standard deviation [95 % bootstrap interval of the mean], in per cent."""
    percent = 100 * np.array(values)
    if len(percent) == 1:
        return f"{percent[0]:.1f}"
    text = f"{percent.mean():.1f} ± {percent.std(ddof=1):.1f}"
    if len(percent) == 2 or np.ptp(percent) == 0:
        return text
    interval = bootstrap((percent,), np.mean, method="percentile", rng=0).confidence_interval
    return f"{text} [{interval.low:.1f}, {interval.high:.1f}]"


def effort_to(runs: Sequence[FinishedRun], goal: float) -> str:
    """Mean updates and training minutes until the first validation at or above an accuracy."""
    reached = [next((p for p in r.curve if p[2] >= goal), None) for r in runs]
    there = [point for point in reached if point is not None]
    if not there:
        return "–"
    seconds, steps = (statistics.mean(point[i] for point in there) for i in (0, 1))
    missing = f", {len(there)} of {len(reached)} seeds" if len(there) < len(reached) else ""
    return f"{steps:.0f} ({seconds / 60:.1f} min{missing})"


def table(groups: dict[str, list[FinishedRun]], goals: Sequence[float]) -> str:
    """The table in Markdown, the best dev accuracy first."""
    head = ["method", "seeds", "dev, greedy", "test, greedy", "worst seed", "test, beam", "updates"]
    head += [f"updates to {goal:.1%} dev" for goal in goals] + ["training minutes"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    dev = {
        name: [r.test["dev"]["val/greedy_accuracy"] for r in runs] for name, runs in groups.items()
    }
    for name, runs in sorted(groups.items(), key=lambda item: -statistics.mean(dev[item[0]])):
        cells = [name, str(len(runs)), spread(dev[name])]
        cells.append(spread([r.test["greedy_accuracy"] for r in runs]))
        cells.append(f"{100 * min(r.test['greedy_accuracy'] for r in runs):.1f}")
        cells.append(spread([r.test["accuracy"] for r in runs]))
        cells.append("/".join(map(str, sorted({r.curve[-1][1] for r in runs}))))
        cells += [effort_to(runs, goal) for goal in goals]
        cells.append(f"{statistics.mean(r.curve[-1][0] for r in runs) / 60:.1f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(groups: dict[str, list[FinishedRun]], path: Path) -> None:
    """Greedy dev accuracy against updates: mean over seeds, band from least to greatest."""
    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for index, (name, runs) in enumerate(groups.items()):
        steps = [step for _, step, _ in runs[0].curve]
        values = np.array([[100 * value for _, _, value in r.curve[: len(steps)]] for r in runs])
        style = {"color": f"C{index % 10}", "linestyle": "-" if index < 10 else "--"}
        axes.plot(steps, values.mean(0), label=name, **style)
        axes.fill_between(steps, values.min(0), values.max(0), alpha=0.15, color=style["color"])
    axes.set_xlabel("updates")
    axes.set_ylabel("dev accuracy, greedy (%)")
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def report(plan: dict[str, Any], todo: Sequence[Job], out: Path, shown: Path, command: str) -> str:
    """Writes the table and the plot of the finished runs; returns the table."""
    finished = {
        m: [read_run(j.folder) for j in todo if j.method == m and j.done] for m in plan["methods"]
    }
    groups = {method: runs for method, runs in finished.items() if runs}
    image = shown.parent.parent / "images" / f"{shown.stem}.png"
    plot(groups, image)
    text = table(groups, plan.get("goals", ()))
    shown.parent.mkdir(parents=True, exist_ok=True)
    shown.write_text(
        f"# {plan['title']}\n\n"
        "Execution accuracy in per cent of the checkpoint with the best greedy dev accuracy: mean "
        "± standard deviation over seeds [95 % bootstrap interval of the mean; with few seeds it "
        "is too narrow]. The test split was run once per run.\n\n"
        f"{text}\n\n![Learning curves](../images/{image.name})\n\n"
        "The band goes from the worst to the best seed. The machine "
        f"({platform.machine()}, {platform.system()}) also did other work, so minutes are upper "
        "bounds: compare updates.\n\n"
        f"{plan.get('note', '')}\n\nCommand: `{command}`.\n",
        encoding="utf-8",
    )
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("comparison", type=Path)
    parser.add_argument("--out", type=Path, default=Path("runs"), help="folder of the runs")
    parser.add_argument("--results", type=Path, default=ROOT / "docs" / "results")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    parser.add_argument("--threads", type=int, default=1, help="torch threads of a training")
    parser.add_argument("--report-only", action="store_true", help="read what is finished")
    argv, extra = sys.argv[1:], []
    if "--" in argv:
        extra = argv[argv.index("--") + 1 :]
        argv = argv[: argv.index("--")]
    options = parser.parse_args(argv)
    plan = yaml.safe_load(options.comparison.read_text(encoding="utf-8"))
    name = options.comparison.stem
    todo = jobs(plan, options.out / name, extra)
    if not options.report_only:
        with ThreadPoolExecutor(options.jobs) as pool:
            list(pool.map(lambda job: run(job, options.threads), todo))
    command = f"python experiments/compare.py experiments/comparisons/{options.comparison.name}"
    print(report(plan, todo, options.out, options.results / f"{name}.md", command))


if __name__ == "__main__":
    main()
