"""Forms of programs."""

from __future__ import annotations

import doctest

from hypothesis import given, settings
from hypothesis import strategies as st

from sparse_rl.analysis import programs
from sparse_rl.analysis.programs import functions, template
from sparse_rl.interpreters.tables.dates import Date
from sparse_rl.interpreters.tables.program import Expression, format_program

NAMES = st.sampled_from(["filter_in", "hop", "count", "same_as"])
CONSTANTS = st.one_of(
    st.lists(st.text("a[]()'\\\\ ,.r-", max_size=8), min_size=1, max_size=2).map(tuple),
    st.floats(allow_nan=False, allow_infinity=False),
    st.builds(Date, st.integers(1000, 2000)),
)
COLUMNS = st.sampled_from(["r.a-string", "r.count-number", "r.r.-x-date"])


@settings(max_examples=50)
@given(st.lists(st.tuples(NAMES, CONSTANTS, COLUMNS), min_size=1, max_size=4))
def test_constants_and_columns_do_not_matter(parts: list[tuple[str, object, str]]) -> None:
    """Whatever brackets, quotes and names of functions stand in a constant."""
    program = tuple(Expression(name, "v0", (value, column)) for name, value, column in parts)  # type: ignore[arg-type]
    text = format_program(program)
    assert functions(text) == [name for name, _, _ in parts]
    assert template(text) == " ".join(f"( {name} v0 CONSTANT COLUMN )" for name, _, _ in parts)


def test_examples_of_the_docstrings() -> None:
    assert doctest.testmod(programs) == (0, 3)
