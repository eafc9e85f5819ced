"""Targets of MVE and STEVE: by loops, by enumeration, and written out by hand."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from sparse_rl.control.value_expansion.targets import (
    candidates,
    inverse_variance_weights,
    mve,
    steve,
)

GAMMA = 0.9
# A deterministic process under a fixed policy: the next state, and the reward of getting there.
# State 4 is the end of one branch; states 0 to 2 are a circle.
NEXT = torch.tensor([1, 2, 0, 4, 4])
REWARD = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0], dtype=torch.float64)
END = 4


def exact() -> Tensor:
    """V = (1 − γ P)⁻¹ r, where nothing comes after the end."""
    move = torch.eye(5, dtype=torch.float64)[NEXT]
    move[:, END] = 0.0
    value_S: Tensor = torch.linalg.solve(torch.eye(5, dtype=torch.float64) - GAMMA * move, REWARD)
    return value_S


def expand(state_B: Tensor, value_LS: Tensor, horizon: int) -> Tensor:
    """Candidates of the perfect model, from transitions of the process."""
    reward_B, now_B = REWARD[state_B], NEXT[state_B]
    rewards, survivals, values = [], [(now_B != END).double()], [value_LS[:, now_B]]
    for _ in range(horizon):
        rewards.append(REWARD[now_B])
        now_B = NEXT[now_B]
        survivals.append((now_B != END).double())
        values.append(value_LS[:, now_B])
    reward_HMNB = torch.stack(rewards)[:, None, None] if rewards else torch.zeros(0, 1, 1, 4)
    return candidates(
        reward_B,
        reward_HMNB.double(),
        torch.stack(survivals)[:, None],
        torch.stack(values)[:, None],
        GAMMA,
    )


@pytest.mark.parametrize("horizon", [0, 1, 4])
def test_with_a_perfect_model_exact_values_are_a_fixed_point_of_every_horizon(horizon: int) -> None:
    state_B = torch.arange(4)
    target_KMNLB = expand(state_B, exact().expand(2, 5), horizon)
    assert target_KMNLB.shape == (horizon + 1, 1, 1, 2, 4)
    torch.testing.assert_close(target_KMNLB, exact()[state_B].expand_as(target_KMNLB))


def test_with_a_perfect_model_the_squared_error_falls_by_gamma_to_the_2h() -> None:
    state_B = torch.arange(3)  # The circle, which never ends.
    sign_S = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0], dtype=torch.float64)
    wrong_LS = (exact() + 7.0 * sign_S).unsqueeze(0)

    def squared_error(horizon: int) -> Tensor:
        target_B = mve(expand(torch.arange(4), wrong_LS, horizon))[state_B]
        return (target_B - exact()[state_B]).square().mean()

    for horizon in range(1, 6):
        torch.testing.assert_close(
            squared_error(horizon), GAMMA ** (2 * horizon) * squared_error(0)
        )


def test_candidates_are_the_sums_written_out() -> None:
    torch.manual_seed(0)
    H, M, N, L, B = 3, 2, 3, 2, 4
    reward_B = torch.randn(B, dtype=torch.float64)
    reward_HMNB = torch.randn(H, M, N, B, dtype=torch.float64)
    survival_KMB = torch.rand(H + 1, M, B, dtype=torch.float64)
    value_KMLB = torch.randn(H + 1, M, L, B, dtype=torch.float64)
    found_KMNLB = candidates(reward_B, reward_HMNB, survival_KMB, value_KMLB, GAMMA)
    for i, m, n, k, b in itertools.product(range(H + 1), range(M), range(N), range(L), range(B)):
        target = reward_B[b]
        for j in range(1, i + 1):
            alive = torch.prod(survival_KMB[:j, m, b])
            target = target + GAMMA**j * alive * reward_HMNB[j - 1, m, n, b]
        alive = torch.prod(survival_KMB[: i + 1, m, b])
        target = target + GAMMA ** (i + 1) * alive * value_KMLB[i, m, k, b]
        torch.testing.assert_close(found_KMNLB[i, m, n, k, b], target)


def test_terminations_multiply() -> None:
    """Survivals of 1, .5 and .8: neither .8² nor .5² is the weight of the last value."""
    survival_KMB = torch.tensor([1.0, 0.5, 0.8]).reshape(3, 1, 1).double()
    reward_HMNB = torch.tensor([10.0, 100.0]).reshape(2, 1, 1, 1).double()
    value_KMLB = torch.full((3, 1, 1, 1), 1000.0).double()
    found = candidates(torch.ones(1).double(), reward_HMNB, survival_KMB, value_KMLB, 1.0).flatten()
    expected = [1 + 1000, 1 + 10 + 0.5 * 1000, 1 + 10 + 0.5 * 100 + 0.5 * 0.8 * 1000]
    torch.testing.assert_close(found, torch.tensor(expected).double())


def test_steve_weighs_by_inverse_variances_written_out() -> None:
    """Two critics: means 2, 6 and 10 with variances 1, 4 and 4 have weights 4/6, 1/6 and 1/6."""
    pairs = torch.tensor([[1.0, 3.0], [4.0, 8.0], [8.0, 12.0]]).double()
    target_KMNLB = pairs.reshape(3, 1, 1, 2, 1)
    target_B, weight_KB = steve(target_KMNLB)
    torch.testing.assert_close(weight_KB.flatten(), torch.tensor([4 / 6, 1 / 6, 1 / 6]).double())
    torch.testing.assert_close(target_B, torch.tensor([(4 * 2 + 6 + 10) / 6]).double())
    torch.testing.assert_close(mve(target_KMNLB), torch.tensor([10.0]).double())


def test_the_variance_is_over_models_rewards_and_critics_together() -> None:
    target_KMNLB = torch.arange(8.0).double().reshape(1, 2, 2, 2, 1)
    both_KMNLB = torch.cat([target_KMNLB, 2 * target_KMNLB])
    _, weight_KB = steve(both_KMNLB)
    # 0…7 has the variance 5.25, their doubles 21.
    torch.testing.assert_close(weight_KB.flatten(), torch.tensor([0.8, 0.2]).double())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_horizon_without_variance_takes_all_of_the_weight(dtype: torch.dtype) -> None:
    variance_KB = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1e-3], [2.0, 0.0, 1e30]], dtype=dtype)
    expected = torch.tensor([[0.0, 1 / 3, 1.0], [1.0, 1 / 3, 0.0], [0.0, 1 / 3, 0.0]], dtype=dtype)
    torch.testing.assert_close(inverse_variance_weights(variance_KB), expected)


def test_after_an_observed_end_the_target_is_the_reward() -> None:
    target_KMNLB = candidates(
        torch.full((1,), 3.0),
        torch.randn(2, 4, 4, 1),
        torch.zeros(3, 4, 1),
        torch.randn(3, 4, 4, 1),
        GAMMA,
    )
    assert mve(target_KMNLB).item() == 3.0
    assert steve(target_KMNLB)[0].item() == pytest.approx(3.0, abs=1e-6)


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="pass survival_KMB with shape"):
        candidates(
            torch.zeros(1),
            torch.zeros(2, 1, 1, 1),
            torch.zeros(2, 1, 1),
            torch.zeros(3, 1, 1, 1),
            GAMMA,
        )
