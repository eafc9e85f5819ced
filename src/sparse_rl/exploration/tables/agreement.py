"""Agreement of rewarded programs with the logical forms that people wrote for their questions.

A rewarded program that agrees with no human form of its question counts as spurious. That is an
estimate: a form is one reading of the question, another program may be right too, and a program
that agrees may still have the wrong constant. The rates of a uniform B and of the best weighting
of B, from the same questions, are the scale to read a policy's rate by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from textwrap import fill
from typing import Any

import numpy as np

from sparse_rl.exploration.tables.credibility import Meaning
from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.sketch import LEVELS, Sketch, program_sketch, relation_columns
from sparse_rl.interpreters.tables.table import Table

COMPARABLE = "comparable"
"""Status of a question with a form that programs over its table can agree with."""
LEFT_OUT = ("no form", "unknown column", "inexpressible", "no example")
"""Statuses of the other questions."""
HEADLINE = "operations"
"""Level of the rates at the top of a summary."""

ByLevel = Mapping[str, float]


@dataclass(frozen=True)
class AnnotatedQuestion:
    """How far a question's programs agree with its human forms.

    Rates are by level and lie between 0, all agree, and 1, none does.

    Attributes:
        id: the question's id.
        split: the split that it is in, "train" or "dev"; empty if it is in neither.
        status: `COMPARABLE`, or one of `LEFT_OUT`: people found no form; every form has a column
            that the table lacks; or an operation that programs lack; or the data lack the
            question. Only comparable questions have rates.
        b: share of the policy's mass within B on programs that do not agree; empty without a policy
            or without a B.
        b_uniform: the same if all programs of B were equally probable; empty without a B.
        b_uniform_meaning: as `b_uniform`, if programs also agree that have the denotations of one
            that agrees on all fictitious tables.
        b_least: the same under the best weighting: 0 if any program of B agrees, else 1.
        greedy: 0 if the greedy program agrees, else 1; empty without a policy.
        greedy_rewarded: whether the greedy program is rewarded.
    """

    id: str
    split: str
    status: str
    b: ByLevel = field(default_factory=dict)
    b_uniform: ByLevel = field(default_factory=dict)
    b_uniform_meaning: ByLevel = field(default_factory=dict)
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
    programs: Sequence[Program],
    weights: Sequence[float],
    forms: Sequence[Sketch],
    table: Table,
    meanings: Sequence[Meaning] | None = None,
) -> dict[str, float]:
    """Returns the share of the weights on programs that agree with none of the forms, by level.

    Args:
        programs: N programs, at least one.
        weights: their N weights, with a positive sum.
        forms: forms to compare with, in terms of the table.
        table: the programs' table.
        meanings: the programs' meanings; if given, a program also agrees if it has the meaning of
            one that agrees.
    """
    sketches = [program_sketch(program, table) for program in programs]
    shares = np.asarray(weights, dtype=float) / np.sum(weights)
    masses = {}
    for level in LEVELS:
        spurious = [not any(s.agrees(form, level) for form in forms) for s in sketches]
        if meanings is not None:
            right = {m for m, wrong in zip(meanings, spurious, strict=True) if not wrong}
            spurious = [m not in right for m in meanings]
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

    The kinds that begin with "b" are attributes of `AnnotatedQuestion`; "greedy" is of rewarded
    greedy programs, and "greedy_all" of all of them.
    """
    found = list(questions)
    kinds = {
        "b": [q.b for q in found],
        "b_uniform": [q.b_uniform for q in found],
        "b_uniform_meaning": [q.b_uniform_meaning for q in found],
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
    return {
        **{
            f"spurious_{kind}{end}": headline[kind][name]
            for kind in ("b", "greedy")
            for end, name in (("", "rate"), ("_interval", "interval"))
        },
        "levels": levels,
        "counts": _counts(questions),
        "questions": [asdict(question) for question in questions],
    }


def _counts(questions: Sequence[AnnotatedQuestion]) -> dict[str, int]:
    statuses = Counter(q.status for q in questions)
    comparable = [q for q in questions if q.status == COMPARABLE]
    return {
        "questions": len(questions),
        **{status.replace(" ", "_"): statuses[status] for status in LEFT_OUT},
        **{
            f"{name}_{split}": sum(q.split == split for q in found)
            for name, found in (
                (COMPARABLE, comparable),
                ("without_b", [q for q in comparable if not q.b_uniform]),
            )
            for split in ("train", "dev")
        },
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
    "b_uniform_meaning": "the same, without programs that mean the same as one that agrees",
    "b_least": "B, the best weighting",
    "greedy": "greedy programs that are rewarded",
    "greedy_all": "all greedy programs",
}
_COLUMNS = ("columns", "columns, operations", "columns, operations, comparisons")


def agreement_table(summary: Mapping[str, Any]) -> str:
    """Formats the rates of a `spurious_summary` in Markdown."""
    lines = [
        f"| programs that agree with no human form | questions | {' | '.join(_COLUMNS)} |",
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
    counts = summary["counts"]
    told = (
        f"Of {counts['questions']} annotated questions, {counts['comparable_train']} in training "
        f"and {counts['comparable_dev']} in dev can be compared. Of the others, "
        f"{counts['no_form']} have no form, {counts['unknown_column']} a column that their table "
        f"lacks, {counts['inexpressible']} an operation that programs lack, and "
        f"{counts['no_example']} are not in the data. Without a B are {counts['without_b_train']} "
        f"of the compared questions in training and {counts['without_b_dev']} in dev."
    )
    return f"""\
# Programs and human logical forms

Share of rewarded programs that agree with no logical form that people wrote for their question,
with 95 % bootstrap intervals over questions. Written by
`{command}`.

{agreement_table(summary)}

{fill(told, 100)}
"""
