"""Options of a table, written and read back."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparse_rl.annotation.readers.column_options import NO_OPTIONS, TYPES, ColumnOptions
from sparse_rl.annotation.readers.dates import ORDERS
from sparse_rl.datamodules.tables.table_options import (
    TableOptions,
    options_of,
    options_path,
    options_text,
)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4)
COLUMNS = st.builds(
    ColumnOptions,
    st.none() | st.sampled_from(TYPES),
    st.none() | st.sampled_from([".", ","]),
    st.none() | st.sampled_from(ORDERS),
    st.none() | st.just("m"),
    st.none() | st.lists(TEXTS, max_size=2).map(tuple),
).filter(lambda options: options != NO_OPTIONS)
TABLES = st.builds(
    TableOptions,
    st.none() | TEXTS,
    st.none() | st.characters(exclude_categories=["Cs"]),
    st.none() | st.integers(1),
    st.none() | TEXTS,
    st.dictionaries(TEXTS, COLUMNS, max_size=2),
)


@settings(max_examples=30)
@given(TABLES)
@example(TableOptions(columns={"a\x85b": ColumnOptions(missing=("\u2028",))}))
@example(TableOptions())
def test_options_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, options: TableOptions
) -> None:
    path = tmp_path_factory.getbasetemp() / "t.csv"
    options_path(path).write_text(options_text(options), encoding="utf-8")
    assert options_of(path) == options
