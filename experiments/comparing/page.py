"""The page of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from comparing.jobs import Job
from comparing.plan import Plan
from comparing.plots import plot
from comparing.records import Record
from comparing.tables import paired_table, results_table, returns_table

INTRODUCTION = """\
Execution accuracy in per cent of the checkpoint with the best greedy dev accuracy: mean ± standard
deviation over seeds [95 % bootstrap interval of the mean]. The test split was run once per run.
{seeds}. With few seeds, all intervals are too narrow."""

RETURNS = """\
Environment steps to the goal: the first time that the mean return of the last 100 training episodes
reaches the environment's own threshold. In the median, a run that does not reach it is endless.
Test return: mean of the best checkpoint's best actions on episodes that no evaluation has seen, ±
standard deviation over seeds. {seeds}."""

EFFORT = """\
Updates, programs and minutes "to" an accuracy are means over the seeds that reached it, at their
first validation there. Programs executed are those of the warm start, walks, draws and searches."""

SPURIOUS = """\
Spurious B: share of the policy's probability within B, on annotated training questions, that lies
on programs with other columns or operations than every logical form that people wrote."""

PAIRED = """\
Differences of two methods' runs with the same seed, in per cent points, and the probability that a
run of A has a greater test accuracy than one of B, with 95 % bootstrap intervals over seeds, drawn
within each regime. "Not decided": the interval of the test difference contains 0, or there are
fewer than three seeds. Every interval is of one pair alone: among many pairs, some are decided by
chance."""


def write_page(plan: Plan, records: Mapping[Job, Record], page: Path, command: str) -> str:
    """Writes the page and its figure.

    Args:
        plan: the plan.
        records: records of its jobs so far.
        page: path of the page.
        command: the command to show.

    Returns:
        The tables.
    """
    regimes = {regime: _by_method(plan, records, regime) for regime in plan.regimes}
    regimes = {regime: groups for regime, groups in regimes.items() if groups}
    of_returns = plan.measure == "return"
    tables = "\n\n".join(
        (f"## {regime}\n\n" if regime else "")
        + (returns_table(groups, plan.goals) if of_returns else results_table(groups, plan.goals))
        for regime, groups in regimes.items()
    )
    if plan.pairs:
        pairs = paired_table(regimes, plan.pairs)
        tables += f"\n\n## Paired comparison\n\n{PAIRED}\n\n{pairs}"
    image = page.parent.parent / "images" / f"{page.stem}.png"
    plot(regimes, image, of_returns)
    page.parent.mkdir(parents=True, exist_ok=True)
    parts = [
        f"# {plan.title}",
        (RETURNS if of_returns else INTRODUCTION).format(seeds=_seeds(regimes)),
        "" if of_returns else EFFORT + _second_phases(plan),
        SPURIOUS if plan.human_forms else "",
        tables,
        "## Learning curves",
        f"![Learning curves](../images/{image.name})",
        "A line is the mean over seeds, its band goes from the least to the greatest.",
        _budget(plan),
        f"Machine: {'; '.join(sorted({r.machine for r in records.values()}))}. Other work "
        "may have run there, so minutes are upper bounds: compare "
        + ("environment steps." if of_returns else "updates and programs."),
        plan.note.strip(),
        f"Command: `{command}`. Records: `data/{page.stem}.jsonl`.",
    ]
    page.write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")
    return tables


def _by_method(plan: Plan, records: Mapping[Job, Record], regime: str) -> dict[str, list[Record]]:
    found = {
        name: [r for r in records.values() if (r.regime, r.method) == (regime, name)]
        for name in plan.methods
    }
    return {name: runs for name, runs in found.items() if runs}


def _seeds(regimes: Mapping[str, Mapping[str, list[Record]]]) -> str:
    counts = sorted({len(runs) for groups in regimes.values() for runs in groups.values()})
    number = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"Seeds per cell: {number}"


def _second_phases(plan: Plan) -> str:
    afters = [f"{name} after {how.after}" for name, how in plan.methods.items() if how.after]
    if not afters:
        return ""
    return f" A run that starts from another one counts the effort of both: {', '.join(afters)}."


def _budget(plan: Plan) -> str:
    lines = [f"Options of all runs: {_listed(plan.options)}.\n"] if plan.options else []
    lines += [f"- {name}: {_listed(options)}" for name, options in plan.regimes.items() if options]
    return "\n".join(lines).strip()


def _listed(options: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}={value}`" for name, value in options.items())
