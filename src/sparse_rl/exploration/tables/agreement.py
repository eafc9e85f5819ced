"""Agreement of rewarded programs with the logical forms that people wrote for their questions.

A rewarded program that agrees with no human form of its question counts as spurious. That is an
estimate: a form is one reading of the question, another program may be right too, and a program that
agrees may still have the wrong constant. The rates of a uniform B and of the best weighting of B,
from the same questions, are the scale to read a policy's rate by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.sketch import LEVELS, Sketch, program_sketch, relation_columns
from sparse_rl.interpreters.tables.table import Table

COMPARABLE = "comparable"
"""Status of a question with a form that programs over its table can agree with."""
HEADLINE = "operations"
"""Level of the rates at the top of a summary."""

ByLevel = Mapping[str, float]


@dataclass(frozen=True)
class AnnotatedQuestion:
    """How far a question's programs agree with its human forms.

    Rates are by level and lie between 0, all agree, and 1, none does.

    Attributes:
        id: the question's id.
        split: the split that it is in.
        status: `COMPARABLE`, or why its forms are not: "no form", "unknown column" or
            "inexpressible". Other questions have no rates.
        b: share of the policy's mass within B on programs that do not agree; empty without a policy
            or without a B.
        b_uniform: the same if all programs of B were equally probable; empty without a B.
        b_least: the same under the best weighting: 0 if any program of B agrees, else 1.
        greedy: 0 if the greedy program agrees, else 1; empty without a policy.
        greedy_rewarded: whether the greedy program is rewarded.
    """

    id: str
    split: str
    status: str
    b: ByLevel = field(default_factory=dict)
    b_uniform: ByLevel = field(default_factory=dict)
    b_least: ByLevel = field(default_factory=dict)
    greedy: ByLevel = field(default_factory=dict)
    greedy_rewarded: bool = False


def comparable_forms(forms: Sequence[Sketch], table: Table) -> tuple[str, list[Sketch]]:
    """Returns a question's status and the forms to compare with, in terms of its table."""
    names = relation_columns(table)
    known = [form for form in forms if form.columns <= names.keys()]
    expressible = [form.renamed(names) for form in known if form.is_expressible]
    if expressible:
        return COMPARABLE, expressible
    return ("inexpressible" if known else "unknown column" if forms else "no form"), []


def spurious_mass(
    programs: Sequence[Program], weights: Sequence[float], forms: Sequence[Sketch], table: Table
) -> dict[str, float]:
    """Returns the share of the weights on programs that agree with none of the forms, by level.

    Args:
        programs: N programs, at least one.
        weights: their N weights, with a positive sum.
        forms: forms to compare with, in terms of the table.
        table: the programs' table.
    """
    sketches = [program_sketch(program, table) for program in programs]
    shares = np.asarray(weights, dtype=float) / np.sum(weights)
    masses = {}
    for level in LEVELS:
        spurious = [not any(s.agrees(form, level) for form in forms) for s in sketches]
        masses[level] = float(shares[spurious].sum())
    return masses


def least_spurious_mass(
    programs: Sequence[Program], forms: Sequence[Sketch], table: Table
) -> dict[str, float]:
    """Returns 0 for a level at which any program agrees with a form, else 1."""
    single = [spurious_mass([program], [1.0], forms, table) for program in programs]
    return {level: min(mass[level] for mass in single) for level in LEVELS}


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Returns the 95 % bootstrap interval of the mean, by percentiles."""
    if len(set(values)) < 2:
        return values[0], values[0]
    from scipy.stats import bootstrap  # Late: it is slow to import.

    found = bootstrap((values,), np.mean, method="percentile", rng=0).confidence_interval
    return float(found.low), float(found.high)


def rates(questions: Iterable[AnnotatedQuestion]) -> dict[str, dict[str, list[float]]]:
    """Returns the rates of all questions that have them, by level and kind.

    "b", "b_uniform" and "b_least" are the attributes of `AnnotatedQuestion`; "greedy" is of
    rewarded greedy programs, and "greedy_all" of all of them.
    """
    found = list(questions)
    kinds = {
        "b": [q.b for q in found],
        "b_uniform": [q.b_uniform for q in found],
        "b_least": [q.b_least for q in found],
        "greedy": [q.greedy for q in found if q.greedy_rewarded],
        "greedy_all": [q.greedy for q in found],
    }
    return {
        level: {kind: [r[level] for r in values if r] for kind, values in kinds.items()}
        for level in LEVELS
    }


def spurious_summary(questions: Sequence[AnnotatedQuestion]) -> dict[str, Any]:
    """Returns mean rates with intervals over questions, counts, and the questions, for JSON.

    A rate without any question is None. The rates at the top are of the level `HEADLINE`.
    """
    levels = {
        level: {kind: _rate(values) for kind, values in kinds.items()}
        for level, kinds in rates(questions).items()
    }
    headline = levels[HEADLINE]
    comparable = [q for q in questions if q.status == COMPARABLE]
    return {
        **{
            f"spurious_{kind}{end}": headline[kind][name]
            for kind in ("b", "greedy")
            for end, name in (("", "rate"), ("_interval", "interval"))
        },
        "levels": levels,
        "counts": {
            "questions": len(questions),
            **Counter(q.status for q in questions),
            **{f"{COMPARABLE}_{s}": n for s, n in Counter(q.split for q in comparable).items()},
            **{
                f"{COMPARABLE}_{split}_without_b": n
                for split, n in Counter(q.split for q in comparable if not q.b_uniform).items()
            },
        },
        "questions": [asdict(question) for question in questions],
    }


def _rate(values: Sequence[float]) -> dict[str, Any]:
    return {
        "rate": float(np.mean(values)) if values else None,
        "interval": interval(values) if values else None,
        "questions": len(values),
    }


_ROWS = {
    "b": "B, by the policy",
    "b_uniform": "B, all programs alike",
    "b_least": "B, the best weighting",
    "greedy": "greedy programs that are rewarded",
    "greedy_all": "all greedy programs",
}


def agreement_table(summary: Mapping[str, Any]) -> str:
    """Formats the rates of a `spurious_summary` in Markdown."""
    lines = [
        "| programs that agree with no human form | questions | "
        + " | ".join(f"{' and '.join(LEVELS[: n + 1])}" for n in range(len(LEVELS)))
        + " |",
        "|---|" + "--:|" * (1 + len(LEVELS)),
    ]
    levels = summary["levels"]
    for kind, name in _ROWS.items():
        number = levels[HEADLINE][kind]["questions"]
        if number:
            cells = " | ".join(_cell(levels[level][kind]) for level in LEVELS)
            lines.append(f"| {name} | {number} | {cells} |")
    return "\n".join(lines)


def _cell(rate: Mapping[str, Any]) -> str:
    low, high = rate["interval"]
    return f"{rate['rate']:.1%} [{low:.1%}, {high:.1%}]"


def agreement_page(summary: Mapping[str, Any], command: str) -> str:
    """Formats a page of a `spurious_summary`, with the command that made it."""
    counts = dict(summary["counts"])
    return "\n".join(
        [
            "# Programs and human logical forms",
            "",
            "Rates of rewarded programs that agree with no logical form that people wrote for the",
            "question, with 95 % bootstrap intervals over questions. Written by",
            f"`{command}`.",
            "",
            agreement_table(summary),
            "",
            f"Of {counts.pop('questions')} annotated questions: "
            + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in counts.items())
            + ".",
            "",
        ]
    )
