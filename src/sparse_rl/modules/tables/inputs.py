"""Input features of an example, and padded batches of them.

Legend: B example, L question token, C column (property), W header word, K constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import StringProperty, Table
from sparse_rl.interpreters.tables.text import STOP_WORDS, stem, tokenize
from sparse_rl.modules.tables.abbreviations import abbreviated
from sparse_rl.modules.tables.vocabulary import Vocabulary
from sparse_rl.modules.transfer import transfer

TOKEN_FEATURES = 3
COLUMN_FEATURES = 5
PLACE_FEATURES = 2
CONSTANT_FEATURES = 3
MAY_BE_SHORT = 0.5
COLUMN_TYPES = ("text", "real", "date")
CONSTANT_TYPES = ("string", "number", "date")

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class ExampleArrays:
    """Features of one example as small arrays.

    Attributes:
        token_ids: (L,) word ids of the question.
        token_features: (L, TOKEN_FEATURES) in the table's cells, in a header, in a constant.
        header_ids: (C, W) word ids of the headers, 0 where there is no word.
        column_types: (C,) 0 text, 1 numbers, 2 dates.
        column_features: (C, COLUMN_FEATURES).
        places: (C, PLACE_FEATURES) whether a column is the first, and whether its cells all differ:
            what rows are called by.
        matches: (C, L) 1 where a content word of the header is the token, up to its suffix, and
            `MAY_BE_SHORT` where it may be short for it.
        spans: (K, 2) token spans of the constants.
        constant_types: (K,) 0 string, 1 number, 2 date.
        constant_features: (K, CONSTANT_FEATURES).
    """

    token_ids: Array
    token_features: Array
    header_ids: Array
    column_types: Array
    column_features: Array
    places: Array
    matches: Array
    spans: Array
    constant_types: Array
    constant_features: Array


def example_arrays(example: Example, vocabulary: Vocabulary) -> ExampleArrays:
    """Computes the encoder's input features of one example."""
    table = example.table
    stems = [stem(token) for token in example.tokens]
    headers = [[t.text for t in tokenize(header)] for header in table.header]
    header_stems = [[stem(word) for word in header] for header in headers]
    header_content = [{stem(word) for word in _content(header)} for header in headers]
    in_header = set().union(*header_content)
    named = list(zip(headers, header_content, strict=True))
    in_constant = {i for c in example.constants for i in range(c.start, c.end)}
    in_table = {i for c in example.constants if c.kind == "string" for i in range(c.start, c.end)}
    width = max((len(header) for header in headers), default=0)
    lengths = [c.end - c.start for c in example.constants]
    longest = max(lengths, default=0)
    wholes = [_is_whole_cell(example, c.value) for c in example.constants]
    return ExampleArrays(
        np.array([vocabulary[token] for token in example.tokens], np.int64),
        np.array(
            [
                (i in in_table, stems[i] in in_header, i in in_constant)
                for i in range(len(example.tokens))
            ],
            np.float32,
        ).reshape(-1, TOKEN_FEATURES),
        np.array(
            [[vocabulary[w] for w in header] + [0] * (width - len(header)) for header in headers],
            np.int64,
        ).reshape(len(headers), width),
        np.array([COLUMN_TYPES.index(type_) for type_ in table.types], np.int64),
        np.array(
            [
                _column_features(example, column, header_stems[column], content, stems)
                for column, content in enumerate(header_content)
            ],
            np.float32,
        ).reshape(-1, COLUMN_FEATURES),
        np.array(
            [
                (header == table.header[0], _all_differ(table, column))
                for column, header in enumerate(table.header)
            ],
            np.float32,
        ).reshape(-1, PLACE_FEATURES),
        np.array(
            [_matches(header, content, example.tokens, stems) for header, content in named],
            np.float32,
        ).reshape(len(headers), len(stems)),
        np.array([(c.start, c.end) for c in example.constants], np.int64).reshape(-1, 2),
        np.array([CONSTANT_TYPES.index(c.kind) for c in example.constants], np.int64),
        np.array(
            [
                (length / 4, length == longest, whole)
                for length, whole in zip(lengths, wholes, strict=True)
            ],
            np.float32,
        ).reshape(-1, CONSTANT_FEATURES),
    )


def _content(header: list[str]) -> list[str]:
    """The words of a header that tell it from others: "From" and "To" have no better ones."""
    words = [word for word in header if word[0].isalnum()]
    return [word for word in words if word not in STOP_WORDS] or words


