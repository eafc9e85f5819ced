"""The chain: its values, its models, and updates of the tables."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn

from sparse_rl.control import ChainDataModule, ChainValues, ControlError, GymDataModule


def learner(states: int = 6, **options: object) -> ChainValues:
    found = ChainValues(**options)  # type: ignore[arg-type]
    found._trainer = SimpleNamespace(datamodule=ChainDataModule(states))  # type: ignore[assignment]
    found.setup("fit")
    return found


def exact(found: ChainValues) -> Tensor:
    return found.chain.values().float().expand(found.ensemble, -1)


def test_values_are_the_sums_of_the_rewards() -> None:
    chain = ChainDataModule(4)
    assert chain.values().tolist() == [96.0, 97.0, 98.0, 99.0]
    state, total = torch.tensor(0), torch.zeros(())
    while not chain.ended(state):
        state = chain.move(state)
        total = total + chain.reward(state)
    assert total == 96.0


def test_exact_values_are_a_fixed_point_with_a_perfect_model() -> None:
    """Near the end too, where an imagined rollout goes on in a state without a future."""
    for target in ("mve", "steve"):
        found = learner(target=target, teleport=0.0, horizon=4, ensemble=2)
        found.values = nn.Parameter(exact(found).clone())
        torch.testing.assert_close(found.targets(torch.arange(6)), exact(found)[0])
        torch.testing.assert_close(found.gradient(torch.tensor([5, 1])), torch.zeros(2, 6))


def test_without_imagined_steps_it_is_td() -> None:
    found = learner(target="mve", horizon=0, ensemble=2)
    target_B = found.targets(torch.tensor([2, 5]))
    expected = torch.stack([-1.0 + found.values[:, 3].mean(), torch.tensor(99.0)])
    torch.testing.assert_close(target_B, expected)


def test_an_update_moves_one_state_of_each_critic_to_the_target() -> None:
    found = learner(target="mve", horizon=0, ensemble=2, lr=0.5)
    before_LS, state_L = found.values.detach().clone(), torch.tensor([2, 5])
    found.values.grad = found.gradient(state_L)
    target_L = found.targets(state_L)
    found.configure_optimizers().step()
    expected_LS = before_LS.clone()
    for critic, state in enumerate(state_L):
        expected_LS[critic, state] = (before_LS[critic, state] + target_L[critic]) / 2
    torch.testing.assert_close(found.values.detach(), expected_LS)


def test_noisy_models_land_anywhere_and_stay_at_the_end() -> None:
    torch.manual_seed(0)
    chain = ChainDataModule(100)
    next_state = chain.imagine(torch.full((8, 5000), 10), 0.1)
    # A hundredth of those that are lost land where they would have gone.
    assert abs(float((next_state != 11).double().mean()) - 0.099) < 0.005
    assert next_state.min() == 0 and next_state.max() == 99
    assert (chain.imagine(torch.full((8, 50), 100), 1.0) == 100).all()


def test_steve_trusts_short_horizons_of_noisy_models() -> None:
    """With exact critics, only imagined steps err."""
    torch.manual_seed(0)
    state_B = torch.arange(100)
    errors = {}
    for target in ("mve", "steve"):
        found = learner(states=100, target=target)
        found.values = nn.Parameter(exact(found).clone())
        errors[target] = float((found.targets(state_B) - exact(found)[0]).square().mean())
    assert errors["steve"] < 1e-6 < 1.0 < errors["mve"]


def test_other_data_are_refused_in_one_line() -> None:
    found = ChainValues()
    found._trainer = SimpleNamespace(datamodule=GymDataModule())  # type: ignore[assignment]
    with pytest.raises(ControlError, match=r"^set data to ChainDataModule: ChainValues cannot"):
        found.setup("fit")
