"""Returns against enumerated decision processes, sums written out, and TorchRL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from sparse_rl.control.returns import lambda_returns, n_step_returns, q_returns, retrace, v_trace

GAMMA = 0.9


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


@dataclass
class Process:
    """A decision process with states S and actions A; its last state is terminal."""

    move_SAS: Tensor
    reward_SA: Tensor

    @property
    def alive(self) -> Tensor:
        alive_S = torch.ones(len(self.move_SAS))
        alive_S[-1] = 0.0
        return alive_S

    def q(self, pi_SA: Tensor) -> Tensor:
        """Q^π, by the linear equations."""
        S, A = self.reward_SA.shape
        move = torch.einsum("sat,t,tb->satb", self.move_SAS, self.alive, pi_SA)
        matrix = torch.eye(S * A) - GAMMA * move.reshape(S * A, S * A)
        return torch.linalg.solve(matrix, self.reward_SA.reshape(-1)).reshape(S, A)


@pytest.fixture
def process() -> Process:
    return Process(torch.rand(3, 2, 3).softmax(-1), torch.randn(3, 2))


def policy(sharpness: float = 2.0) -> Tensor:
    return (sharpness * torch.randn(3, 2)).softmax(-1)


@pytest.mark.parametrize("behaviour", ["uniform", "near the target", "against the target"])
@pytest.mark.parametrize(("lam", "clip"), [(1.0, 1.0), (0.7, 1.0), (1.0, 0.5)])
def test_retrace_iteration_reaches_q_of_the_policy(
    process: Process, behaviour: str, lam: float, clip: float
) -> None:
    """Q <- E_μ[Q^ret], with the expectation over all trajectories of three steps."""
    pi_SA = policy()
    mu_SA = {
        "uniform": torch.full((3, 2), 0.5),
        "near the target": 0.8 * pi_SA + 0.1,
        "against the target": 0.9 * pi_SA.flip(-1) + 0.05,
    }[behaviour]
    steps, S, A = 3, 3, 2
    # Columns: s_0, a_0, s_1, a_1, s_2, a_2, s_3.
    walks_E7 = torch.tensor(list(itertools.product(*[range(S), range(A)] * steps, range(S))))
    s_TE, a_TE, next_TE = walks_E7[:, :-1:2].T, walks_E7[:, 1::2].T, walks_E7[:, 2::2].T
    move_TE = process.move_SAS[s_TE, a_TE, next_TE]
    # The law of the walk, given its first state and action.
    law_E = move_TE.prod(0) * mu_SA[s_TE[1:], a_TE[1:]].prod(0)
    terminated_TE = next_TE == S - 1
    truncated_TE = torch.zeros_like(terminated_TE)
    q_SA = torch.zeros(S, A)
    for _ in range(200):
        value_S = (pi_SA * q_SA).sum(-1)
        found_E = retrace(
            process.reward_SA[s_TE, a_TE],
            q_SA[s_TE, a_TE],
            value_S[next_TE],
            (pi_SA / mu_SA)[s_TE, a_TE],
            terminated_TE,
            truncated_TE,
            GAMMA,
            lam,
            clip,
        )[0]
        index = (s_TE[0] * A + a_TE[0],)
        q_SA = torch.zeros(S * A).index_put(index, law_E * found_E, accumulate=True).reshape(S, A)
    torch.testing.assert_close(q_SA, process.q(pi_SA), atol=1e-6, rtol=0)


@dataclass
class Steps:
    """Random steps of four environments, with episodes that end in both ways."""

    reward_TE: Tensor
    value_TE: Tensor
    next_value_TE: Tensor
    terminated_TE: Tensor
    truncated_TE: Tensor


@pytest.fixture
def steps() -> Steps:
    T, E = 7, 4
    value_TE, next_value_TE = torch.randn(T, E), torch.randn(T, E)
    terminated_TE, truncated_TE = torch.zeros(T, E).bool(), torch.zeros(T, E).bool()
    terminated_TE[3, 0] = truncated_TE[2, 1] = terminated_TE[6, 2] = truncated_TE[5, 3] = True
    ended_TE = terminated_TE | truncated_TE
    # Within an episode the state that a step leads to is the next step's.
    next_value_TE[:-1] = torch.where(ended_TE[:-1], next_value_TE[:-1], value_TE[1:])
    return Steps(torch.randn(T, E), value_TE, next_value_TE, terminated_TE, truncated_TE)


def ends(steps: Steps) -> tuple[Tensor, Tensor]:
    return steps.terminated_TE, steps.truncated_TE


def by_hand(steps: Steps, n: int) -> Tensor:
    """n-step returns, summed step by step."""
    T, E = steps.reward_TE.shape
    found = torch.empty(T, E)
    for t, e in itertools.product(range(T), range(E)):
        total, factor = 0.0, 1.0
        for k in range(n):
            total += factor * steps.reward_TE[t + k, e]
            factor *= GAMMA
            cut = steps.truncated_TE[t + k, e] or k == n - 1 or t + k == T - 1
            if steps.terminated_TE[t + k, e]:
                break
            if cut:
                total += factor * steps.next_value_TE[t + k, e]
                break
        found[t, e] = total
    return found


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_n_step_returns_are_the_sums(steps: Steps, n: int) -> None:
    found = n_step_returns(steps.reward_TE, steps.next_value_TE, *ends(steps), GAMMA, n)
    torch.testing.assert_close(found, by_hand(steps, n))


def test_lambda_returns_mix_n_step_returns(steps: Steps) -> None:
    """Σ (1 − λ) λ^{n−1} G^n: with 60 terms, what is left of λ = .5 is below 1e-17."""
    found = lambda_returns(steps.reward_TE, steps.next_value_TE, *ends(steps), GAMMA, 0.5)
    mixed = sum(0.5**n * by_hand(steps, n) for n in range(1, 61))
    torch.testing.assert_close(found, mixed)
    longest = lambda_returns(steps.reward_TE, steps.next_value_TE, *ends(steps), GAMMA, 1.0)
    torch.testing.assert_close(longest, by_hand(steps, 20))


def test_q_returns_with_traces_of_one_are_returns_with_corrections(steps: Steps) -> None:
    """Q^opc is the n-step return where Q and V agree."""
    value_TE = steps.value_TE
    found = q_returns(
        steps.reward_TE,
        value_TE,
        steps.next_value_TE,
        torch.ones_like(value_TE),
        *ends(steps),
        GAMMA,
    )
    torch.testing.assert_close(found, by_hand(steps, 20))


def traced(steps: Steps, ratio_TE: Tensor, *clips: float) -> tuple[Tensor, Tensor]:
    values = (steps.reward_TE, steps.value_TE, steps.next_value_TE)
    return v_trace(*values, ratio_TE, *ends(steps), GAMMA, *clips)


def test_v_trace_on_policy_is_the_n_step_return(steps: Steps) -> None:
    value_TE, advantage_TE = traced(steps, torch.ones_like(steps.reward_TE))
    torch.testing.assert_close(value_TE, by_hand(steps, 20), atol=1e-6, rtol=0)
    # r + γ v_{t+1} − V_t is then the return's advantage.
    expected = by_hand(steps, 20) - steps.value_TE
    torch.testing.assert_close(advantage_TE, expected, atol=1e-6, rtol=0)


def test_v_trace_in_its_limits_is_td(steps: Steps) -> None:
    """c̄ = 0 leaves one step; ρ̄ = 0 leaves V."""
    ratio_TE = torch.rand_like(steps.reward_TE) + 1.0
    value_TE, _ = traced(steps, ratio_TE, 1.0, 0.0)
    torch.testing.assert_close(value_TE, by_hand(steps, 1), atol=1e-6, rtol=0)
    value_TE, advantage_TE = traced(steps, ratio_TE, 0.0, 0.0, 0.0)
    torch.testing.assert_close(value_TE, steps.value_TE)
    assert not advantage_TE.any()


@pytest.mark.parametrize("clips", [(1.0, 1.0), (2.0, 0.8), (0.5, 0.5)])
def test_v_trace_is_torchrls(steps: Steps, clips: tuple[float, float]) -> None:
    functional = pytest.importorskip("torchrl.objectives.value.functional")
    log_ratio_TE = 0.7 * torch.randn_like(steps.reward_TE)
    ended_TE, zero_TE = steps.terminated_TE | steps.truncated_TE, torch.zeros_like(log_ratio_TE)
    # TorchRL's time is the last dimension but one.
    order = [log_ratio_TE, zero_TE, steps.value_TE, steps.next_value_TE, steps.reward_TE, ended_TE]
    inputs = [tensor_TE.T.unsqueeze(-1) for tensor_TE in (*order, steps.terminated_TE)]
    theirs = functional.vtrace_advantage_estimate(GAMMA, *inputs, *clips)
    expected_TE, target_TE = (tensor.squeeze(-1).T for tensor in theirs)
    value_TE, advantage_TE = traced(steps, log_ratio_TE.exp(), *clips, clips[0])
    torch.testing.assert_close(value_TE, target_TE, atol=1e-5, rtol=0)
    torch.testing.assert_close(advantage_TE, expected_TE, atol=1e-5, rtol=0)


def test_shapes_are_checked_at_the_door(steps: Steps) -> None:
    with pytest.raises(ValueError, match="pass q_TE with shape"):
        retrace(
            steps.reward_TE,
            steps.value_TE[:-1],
            steps.next_value_TE,
            torch.ones_like(steps.reward_TE),
            *ends(steps),
            GAMMA,
        )
