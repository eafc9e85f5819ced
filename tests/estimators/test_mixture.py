"""The exact mixture over contexts, against enumeration."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from sparse_rl.estimators import Gaca, MixturePrior
from sparse_rl.interpreters.world import Trajectory

STEPS, ACTIONS = 3, 2
SYMBOLS = tuple(range(ACTIONS))


def walk(*actions: int) -> Trajectory:
    return Trajectory(actions, (SYMBOLS,) * len(actions), 1.0)


@pytest.fixture
def tables() -> torch.Tensor:
    torch.manual_seed(0)
    return (2 * torch.randn(5, STEPS, ACTIONS)).log_softmax(-1)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_it_is_the_mean_over_the_contexts(tables: torch.Tensor, length: int) -> None:
    prior = MixturePrior(kappa=0.1)
    prior.refresh(0, lambda: tables)
    walks = [walk(*actions) for actions in product(SYMBOLS, repeat=length)]
    got = prior.log_prior(walks, [SYMBOLS] * len(walks)).exp()
    p = tables.double().exp()
    for place, trajectory in enumerate(walks):
        mean = torch.stack(
            [
                torch.stack([p[s, t, a] for t, a in enumerate(trajectory.actions)]).prod()
                for s in range(len(p))
            ]
        ).mean()
        assert float(got[place]) == pytest.approx(0.9 * float(mean) + 0.1 / 2**length, rel=1e-5)
    assert float(got.sum()) == pytest.approx(1.0, rel=1e-5)


def test_walks_of_different_lengths_do_not_disturb_each_other(tables: torch.Tensor) -> None:
    prior = MixturePrior()
    prior.refresh(0, lambda: tables)
    walks = [walk(1), walk(0, 1, 1), walk(0, 1)]
    together = prior.log_prior(walks, [SYMBOLS] * 3)
    alone = torch.cat([prior.log_prior([w], [SYMBOLS]) for w in walks])
    torch.testing.assert_close(together, alone)


def test_it_is_refreshed_on_schedule(tables: torch.Tensor) -> None:
    prior = MixturePrior(refresh_every=10)
    asked = []

    def look() -> torch.Tensor:
        asked.append(step)
        return tables

    for step in range(25):
        prior.refresh(step, look)
    assert asked == [0, 10, 20]


def test_its_state_is_restored_between_refreshes(tables: torch.Tensor) -> None:
    prior, other = MixturePrior(), MixturePrior()
    prior.refresh(0, lambda: tables)
    other.load_state_dict(prior.state_dict())
    other.refresh(7, lambda: torch.zeros_like(tables))
    walks = [walk(0, 1), walk(1, 1)]
    assert other.log_prior(walks, [SYMBOLS] * 2).equal(prior.log_prior(walks, [SYMBOLS] * 2))


def test_no_gradient_reaches_the_policy(tables: torch.Tensor) -> None:
    tables.requires_grad_()
    prior = MixturePrior()
    prior.refresh(0, lambda: tables)
    assert not prior.log_prior([walk(0, 1)], [SYMBOLS]).requires_grad


def test_before_the_first_look_it_is_the_uniform_walk() -> None:
    got = MixturePrior().log_prior([walk(0), walk(0, 1, 1)], [SYMBOLS] * 2).exp()
    assert got.tolist() == pytest.approx([1 / 2, 1 / 8])


@pytest.mark.parametrize("options", [{"refresh_every": 0}, {"kappa": 0.0}, {"kappa": 1.0}])
def test_options_outside_their_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"set \w+ (to|above)"):
        MixturePrior(**options)  # type: ignore[arg-type]


def test_gaca_asks_for_it() -> None:
    prior = MixturePrior()
    assert Gaca(prior=prior).prior is prior
