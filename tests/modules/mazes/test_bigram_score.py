"""The auxiliary reward for mazes: tied weights, and what it refuses."""

from __future__ import annotations

import itertools

import pytest
import torch

from sparse_rl.estimators import Borl, Merl
from sparse_rl.interpreters.mazes.maze_features import maze_features
from sparse_rl.modules.mazes.bigram_score import TiedBigramScore


def test_maze_weights_are_tied_through_two_numbers() -> None:
    """Against the sum over all symbols, moves and pairs, written out."""
    generator = torch.Generator().manual_seed(0)
    phi_P = torch.randn(18, generator=generator).double()
    instruction, moves = (0, 1, 1, 3, 2, 0), (3, 0, 2, 2, 1, 0)
    features_NF = torch.tensor([maze_features(instruction, moves)]).double()
    expected, place = torch.zeros(()).double(), 16
    for i, j in itertools.product(range(4), repeat=2):
        expected += phi_P[4 * i + j] * features_NF[0, 4 * i + j]
    for a, b, c, d in itertools.product(range(4), repeat=4):
        aligned = phi_P[4 * a + c] * phi_P[4 * b + d]
        crossed = phi_P[4 * a + d] * phi_P[4 * b + c]
        expected += (phi_P[16] * aligned + phi_P[17] * crossed) * features_NF[0, place]
        place += 1
    torch.testing.assert_close(TiedBigramScore()(phi_P, features_NF)[0], expected)


def test_what_does_not_fit_is_refused_in_one_line() -> None:
    score = TiedBigramScore()
    with pytest.raises(ValueError, match=r"choose LinearScore: .* the 272 features of mazes"):
        score(torch.zeros(18), torch.zeros(5, 12))
    with pytest.raises(ValueError, match="give phi 18 numbers for TiedBigramScore: got 272"):
        score(torch.zeros(272), torch.zeros(5, 272))


def test_estimators_have_its_eighteen_numbers() -> None:
    assert len(Merl(score=TiedBigramScore()).phi_P) == 18
    assert len(Borl([0.0] * 18, TiedBigramScore()).phi_P) == 18
    with pytest.raises(ValueError, match="leave size out: TiedBigramScore has 18 numbers, not 3"):
        Merl(3, TiedBigramScore())
    with pytest.raises(ValueError, match="give phi the 18 numbers of TiedBigramScore: got 3"):
        Borl([0.0] * 3, TiedBigramScore())
