"""Columns of yes and no, which questions name by their header."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparse_rl.datamodules.tables.reading import ANNOTATED
from sparse_rl.datamodules.tables.table_files import read_table_file


@pytest.mark.parametrize(
    ("header", "cells", "question", "found"),
    [
        ("Vegetarian", "yes no yes", "which dishes are vegetarian?", ("yes", "vegetarian")),
        ("Vegetarian?", "Y N Y", "which are not vegetarian?", ("y", "vegetarian")),
        ("has_garden", "true false true", "homes with a garden", ("true", "garden")),
        ("Gluten-free", "no yes no", "Any gluten-free dishes?", ("yes", "gluten free")),
        ("Is paid", "x - x", "how many are paid?", ("x", "paid")),
        ("Heli", "yes no yes", "who came by helicopter?", ("yes", "helicopter")),
        ("Cert.", "yes no yes", "jobs without a certificate", ("yes", "certificate")),
        ("Paid", "yes no yes", "which are unpaid?", ("yes", "unpaid")),
        ("Unpaid", "yes no yes", "which are paid?", ("yes", "paid")),
        ("Vegetarian", "yes no yes", "non-vegetarian dishes", ("yes", "vegetarian")),
        ("Gluten", "yes no yes", "gluten-free dishes", ("yes", "gluten")),
        ("Escaped", "yes no yes", "did any escape?", ("yes", "escape")),
        ("Escape", "yes no yes", "which ones are escaping?", ("yes", "escaping")),
        ("Penalty", "Yes NO YES", "who never got a penalty?", ("yes", "penalty")),
        ("Fast", "yes no yes", "who had breakfast?", None),
        ("Garden", "yes no yes", "which are vegetarian?", None),
        ("Spicy", "very no yes", "which are spicy?", None),
        ("Is it", "yes no yes", "is it so?", None),
    ],
)
def test_a_property_is_the_cell_that_affirms_it(
    header: str, cells: str, question: str, found: tuple[str, str] | None, tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    rows = [f"item {place},{cell}" for place, cell in enumerate(cells.split())]
    path.write_text("\n".join([f"Name,{header}", *rows]) + "\n")
    read = ANNOTATED.read("t.csv", read_table_file(path))
    example = read.example("q", question)
    named = [
        (constant.value[0], example.tokens[constant.start : constant.end])
        for constant in example.constants
        if isinstance(constant.value, tuple)
    ]
    if found is None:
        assert named == []
    else:
        ((value, words),) = named
        assert (value, " ".join(w for w in words if w.isalnum())) == found


def test_yes_in_two_letter_cases_is_one_constant(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Name,Paid\na,yes\nb,Yes\nc,no\nd,No\n")
    read = ANNOTATED.read("t.csv", read_table_file(path))
    (constant,) = read.example("q", "which are paid?").constants
    column = next(p.column for p in read.table.properties if p.name == "r.paid-string")
    assert read.table.containing(column, constant.value) == 0b11  # type: ignore[arg-type]
