"""The guiding prior (GACA eq. 8): sums, invariance, averages and state."""

from __future__ import annotations

import gc
import io
import itertools
import math
from typing import Any

import pytest
import torch

from sparse_rl.estimators import EnergyPrior, TemplatePrior
from sparse_rl.estimators import prior as prior_module
from sparse_rl.interpreters.toys import TreeWorld, enumerate_trajectories

Toy = Any  # the enumerable worlds of conftest.py


def pooled(toy: Toy) -> tuple[list[Any], list[Any], torch.Tensor]:
    """All programs of all contexts, their symbols and their probabilities."""
    programs = list(itertools.chain.from_iterable(toy.programs))
    pairs = zip(toy.worlds, toy.programs, strict=True)
    symbols = [world.symbols for world, mine in pairs for _ in mine]
    return programs, symbols, torch.cat(toy.log_probs()).detach().exp()


def trained(toy: Toy) -> TemplatePrior:
    prior = TemplatePrior(rate=0.3, kappa=0.1)
    programs, symbols, weight_N = pooled(toy)
    prior.update(programs, symbols, weight_N)
    prior.update(programs[:5], symbols[:5], torch.arange(5))
    return prior


def test_the_sum_over_the_programs_of_a_context_is_at_most_one(toy: Toy) -> None:
    """sum_z prior(z|s) <= 1, by enumeration; none is zero; one before any update."""
    for prior, exact in ((TemplatePrior(), True), (trained(toy), False)):
        for world, programs in zip(toy.worlds, toy.programs, strict=True):
            log_prior_N = prior.log_prior(programs, [world.symbols] * len(programs))
            total = log_prior_N.exp().sum().item()
            assert total <= 1 + 1e-6 and log_prior_N.isfinite().all()
            assert not exact or total == pytest.approx(1.0)


def test_a_template_is_spread_over_its_instantiations(masked: Toy) -> None:
    """(1 - k) p(template) / N + k * uniform walk, by hand in the first context."""
    program = next(p for p in masked.programs[0] if p.actions == (1, 3))
    world = masked.worlds[0]
    prior = TemplatePrior(kappa=0.2)
    prior.update([program, masked.programs[0][0]], [world.symbols] * 2, torch.tensor([3.0, 1.0]))
    # Template (function, column): two functions at the root, three columns below action 1.
    expected = 0.8 * 0.75 / (2 * 3) + 0.2 / (3 * 4)
    found = prior.log_prior([program], [world.symbols])
    assert found.exp().item() == pytest.approx(expected)
    assert found.dtype == torch.float32 and not found.requires_grad


def test_where_symbols_are_actions_it_is_the_mixture_over_contexts(flat: Toy) -> None:
    """prior(z) = E_s[pi(z|s)]."""
    programs, symbols, weight_N = pooled(flat)
    prior = TemplatePrior(kappa=1e-6)
    prior.update(programs, symbols, weight_N)
    mixture = torch.stack(flat.log_probs()).detach().exp().mean(0)
    found = prior.log_prior(flat.programs[1], [flat.worlds[1].symbols] * 11).exp().double()
    torch.testing.assert_close(found, mixture, atol=1e-5, rtol=1e-5)


def test_renaming_columns_and_entities_changes_nothing(masked: Toy) -> None:
    """Another numbering and order of the actions, with their symbols."""
    prior = trained(masked)
    world = masked.worlds[0]
    rename = [5, 0, 3, 6, 2, 1, 4]
    symbols = [0] * 7
    for old, new in enumerate(rename):
        symbols[new] = world.symbols[old]
    valid = {
        tuple(rename[a] for a in prefix): tuple(sorted(rename[a] for a in actions))
        for prefix, actions in world.valid.items()
    }
    renamed = list(enumerate_trajectories(TreeWorld(valid, {}, symbols)))
    by_actions = {program.actions: program for program in renamed}
    same = [by_actions[tuple(rename[a] for a in p.actions)] for p in masked.programs[0]]
    size = len(same)
    torch.testing.assert_close(
        prior.log_prior(same, [symbols] * size),
        prior.log_prior(masked.programs[0], [world.symbols] * size),
    )


