"""The 272 features on walks that can be counted by hand."""

from __future__ import annotations

from sparse_rl.interpreters.mazes.maze_features import MAZE_FEATURES, maze_features


def nonzero(instruction: tuple[int, ...], moves: tuple[int, ...]) -> dict[int, float]:
    found = maze_features(instruction, moves)
    assert len(found) == MAZE_FEATURES == 272
    return {place: value for place, value in enumerate(found) if value}


def test_equal_counts_that_are_not_zero_are_marked() -> None:
    """Symbols 0 0 1, moves 2 2 3: 0 and 2 occur twice, 1 and 3 once; pairs 00, 01 and 22, 23."""
    third = 1 / 3
    assert nonzero((0, 0, 1), (2, 2, 3)) == {
        4 * 0 + 2: third,
        4 * 1 + 3: third,
        16 + 16 * 0 + 10: third,
        16 + 16 * 0 + 11: third,
        16 + 16 * 1 + 10: third,
        16 + 16 * 1 + 11: third,
    }


def test_counts_must_agree_and_the_instruction_gives_the_scale() -> None:
    assert nonzero((1,), (1, 1)) == {}
    assert nonzero((0, 1), (1,)) == {4 * 0 + 1: 0.5, 4 * 1 + 1: 0.5}


def test_a_repeated_pair_is_counted() -> None:
    found = nonzero((0, 0, 0), (3, 3, 3))
    assert found == {4 * 0 + 3: 1 / 3, 16 + 16 * 0 + 15: 1 / 3}
