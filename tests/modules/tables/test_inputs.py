"""Which words of a question a header finds."""

from __future__ import annotations

import numpy as np

from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.modules.tables.inputs import example_arrays
from sparse_rl.modules.tables.vocabulary import Vocabulary


def _matches(question: str, *header: str) -> list[list[int]]:
    table = Table("t", list(header), ["text"] * len(header), [["x"] * len(header)])
    example = Example("q", question, tuple(question.split()), table, (), None)
    arrays = example_arrays(example, Vocabulary(["the"]))
    return [np.flatnonzero(row).tolist() for row in arrays.matches]


def test_headers_find_forms_of_their_words() -> None:
    found = _matches("hives that were inspected at shelves", "Hive", "Last inspection", "Shelf")
    assert found == [[0], [3], [5]]


def test_small_words_count_where_a_header_has_no_others() -> None:
    assert _matches("boats from oslo to rome", "From", "To", "Time to go") == [[1], [3], []]
