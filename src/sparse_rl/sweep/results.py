"""Results of a sweep: a Markdown table, a CSV table, and a plot."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from sparse_rl.folders import complete_file, write_text
from sparse_rl.sweep.plan import SweepError
from sparse_rl.sweep.trials import Trial, Trials


def write_results(trials: Trials) -> list[Path]:
    """Writes `results.csv`, in the order of the trials, `results.md` and `results.png`.

    Raises:
        SweepError: matplotlib is not installed.
    """
    rows = [_row(trials, trial) for trial in trials.known()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    table, text, plot = (trials.out / f"results.{kind}" for kind in ("csv", "md", "png"))
    with complete_file(table) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    write_text(text, _markdown(trials, rows, names))
    with complete_file(plot) as partial:
        _plot(trials, rows, partial)
    return [table, text, plot]


def _row(trials: Trials, trial: Trial) -> dict[str, Any]:
    test = trial.test or {}
    # Only programs have an accuracy; other kinds of models have their logged test metrics.
    tested = {"test accuracy": test["accuracy"]} if "accuracy" in test else test.get("test", {})
    return {
        "trial": trial.folder.name,
        **trial.options,
        trials.sweep.metric: trials.result(trial),
        **tested,
    }


def _markdown(trials: Trials, rows: list[dict[str, Any]], names: list[str]) -> str:
    """Formats the Markdown table: the best first, trials without a result last."""
    metric, sign = trials.sweep.metric, -1 if trials.sweep.maximize else 1
    ordered = sorted(rows, key=lambda r: (r[metric] is None, sign * (r[metric] or 0)))
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in ordered]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plot(trials: Trials, rows: list[dict[str, Any]], path: Path) -> None:
    """Plots the metric over every parameter that varies."""
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot as plt
        from matplotlib.ticker import NullFormatter
    except ImportError as error:
        raise SweepError("pip install 'sparse_rl[sweeps]': the plot needs matplotlib") from error
    parameters = trials.sweep.spec["parameters"]
    varied = [name for name, how in parameters.items() if "value" not in how]
    done = [row for row in rows if row[trials.sweep.metric] is not None]
    figure, axes = plt.subplots(
        1, len(varied), figsize=(4.2 * len(varied), 3.2), squeeze=False, layout="constrained"
    )
    for axis, name in zip(axes[0], varied, strict=True):
        values = [row[name] for row in done]
        if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
            values = [str(value) for value in values]
        axis.plot(values, [row[trials.sweep.metric] for row in done], "o")
        if parameters[name].get("distribution") == "log_uniform_values":
            axis.set_xscale("log")
            axis.set_xlim(parameters[name]["min"], parameters[name]["max"])
            axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_xlabel(name)
        axis.set_ylabel(trials.sweep.metric)
        axis.grid(alpha=0.3)
    figure.savefig(path, dpi=120, format="png")
    plt.close(figure)