def test_updates_are_an_exponential_average(flat: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """p <- (1 - rate) p + rate * share, also across the division of the counts."""
    monkeypatch.setattr(prior_module, "MAX_TOTAL", 5.0)
    programs, symbols = flat.programs[0], [flat.worlds[0].symbols] * 11
    generator = torch.Generator().manual_seed(1)
    prior, expected = TemplatePrior(rate=0.25, kappa=1e-9), None
    for _ in range(20):
        weight_N = torch.rand(11, generator=generator).double()
        share_N = weight_N / weight_N.sum()
        expected = share_N if expected is None else 0.75 * expected + 0.25 * share_N
        prior.update(programs, symbols, weight_N)
        prior.update(programs, symbols, torch.zeros(11))
    found = prior.log_prior(programs, symbols).exp().double()
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_a_rate_of_one_remembers_the_last_batch_only(flat: Toy) -> None:
    programs, symbols = flat.programs[0][:2], [flat.worlds[0].symbols] * 2
    prior = TemplatePrior(rate=1.0, kappa=1e-9)
    prior.update(programs, symbols, torch.tensor([1.0, 0.0]))
    prior.update(programs, symbols, torch.tensor([1.0, 3.0]))
    found = prior.log_prior(programs, symbols).exp()
    assert found.tolist() == pytest.approx([0.25, 0.75], abs=1e-6)


def test_negligible_templates_are_forgotten(flat: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prior_module, "MAX_TOTAL", 1e13)
    programs, symbols = flat.programs[0][:2], [flat.worlds[0].symbols] * 2
    prior = TemplatePrior(rate=0.5)
    prior.update(programs, symbols, torch.tensor([0.0, 1.0]))
    for _ in range(50):
        prior.update(programs[:1], symbols[:1], torch.ones(1))
    assert prior.state_dict()["templates"] == [[0]]


def test_state_survives_a_file_read_with_weights_only(masked: Toy) -> None:
    """The restored prior goes on exactly as the first would have."""
    first = trained(masked)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = TemplatePrior(rate=0.3, kappa=0.1)
    programs, symbols, weight_N = pooled(masked)
    second.log_prior(programs, symbols)
    second.load_state_dict(torch.load(file, weights_only=True))
    for _ in range(2):
        found = [prior.log_prior(programs, symbols) for prior in (first, second)]
        assert torch.equal(*found)
        for prior in (first, second):
            prior.update(programs, symbols, weight_N)
    empty = TemplatePrior()
    empty.load_state_dict(TemplatePrior().state_dict())
    assert empty.state_dict()["templates"] == []


def test_what_is_kept_of_a_trajectory_dies_with_it_and_follows_its_symbols(masked: Toy) -> None:
    prior = TemplatePrior()
    world = masked.worlds[0]
    programs = list(enumerate_trajectories(TreeWorld(world.valid, {}, world.symbols)))
    prior.update(programs, [world.symbols] * len(programs), torch.ones(len(programs)))
    assert len(prior._cache) == len(programs)
    own = prior.log_prior(programs, [world.symbols] * len(programs))
    other = prior.log_prior(programs, [tuple(range(7))] * len(programs))
    assert not torch.allclose(own, other)
    torch.testing.assert_close(prior.log_prior(programs, [world.symbols] * len(programs)), own)
    del programs
    gc.collect()
    assert not prior._cache


def test_no_gradient_flows_into_the_prior(flat: Toy) -> None:
    weight_N = torch.ones(11, requires_grad=True)
    prior = TemplatePrior()
    prior.update(flat.programs[0], [flat.worlds[0].symbols] * 11, weight_N)
    assert not prior.log_prior(flat.programs[0], [flat.worlds[0].symbols] * 11).requires_grad


def test_wrong_input_is_named(flat: Toy) -> None:
    programs, symbols = flat.programs[0][:2], [flat.worlds[0].symbols] * 2
    with pytest.raises(ValueError, match="pass 2 sequences of symbols: got 1"):
        TemplatePrior().log_prior(programs, symbols[:1])
    with pytest.raises(ValueError, match="pass 2 weights in weight_N: got 3"):
        TemplatePrior().update(programs, symbols, torch.ones(3))
    with pytest.raises(ValueError, match="pass weight_N finite"):
        TemplatePrior().update(programs, symbols, torch.tensor([1.0, math.nan]))
    for options in ({"rate": 0.0}, {"kappa": 1.5}):
        with pytest.raises(ValueError, match="above 0 and up to 1"):
            TemplatePrior(**options)


def test_the_energy_prior_is_zero(flat: Toy) -> None:
    prior = EnergyPrior()
    programs, symbols = flat.programs[0], [flat.worlds[0].symbols] * 11
    prior.update(programs, symbols, torch.ones(11))
    prior.load_state_dict(prior.state_dict())
    assert prior.log_prior(programs, symbols).tolist() == [0.0] * 11
    assert TemplatePrior().log_prior([], []).shape == (0,)
