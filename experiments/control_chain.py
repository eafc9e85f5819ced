"""Value errors of TD, MVE and STEVE on a chain whose values are known, by updates.

    python experiments/control_chain.py

The toy problem of STEVE (Buckman et al., 2018): 100 states, ensembles of 8, five imagined steps,
with perfect models and with models that land anywhere once in ten steps. Curves go to
docs/results/data/control_chain.json, from which --report-only makes page and figure anew.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from sparse_rl.analysis.results_page import machine
from sparse_rl.analysis.runs import of_training, read_metrics
from sparse_rl.cli import main as sparse_rl

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "results"
IMAGES = ROOT / "docs" / "images"
MEASURE = "val/value_mse"
GOALS = (100, 10, 1)
METHODS = {
    "TD": ["--model.target=mve", "--model.horizon=0"],
    "MVE, perfect models": ["--model.target=mve", "--model.teleport=0"],
    "STEVE, perfect models": ["--model.target=steve", "--model.teleport=0"],
    "MVE, noisy models": ["--model.target=mve"],
    "STEVE, noisy models": ["--model.target=steve"],
}

Curve = Sequence[tuple[int, float]]
"""Updates and mean squared error of the values, at every measurement."""


def train(options: Sequence[str], seed: int) -> Curve:
    """Trains with a seed; returns the curve."""
    with tempfile.TemporaryDirectory() as folder:
        place = f"--trainer.logger.save_dir={folder}"
        quiet = "--trainer.enable_progress_bar=false"
        common = ["--config=steve_chain.yaml", f"--seed_everything={seed}", place, quiet]
        sparse_rl(["fit", *common, *options])
        rows = read_metrics(Path(folder) / "steve_chain" / "version_0")
    measured = [row for row in of_training(rows, MEASURE) if MEASURE in row]
    return [(int(row["step"]), float(f"{row[MEASURE]:.4g}")) for row in measured]


def updates_to(curve: Curve, goal: float) -> float:
    """Updates to the first measurement below an error; infinite if there is none."""
    return next((updates for updates, error in curve if error < goal), math.inf)


def row(name: str, curves: Sequence[Curve], td: Sequence[Curve]) -> str:
    """A row of the table; medians over seeds."""
    first, last = (statistics.median(curve[at][1] for curve in curves) for at in (0, -1))
    cells = [name, f"{first:,.0f}", f"{last:,.2g}" if last < 10 else f"{last:,.0f}"]
    for goal in GOALS:
        found = [updates_to(curve, goal) for curve in curves]
        median = statistics.median(found)
        reached = sum(map(math.isfinite, found))
        shown = f"{median:,.0f}" if math.isfinite(median) else "–"
        cells.append(shown if reached in (0, len(found)) else f"{shown} ({reached} reach it)")
    ratio = statistics.median(updates_to(c, GOALS[0]) for c in curves) / statistics.median(
        updates_to(c, GOALS[0]) for c in td
    )
    cells.append(f"{ratio:.2f}" if math.isfinite(ratio) else "–")
    return "| " + " | ".join(cells) + " |"


def page(content: dict[str, Any]) -> str:
    """The results page."""
    curves = content["curves"]
    goals = " | ".join(f"updates to {goal}" for goal in GOALS)
    lines = [
        "# A chain: value errors of TD, MVE and STEVE",
        "",
        "Mean squared error of the mean value of eight critics, over 100 states; medians of",
        f"{len(content['seeds'])} seeds, 10,000 updates. TD is MVE without imagined steps, with",
        "the same critics. The last column is the median of the updates to 100 as a share of TD's.",
        "",
        f"| method | error after 100 updates | at the end | {goals} | share of TD's |",
        "|" + "---|" * (4 + len(GOALS)),
        *(row(name, each, curves["TD"]) for name, each in curves.items()),
        "",
        "## Value error by updates",
        "",
        "![Value errors](../images/control_chain.png)",
        "",
        "A line is the geometric mean over seeds, its band goes from the least to the greatest.",
        "Errors below 0.01 are shown as 0.01.",
        "",
        f"Machine: {content['machine']}. Command: `python experiments/control_chain.py`. "
        "Curves: `data/control_chain.json`.",
    ]
    return "\n".join(lines) + "\n"


def plot(curves: dict[str, Sequence[Curve]], path: Path) -> None:
    """Errors against updates, a panel for each kind of model."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    for panel, kind in zip(panels, ("perfect", "noisy"), strict=True):
        for name, each in curves.items():
            if name != "TD" and kind not in name:
                continue
            color = {"TD": "C0", "MVE": "C1", "STEVE": "C2"}[name.partition(",")[0]]
            errors = torch.tensor([[max(e, 1e-2) for _, e in curve] for curve in each])
            updates = [u for u, _ in each[0]]
            mean = errors.log().mean(0).exp()
            panel.plot(updates, mean, color=color, label=name.partition(",")[0])
            panel.fill_between(
                updates, errors.amin(0), errors.amax(0), color=color, alpha=0.15, linewidth=0
            )
        panel.set_yscale("log")
        panel.set_title(f"{kind} models")
        panel.set_xlabel("updates")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("mean squared error of the values")
    panels[0].legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Trains all methods with all seeds and writes page and figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--images", type=Path, default=IMAGES)
    parser.add_argument("--report-only", action="store_true", help="train nothing")
    options = parser.parse_args()
    file = options.results / "data" / "control_chain.json"
    if not options.report_only:
        torch.set_num_threads(1)
        curves = {
            name: [train(how, seed) for seed in options.seeds] for name, how in METHODS.items()
        }
        content = {"seeds": options.seeds, "machine": machine(), "curves": curves}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(content) + "\n", encoding="utf-8")
    content = json.loads(file.read_text(encoding="utf-8"))
    (options.results / "control_chain.md").write_text(page(content), encoding="utf-8")
    plot(content["curves"], options.images / "control_chain.png")


if __name__ == "__main__":
    main()
