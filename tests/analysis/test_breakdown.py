"""Accuracy by the form of the programs."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sparse_rl.analysis.breakdown import (
    Share,
    by_frequency,
    by_function,
    by_length,
    by_template,
    overall,
)


def line(program: str, reward: float | None) -> dict[str, Any]:
    return {"program": program, "reward": reward}


LINES = [
    line("( filter_in all_rows ['a'] r.x-string ) ( filter_in v0 ['b'] r.x-string ) <END>", 1.0),
    line("( filter_in all_rows ['a'] r.x-string ) ( count v0 ) <END>", 0.0),
    line("( filter_in all_rows ['c'] r.y-string ) ( count v0 ) <END>", 1.0),
    line("( count all_rows ) <END>", None),
]


def test_groups() -> None:
    assert overall(LINES) == Share(2, 3)
    # A function that is called twice makes one program.
    assert by_function(LINES) == {"filter_in": Share(2, 3), "count": Share(1, 2)}
    assert by_length(LINES) == {"2": Share(2, 3)}
    assert by_frequency(LINES) == {"once": Share(1, 1), "2 to 9 times": Share(1, 2)}
    assert by_template(LINES)["( filter_in all_rows CONSTANT COLUMN ) ( count v0 )"] == Share(1, 2)
    assert overall([line("( count all_rows )", None)]) is None


@settings(max_examples=50)
@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_is_wilsons(right: int, wrong: int) -> None:
    """Its ends are the shares that are 1.96 of their own standard deviations away."""
    assume(right + wrong > 0)
    share = Share(right, right + wrong)
    low, high = share.interval
    assert 0 <= low <= share.accuracy <= high <= 1
    for end in {low, high} - {0.0, 1.0}:
        deviation = math.sqrt(end * (1 - end) / share.count)
        assert abs(end - share.accuracy) == pytest.approx(1.96 * deviation, rel=1e-6)
