"""Asks a model the plain questions of `plain_questions/`, and counts right answers.

    python experiments/plain_questions.py runs/everyday/version_0 [--page docs/results/….md]

Right is the first answer, or one of the first three. A question that its table does not answer has
no right answer: for these it counts how many are refused, because the model is not sure enough, and
how many would be by a threshold for its confidence that refuses 5 % of the right answers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.asking.judge import Finding
from sparse_rl.asking.model import Model, load_model
from sparse_rl.interpreters.tables.program import format_program

ROOT = Path(__file__).resolve().parent / "plain_questions"
REFUSED = 0.05
"""Share of right answers that the threshold for "not answerable" may refuse."""
BINS = 10


@dataclass(frozen=True)
class Asked:
    """A question with what the model found.

    Attributes:
        kind: kind of the question.
        text: the question.
        rewarded: whether each of the first answers is right.
        best_right: whether the most probable program has the right answer.
        found: what the model found.
    """

    kind: str
    text: str
    rewarded: tuple[bool, ...]
    best_right: bool
    found: Finding

    @property
    def right(self) -> bool:
        return self.rewarded[0]


def ask_all(model: Model, root: Path) -> list[Asked]:
    """Asks all questions of a folder."""
    lines = (root / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    names = dict.fromkeys(record["table"] for record in records)
    tables = {name: model.open(root / name) for name in names}
    asked = []
    for record in records:
        opened, answer = tables[record["table"]], record.get("answer")
        assert opened.read is not None
        example = opened.read.example(record["id"], record["question"], answer, tags=False)
        (found,) = model.find(opened, [example])
        gold = example.answer
        answers = [found.programs[0], *(group.programs[0] for group in found.groups)]
        best, *rewarded = (gold is not None and one.is_right(gold) for one in answers)
        asked.append(Asked(record["kind"], record["question"], tuple(rewarded), best, found))
    return asked


def table(asked: list[Asked]) -> str:
    """A row for every kind of question."""
    by_kind: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_kind[one.kind].append(one)
    none = by_kind.pop("not answerable", [])
    rows = ["| kind | questions | first right | one of three right |", "|---|---|---|---|"]
    by_kind["all"] = [one for part in by_kind.values() for one in part]
    for kind, part in by_kind.items():
        top = 100 * sum(one.right for one in part) / len(part)
        three = 100 * sum(any(one.rewarded[:3]) for one in part) / len(part)
        rows.append(f"| {kind} | {len(part)} | {top:.1f} | {three:.1f} |")
    answerable = by_kind["all"]
    right = sorted(one.found.confidence for one in answerable if one.right)
    threshold = right[int(REFUSED * len(right))] if right else 0.0
    refused = sum(not one.found.answerable for one in none)
    wrongly = sum(not one.found.answerable for one in answerable if one.right)
    below = sum(one.found.confidence < threshold for one in none)
    best = sum(one.best_right for one in answerable)
    return "\n".join(
        [
            *rows,
            "",
            f"Not answerable: {refused} of {len(none)} are refused, and {wrongly} of the "
            f"{len(right)} right answers. A threshold that refuses {100 * REFUSED:.0f} % of the "
            f"right answers, {threshold:.2f}, refuses {below} of {len(none)}. Expected calibration "
            f"error: {calibration_error(answerable):.3f} over the questions with an answer, "
            f"{calibration_error([*answerable, *none]):.3f} over all. The most probable program, "
            f"instead of the most probable answer, is right for {best} of {len(answerable)}.",
        ]
    )


def calibration_error(asked: list[Asked]) -> float:
    """Mean distance between confidence and share of right answers, in ten equal bins."""
    total = 0.0
    for place in range(BINS):
        part = [one for one in asked if min(int(BINS * one.found.confidence), BINS - 1) == place]
        if part:
            total += abs(sum(one.right - one.found.confidence for one in part))
    return total / len(asked)


def main() -> None:
    """Prints the table and the questions with a wrong answer; writes a section of a page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("model", help="a checkpoint or a run's folder")
    parser.add_argument("--root", type=Path, default=ROOT)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--title", default="Plain questions")
    parser.add_argument("--wrong", action="store_true", help="print the wrong ones")
    options = parser.parse_args()
    asked = ask_all(load_model(options.model), options.root)
    text = table(asked)
    print(text)
    if options.wrong:
        for one in asked:
            if not one.right:
                program = format_program(one.found.groups[0].programs[0].program)
                print(f"{one.kind}: {one.text}\n    {one.found.confidence:.2f} {program}")
    if options.page is not None:
        command = " ".join(["python experiments/plain_questions.py", *sys.argv[1:]])
        write_section(
            options.page, options.title, f"{text}\n\nMachine: {machine()}. Command: `{command}`."
        )


if __name__ == "__main__":
    main()
