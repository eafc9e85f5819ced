"""Vectors of a frozen encoder, computed once and cached in half precision.

Legend: R row: a token or a header, E width.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from tqdm import tqdm

from sparse_rl.folders import cached_folder
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.modules.tables.transformer import TransformerEncoder, headers_of, typical_cells

# Part of the cache's key: raise it whenever the vectors of the same input change.
VERSION = 1
# Examples per batch of the encoder.
BATCH = 32


class Features:
    """Cached vectors of examples.

    Args:
        encoder: the encoder; put into evaluation mode, and on a GPU if there is one.

    Attributes:
        width: E.
        digest: key of the encoder.
    """

    def __init__(self, encoder: TransformerEncoder) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.encoder = encoder.eval().requires_grad_(False).to(device)
        self._known: WeakKeyDictionary[Example, Tensor] = WeakKeyDictionary()
        self.width, self.digest = encoder.width, encoder.digest

    def __deepcopy__(self, memo: dict[int, Any]) -> Features:
        # Cached vectors never change, and may be large.
        return self

    def __call__(self, examples: Sequence[Example]) -> list[Tensor]:
        """Returns vectors (R, E) of every example, float16 on the CPU."""
        unknown = list({id(e): e for e in examples if e not in self._known}.values())
        for example, vectors_RE in zip(unknown, self._read(unknown), strict=True):
            self._known[example] = vectors_RE
        return [self._known[example] for example in examples]

    def prepare(self, examples: Sequence[Example], cache: Path) -> None:
        """Maps the examples' vectors from a file in `cache` into memory.

        Without the file, computes the vectors and writes it.
        """
        sizes = [len(e.tokens) + len(headers_of(e)) for e in examples]
        folder = cache / f"features-{self.encoder.digest}-{self._key(examples)}"

        def fill(partial: Path) -> None:
            file_RE = _mapped(partial / "vectors.float16", sum(sizes), self.width, shared=True)
            self._fill(list(zip(examples, torch.split(file_RE, sizes), strict=True)))

        cached_folder(folder, fill)
        file_RE = _mapped(folder / "vectors.float16", sum(sizes), self.width, shared=False)
        self._known.update(zip(examples, torch.split(file_RE, sizes), strict=True))

    def _fill(self, places: list[tuple[Example, Tensor]]) -> None:
        """Computes vectors into their places, in batches of similar length."""
        places = sorted(places, key=lambda place: -len(place[1]))
        with tqdm(total=len(places), desc="features", unit=" questions") as progress:
            for start in range(0, len(places), BATCH):
                batch = places[start : start + BATCH]
                found = self._read([example for example, _ in batch])
                for (_, place_RE), vectors_RE in zip(batch, found, strict=True):
                    place_RE.copy_(vectors_RE)
                progress.update(len(batch))

    def _read(self, examples: Sequence[Example]) -> list[Tensor]:
        if not examples:
            return []
        device = next(self.encoder.parameters()).device.type
        with torch.no_grad(), torch.autocast(device, enabled=False):
            return [vectors_RE.half().cpu() for vectors_RE in self.encoder(examples)]

    def _key(self, examples: Sequence[Example]) -> str:
        cells = self.encoder.cells
        digest = hashlib.sha256(repr((VERSION, self.encoder.layers)).encode())
        for example in examples:
            digest.update(repr((example.tokens, example.table.header)).encode())
            if cells:
                digest.update(repr(typical_cells(example, cells)).encode())
        return digest.hexdigest()[:16]


def _mapped(path: Path, rows: int, width: int, shared: bool) -> Tensor:
    """Maps a file as a tensor (R, E); writes to a shared tensor go to the file."""
    size = rows * width
    return torch.from_file(str(path), shared=shared, size=size, dtype=torch.half).view(rows, width)
