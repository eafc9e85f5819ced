"""What all data modules of tables check in the examples that they read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table


class Blank(WikiSQLDataModule):
    """Reads a question that has no token, as a reader of one's own may."""

    def preprocess(self, split: str) -> list[Example]:
        return [Example("q7", " ", (), Table("t", ["a"], ["text"], [["x"]]), (), None)]

    def compute_digest(self, split: str) -> str:
        return f"blank-{split}"


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_question_without_a_token_is_named(split: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"write the question of {split}: no word in id q7"):
        Blank(cache=str(tmp_path)).examples(split)
