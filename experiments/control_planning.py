"""Planning from a fifth of all states and actions: with and without completion of the others.

    python experiments/control_planning.py

Structured value-based planning (Yang et al., 2020) for the pendulum and the double integrator, 50 ×
50 states, 100 actions. A finished run is an entry of docs/results/data/control_planning.json and is
not run again; --report-only makes page and figure from these alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from sparse_rl.analysis.results_page import machine
from sparse_rl.analysis.runs import read_metrics
from sparse_rl.cli import main as sparse_rl

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
IMAGES = ROOT / "docs" / "images"
METHODS = {"SVP": [], "without completion": ["--model.completion=none"]}
# Is it of use that the threshold falls? On the pendulum alone, with one seed.
FIXED = {
    "SVP, threshold 2 % throughout": ["--model.last_threshold=0.02"],
    "SVP, threshold 0.02 % throughout": ["--model.first_threshold=0.0002"],
}
# As many entries as SVP in all. Nothing is drawn.
FULL = {
    "value iteration, 20 sweeps over all": [
        "--model.observed=1",
        "--model.completion=none",
        "--trainer.max_epochs=4",
    ]
}
ONCE = FIXED | FULL
"""Methods with one run."""
METHODS_OF = {"pendulum": METHODS | FULL | FIXED, "double_integrator": METHODS | FULL}
MEASURES = ("val/relative_error", "val/return", "val/rank")

Run = dict[str, Any]
"""Curves of a run's measures by sweeps, and what they are compared with."""


def train(task: str, options: Sequence[str], seed: int) -> Run:
    """Plans with a seed of the masks; returns the curves."""
    with tempfile.TemporaryDirectory() as folder:
        place = f"--trainer.logger.save_dir={folder}"
        quiet = "--trainer.enable_progress_bar=false"
        common = [f"--config=svp_{task}.yaml", f"--seed_everything={seed}", place, quiet]
        sparse_rl(["fit", *common, *options])
        rows = read_metrics(Path(folder) / f"svp_{task}" / "version_0")
    # The last row is of the best checkpoint.
    rows = [row for row in rows if "val/return" in row][:-1]
    curves = {name: [row[name] for row in rows] for name in MEASURES}
    optimal = {name: rows[0][f"val/optimal_{name}"] for name in ("return", "rank")}
    return {"sweeps": [row["step"] for row in rows], **curves, "optimal": optimal}


def spectrum(task: str) -> dict[str, list[float]]:
    """Singular values of Q*, and of Q* without its mean, as shares of the greatest."""
    from sparse_rl.control.structured_values.planning import optimal_values
    from sparse_rl.control.structured_values.problems import PROBLEMS

    q_SA = optimal_values(PROBLEMS[task](50, 50, 100), gamma=0.95)
    parts = {"Q*": q_SA, "Q* without its mean": q_SA - q_SA.mean()}
    found = {name: torch.linalg.svdvals(matrix) for name, matrix in parts.items()}
    return {name: (values / values[0]).tolist() for name, values in found.items()}


def last(runs: Sequence[Run], measure: str) -> list[float]:
    """The measure after the last sweep, of all runs."""
    return [run[measure][-1] for run in runs]


def row(name: str, runs: Sequence[Run]) -> str:
    """A row of the table."""
    errors, returns = last(runs, "val/relative_error"), last(runs, "val/return")
    optimal = runs[0]["optimal"]["return"]
    gaps = [(optimal - found) / abs(optimal) for found in returns]
    cells = [name, f"{len(runs)}", f"{statistics.mean(errors):.1%}", f"{max(errors):.1%}"]
    cells += [f"{statistics.mean(returns):.2f}", f"{optimal:.2f}"]
    cells += [f"{statistics.mean(gaps):.1%}", f"{max(gaps):.1%}"]
    cells += [f"{max(last(runs, 'val/rank')):.0f}"]
    return "| " + " | ".join(cells) + " |"


