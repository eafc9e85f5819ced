"""MountainCar in tensors is Gymnasium's; the expert is good; demonstrations have a seed."""

from __future__ import annotations

import gymnasium as gym
import pytest
import torch

from sparse_rl.control.causal.demonstrations import MountainCarDemonstrations
from sparse_rl.control.causal.expert import best_actions
from sparse_rl.control.causal.mountain_car import move, wide_starts
from sparse_rl.control.errors import ControlError

SMALL = {"expert_steps": 2000, "held_out": 1700, "seed": 3}


def test_dynamics_are_those_of_gymnasium() -> None:
    env = gym.make("MountainCar-v0").unwrapped
    env.reset(seed=0)
    generator = torch.Generator().manual_seed(0)
    state_NS = wide_starts(30, generator)
    # Starts at the wall and before the goal, so that these cases are there.
    state_NS[0] = torch.tensor([-1.19, -0.07])
    state_NS[1] = torch.tensor([0.49, 0.03])
    action_TN = torch.randint(3, (40, 30), generator=generator)
    walls = goals = 0
    for n, start in enumerate(state_NS.tolist()):
        env.state, state_1S = tuple(start), state_NS[n : n + 1]
        for action in action_TN[:, n].tolist():
            _, _, terminated, _, _ = env.step(action)
            state_1S, reached = move(state_1S, torch.tensor([action]))
            assert state_1S[0].tolist() == pytest.approx([float(x) for x in env.state], abs=1e-12)
            assert bool(reached) == terminated
            walls += float(state_1S[0, 0]) == -1.2
            goals += terminated
    assert walls and goals


def test_the_expert_gets_there_in_a_hundred_steps() -> None:
    data = MountainCarDemonstrations()
    returns = data.play(data.expert, 100, torch.Generator().manual_seed(0)).returns
    assert returns.mean() > -105 and returns.min() > -125


def test_the_expert_looks_one_step_ahead_of_the_goal() -> None:
    """With one push the car is there, with another it is not."""
    assert best_actions(torch.tensor([[0.4795, 0.0204]], dtype=torch.float64)).tolist() == [2]


def test_demonstrations_follow_from_the_seed() -> None:
    first, second = MountainCarDemonstrations(**SMALL), MountainCarDemonstrations(**SMALL)
    other = MountainCarDemonstrations(**{**SMALL, "seed": 4})
    for data in (first, second, other):
        data.setup("fit")
    assert torch.equal(first.training.observation_NI, second.training.observation_NI)
    assert not torch.equal(first.training.observation_NI, other.training.observation_NI)
    assert len(first.training.action_N) == 300 and len(first.held_out.action_N) == 1700
    assert torch.equal(first.expert(first.held_out.observation_NI), first.held_out.action_N)


@pytest.mark.parametrize("confounded", [True, False])
def test_the_third_input_is_the_previous_action_or_noise(confounded: bool) -> None:
    data = MountainCarDemonstrations(confounded=confounded)
    played = data.play(data.expert, 50, torch.Generator().manual_seed(0))
    both_TN = played.running_TN[1:] & played.running_TN[:-1]
    same_TN = played.observation_TNI[1:, :, 2] == played.action_TN[:-1]
    share = float(same_TN[both_TN].double().mean())
    assert share == 1 if confounded else 0.25 < share < 0.42


def test_demonstrations_need_held_out_steps() -> None:
    with pytest.raises(ControlError, match=r"set data\.expert_steps to 10300 or more"):
        MountainCarDemonstrations(samples=300, expert_steps=9000)
