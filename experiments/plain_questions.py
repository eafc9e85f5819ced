"""Asks a model the plain questions of `plain_questions/`, and counts right answers.

    python experiments/plain_questions.py runs/everyday/version_0 [--page docs/results/….md]

Right is the first program, or one of the first three. A question that its table does not answer has
no right program: for these it counts how many are refused, by the first program or by its low
probability.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import torch

from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.asking.model import Model, load_model
from sparse_rl.datamodules.tables.table_files import read_table_file
from sparse_rl.interpreters.tables.program import format_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.decoding import beam

ROOT = Path(__file__).resolve().parent / "plain_questions"
WIDTH = 5
REFUSED = 0.05
"""Share of right answers that the threshold for "not answerable" may refuse."""
BINS = 10


@dataclass(frozen=True)
class Asked:
    """A question with what the model found.

    Attributes:
        kind: kind of the question.
        text: the question.
        rewarded: whether each of the first programs has the right answer.
        probability: of the first program, among those of the beam.
        program: the first program.
    """

    kind: str
    text: str
    rewarded: tuple[bool, ...]
    probability: float
    program: str

    @property
    def right(self) -> bool:
        return self.rewarded[0]

    @property
    def refuses(self) -> bool:
        return "( no_answer " in self.program


@torch.inference_mode()
def ask_all(model: Model, root: Path) -> list[Asked]:
    """Asks all questions of a folder."""
    lines = (root / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    names = dict.fromkeys(record["table"] for record in records)
    tables = {name: model.reading.read(name, read_table_file(root / name)) for name in names}
    found = []
    for record in records:
        answer = record.get("answer")
        example = tables[record["table"]].example(record["id"], record["question"], answer)
        world = TableWorld(example, model.language)
        (results,) = beam(model.policy, model.policy.encode([example]), [world], WIDTH)
        rewarded = tuple(answer is not None and result.trajectory.reward > 0 for result in results)
        first = results[0]
        program = format_program(world.program(first.trajectory.actions))
        probability = math.exp(first.log_prob)
        found.append(Asked(record["kind"], record["question"], rewarded, probability, program))
    return found


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
    right = sorted(one.probability for one in answerable if one.right)
    threshold = right[int(REFUSED * len(right))] if right else 0.0
    said = sum(one.refuses for one in none)
    refused = sum(one.refuses or one.probability < threshold for one in none)
    wrongly = sum(one.refuses for one in answerable)
    return "\n".join(
        [
            *rows,
            "",
            f"Not answerable: the first program says so for {said} of {len(none)}, and wrongly for "
            f"{wrongly} of the {len(answerable)} others. With programs of a probability below "
            f"{threshold:.2f} as refusals, which are {100 * REFUSED:.0f} % of the right ones, "
            f"it is {refused} of {len(none)}. Expected calibration error: "
            f"{calibration_error(answerable):.3f}.",
        ]
    )


def calibration_error(asked: list[Asked]) -> float:
    """Mean distance between probability and share of right answers, in ten equal bins."""
    total = 0.0
    for place in range(BINS):
        part = [one for one in asked if min(int(BINS * one.probability), BINS - 1) == place]
        if part:
            right = sum(one.right for one in part) / len(part)
            total += len(part) * abs(right - sum(one.probability for one in part) / len(part))
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
                print(f"{one.kind}: {one.text}\n    {one.probability:.2f} {one.program}")
    if options.page is not None:
        command = " ".join(["python experiments/plain_questions.py", *sys.argv[1:]])
        write_section(
            options.page, options.title, f"{text}\n\nMachine: {machine()}. Command: `{command}`."
        )


if __name__ == "__main__":
    main()