def table(runs: dict[str, list[Run]]) -> list[str]:
    """The table of a task, and by how much completion helps."""
    heads = ["method", "mask seeds", "relative error", "worst", "return", "optimal"]
    heads += ["gap", "worst gap", "approximate rank"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    lines += [row(name, each) for name, each in runs.items() if each]
    if runs.get("SVP") and runs.get("without completion"):
        error, other = (
            statistics.mean(last(runs[name], "val/relative_error"))
            for name in ("SVP", "without completion")
        )
        lines += ["", f"Without completion the error is {other / error:.0f} times as large."]
    return lines


def page(content: dict[str, Any]) -> str:
    """The results page."""
    lines = [
        "# Planning from a fifth of the entries",
        "",
        "50 × 50 states, 100 actions, γ = 0.95, 100 sweeps. A sweep updates each entry of Q with a",
        "chance of 0.2; together they update as many entries as 20 sweeps over all of them.",
        "Without completion, entries that a sweep leaves out keep their values.",
        "",
        "Relative error: ‖Q − Q*‖ / ‖Q*‖ (Frobenius) after the last sweep, Q* from value iteration",
        "over all entries to the end. Return: discounted return of the greedy policy, mean over",
        "all states as the first. Gap: what is missing to the optimal return, as a share of it.",
        "Approximate rank: singular values that hold 99 % of the energy, of Q at the end.",
    ]
    for task in METHODS_OF:
        rank = content["spectra"][task]["rank"]
        lines += ["", f"## {task.replace('_', ' ').capitalize()}", ""]
        lines += [*table(content["runs"][task]), "", f"The approximate rank of Q* is {rank}."]
    lines += [
        "",
        "## Rank profile and curves",
        "",
        "![Singular values, errors and returns](../images/control_planning.png)",
        "",
        "A line is the mean over seeds, its band goes from the least to the greatest.",
        "",
        f"Machine: {content['machine']}. Command: `python experiments/control_planning.py`. "
        "Curves: `data/control_planning.json`.",
    ]
    return "\n".join(lines) + "\n"


def plot(content: dict[str, Any], path: Path) -> None:
    """A row for each task: singular values, errors and returns by sweeps."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, grid = pyplot.subplots(len(METHODS_OF), 3, figsize=(12, 6.5), layout="constrained")
    for panels, task in zip(grid, METHODS_OF, strict=True):
        for name, values in content["spectra"][task]["values"].items():
            panels[0].plot(range(1, len(values) + 1), values, marker=".", label=name)
        panels[0].set(yscale="log", ylim=(1e-6, 2), xlim=(0, 41))
        panels[0].set(xlabel="singular value", ylabel="share of the greatest", title=task)
        for panel, measure in zip(panels[1:], MEASURES, strict=False):
            for name, runs in content["runs"][task].items():
                if runs:
                    curves = torch.tensor([run[measure] for run in runs])
                    sweeps = runs[0]["sweeps"]
                    (line,) = panel.plot(sweeps, curves.mean(0), label=name)
                    color, low, high = line.get_color(), curves.amin(0), curves.amax(0)
                    panel.fill_between(sweeps, low, high, alpha=0.15, color=color, linewidth=0)
            panel.set(xlabel="sweeps")
        panels[1].set(yscale="log", ylabel="relative error")
        optimal = content["runs"][task]["SVP"][0]["optimal"]["return"]
        panels[2].axhline(optimal, color="black", linestyle=":", label="optimal")
        panels[2].set(ylabel="return of the greedy policy")
        for panel in panels:
            panel.grid(alpha=0.3)
    for panel in (grid[0, 0], grid[0, 2]):
        panel.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Runs what is missing and writes page and figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--images", type=Path, default=IMAGES)
    parser.add_argument("--report-only", action="store_true", help="run nothing")
    options = parser.parse_args()
    torch.set_num_threads(1)
    file = options.results / "data" / "control_planning.json"
    nothing = {
        "runs": {task: {n: [] for n in how} for task, how in METHODS_OF.items()},
        "spectra": {},
    }
    content = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else nothing
    if not options.report_only:
        for task in METHODS_OF:
            values = spectrum(task)
            energy = torch.tensor(values["Q*"]).double().square().cumsum(0)
            rank = int((energy < 0.99 * energy[-1]).sum()) + 1
            content["spectra"][task] = {"values": values, "rank": rank}
        # The main comparison first.
        both = METHODS | FULL
        jobs = [(task, name, how) for task in METHODS_OF for name, how in both.items()]
        jobs += [("pendulum", name, how) for name, how in FIXED.items()]
        for task, name, how in jobs:
            runs = content["runs"][task].setdefault(name, [])
            for seed in options.seeds[len(runs) : 1 if name in ONCE else None]:
                runs.append(train(task, how, seed))
                content["machine"] = machine()
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(content) + "\n", encoding="utf-8")
    (options.results / "control_planning.md").write_text(page(content), encoding="utf-8")
    plot(content, options.images / "control_planning.png")
    print(page(content))


if __name__ == "__main__":
    main()
