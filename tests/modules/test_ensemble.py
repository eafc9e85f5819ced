"""Averaging by answer."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sparse_rl.modules.ensemble import vote


def line(program: str, answer: object, probability: float) -> dict[str, Any]:
    return {"program": program, "denotation": [answer], "log_prob": math.log(probability)}


def test_programs_with_the_same_answer_vote_together() -> None:
    first = [line("a", 1, 0.5), line("b", 2, 0.3), line("c", 2, 0.1)]
    second = [line("d", 2, 0.6), line("a", 1, 0.4)]
    won = vote([first, second])
    assert won["denotation"] == [2] and won["program"] == "d"
    assert math.exp(won["log_prob"]) == pytest.approx((0.3 + 0.1 + 0.6) / 2)


def test_a_policy_that_is_sure_is_outvoted() -> None:
    assert vote([[line("a", 1, 0.9)], [line("b", 2, 0.6)], [line("b", 2, 0.5)]])["denotation"] == [
        2
    ]


def test_underflow_still_answers() -> None:
    won = vote([[{"program": "a", "denotation": [1], "log_prob": -2000.0}]])
    assert won["denotation"] == [1] and won["log_prob"] == -math.inf


def test_nothing_to_vote_on_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one prediction"):
        vote([[], []])
