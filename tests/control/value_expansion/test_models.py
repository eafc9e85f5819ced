"""Ensembles, imagined rollouts, and the targets of the learner."""

from __future__ import annotations

import pytest
import torch
from tensordict import TensorDict
from torch import Tensor, nn
from torchrl.objectives.value import TD0Estimator

from sparse_rl.control import ValueExpansion
from sparse_rl.control.environments import Spaces
from sparse_rl.control.networks import mlp
from sparse_rl.control.value_expansion.ensembles import Ensemble, EnsembleCritic
from sparse_rl.control.value_expansion.world_model import WorldModel

SPACES = Spaces(observation=3, action=2, discrete=False, bound=2.0)


def member(ensemble: Ensemble, index: int) -> nn.Sequential:
    """The network of one member."""
    inputs, hidden = ensemble.weights[0].shape[1:]
    found = mlp(inputs, hidden, ensemble.weights[-1].shape[-1]).double()
    linear = [layer for layer in found if isinstance(layer, nn.Linear)]
    for layer, weight, bias in zip(linear, ensemble.weights, ensemble.biases, strict=True):
        layer.weight.data = weight[index].T.clone()
        layer.bias.data = bias[index, 0].clone()
    return found


def test_an_ensemble_is_its_members() -> None:
    torch.manual_seed(0)
    ensemble = Ensemble(3, 4, 5, 2).double()
    for bias in ensemble.biases:
        nn.init.normal_(bias)
    own_MBX = torch.randn(3, 7, 4, dtype=torch.float64)
    for index in range(3):
        network = member(ensemble, index)
        torch.testing.assert_close(ensemble(own_MBX)[index], network(own_MBX[index]))
        torch.testing.assert_close(ensemble(own_MBX[0])[index], network(own_MBX[0]))


def test_critics_keep_the_leading_dimensions() -> None:
    critic = EnsembleCritic(4, 3, 2, 8).double()
    observation, action = torch.randn(5, 6, 3).double(), torch.randn(5, 6, 2).double()
    value = critic(observation, action)
    assert value.shape == (5, 6, 4)
    one = member(critic.ensemble, 2)(torch.cat([observation[1, 4], action[1, 4]]))
    torch.testing.assert_close(value[1, 4, 2:3], one)


def policy(observation: Tensor) -> Tensor:
    return observation[..., :2].tanh()


def test_every_transition_model_imagines_and_every_reward_model_judges_each() -> None:
    torch.manual_seed(0)
    model = WorldModel(2, 3, 2, 8).double()
    observation_BX = torch.randn(4, 3, dtype=torch.float64)
    imagined = model.imagine(observation_BX, policy, 3)
    assert imagined.reward_HMNB.shape == (3, 2, 2, 4)
    for m in range(2):
        now = observation_BX
        for h in range(3):
            torch.testing.assert_close(imagined.observation_KMBX[h, m], now)
            torch.testing.assert_close(imagined.action_KMBA[h, m], policy(now))
            both = torch.cat([now, policy(now)], -1)
            now = now + member(model.transition, m)(both)
            step = torch.cat([both, now], -1)
            ended = member(model.termination, m)(step).squeeze(-1).sigmoid()
            torch.testing.assert_close(imagined.survival_HMB[h, m], 1 - ended)
            for n in range(2):
                reward = member(model.reward, n)(step).squeeze(-1)
                torch.testing.assert_close(imagined.reward_HMNB[h, m, n], reward)


def test_a_perfect_model_has_no_losses_but_the_ends_entropy() -> None:
    """A member whose outputs are constants, against steps that it predicts."""
    model = WorldModel(1, 1, 1, 4).double()
    for ensemble, constant in ((model.transition, 0.5), (model.reward, -2.0)):
        nn.init.zeros_(ensemble.weights[-1])
        nn.init.constant_(ensemble.biases[-1], constant)
    nn.init.zeros_(model.termination.weights[-1])
    now_MBX = torch.randn(1, 6, 1, dtype=torch.float64)
    found = model.losses(
        now_MBX,
        torch.randn(1, 6, 1, dtype=torch.float64),
        now_MBX + 0.5,
        torch.full((1, 6), -2.0, dtype=torch.float64),
        torch.tensor([[True, False, True, False, False, False]]),
    )
    assert found["transition"].item() == pytest.approx(0.0, abs=1e-12)
    assert found["reward"].item() == pytest.approx(0.0, abs=1e-12)
    torch.testing.assert_close(found["termination"], torch.tensor(2.0).double().log())


def batch(count: int) -> TensorDict:
    later = {
        "observation": torch.randn(count, 3),
        "reward": torch.randn(count, 1),
        "done": torch.zeros(count, 1, dtype=torch.bool),
        "terminated": (torch.arange(count) % 3 == 0).unsqueeze(-1),
    }
    now = {"observation": torch.randn(count, 3), "move": torch.rand(count, 2)}
    return TensorDict({**now, "next": TensorDict(later, [count])}, [count])


def learner(**options: object) -> ValueExpansion:
    torch.manual_seed(0)
    found = ValueExpansion(hidden=8, **options)  # type: ignore[arg-type]
    found.build(SPACES)
    return found


def test_without_imagined_steps_the_target_is_torchrls() -> None:
    found = learner(ensemble=1)
    # Away from the critics, so that a target with these would be seen.
    for weights in found.objective.target_value_network_params.values(True, True):
        weights.data.add_(0.1)
    transitions = batch(9)
    reference = TD0Estimator(gamma=found.gamma, value_network=found.objective.actor_critic)
    reference.set_keys(value="state_action_value")
    expected_B1 = reference.value_estimate(
        transitions, target_params=found.objective._cached_target_params
    )
    torch.testing.assert_close(found.candidates(transitions)[0, 0, 0, 0], expected_B1.squeeze(-1))


@pytest.mark.parametrize("target", ["mve", "steve"])
def test_the_critics_learn_from_the_same_targets(target: str) -> None:
    found = learner(ensemble=3, target=target)
    transitions = batch(9)
    target_BL = found.targets(transitions)
    assert target_BL.shape == (9, 3) and (target_BL == target_BL[:, :1]).all()
    ended_B = transitions["next", "terminated"].squeeze(-1)
    reward_B = transitions["next", "reward"].squeeze(-1)
    torch.testing.assert_close(target_BL[ended_B, 0], reward_B[ended_B])
    with found.objective.value_network_params.to_module(found.objective.value_network):
        value_BL = found.objective.value_network.module(
            transitions["observation"], transitions["move"]
        )
    losses = found.losses(transitions)
    torch.testing.assert_close(losses["critic"], (value_BL - target_BL).square().mean())
    assert losses.keys() == {"actor", "critic", "transition", "reward", "termination"}


def test_the_actors_loss_moves_the_policy_alone() -> None:
    found = learner(ensemble=2)
    found.losses(batch(9))["actor"].backward()  # type: ignore[no-untyped-call]
    moved = {name for name, weights in found.named_parameters() if weights.grad is not None}
    assert moved and all("actor_network_params" in name for name in moved)
