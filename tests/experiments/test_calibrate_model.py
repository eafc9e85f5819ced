"""The fit of a model's judge."""

from __future__ import annotations

import json
import math
import random
import shutil
from pathlib import Path

import pytest

import calibrate_model
import sparse_rl
from calibrate_model import asked, calibrate, fitted
from sparse_rl.asking.confidence import FEATURES


def test_a_sure_policy_is_trusted_as_far_as_it_was_right() -> None:
    rng = random.Random(0)
    rows = []
    for _ in range(600):
        given = dict.fromkeys(FEATURES, 0.0) | {"mass": rng.gauss(0, 2)}
        rows.append((given, rng.random() < 1 / (1 + math.exp(1 - given["mass"] / 2))))
    found = calibrate(rows)
    assert found.weights["mass"] == pytest.approx(0.5, abs=0.15)
    assert found.intercept == pytest.approx(-1, abs=0.3)


@pytest.mark.slow
def test_a_judge_of_the_packaged_model(tmp_path: Path) -> None:
    model = sparse_rl.load()
    folders = {}
    for name in ("plain_questions", "unseen_questions"):
        root = Path(calibrate_model.__file__).parent / name
        lines = (root / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        (tmp_path / name).mkdir()
        (tmp_path / name / "questions.jsonl").write_text("\n".join(lines[:17]))
        shutil.copy(root / json.loads(lines[0])["table"], tmp_path / name)
        folders[name] = list(asked(model, tmp_path / name))
    judge = fitted(folders, frozenset(model.policy.vocabulary.words))
    assert judge.calibration is not None and set(judge.calibration.weights) == set(FEATURES)
    assert judge.ranking is not None and judge.ranking.weights["probability"] > 0
