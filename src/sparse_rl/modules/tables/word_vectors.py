"""Pretrained word vectors: from a text file in GloVe's format, or of MiniLM's own words.

Legend: W word, E width, D the encoder's width.
"""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import torch
from torch import Tensor

from sparse_rl.errors import DataError
from sparse_rl.modules.tables.pretrained import MINILM, hidden_states, load_pretrained

_BATCH = 256


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


@torch.inference_mode()
def minilm_words(count: int, width: int) -> tuple[list[str], Tensor]:
    """Computes unit vectors of the words that MiniLM's tokenizer has whole.

    A word's vector is the mean of the encoder's output for the word alone, in the directions of the
    largest variance over all words. The most frequent words come first.

    Args:
        count: number of words; there are about 21,700.
        width: E, at most 384.

    Returns:
        The words and their vectors (W, E).

    Raises:
        TaskError: the `minilm` extra is not installed.
    """
    loaded = load_pretrained(MINILM, [-1])
    pieces = loaded.pieces
    by_id = sorted(pieces.tokenizer.get_vocab().items(), key=lambda entry: entry[1])
    words = [word for word, _ in by_id if word.isascii() and word.isalpha()][:count]
    means = []
    for start in range(0, len(words), _BATCH):
        batch = pieces.batch([pieces.read([word]) for word in words[start : start + _BATCH]])
        states = hidden_states(loaded.model, batch)[-1]
        mask = batch["attention_mask"].unsqueeze(-1)
        means.append((states * mask).sum(1) / mask.sum(1))
    vectors_WD = torch.nn.functional.normalize(torch.cat(means), dim=1)
    centred_WD = vectors_WD - vectors_WD.mean(0)
    # Eigenvalues come in ascending order.
    directions_DD = torch.linalg.eigh(centred_WD.T @ centred_WD).eigenvectors.flip(1)
    return words, torch.nn.functional.normalize(centred_WD @ directions_DD[:, :width], dim=1)
