"""Tables of a comparison, in Markdown."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import bootstrap

from comparing.paired import Estimate, Stratum, difference, improvement, verdict
from comparing.records import Record
from sparse_rl.analysis.runs import CurvePoint

Groups = Mapping[str, Sequence[Record]]
"""Records of one regime by method, in the order of the plan."""


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Formats a table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def results_table(groups: Groups, goals: Sequence[float]) -> str:
    """A row for every method, the best dev accuracy first."""
    records = [record for of_method in groups.values() for record in of_method]
    covered = any(record.coverage is not None for record in records)
    judged = any(record.spurious is not None for record in records)
    counted = any(record.curve[-1].programs is not None for record in records)
    head = ["method", "seeds", "dev, greedy", "test, greedy", "worst seed", "test, beam"]
    head += ["coverage"] * covered + ["spurious B"] * judged + ["updates"]
    head += [f"updates to {goal:.4g} % dev" for goal in _percent(goals)]
    head += [f"programs to {goal:.4g} % dev" for goal in _percent(goals)] * counted
    head += ["training minutes"]
    rows = []
    best_first = sorted(groups.items(), key=lambda item: -statistics.mean(r.dev for r in item[1]))
    for name, runs in best_first:
        row = [name, str(len(runs)), spread([r.dev for r in runs])]
        row += [spread([r.test for r in runs]), f"{100 * min(r.test for r in runs):.1f}"]
        row += [spread([r.beam for r in runs])]
        if covered:
            shares = [r.coverage for r in runs if r.coverage is not None]
            row += [f"{100 * statistics.mean(shares):.1f}" if shares else "–"]
        if judged:
            rates = [r.spurious for r in runs if r.spurious is not None]
            row += [spread(rates) if rates else "–"]
        row += ["/".join(map(str, sorted({r.curve[-1].steps for r in runs})))]
        row += [updates_to(runs, goal) for goal in goals]
        if counted:
            row += [programs_to(runs, goal) for goal in goals]
        rows.append([*row, f"{statistics.mean(r.curve[-1].seconds for r in runs) / 60:.1f}"])
    return markdown(head, rows)


def returns_table(groups: Groups, goals: Sequence[float]) -> str:
    """A row for every method, the fewest environment steps to the goal, or goals, first."""
    head = ["method", "seeds", "solved", "steps to the goal, median", "least", "greatest"]
    head += [f"steps to an evaluation of {goal:g}, median" for goal in goals]
    head += ["best evaluation", "test return", "worst seed", "training minutes"]
    rows = []

    def effort(runs: Sequence[Record]) -> list[float]:
        return [median_steps(runs), *(median_steps_to(runs, goal) for goal in goals)]

    for name, runs in sorted(groups.items(), key=lambda item: effort(item[1])):
        solved = sorted(run.solved for run in runs if run.solved is not None)
        all_ = len(solved) == len(runs)
        row = [name, str(len(runs)), str(len(solved)), _steps(median_steps(runs))]
        row += [_steps(solved[0] if solved else math.inf), _steps(solved[-1] if all_ else math.inf)]
        row += [_steps(median_steps_to(runs, goal)) for goal in goals]
        row += [_returns([r.dev for r in runs]), _returns([r.test for r in runs])]
        row += [f"{min(r.test for r in runs):.0f}"]
        rows.append([*row, f"{statistics.mean(r.curve[-1].seconds for r in runs) / 60:.1f}"])
    return markdown(head, rows)


def median_steps(runs: Sequence[Record]) -> float:
    """Median of the steps to the goal, where a run that did not reach it counts as endless."""
    return statistics.median(math.inf if run.solved is None else run.solved for run in runs)


def median_steps_to(runs: Sequence[Record], goal: float) -> float:
    """The same of the first evaluation at or above a return."""
    first = ((p.steps for p in run.curve if p.accuracy >= goal) for run in runs)
    return statistics.median(next(steps, math.inf) for steps in first)


def _steps(count: float) -> str:
    return "not reached" if count == math.inf else f"{count:,.0f}"


def _returns(values: Sequence[float]) -> str:
    mean = statistics.mean(values)
    return f"{mean:.0f} ± {statistics.stdev(values):.0f}" if len(values) > 1 else f"{mean:.0f}"


def _percent(goals: Sequence[float]) -> list[float]:
    return [100 * goal for goal in goals]


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


def _reached(runs: Sequence[Record], goal: float) -> list[CurvePoint]:
    """The first validation at or above an accuracy, of the runs that have one."""
    first = [next((p for p in run.curve if p.accuracy >= goal), None) for run in runs]
    return [point for point in first if point is not None]


def updates_to(runs: Sequence[Record], goal: float) -> str:
    """Mean updates and training minutes to an accuracy, over the seeds that reached it."""
    there = _reached(runs, goal)
    if not there:
        return "–"
    minutes = statistics.mean(point.seconds for point in there) / 60
    missing = f", {len(there)} of {len(runs)} seeds" if len(there) < len(runs) else ""
    return f"{statistics.mean(point.steps for point in there):.0f} ({minutes:.1f} min{missing})"


def programs_to(runs: Sequence[Record], goal: float) -> str:
    """Mean programs executed to an accuracy, over the seeds that reached it and counted them."""
    counts = [point.programs for point in _reached(runs, goal) if point.programs is not None]
    if not counts:
        return "–"
    return f"{statistics.mean(counts):,.0f} ({len(counts)} of {len(runs)} seeds)"


def paired_table(regimes: Mapping[str, Groups], pairs: Sequence[tuple[str, str]]) -> str:
    """A row for every pair of methods and regime, and one for all regimes together."""
    head = ["A − B", "regime", "seeds", "dev", "test", "P(A > B)", "on test"]
    rows = []
    for a, b in pairs:
        named = {
            regime: found
            for regime, groups in regimes.items()
            if (found := _common_seeds(groups.get(a, ()), groups.get(b, ())))
        }
        parts = [(regime, [found]) for regime, found in named.items()]
        if len(named) > 1:
            parts.append(("all", list(named.values())))
        for regime, strata in parts:
            dev = [(_values(mine, "dev"), _values(its, "dev")) for mine, its in strata]
            test = [(_values(mine, "test"), _values(its, "test")) for mine, its in strata]
            rows.append([f"{a} − {b}", regime or "–", *_compared(a, dev, test)])
    return markdown(head, rows)


def _common_seeds(
    a: Sequence[Record], b: Sequence[Record]
) -> tuple[list[Record], list[Record]] | None:
    mine, its = ({record.seed: record for record in records} for records in (a, b))
    seeds = sorted(mine.keys() & its.keys())
    return ([mine[seed] for seed in seeds], [its[seed] for seed in seeds]) if seeds else None


def _values(records: Sequence[Record], name: str) -> np.ndarray:
    return np.array([getattr(record, name) for record in records])


def _compared(name: str, dev: Sequence[Stratum], test: Sequence[Stratum]) -> list[str]:
    on_test = difference(test)
    return [
        str(sum(len(values) for values, _ in test)),
        _signed(difference(dev)),
        _signed(on_test),
        _share(improvement(test)),
        verdict(name, on_test),
    ]


def _signed(estimate: Estimate) -> str:
    low_high = [f"{100 * end:+.1f}" for end in estimate.interval or ()]
    return f"{100 * estimate.value:+.1f}" + (f" [{', '.join(low_high)}]" if low_high else "")


def _share(estimate: Estimate) -> str:
    low_high = [f"{end:.2f}" for end in estimate.interval or ()]
    return f"{estimate.value:.2f}" + (f" [{', '.join(low_high)}]" if low_high else "")
