"""Learning curves of a comparison, in the manner of figure 3 of GACA's paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

from comparing.records import Record
from comparing.tables import Groups

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D


def plot(regimes: Mapping[str, Groups], path: Path, of_returns: bool = False) -> None:
    """A column of panels for every regime: dev accuracy against programs, if counted, and updates.

    Of control, returns against environment steps.

    A line is the mean over seeds, validation by validation; its band goes from the least to the
    greatest.
    """
    records = [run for groups in regimes.values() for runs in groups.values() for run in runs]
    counted = any(record.curve[-1].programs is not None for record in records)
    axes_of = ["programs", "steps"] if counted else ["steps"]
    size = (4 * len(regimes) + 4, 3.5 * len(axes_of) + 1)
    figure, grid = plt.subplots(
        len(axes_of), len(regimes), figsize=size, squeeze=False, sharey=True, layout="constrained"
    )
    methods = list(dict.fromkeys(name for groups in regimes.values() for name in groups))
    drawn = {}
    for row, axis in zip(grid, axes_of, strict=True):
        for panel, (regime, groups) in zip(row, regimes.items(), strict=True):
            for name, runs in groups.items():
                line = _draw(panel, axis, runs, methods.index(name), 1 if of_returns else 100)
                if line is not None:
                    drawn[name] = line
            panel.set_title(regime)
            steps = "environment steps" if of_returns else "updates"
            panel.set_xlabel("programs executed" if axis == "programs" else steps)
            panel.grid(alpha=0.3)
            if axis == "programs":
                panel.set_xscale("log", nonpositive="mask")
        row[0].set_ylabel("return of the best action" if of_returns else "dev accuracy, greedy (%)")
    lines = [drawn[name] for name in methods]
    figure.legend(lines, methods, loc="outside right upper", fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw(panel: Axes, axis: str, runs: Sequence[Record], index: int, scale: int) -> Line2D | None:
    """Draws a method; returns its line, None if its runs have no such axis."""
    curves = [[p for p in run.curve if getattr(p, axis) is not None] for run in runs]
    curves = [curve for curve in curves if curve]
    if not curves:
        return None
    length = min(map(len, curves))
    places = np.array([[getattr(p, axis) for p in curve[:length]] for curve in curves]).mean(0)
    values = np.array([[scale * p.accuracy for p in curve[:length]] for curve in curves])
    # Ten colours: from the eleventh method on, dashed.
    color, dash = f"C{index % 10}", ("-", "--", ":")[index // 10 % 3]
    (line,) = panel.plot(places, values.mean(0), color=color, linestyle=dash, marker=".")
    panel.fill_between(places, values.min(0), values.max(0), alpha=0.15, color=color)
    return line
