"""Fits the judge of a model's answers to questions by hand, and writes it beside its checkpoint.

    python experiments/calibrate_model.py [CHECKPOINT] --questions experiments/unseen_questions …

Without a checkpoint, that of the packaged model. It asks questions that no training has seen, some
of which their table does not answer, and fits two models: the ranking of the answers of a beam
(`sparse_rl.asking.ranking`), and the probability that the first of them is right
(`sparse_rl.asking.confidence`). The latter sees every folder as ranked by a fit to the others, as
new questions will be. `ask` uses the result for this checkpoint only, so run it again after every
training.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from calibrating.regressions import choice_model, logistic_regression
from sparse_rl.asking.confidence import FEATURES, Calibration, features
from sparse_rl.asking.evidence import EVIDENCE, Evidence
from sparse_rl.asking.found_programs import AnswerGroup, FoundProgram, answer_groups, find_programs
from sparse_rl.asking.judge import Judge
from sparse_rl.asking.judge_file import write_judge
from sparse_rl.asking.model import Model, load_judged_by
from sparse_rl.asking.ranking import AnswerRanking
from sparse_rl.asking.tables import OpenTable
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.progress import in_sight
from sparse_rl.run_names import PACKAGED

Row = tuple[dict[str, float], bool]
"""Features of an answer, and whether it is right."""


@dataclass(frozen=True)
class Beam:
    """A question with its most probable programs."""

    found: Sequence[FoundProgram]
    groups: Sequence[AnswerGroup]
    opened: OpenTable
    example: Example

    def is_right(self, group: AnswerGroup) -> bool:
        """Whether an answer is right; without an answer of the table, every answer is wrong."""
        gold = self.example.answer
        return gold is not None and group.programs[0].is_right(gold)


def main() -> None:
    """Fits, writes, and prints what was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("checkpoint", nargs="?", type=Path, default=PACKAGED["packaged"])
    parser.add_argument(
        "--questions", nargs="+", type=Path, required=True, help="folders of questions by hand"
    )
    options = parser.parse_args()
    # An earlier judge has no say in what is asked, and may be of another version.
    model = load_judged_by(Judge(), options.checkpoint)
    folders = {root.name: list(asked(model, root)) for root in options.questions}
    judge = fitted(folders, frozenset(model.policy.vocabulary.words))
    print(f"Written to {write_judge(options.checkpoint, judge)}: {judge}")


@torch.inference_mode()
def asked(model: Model, root: Path) -> Iterator[Beam]:
    """Asks the questions of a folder."""
    lines = (root / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    by_table: dict[str, list[Mapping[str, Any]]] = {}
    for record in map(json.loads, lines):
        by_table.setdefault(record["table"], []).append(record)
    for name, questions in in_sight(list(by_table.items()), f"asking {root.name}", "tables"):
        opened = model.open(root / name)
        assert opened.read is not None
        examples = [
            opened.read.example(q["id"], q["question"], q.get("answer"), tags=False)
            for q in questions
        ]
        beams = find_programs(model.policy, model.language, opened, examples)
        for example, found in zip(examples, beams, strict=True):
            yield Beam(found, answer_groups(found), opened, example)


def fitted(folders: Mapping[str, Sequence[Beam]], known: frozenset[str]) -> Judge:
    """Fits a judge, and prints how often the first answer is right, with and without its ranking.

    Args:
        folders: the questions of every folder, at least two.
        known: words of the training's questions.
    """
    everything = [beam for beams in folders.values() for beam in beams]
    rows: list[Row] = []
    for name, beams in folders.items():
        others = [beam for other, found in folders.items() if other != name for beam in found]
        ranked = list(judged(beams, ranking_of(others), known))
        rows += ranked
        answerable = [i for i, beam in enumerate(beams) if beam.example.answer is not None]
        before = np.mean([beams[i].is_right(beams[i].groups[0]) for i in answerable])
        after = np.mean([ranked[i][1] for i in answerable])
        print(f"{name}: {before:.1%} of {len(answerable)} by the policy, {after:.1%} as ranked")
    return Judge(ranking_of(everything), calibrate(rows))


def ranking_of(beams: Sequence[Beam]) -> AnswerRanking:
    """Fits the ranking of answers."""
    given, right = [], []
    for beam in beams:
        evidence = Evidence(beam.opened, beam.example)
        found = [evidence.of(group) for group in beam.groups]
        given.append(np.array([[one[name] for name in EVIDENCE] for one in found]))
        right.append([beam.is_right(group) for group in beam.groups])
    weights_F = choice_model(given, right)
    return AnswerRanking(dict(zip(EVIDENCE, map(float, weights_F), strict=True)))


def judged(beams: Sequence[Beam], ranking: AnswerRanking, known: frozenset[str]) -> Iterator[Row]:
    """Features of the first answers, and whether they are right."""
    for beam in beams:
        groups = ranking.ranked(beam.groups, beam.opened, beam.example)
        yield (
            features(beam.found, groups, beam.opened, beam.example, known),
            beam.is_right(groups[0]),
        )


def calibrate(rows: Sequence[Row]) -> Calibration:
    """Fits the confidence to features and rightness of answers."""
    given_NF = np.array([[given[name] for name in FEATURES] for given, _ in rows])
    right_N = np.array([float(right) for _, right in rows])
    intercept, weights_F = logistic_regression(given_NF, right_N)
    return Calibration(intercept, dict(zip(FEATURES, map(float, weights_F), strict=True)))


if __name__ == "__main__":
    main()
