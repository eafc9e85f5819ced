"""Options with bounds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.bounds import (
    Count,
    Dropout,
    OptionError,
    PositiveAmount,
    Seed,
    Within,
    bounded,
    bounds_of_type,
)


@bounded
def options(
    count: Count = 1, dropout: Dropout = 0.0, rate: PositiveAmount = 0.1, seed: Seed | None = None
) -> tuple[object, ...]:
    return count, dropout, rate, seed


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"count": 0}, "set count to 1 or more: got 0"),
        ({"dropout": 1.0}, "set dropout to 0 or more and below 1: got 1.0"),
        ({"rate": 0.0}, "set rate above 0: got 0.0"),
        ({"rate": math.nan}, "set rate above 0: got nan"),
        ({"rate": math.inf}, "set rate above 0: got inf"),
        ({"seed": 2**32}, "set seed between 0 and 4294967295: got 4294967296"),
        (
            {"count": 2**63},
            "set count to 9,223,372,036,854,775,807 or less: got 9223372036854775808",
        ),
        ({"count": None}, "set count to 1 or more: got None"),
        ({"rate": "much"}, "set rate above 0: got much"),
        ({"seed": -(10**50)}, "set seed between 0 and 4294967295: got -1000000000"),
    ],
)
def test_a_value_out_of_bounds_names_the_option(given_: dict[str, float], says: str) -> None:
    with pytest.raises(OptionError) as refused:
        options(**given_)  # type: ignore[arg-type]
    assert str(refused.value).startswith(says) and len(str(refused.value)) < 120


def test_values_within_bounds_and_none_pass() -> None:
    assert options(3, 0.5, 1e9, None) == (3, 0.5, 1e9, None)
    assert options(seed=2**32 - 1)[-1] == 2**32 - 1


@given(st.floats(), st.floats(-2, 2), st.floats(-2, 2), st.booleans(), st.booleans())
def test_bounds_are_those_of_the_comparison(
    value: float, low: float, high: float, open_low: bool, open_high: bool
) -> None:
    above = low < value if open_low else low <= value
    below = value < high if open_high else value <= high
    assert (value in Within(low, high, open_low, open_high)) == (above and below)


def test_a_type_without_bounds_has_none() -> None:
    assert bounds_of_type(int) is None and bounds_of_type(str | None) is None
    assert bounds_of_type(Count | None) == Within(1, 2**63 - 1)
