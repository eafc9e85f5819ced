"""What a question names and its table does not have."""

from __future__ import annotations

import pandas as pd
import pytest

from sparse_rl.asking.tables import open_table
from sparse_rl.datamodules.tables.reading import ANNOTATED

ROWS = [["BH-5", "Ann Lee", 12], ["BH-20", "Lake Vrana", 30]]
OPENED = open_table(pd.DataFrame(ROWS, columns=["Borehole", "Site", "Depth"]), ANNOTATED)


@pytest.mark.parametrize(
    ("question", "strangers"),
    [
        ("How deep is BH-5?", ()),
        ("how deep is BH-21?", ("BH-21",)),
        ("depth at Ann Lee", ()),
        ("depth at Lake Como", ("Como",)),
        ("What is the Depth at Lake Vrana in March?", ()),
        ("Which hole did Mr Brodie drill, in EUR?", ("Brodie",)),
        ("how deep is it? Please say", ()),
        ("What Is The Total Area Of It", ()),
        ("holes of 77q", ("77q",)),
    ],
)
def test_names_and_codes_that_the_table_lacks(question: str, strangers: tuple[str, ...]) -> None:
    example = OPENED.example(question, tags=False)
    assert OPENED.not_understood(example) == strangers
