"""Features of a walk through a maze and its instruction.

The features of the auxiliary reward of MeRL and BoRL (Agarwal, Liang, Schuurmans and Norouzi, 2019,
arXiv 1902.07198) for blind instruction following.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise, product

MOVES = 4
PAIRS = tuple(product(range(MOVES), repeat=2))
MAZE_FEATURES = len(PAIRS) + len(PAIRS) ** 2


@lru_cache(maxsize=1 << 14)
def maze_features(instruction: tuple[int, ...], moves: tuple[int, ...]) -> tuple[float, ...]:
    """Computes the 272 features of a walk under an instruction, symbols and moves both in 0..3.

    Feature 4 i + j: the instruction has symbol i as often as the walk has move j, and at least
    once. Feature 16 + 16 p + q: the same for pair number p of neighbours in the instruction and
    pair number q of neighbours in the walk; pair (a, b) has number 4 a + b. A feature is
    1 / length of the instruction if it holds, else 0.
    """
    scale = 1.0 / len(instruction)
    singles = _matches(instruction, moves, range(MOVES), scale)
    pairs = _matches(tuple(pairwise(instruction)), tuple(pairwise(moves)), PAIRS, scale)
    return (*singles, *pairs)


def _matches(
    first: Sequence[object], second: Sequence[object], alphabet: Iterable[object], scale: float
) -> list[float]:
    keys = list(alphabet)
    counts = [second.count(key) for key in keys]
    return [
        scale * (often == count > 0)
        for often in (first.count(key) for key in keys)
        for count in counts
    ]
