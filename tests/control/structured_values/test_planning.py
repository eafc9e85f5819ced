"""Problems on a grid and planning in them, against linear equations and enumeration."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparse_rl.cli import main
from sparse_rl.control.structured_values.planning import bellman, greedy_return, optimal_values
from sparse_rl.control.structured_values.problems import PROBLEMS, Problem

DOUBLE = torch.float64


@pytest.mark.parametrize("name", PROBLEMS)
def test_transitions_are_chances_of_neighbours(name: str) -> None:
    problem = PROBLEMS[name](9, 8, 5)
    assert problem.reward_SA.shape == (72, 5)
    assert problem.next_SAK.min() >= 0 and problem.next_SAK.max() < 72
    assert problem.chance_SAK.min() >= 0
    total = problem.chance_SAK.sum(-1)
    torch.testing.assert_close(total, torch.ones_like(total))


def test_a_pendulum_at_rest_on_top_stays() -> None:
    # Angle 0 and speed 0 are points of the grid; torque 0 is the action in the middle.
    problem = PROBLEMS["pendulum"](10, 9, 3)
    top = 5 * 9 + 4
    assert problem.reward_SA[top, 1].abs() < 1e-20
    stay = problem.next_SAK[top, 1] == top
    torch.testing.assert_close(problem.chance_SAK[top, 1][stay].sum(), torch.ones((), dtype=DOUBLE))
    # A step of Pendulum-v1 from angle −π/5·2 and speed 2, with full torque, computed by hand.
    angle, speed = -2 * torch.pi / 5, 2.0
    state = 3 * 9 + 5
    torque = torch.tensor(2.0, dtype=DOUBLE)
    after = speed + 0.05 * (15 * torch.sin(torch.tensor(angle, dtype=DOUBLE)) + 3 * torque)
    speeds = torch.linspace(-8, 8, 9, dtype=DOUBLE)[problem.next_SAK[state, 2] % 9]
    torch.testing.assert_close((problem.chance_SAK[state, 2] * speeds).sum(), after)
    angles = problem.next_SAK[state, 2] // 9 * (2 * torch.pi / 10) - torch.pi
    torch.testing.assert_close((problem.chance_SAK[state, 2] * angles).sum(), angle + 0.05 * after)
    torch.testing.assert_close(
        problem.reward_SA[state, 2],
        torch.tensor(-(angle**2 + 0.1 * 4 + 0.004), dtype=DOUBLE),
    )


def small() -> Problem:
    generator = torch.Generator().manual_seed(0)
    chance = torch.rand(4, 3, 4, dtype=DOUBLE, generator=generator)
    return Problem(
        torch.randn(4, 3, dtype=DOUBLE, generator=generator),
        torch.randint(4, (4, 3, 4), generator=generator),
        chance / chance.sum(-1, keepdim=True),
    )


def test_optimal_values_are_those_of_the_best_of_all_policies() -> None:
    problem, gamma = small(), 0.9
    states = torch.arange(4)
    best = torch.full((4,), -torch.inf, dtype=DOUBLE)
    for number in range(3**4):
        policy = number // 3 ** torch.arange(4) % 3
        moves = torch.zeros(4, 4, dtype=DOUBLE).scatter_add(
            1, problem.next_SAK[states, policy], problem.chance_SAK[states, policy]
        )
        system = torch.eye(4, dtype=DOUBLE) - gamma * moves
        best = torch.maximum(best, torch.linalg.solve(system, problem.reward_SA[states, policy]))
    q_SA = optimal_values(problem, gamma)
    torch.testing.assert_close(q_SA.amax(1), best, atol=1e-6, rtol=0)
    torch.testing.assert_close(bellman(problem, best, gamma), q_SA, atol=1e-6, rtol=0)
    assert greedy_return(problem, q_SA, gamma) == pytest.approx(float(best.mean()), abs=1e-6)
    assert greedy_return(problem, -q_SA, gamma) < float(best.mean()) - 0.1


def test_bad_input_ends_in_one_line(tmp_path: Path) -> None:
    common = ["fit", "--config=svp_pendulum.yaml", f"--trainer.logger.save_dir={tmp_path}"]
    with pytest.raises(SystemExit, match=r"^error: set data to GridDataModule: Svp cannot plan on"):
        main([*common, "--data=GymDataModule", "--data.name=CartPole-v1"])
    with pytest.raises(SystemExit, match=r"^error: set positions between 2 and 1000: got 1$"):
        main([*common, "--data.positions=1"])
