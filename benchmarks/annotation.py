"""Agreement of our annotation with WikiTableQuestions' tagged files, and its speed.

    python benchmarks/annotation.py --root DIR --out docs/results/annotation.md

The rules were developed on a random half of the questions and tables, and both halves are
reported. Writes the tables of figures as Markdown, and prints one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

from sparse_rl.datamodules.annotation import agreement, annotate_cell
from sparse_rl.datamodules.annotation.agreement import Score, halves, scores
from sparse_rl.datamodules.tsv import unescape

HALVES = ("development half", "held-out half")
Scores = dict[str, Score]


def of_questions(root: Path) -> tuple[Scores, Scores]:
    """Scores of the tagged questions, half by half."""
    path = root / "tagged" / "data" / "pristine-seen-tables.tagged"
    parts = halves(agreement.questions(path))
    return scores(map(agreement.question, parts[0])), scores(map(agreement.question, parts[1]))


def of_cells(root: Path) -> tuple[Scores, Scores]:
    """Scores of the tagged tables' cells, half of the tables by half."""
    parts = halves(tables(root))
    first, second = (scores(map(agreement.cell, agreement.cells(part))) for part in parts)
    return first, second


def tables(root: Path) -> list[Path]:
    """The tagged tables in the order of their numbers."""
    found = root.glob("tagged/*-tagged/*.tagged")
    return sorted(found, key=lambda path: (path.parent.name, int(path.stem)))


def microseconds_per_cell(root: Path) -> float:
    """Processor time that `annotate_cell` takes for a cell, over all tables in their order."""
    texts = [unescape(record["content"]) for record in agreement.cells(tables(root))]
    annotate_cell.cache_clear()
    begin = time.process_time()
    for text in texts:
        annotate_cell(text)
    return (time.process_time() - begin) / max(len(texts), 1) * 1e6


def markdown(parts: tuple[Scores, Scores], unit: str) -> list[str]:
    """A table with a line per thing compared: its count, precision and recall in each half."""
    lines = [
        f"| {unit} | " + " | ".join(f"{half}: n | precision | recall" for half in HALVES) + " |",
        "|---|" + "--:|" * (3 * len(HALVES)),
    ]
    for name in parts[0]:
        figures = [
            f"{part[name].theirs:,} | {part[name].precision:.2%} | {part[name].recall:.2%}"
            for part in parts
        ]
        lines.append(f"| {name} | " + " | ".join(figures) + " |")
    return lines


def report(questions: tuple[Scores, Scores], cells: tuple[Scores, Scores], speed: float) -> str:
    """The page of results."""
    return "\n".join(
        [
            "# Agreement of the annotation",
            "",
            "Our annotation compared with CoreNLP's of 2015, as WikiTableQuestions 1.0.2 has it.",
            "n counts what the release has; precision and recall are those of our findings against",
            "it. The rules were developed on a random half of the questions and of the tables",
            "(seed 0). Written by `python benchmarks/annotation.py --root DIR --out PATH`.",
            "",
            "## Questions",
            "`tagged/data/pristine-seen-tables.tagged`. Tokens and answers are compared whole, per",
            "question; the rest at every token. Values are compared with their comparison",
            "(`>=3.0`), units of time included.",
            "",
            *markdown(questions, "questions"),
            "",
            "## Cells",
            "All tagged tables. Values are compared wherever either side has one.",
            "",
            *markdown(cells, "cells"),
            "",
            "## Speed",
            f"Values of a cell: {speed:.0f} microseconds of processor time on average over all",
            "tables, equal texts being read once.",
            "",
        ]
    )


def figures(parts: tuple[Scores, Scores], of: Callable[[Score], float]) -> dict[str, list[float]]:
    """One figure for everything compared, in both halves."""
    return {name: [of(part[name]) for part in parts] for name in parts[0]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Compares our annotation with the release's.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--root", type=Path, required=True, help="the release's folder")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    questions, cells = of_questions(options.root), of_cells(options.root)
    speed = microseconds_per_cell(options.root)
    if options.out:
        options.out.write_text(report(questions, cells, speed), encoding="utf-8")
    summary = {
        f"{unit}_{measure}": figures(parts, of)
        for unit, parts in (("questions", questions), ("cells", cells))
        for measure, of in (("precision", lambda s: s.precision), ("recall", lambda s: s.recall))
    }
    print(json.dumps({**summary, "microseconds_per_cell": speed}))


if __name__ == "__main__":
    main()
