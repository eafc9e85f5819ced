"""Programs of one example as flat bytes, the form of checkpoints; cheap to keep and to lengthen."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sparse_rl.exploration.key_log import tensor_of
from sparse_rl.interpreters.world import Actions

NUMBER = "i"
"""Array code of a token and a length: 32 bits."""


class PackedPrograms(NamedTuple):
    """An immutable list of programs.

    Attributes:
        tokens: action ids of all programs, one after another, in 32 bits each.
        lengths: number of actions of every program, in 32 bits each.
    """

    tokens: bytes
    lengths: bytes

    @property
    def size(self) -> int:
        """Number of programs."""
        return len(self.lengths) // 4

    def with_more(self, programs: Iterable[Actions]) -> PackedPrograms:
        """Returns this list with further programs at its end."""
        more = list(programs)
        if not more:
            return self
        return PackedPrograms(
            self.tokens + array(NUMBER, chain.from_iterable(more)).tobytes(),
            self.lengths + array(NUMBER, map(len, more)).tobytes(),
        )


NOTHING = PackedPrograms(b"", b"")
"""No programs."""


def flat_tensors(packed: Sequence[PackedPrograms]) -> dict[str, Tensor]:
    """Joins the lists of all examples: token ids, program lengths, and programs per example."""
    return {
        "tokens": tensor_of(b"".join([p.tokens for p in packed]), np.int32),
        "lengths": tensor_of(b"".join([p.lengths for p in packed]), np.int32),
        "counts": torch.tensor([p.size for p in packed], dtype=torch.int32),
    }


def cut(flat: dict[str, Tensor]) -> list[PackedPrograms]:
    """Cuts what `flat_tensors` joined into the lists of the examples."""
    token_of, length_of = _slicer(flat["tokens"]), _slicer(flat["lengths"])
    counts = flat["counts"].long()
    ends = counts.cumsum(0)
    # Where the tokens of the programs end; the first entry is for an example without any before it.
    token_ends = torch.cat([torch.zeros(1, dtype=torch.long), flat["lengths"].long().cumsum(0)])
    last_tokens = token_ends[ends].tolist()
    first_tokens = token_ends[ends - counts].tolist()
    columns = (first_tokens, last_tokens, (ends - counts).tolist(), ends.tolist())
    return [
        PackedPrograms(token_of(first, last), length_of(begin, end)) if begin < end else NOTHING
        for first, last, begin, end in zip(*columns, strict=True)
    ]


def unpack(packed: PackedPrograms) -> list[Actions]:
    """Returns the programs as tuples."""
    tokens = array(NUMBER, packed.tokens).tolist()
    programs = []
    start = 0
    for length in array(NUMBER, packed.lengths):
        programs.append(tuple(tokens[start : start + length]))
        start += length
    return programs


def check_distinct(packed: PackedPrograms) -> None:
    """Checks that no program comes twice.

    Raises:
        ValueError: one does.
    """
    if packed.size > 1 and len(set(unpack(packed))) < packed.size:
        raise ValueError("a program is twice in a stratum")


def _slicer(numbers: Tensor) -> Callable[[int, int], bytes]:
    content = numbers.to(torch.int32).numpy().tobytes()
    return lambda first, last: content[4 * first : 4 * last]
