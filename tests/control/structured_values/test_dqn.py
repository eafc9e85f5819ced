"""Targets of Q-learning against TorchRL's loss, and their completion."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tensordict import TensorDict
from torch import nn
from torchrl.modules import QValueActor
from torchrl.objectives import DQNLoss

from sparse_rl.control import Dqn
from sparse_rl.control.environments import Spaces
from sparse_rl.control.structured_values.dqn import Duelling
from sparse_rl.control.structured_values.matrix_estimation import approximate_rank
from sparse_rl.control.structured_values.targets import completed_values, q_targets


def transitions(count: int, actions: int) -> TensorDict:
    generator = torch.Generator().manual_seed(0)
    ended = torch.rand(count, 1, generator=generator) < 0.3
    after = {
        "observation": torch.randn(count, 4, generator=generator),
        "reward": torch.randn(count, 1, generator=generator),
        "terminated": ended,
        # An episode that a time limit cuts has a future.
        "done": ended | (torch.rand(count, 1, generator=generator) < 0.3),
    }
    return TensorDict(
        {
            "observation": torch.randn(count, 4, generator=generator),
            "action": torch.randint(actions, (count,), generator=generator),
            "next": TensorDict(after, [count]),
        },
        [count],
    )


@pytest.mark.parametrize("duelling", [False, True])
@pytest.mark.parametrize("double", [False, True])
def test_loss_and_gradient_are_torchrls(
    double: bool, duelling: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    learner = Dqn(hidden=8, gamma=0.9, double=double, duelling=duelling)
    learner.build(Spaces(observation=4, action=3, discrete=True))
    for weights in learner.target.parameters():
        weights.add_(0.1 * torch.randn_like(weights))
    actor = QValueActor(
        copy.deepcopy(learner.critic), in_keys=["observation"], action_space="categorical"
    )
    reference = DQNLoss(
        actor,
        loss_function="smooth_l1",
        double_dqn=double,
        delay_value=True,
        action_space="categorical",
    )
    reference.make_value_estimator(gamma=0.9)
    pairs = zip(
        reference.target_value_network_params.values(True, True),
        TensorDict.from_module(learner.target).values(True, True),
        strict=True,
    )
    for theirs, ours in pairs:
        theirs.data.copy_(ours.data)
    batch = transitions(50, 3)
    expected = reference(batch.clone())["loss"]
    expected.backward()

    gradients: list[torch.Tensor | None] = []

    def keep(counted: bool) -> torch.Tensor:
        gradients.extend(weights.grad for weights in learner.critic.parameters())
        return torch.zeros(())

    monkeypatch.setattr(learner, "step_optimizer", keep)
    found = learner.learn(batch, counted=True)
    torch.testing.assert_close(found["critic_loss"], expected.detach())
    named = zip(learner.critic.named_parameters(), gradients, strict=True)
    params = reference.value_network_params.flatten_keys(".")
    places = list(params.keys())
    for (name, _), gradient in named:
        (place,) = [key for key in places if key.endswith(name)]
        torch.testing.assert_close(gradient, params[place].grad)


def test_targets_written_out() -> None:
    next_q = torch.tensor([[1.0, 2.0], [3.0, -1.0], [5.0, 6.0]], dtype=torch.float64)
    chooser = torch.tensor([[9.0, 0.0], [0.0, 9.0], [0.0, 9.0]], dtype=torch.float64)
    reward = torch.tensor([0.5, -0.5, 2.0], dtype=torch.float64)
    ended = torch.tensor([False, False, True])
    plain = q_targets(reward, ended, next_q, 0.9)
    torch.testing.assert_close(plain, torch.tensor([2.3, 2.2, 2.0], dtype=torch.float64))
    double = q_targets(reward, ended, next_q, 0.9, chooser)
    torch.testing.assert_close(double, torch.tensor([1.4, -1.4, 2.0], dtype=torch.float64))


def test_completion_keeps_what_is_seen_and_uses_the_structure() -> None:
    generator = torch.Generator().manual_seed(0)
    # Values of a state times those of an action.
    q_BA = torch.randn(64, 1, generator=generator) * torch.linspace(0.7, 1.3, 6)
    observed = torch.rand(q_BA.shape, generator=generator) < 0.8
    observed[3] = False
    thresholds = [0.8**n for n in range(1, 31)]
    found = completed_values(q_BA, observed, thresholds)
    # A row without an observation is seen whole.
    observed[3] = True
    assert torch.equal(found[observed], q_BA[observed])
    error = (found - q_BA)[~observed].norm() / q_BA[~observed].norm()
    assert error < 0.15 and not observed.all()
    assert torch.equal(completed_values(q_BA, torch.ones_like(observed), thresholds), q_BA)


def test_two_actions_have_a_rank_of_two_at_most() -> None:
    q_BA = torch.randn(64, 2)
    assert approximate_rank(q_BA) == 2
    # Values of two actions that hardly differ: one direction holds nearly all.
    assert approximate_rank(q_BA[:, :1] + 0.01 * q_BA) == 1


def test_advantages_of_a_duelling_network_have_mean_zero() -> None:
    outputs = torch.randn(5, 4)
    q = Duelling()(outputs)
    torch.testing.assert_close(q.mean(-1), outputs[:, 0])
    torch.testing.assert_close(q[:, 1] - q[:, 0], outputs[:, 2] - outputs[:, 1])


def test_epsilon_falls_to_its_last_value() -> None:
    learner = Dqn(hidden=4, last_epsilon=0.1, exploration_steps=100)
    steps: Any = SimpleNamespace(steps=0)
    learner.rollouts = steps
    assert learner.epsilon == 1.0
    steps.steps = 50
    assert learner.epsilon == pytest.approx(0.55)
    steps.steps = 1000
    assert learner.epsilon == pytest.approx(0.1)


def test_greedy_actions_are_the_best_ones() -> None:
    learner = Dqn(hidden=4, last_epsilon=0.0, exploration_steps=1)
    learner.build(Spaces(observation=4, action=3, discrete=True))
    steps: Any = SimpleNamespace(steps=10)
    learner.rollouts = steps
    now = TensorDict({"observation": torch.randn(7, 4)}, [7])
    assert isinstance(learner.critic, nn.Module)
    best = learner.critic(now["observation"]).argmax(-1)
    assert torch.equal(learner.act(now.clone())["action"], best)
    assert torch.equal(learner.act_best(now.clone())["action"], best)
