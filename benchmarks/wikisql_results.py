"""Writes docs/results/wikisql.md and the learning curve from finished WikiSQL runs.

    python benchmarks/wikisql_results.py runs/gaca_wikisql/version_* runs/mapo_wikisql/version_* …

Every figure comes from the runs' own files. Runs of one config are seeds of one result.
"""

from __future__ import annotations

import argparse
import platform
import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import matplotlib

from sparse_rl.analysis.runs import Run, read_run

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLUMNS = (
    ("dev greedy", lambda run: run.test["dev"]["val/greedy_accuracy"]),
    ("dev beam", lambda run: run.test["dev"]["val/beam_accuracy"]),
    ("test greedy", lambda run: run.test["greedy_accuracy"]),
    ("test beam", lambda run: run.test["accuracy"]),
)


def percent(values: Sequence[float]) -> str:
    """Mean and standard deviation in per cent."""
    mean = 100 * statistics.mean(values)
    if len(values) == 1:
        return f"{mean:.1f}"
    return f"{mean:.1f} ± {100 * statistics.stdev(values):.1f}"


def seconds_to(run: Run, accuracy: float) -> float | None:
    """Training seconds at the first validation that reaches an accuracy."""
    return next((seconds for seconds, _, value in run.curve if value >= accuracy), None)


def table(groups: dict[str, list[Run]]) -> str:
    """The result table in Markdown."""
    head = ["config", "seeds", *(name for name, _ in COLUMNS), "steps", "training minutes"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, runs in sorted(groups.items()):
        cells = [f"`{name}`", str(len(runs))]
        cells += [percent([value(run) for run in runs]) for _, value in COLUMNS]
        cells.append("/".join(sorted({str(run.curve[-1][1]) for run in runs})))
        cells.append(f"{statistics.mean(run.curve[-1][0] for run in runs) / 60:.1f}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def milestones(groups: dict[str, list[Run]]) -> str:
    """Training minutes until the first validation at or above an accuracy."""
    goals = (0.725, 0.75, 0.80, 0.82)
    head = ["config", "seed", *(f"{goal:.1%}" for goal in goals)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, runs in sorted(groups.items()):
        for run in runs:
            times = [seconds_to(run, goal) for goal in goals]
            cells = ["not reached" if t is None else f"{t / 60:.1f}" for t in times]
            seed = run.config["seed_everything"]
            lines.append("| " + " | ".join((f"`{name}`", str(seed), *cells)) + " |")
    return "\n".join(lines)


def plot(groups: dict[str, list[Run]], path: Path) -> None:
    """Greedy dev accuracy against training time, a line per run."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for colour, (name, runs) in enumerate(sorted(groups.items())):
        for index, run in enumerate(runs):
            minutes = [seconds / 60 for seconds, _, _ in run.curve]
            accuracy = [100 * value for _, _, value in run.curve]
            label = name if index == 0 else None
            axes.plot(minutes, accuracy, f"C{colour}o-", markersize=3, label=label, alpha=0.8)
    axes.set_xlabel("training minutes, one thread of a shared machine")
    axes.set_ylabel("dev accuracy, greedy (%)")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("docs/results/wikisql.md"))
    parser.add_argument("--plot", type=Path, default=Path("docs/images/learning_curve.png"))
    parser.add_argument("--note", default="", help="how the runs were started, and on what")
    options = parser.parse_args()
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in map(read_run, options.runs):
        groups[run.name].append(run)
    counts = {run.test["count"] for runs in groups.values() for run in runs}
    answerable = {run.test["answerable"] for runs in groups.values() for run in runs}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        "# WikiSQL (recovered): GACA, MAPO and MML\n\n"
        "Execution accuracy in per cent, mean ± standard deviation over seeds, of the checkpoint "
        "with the best greedy dev accuracy. The questions are a part of the public training "
        "split with table-disjoint dev and test splits of their own: these accuracies do not "
        "belong into one column with those of the public test split.\n\n"
        f"Test questions: {'/'.join(map(str, sorted(counts)))}, of which a program of the "
        f"language can answer {'/'.join(map(str, sorted(answerable)))}. "
        f"Machine: {platform.machine()}, {platform.system()}. {options.note}\n\n"
        f"{table(groups)}\n\n"
        "Training minutes until the first validation (one per epoch) at or above a dev "
        f"accuracy:\n\n{milestones(groups)}\n\n"
        f"![Learning curves](../{options.plot.parent.name}/{options.plot.name})\n\n"
        "Written by `benchmarks/wikisql_results.py`.\n",
        encoding="utf-8",
    )
    plot(groups, options.plot)
    print(options.out.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
