"""Words that name a column."""

from __future__ import annotations

import pytest

from sparse_rl.asking.header_names import is_named


@pytest.mark.parametrize(
    ("header", "word", "named"),
    [
        ("Invoices", "invoice", True),
        ("Country", "countries", True),
        ("Date of birth", "of", False),
        ("Published", "publisher", True),
        ("Age", "ages", True),
        ("Carrier", "car", False),
    ],
)
def test_a_word_names_a_header_up_to_its_ending(header: str, word: str, named: bool) -> None:
    assert is_named(header, [word]) == named