def _matches(
    header: list[str], content: set[str], tokens: Sequence[str], stems: list[str]
) -> list[float]:
    """Returns for every token how far the header names it."""
    shortened = _shortened(header)
    may_be = abbreviated(_content(header), tokens)
    return [
        1.0 if one in content or token.startswith(shortened) else MAY_BE_SHORT * (place in may_be)
        for place, (token, one) in enumerate(zip(tokens, stems, strict=True))
    ]


def _shortened(header: list[str]) -> tuple[str, ...]:
    """Words of a header that a point shortens: "Cond." begins "condition"."""
    pairs = pairwise(header)
    return tuple(word for word, after in pairs if after == "." and len(word) > 2 and word.isalpha())


def _all_differ(table: Table, column: int) -> bool:
    return table.present(column) == table.all_rows and not table.repeated(column)


def _is_whole_cell(example: Example, value: object) -> bool:
    """Whether a string constant is a whole cell, not only part of one."""
    if not isinstance(value, tuple):
        return False
    keys = {f" {string} " for string in value}
    properties = example.table.properties
    return any(
        not keys.isdisjoint(example.table.keys(p.column))
        for p in properties
        if isinstance(p, StringProperty)
    )


def _column_features(
    example: Example, column: int, header: list[str], content: set[str], stems: list[str]
) -> tuple[float, ...]:
    """Returns header overlap (count, share, phrase), and if cells contain or equal constants."""
    shared = sum(word in stems for word in content)
    phrase = f" {' '.join(header)} " in f" {' '.join(stems)} "
    is_text = isinstance(example.table.properties[column], StringProperty)
    strings = [c.value for c in example.constants if isinstance(c.value, tuple)] if is_text else []
    values = [c.value for c in example.constants if not isinstance(c.value, tuple)]
    contains = any(example.table.containing(column, value) for value in strings)
    equals = not is_text and any(example.table.compared(column, "eq", v) for v in values)
    return (shared / 2, shared / max(len(content), 1), phrase, contains, equals)


@dataclass(frozen=True)
class Inputs:
    """A padded batch of `ExampleArrays`. Padding is 0 and masked."""

    tokens_BL: Tensor
    token_features_BLF: Tensor
    token_mask_BL: Tensor
    headers_BCW: Tensor
    column_types_BC: Tensor
    column_features_BCF: Tensor
    places_BCF: Tensor
    matches_BCL: Tensor
    column_mask_BC: Tensor
    spans_BK2: Tensor
    constant_types_BK: Tensor
    constant_features_BKF: Tensor

    def to(self, device: torch.device) -> Inputs:
        """Moves the batch from the CPU to another device."""
        return Inputs(*(transfer(value, device) for value in vars(self).values()))


def collate(arrays: Sequence[ExampleArrays]) -> Inputs:
    """Pads the arrays of B examples to common sizes."""
    mask_BL = _mask([len(a.token_ids) for a in arrays])
    mask_BC = _mask([len(a.column_types) for a in arrays])
    mask_BK = _mask([len(a.constant_types) for a in arrays])
    mask_BW = _mask([a.header_ids.shape[1] for a in arrays])
    mask_BC1 = mask_BC[:, :, None]
    return Inputs(
        _padded([a.token_ids for a in arrays], mask_BL),
        _padded([a.token_features for a in arrays], mask_BL),
        torch.from_numpy(mask_BL),
        _padded([a.header_ids.ravel() for a in arrays], mask_BC1 & mask_BW[:, None]),
        _padded([a.column_types for a in arrays], mask_BC),
        _padded([a.column_features for a in arrays], mask_BC),
        _padded([a.places for a in arrays], mask_BC),
        _padded([a.matches.ravel() for a in arrays], mask_BC1 & mask_BL[:, None]),
        torch.from_numpy(mask_BC),
        _padded([a.spans for a in arrays], mask_BK),
        _padded([a.constant_types for a in arrays], mask_BK),
        _padded([a.constant_features for a in arrays], mask_BK),
    )


def _mask(sizes: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Returns a row per size, True up to it."""
    mask: npt.NDArray[np.bool_] = np.arange(max(sizes)) < np.array(sizes)[:, None]
    return mask


def _padded(parts: Sequence[Array], mask: npt.NDArray[np.bool_]) -> Tensor:
    """Returns zeros with the rows of all parts, one after the other, where the mask is True."""
    rows = np.concatenate(parts)
    padded = np.zeros((*mask.shape, *rows.shape[1:]), rows.dtype)
    padded[mask] = rows
    return torch.from_numpy(padded)
