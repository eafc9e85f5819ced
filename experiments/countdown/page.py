"""The page of results: tables and a figure, from the records alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, median

import matplotlib
import numpy as np
from matplotlib import pyplot

from comparing.paired import difference
from countdown.levels import LEVELS
from countdown.records import Records, RunOf
from sparse_rl.analysis.results_page import write_section

GOALS = (0.1, 0.25, 0.5, 0.75)
"""Accuracies on the training tasks whose price is told."""
AGAINST = "TRL GRPO"


def write_page(
    records: Records, rivals: Sequence[str], page: Path, machine: str, tuning: int
) -> Path:
    """Writes the sections that follow from the records; others are left as they are."""
    counted = [run for run in records.runs if run.seed != tuning]
    usual = min((run.completions for run in counted), default=0)
    write_section(page, "Start", _start_table(records))
    write_section(page, "Learning rates", _rates_table(records, rivals, tuning))
    for level in LEVELS:
        runs = [r for r in counted if r.level == level and r.completions == usual]
        longer = [r for r in counted if r.level == level and r.completions > usual]
        if runs:
            tables = [_final_table(runs, rivals), _price_table(runs, longer, rivals)]
            text = "\n\n".join(filter(None, [*tables, *_longer(longer)]))
            write_section(page, f"Share of {level} at the start", text)
    image = page.parent.parent / "images" / "countdown_lm.png"
    _plot([run for run in counted if run.completions == usual], rivals, image)
    write_section(page, "Curves", f"![Curves](../images/{image.name})\n\nMachine: {machine}.")
    return page


def _start_table(records: Records) -> str:
    rows = ["| level | numbers | rewarded of the first completions | 95 % interval | drawn |"]
    rows.append("|---|--:|--:|--:|--:|")
    for start in records.starts:
        error = 1.96 * math.sqrt(start.share * (1 - start.share) / start.completions)
        rows.append(
            f"| {start.level} | {LEVELS[start.level].difficulty.numbers} | {start.share:.3%} | "
            f"± {error:.3%} | {start.completions:,} |"
        )
    return "\n".join(rows)


def _rates_table(records: Records, rivals: Sequence[str], tuning: int) -> str:
    tried = [run for run in records.runs if run.seed == tuning]
    rates = sorted({run.lr for run in tried})
    rows = [f"| rival | {' | '.join(f'{rate:g}' for rate in rates)} |"]
    rows.append("|---" + "|--:" * len(rates) + "|")
    for rival in rivals:
        found = {run.lr: run.mean_accuracy for run in tried if run.rival == rival}
        best = max(found.values(), default=None)
        cells = [f"{found[r]:.1%}" if r in found else "–" for r in rates]
        cells = [
            f"**{cell}**" if found.get(r) == best else cell
            for cell, r in zip(cells, rates, strict=True)
        ]
        rows.append(f"| {rival} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _final_table(runs: Sequence[RunOf], rivals: Sequence[str]) -> str:
    """Means of the last points, and differences to GRPO's of the same seeds."""
    rows = [
        f"| rival | seeds | training tasks | held-out tasks | found | minutes | − {AGAINST} |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for rival in rivals:
        of_rival = {run.seed: run.points[-1] for run in runs if run.rival == rival}
        if not of_rival:
            continue
        names = ("train", "held_out", "found")
        cells = [f"{mean(point[name] for point in of_rival.values()):.1%}" for name in names]
        minutes = mean(point["minutes"] for point in of_rival.values())
        rows.append(
            f"| {rival} | {len(of_rival)} | {' | '.join(cells)} | {minutes:.2f} | "
            f"{_against(runs, rival)} |"
        )
    return "\n".join(rows)


def _against(runs: Sequence[RunOf], rival: str) -> str:
    """Mean difference of the final accuracy on training tasks, with its interval."""
    mine, other = (
        {run.seed: run.points[-1]["train"] for run in runs if run.rival == name}
        for name in (rival, AGAINST)
    )
    seeds = sorted(mine.keys() & other.keys())
    if rival == AGAINST or not seeds:
        return ""
    found = difference([(np.array([mine[s] for s in seeds]), np.array([other[s] for s in seeds]))])
    text = f"{100 * found.value:+.1f}"
    if found.interval:
        text += f" [{100 * found.interval[0]:+.1f}, {100 * found.interval[1]:+.1f}]"
    return text


def reached(run: RunOf, goal: float, unit: str) -> float:
    """Completions or minutes at the first point with this accuracy; infinite for none."""
    return next((point[unit] for point in run.points if point["train"] >= goal), math.inf)


def _longer(runs: Sequence[RunOf]) -> list[str]:
    """A sentence about every training with more completions."""
    return [
        f"Seed {run.seed} of {run.rival} with {run.completions:,} completions: "
        f"{run.points[-1]['train']:.1%} of the training tasks, "
        f"{run.points[-1]['found']:.1%} found, highest accuracy on the way "
        f"{max(point['train'] for point in run.points):.1%}."
        for run in runs
    ]


def _price_table(runs: Sequence[RunOf], longer: Sequence[RunOf], rivals: Sequence[str]) -> str:
    """Completions and minutes to fixed accuracies, and GRPO's completions as multiples."""
    ever = [goal for goal in GOALS if any(reached(run, goal, "minutes") < math.inf for run in runs)]
    if not ever:
        return ""
    grpo: dict[int, list[RunOf]] = {}
    for run in [*runs, *longer]:
        if run.rival == AGAINST:
            grpo.setdefault(run.seed, []).append(run)
    rows = [f"| rival | {' | '.join(f'to {goal:.0%}' for goal in ever)} |"]
    rows.append("|---" + "|---" * len(ever) + "|")
    for rival in rivals:
        of_rival = [run for run in runs if run.rival == rival]
        if of_rival:
            cells = [_price(of_rival, goal) + _fewer(of_rival, grpo, goal) for goal in ever]
            rows.append(f"| {rival} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _price(of_rival: Sequence[RunOf], goal: float) -> str:
    prices = [reached(run, goal, "completions") for run in of_rival]
    times = [reached(run, goal, "minutes") for run in of_rival]
    count = sum(price < math.inf for price in prices)
    if not count:
        return "not reached"
    text = f"{count} of {len(prices)}"
    if median(prices) < math.inf:
        text = f"{median(prices):,.0f} ({median(times):.2f} min), {text}"
    return text


def _fewer(of_rival: Sequence[RunOf], grpo: Mapping[int, Sequence[RunOf]], goal: float) -> str:
    """Geometric mean of GRPO's completions over the rival's in the same seed, with its interval.

    Of GRPO's usual and longer training of a seed the one that is there first. Where neither gets
    there, all completions of the longer are taken, and the figure is a lower bound.
    Only where the rival always gets there, and nobody is there at the start.
    """
    pairs = [(run, grpo[run.seed]) for run in of_rival if run.seed in grpo]
    mine = [reached(run, goal, "completions") for run, _ in pairs]
    other = [min(reached(run, goal, "completions") for run in known) for _, known in pairs]
    if of_rival[0].rival == AGAINST or not pairs or math.inf in mine or 0 in [*mine, *other]:
        return ""
    bound = "≥ " if math.inf in other else ""
    spent = [max(run.completions for run in known) for _, known in pairs]
    capped = np.minimum(other, spent)
    found = difference([(np.log(capped), np.log(mine))])
    text = f"; {bound}{math.exp(found.value):.1f} × fewer"
    if found.interval:
        low, high = (math.exp(end) for end in found.interval)
        text += f" [{low:.1f}, {high:.1f}]"
    return text


def _plot(runs: Sequence[RunOf], rivals: Sequence[str], path: Path) -> None:
    """Means over seeds against completions: rows are levels, columns what is measured."""
    levels = [level for level in LEVELS if any(run.level == level for run in runs)]
    if not levels:
        return
    matplotlib.use("Agg")
    columns = {"train": "training tasks", "held_out": "held-out tasks", "found": "tasks found"}
    figure, panels = pyplot.subplots(
        len(levels), 3, figsize=(11, 3 * len(levels)), squeeze=False, layout="constrained"
    )
    for row, level in zip(panels, levels, strict=True):
        for panel, (name, title) in zip(row, columns.items(), strict=True):
            for number, rival in enumerate(rivals):
                curves = [r.points for r in runs if r.level == level and r.rival == rival]
                if curves:
                    x = [point["completions"] for point in curves[0]]
                    y = [[point[name] for point in curve] for curve in curves]
                    panel.plot(x, np.mean(y, 0), color=f"C{number}", label=rival)
                    panel.fill_between(x, np.min(y, 0), np.max(y, 0), color=f"C{number}", alpha=0.1)
            panel.set_title(f"{level}: {title}", fontsize="medium")
            panel.set_xlabel("completions")
            panel.grid(alpha=0.3)
    panels[0][0].legend(fontsize="x-small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
