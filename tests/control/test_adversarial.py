"""The adversarial game on an enumerated decision process, and against TorchRL's loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictModule
from torch import Tensor
from torchrl.objectives import GAILLoss

from sparse_rl.control.imitation.adversarial import (
    absorbing_steps,
    add_absorbing_cost,
    cost,
    discriminator_objective,
)

GAMMA = 0.9


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


@dataclass
class Process:
    """A decision process with states S and actions A, without an end."""

    start_S: Tensor
    move_SAS: Tensor

    def occupancy(self, pi_SA: Tensor) -> Tensor:
        """ρ(s, a) = (1 − γ) Σ_t γ^t P(s_t = s, a_t = a), by the linear equations."""
        move_SS = torch.einsum("sa,sat->st", pi_SA, self.move_SAS)
        matrix = torch.eye(len(self.start_S)) - GAMMA * move_SS.T
        return (1 - GAMMA) * torch.linalg.solve(matrix, self.start_S).unsqueeze(-1) * pi_SA


@pytest.fixture
def process() -> Process:
    return Process(torch.rand(4).softmax(-1), (2 * torch.randn(4, 3, 4)).softmax(-1))


def policy() -> Tensor:
    return (2 * torch.randn(4, 3)).softmax(-1)


def kl(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p / q).log()).sum()


def two_js(p: Tensor, q: Tensor) -> Tensor:
    return kl(p, (p + q) / 2) + kl(q, (p + q) / 2)


def game(logit_SA: Tensor, rho_SA: Tensor, expert_SA: Tensor) -> Tensor:
    flat = logit_SA.flatten()
    return discriminator_objective(flat, rho_SA.flatten(), flat, expert_SA.flatten())


def test_occupancy_is_the_sum_over_time(process: Process) -> None:
    pi_SA = policy()
    now_S, sum_SA = process.start_S, torch.zeros(4, 3)
    for t in range(300):
        sum_SA += (1 - GAMMA) * GAMMA**t * now_S.unsqueeze(-1) * pi_SA
        now_S = torch.einsum("s,sa,sat->t", now_S, pi_SA, process.move_SAS)
    assert torch.allclose(process.occupancy(pi_SA), sum_SA, atol=1e-10)
    assert sum_SA.sum() == pytest.approx(1.0)


def test_the_best_discriminator_is_the_ratio_of_occupancies(process: Process) -> None:
    """Newton's method ends at D* = ρ_π/(ρ_π + ρ_E); the objective is 2 JS − log 4 there."""
    rho_SA, expert_SA = process.occupancy(policy()), process.occupancy(policy())
    logit_SA = torch.zeros(4, 3, requires_grad=True)
    for _ in range(20):
        (slope_SA,) = torch.autograd.grad(game(logit_SA, rho_SA, expert_SA), logit_SA)
        d_SA = logit_SA.sigmoid()
        # The objective is a sum over pairs: its Hessian is diagonal.
        logit_SA = logit_SA + slope_SA / (d_SA * (1 - d_SA) * (rho_SA + expert_SA))
        logit_SA = logit_SA.detach().requires_grad_()
    best_SA = rho_SA / (rho_SA + expert_SA)
    assert torch.allclose(logit_SA.sigmoid(), best_SA, atol=1e-8)
    value = game(logit_SA, rho_SA, expert_SA)
    assert value.item() == pytest.approx(
        (two_js(rho_SA, expert_SA) - torch.tensor(4.0).log()).item(), abs=1e-6
    )


def test_descent_on_the_cost_is_descent_on_the_divergence(process: Process) -> None:
    """∇_θ E_π log D*, with D* held, is ∇_θ 2 JS(ρ_π, ρ_E)."""
    expert_SA = process.occupancy(policy())
    theta_SA = torch.randn(4, 3, requires_grad=True)
    rho_SA = process.occupancy(theta_SA.softmax(-1))
    (expected,) = torch.autograd.grad(two_js(rho_SA, expert_SA), theta_SA, retain_graph=True)
    logit_SA = (rho_SA / expert_SA).log().detach()
    (found,) = torch.autograd.grad((rho_SA * cost(logit_SA)).sum(), theta_SA)
    assert torch.allclose(found, expected, atol=1e-10)
    assert expected.abs().max() > 1e-3


def test_costs_after_the_end_are_those_of_an_absorbing_state() -> None:
    """State 1 ends the episode: its value in the process without an end, and with the end alone."""
    move_SS = torch.tensor([[0.7, 0.3], [0.0, 1.0]])
    cost_S = torch.tensor([-0.4, -1.3])
    endless_S = torch.linalg.solve(torch.eye(2) - GAMMA * move_SS, cost_S)
    # The same, with an end: a step of cost, which ends with probability .3.
    ended_N = torch.tensor([0.0, 1.0])
    cost_N = add_absorbing_cost(cost_S[:1].expand(2), ended_N, cost_S[1], absorbing_steps(GAMMA))
    with_end = (torch.tensor([0.7, 0.3]) * cost_N).sum() / (1 - GAMMA * 0.7)
    assert with_end.item() == pytest.approx(endless_S[0].item(), abs=1e-10)
    assert absorbing_steps(GAMMA) == pytest.approx(sum(GAMMA**t for t in range(1, 400)))


def test_the_objective_is_torchrls_with_the_labels_exchanged() -> None:
    """TorchRL's D is the probability of the expert."""
    torch.set_default_dtype(torch.float32)
    logits = torch.nn.Linear(3, 1)

    def expert_probability(observation: Tensor, action: Tensor) -> Tensor:
        return (-logits(torch.cat([observation, action], -1))).sigmoid()

    module = TensorDictModule(expert_probability, ["observation", "action"], ["d_logits"])
    names = ("observation", "collector_observation", "action", "collector_action")
    data = TensorDict({n: torch.randn(6, 1 if "action" in n else 2) for n in names}, [6])
    theirs = GAILLoss(module)(data)["loss"]
    mine, expert = (
        logits(torch.cat([data[f"{who}observation"], data[f"{who}action"]], -1)).squeeze(-1)
        for who in ("collector_", "")
    )
    ones = torch.ones(6)
    assert discriminator_objective(mine, ones, expert, ones).item() == pytest.approx(
        -theirs.item(), rel=1e-5
    )
