"""Durations are read as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.annotation.readers.durations import read_duration, write_duration


@given(st.integers(-9999 * 60, 9999 * 60), st.booleans())
def test_what_is_written_is_read_again(seconds: int, minutes_first: bool) -> None:
    assert read_duration(write_duration(seconds, minutes_first), minutes_first) == seconds


@given(st.integers(0, 86_400_000))
def test_thousandths_are_kept(thousandths: int) -> None:
    found = read_duration(write_duration(thousandths / 1000))
    assert found == pytest.approx(thousandths / 1000, abs=1e-9)
