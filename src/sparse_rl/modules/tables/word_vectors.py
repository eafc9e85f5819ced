"""Pretrained word vectors from a text file in GloVe's format."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import torch
from torch import Tensor

from sparse_rl.errors import DataError


def read_glove(path: Path, wanted: Container[str], first: int) -> tuple[list[str], Tensor]:
    """Reads unit vectors of the wanted words and of the file's first words.

    GloVe's files begin with the most frequent words, so that a policy knows words of questions
    that were not in its training data.

    Args:
        path: file with a line per word: the word, then its numbers, separated by spaces.
        wanted: words to read anywhere in the file.
        first: number of lines to read in any case.

    Returns:
        The words, in file order, and their vectors (words, width).

    Raises:
        DataError: the file is missing or empty, or a line has another width or no numbers.
    """
    if not path.is_file():
        raise DataError(
            f"point --model.task.glove to a file in GloVe's text format: no file {path}"
        )
    words: list[str] = []
    rows: list[list[float]] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            word, *values = line.rstrip("\n").split(" ")
            if number > first and word not in wanted:
                continue
            try:
                row = [float(value) for value in values]
            except ValueError:
                row = []
            if not row or (rows and len(row) != len(rows[0])):
                raise DataError(
                    f"write a word and {len(rows[0]) if rows else 'its'} numbers on every line "
                    f"({path}, line {number})"
                )
            words.append(word)
            rows.append(row)
    if not rows:
        raise DataError(f"use a file with word vectors: there is none in {path}")
    return words, torch.nn.functional.normalize(torch.tensor(rows), dim=1)
