"""Fits the confidence of a model of plain questions, and writes it beside its checkpoint.

    python experiments/calibrate_model.py [CHECKPOINT] --questions experiments/unseen_questions …
    python experiments/calibrate_model.py [CHECKPOINT] --tables 200 --seed 0

Without a checkpoint, that of the packaged model. It asks questions that no training has seen, some
of which their table does not answer, and fits a logistic regression from the features of
`sparse_rl.asking.confidence` to whether the answer is right: questions by hand in folders such as
`unseen_questions`, which are what people ask, or else generated ones. `ask` uses the result for
this checkpoint only, so run it again after every training.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from sparse_rl.asking.calibration_file import write_calibration
from sparse_rl.asking.confidence import FEATURES, Calibration, features
from sparse_rl.asking.found_programs import answer_groups, find_programs
from sparse_rl.asking.model import Model, load_model
from sparse_rl.datamodules.everyday.generate import generate
from sparse_rl.progress import in_sight
from sparse_rl.run_names import PACKAGED

QUESTIONS = 20
"""Questions on a table."""
PENALTY = 1.0
"""Half the inverse variance of the prior of the weights of standardised features."""
STEPS = 30
REFUSED = 0.04
"""Share of the right answers below the confidence from which on an answer is told as such."""
MOST_DOUBTFUL = 0.5
"""That confidence is at most this."""
Row = tuple[dict[str, float], bool]
"""Features of an answer, and whether it is right."""

Array = npt.NDArray[np.float64]


def main() -> None:
    """Fits, writes, and prints what was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("checkpoint", nargs="?", type=Path, default=PACKAGED["packaged"])
    parser.add_argument("--questions", nargs="+", type=Path, help="folders of questions by hand")
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    model = load_model(options.checkpoint)
    if options.questions:
        rows = [row for root in options.questions for row in by_hand(model, root)]
    else:
        with tempfile.TemporaryDirectory() as folder:
            rows = list(generated(model, Path(folder), options.tables, options.seed))
    calibration = calibrate(rows)
    print(f"Written to {write_calibration(options.checkpoint, calibration)}: {calibration}")


def calibrate(rows: Sequence[Row]) -> Calibration:
    """Fits the confidence to features and rightness of answers."""
    given_NF = np.array([[given[name] for name in FEATURES] for given, _ in rows])
    right_N = np.array([float(right) for _, right in rows])
    print(f"{len(rows)} questions, {right_N.mean():.1%} with the right answer")
    intercept, weights_F = logistic_regression(given_NF, right_N)
    fitted = Calibration(intercept, dict(zip(FEATURES, map(float, weights_F), strict=True)))
    sure = sorted(fitted.confidence(given) for given, right in rows if right)
    # Most refused answers shall be wrong, and few right ones be refused.
    answerable = min(sure[int(REFUSED * len(sure))], MOST_DOUBTFUL) if sure else MOST_DOUBTFUL
    return replace(fitted, answerable=answerable)


def generated(model: Model, folder: Path, tables: int, seed: int) -> Iterator[Row]:
    """Asks generated questions: features of every answer, and whether it is right."""
    names = [f"{place}.csv" for place in range(tables)]
    by_table: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    rng = random.Random(f"{seed}/calibration")
    for question, _ in generate(rng, folder, names, QUESTIONS, model.language):
        by_table[question["table"]].append(question)
    for name in in_sight(names, "asking", "tables"):
        yield from _asked(model, folder / name, by_table[name])


def by_hand(model: Model, root: Path) -> Iterator[Row]:
    """Asks the questions of a folder, as `generated`."""
    lines = (root / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    by_table: dict[str, list[dict[str, Any]]] = {}
    for record in map(json.loads, lines):
        by_table.setdefault(record["table"], []).append(record)
    for name, questions in in_sight(list(by_table.items()), f"asking {root.name}", "tables"):
        yield from _asked(model, root / name, questions)


@torch.inference_mode()
def _asked(model: Model, table: Path, questions: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    known = frozenset(model.policy.vocabulary.words)
    opened = model.open(table)
    assert opened.read is not None
    examples = [
        opened.read.example(q["id"], q["question"], q.get("answer"), tags=False) for q in questions
    ]
    beams = find_programs(model.policy, model.language, opened, examples)
    for example, found in zip(examples, beams, strict=True):
        gold = example.answer
        # Without an answer of the table, every answer is wrong.
        right = gold is not None and answer_groups(found)[0].programs[0].is_right(gold)
        yield features(found, opened, example, known), right


def logistic_regression(given_NF: Array, right_N: Array) -> tuple[float, Array]:
    """Fits a logistic regression with a Gaussian prior by Newton's method.

    Args:
        given_NF: features of N answers.
        right_N: 1 for a right answer, 0 for another.

    Returns:
        Intercept, and the weights of the features.
    """
    mean_F, scale_F = given_NF.mean(0), given_NF.std(0) + 1e-9
    inputs = np.column_stack([np.ones(len(given_NF)), (given_NF - mean_F) / scale_F])
    penalty = PENALTY * np.diag([0.0, *np.ones(given_NF.shape[1])])
    weights = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        p_N = 1 / (1 + np.exp(-inputs @ weights))
        gradient = inputs.T @ (p_N - right_N) + penalty @ weights
        curvature = (inputs.T * (p_N * (1 - p_N))) @ inputs + penalty
        weights -= np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), gradient)
    weights_F = weights[1:] / scale_F
    return float(weights[0] - weights_F @ mean_F), weights_F


if __name__ == "__main__":
    main()
