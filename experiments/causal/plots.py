"""The figure of the study of causal confusion: the paper's figures 4, 7 and 8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

import matplotlib

from causal.measure import EPISODES, QUERIES
from causal.page import DAGGER, Record, dagger_return, execution_return, methods, query_return

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

BARS = ("expert", "cloning, original", "cloning, confounded", "dropout of inputs")


def plot(records: Sequence[Record], path: Path) -> None:
    """Draws returns of the clones, and returns by episodes and by queries."""
    figure, (bars, episodes, queries) = plt.subplots(
        1, 3, figsize=(14, 4.5), sharey=True, layout="constrained"
    )
    for place, name in enumerate(BARS):
        found = [methods()[name](record) for record in records]
        bars.bar(place, mean(found) + 200, bottom=-200, color=f"C{place}", alpha=0.6)
        bars.plot([place] * len(found), found, "k.")
    bars.set_xticks(range(len(BARS)), [name.replace(", ", ",\n") for name in BARS])
    bars.set_ylabel("return")
    bars.set_title("Cloning")
    _draw(episodes, range(1, EPISODES + 1), execution_return, records, "policy execution", "C4")
    episodes.set_xlabel("episodes of the intervention")
    episodes.set_title("Intervention by policy execution")
    _draw(queries, QUERIES, query_return, records, "expert queries", "C5")
    asked = range(DAGGER[0], DAGGER[-1] + 1, DAGGER[0])
    _draw(queries, asked, dagger_return, records, "DAgger", "C6")
    queries.set_xlabel("expert queries")
    queries.set_xscale("log")
    queries.set_title("Intervention by expert queries")
    for panel in (episodes, queries):
        for place, name in enumerate(BARS[1:], 1):
            level = mean(methods()[name](record) for record in records)
            panel.axhline(level, color=f"C{place}", linestyle="--", label=name)
        panel.grid(alpha=0.3)
        panel.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw(
    panel: Axes,
    places: Sequence[int],
    of: Callable[[Record, int], float],
    records: Sequence[Record],
    label: str,
    color: str,
) -> None:
    columns = [[of(record, place) for record in records] for place in places]
    panel.plot(places, list(map(mean, columns)), color=color, marker=".", label=label)
    low, high = list(map(min, columns)), list(map(max, columns))
    panel.fill_between(places, low, high, color=color, alpha=0.15)
