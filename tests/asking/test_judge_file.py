"""Which weights a judge belongs to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sparse_rl.asking.confidence import FEATURES, Calibration
from sparse_rl.asking.evidence import EVIDENCE
from sparse_rl.asking.judge import Judge
from sparse_rl.asking.judge_file import carry_ranking, judge_path, read_judge, write_judge
from sparse_rl.asking.ranking import AnswerRanking
from sparse_rl.errors import CheckpointError

CALIBRATION = Calibration(0.5, dict.fromkeys(FEATURES, 0.25))
RANKING = AnswerRanking(dict.fromkeys(EVIDENCE, -0.5))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "model.ckpt"
    path.write_bytes(b"one")
    return path


@pytest.mark.parametrize(
    "judge", [Judge(RANKING, CALIBRATION), Judge(None, CALIBRATION), Judge(RANKING), Judge()]
)
def test_a_judge_belongs_to_its_weights(judge: Judge, checkpoint: Path) -> None:
    assert read_judge(checkpoint) == (Judge(), "")
    assert write_judge(checkpoint, judge) == judge_path(checkpoint)
    assert read_judge(checkpoint) == (judge, "")
    checkpoint.write_bytes(b"other")
    none, note = read_judge(checkpoint)
    assert none == Judge() and "belongs to other weights than model.ckpt" in note


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "{}",
        '{"checkpoint": "a", "ranking": {"named": 1}}',
        '{"checkpoint": "a", "confidence": {"intercept": 1, "weights": {"mass": 1}}}',
        '{"checkpoint": "a", "ranking": 3}',
    ],
)
def test_a_damaged_judge_ends_in_one_line(content: str, checkpoint: Path) -> None:
    judge_path(checkpoint).write_text(content)
    with pytest.raises(CheckpointError, match=r"calibrate_model\.py"):
        read_judge(checkpoint)


def test_a_judge_is_numbers_alone(checkpoint: Path) -> None:
    write_judge(checkpoint, Judge(RANKING, CALIBRATION))
    content = json.loads(judge_path(checkpoint).read_text())
    assert set(content) == {"checkpoint", "ranking", "confidence"}
    assert set(content["confidence"]) == {"intercept", "weights"}
    assert set(content["ranking"]) == set(EVIDENCE)


def test_a_model_that_has_learned_keeps_the_ranking(checkpoint: Path, tmp_path: Path) -> None:
    learned = tmp_path / "mine.ckpt"
    learned.write_bytes(b"more")
    carry_ranking(checkpoint, learned)
    assert not judge_path(learned).exists()
    write_judge(checkpoint, Judge(RANKING, CALIBRATION))
    carry_ranking(checkpoint, learned)
    assert read_judge(learned) == (Judge(RANKING), "")
    # A judge that an earlier model of this name left behind would be of other weights.
    checkpoint.write_bytes(b"other")
    carry_ranking(checkpoint, learned)
    assert not judge_path(learned).exists()
