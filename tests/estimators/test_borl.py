"""BoRL by enumeration, its identity with MAPO, and where its numbers come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.errors import DataError
from sparse_rl.estimators import Borl, Mapo, Merl, Stratum

Toy = Any  # the enumerable worlds of conftest.py
PHI = [1.5, -2.0, 0.7]


def some_of_b(toy: Toy) -> list[list[int]]:
    """B keeps all the rewarded programs of a context but the last; empty where there is one."""
    return [reward.nonzero().flatten().tolist()[:-1] for reward in toy.rewards]


def features(toy: Toy) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.rand(len(r), len(PHI), generator=generator).double() for r in toy.rewards]


def expected_gradient(toy: Toy, members: list[list[int]], rule: str, clip_low: float) -> Any:
    """MAPO eq. 5-6 with rewards times scores, written out; w_B = max(pi_B, clip_low)."""
    value = toy.theta.new_zeros(())
    columns = zip(toy.log_probs(), toy.rewards, members, features(toy), strict=True)
    for log_prob, reward, kept, feature in columns:
        prob = log_prob.detach().exp()
        score = feature @ torch.tensor(PHI).double()
        outside = [k for k in range(len(prob)) if k not in kept]
        pi_b = float(prob[kept].sum())
        outer = max(pi_b, clip_low) if kept else 0.0
        for k in range(len(prob)):
            among = kept if k in kept else [*kept, k]
            factor = score[k].exp() / score[among].exp().mean()
            if rule == "best":
                factor = (score[k] >= score[among].max()).double()
            weight = (1 - outer) / (1 - pi_b) if k in outside else outer / pi_b
            value = value + weight * prob[k] * reward[k] * factor * log_prob[k]
    return toy.grad(value / len(toy.worlds))


@pytest.mark.parametrize("clip_low", [0.0, 0.1, 0.6])
@pytest.mark.parametrize("rule", ["multiply", "best"])
def test_expected_gradient_is_the_objective_with_fixed_phi(
    toy: Toy, rule: Any, clip_low: float
) -> None:
    members = some_of_b(toy)
    expected = expected_gradient(toy, members, rule, clip_low)
    estimators: list[Any] = [Borl(PHI, rule=rule, clip_low=clip_low)]
    if rule == "multiply":
        merl = Merl(size=len(PHI), clip_low=clip_low)
        merl.load_state_dict(merl.state_dict() | {"phi": torch.tensor(PHI)})
        estimators.append(merl)
    for estimator in estimators:
        actual = toy.expected_gradient(estimator, members, features=features(toy))
        assert expected.abs().max() > 1e-3
        torch.testing.assert_close(actual, expected, atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize(
    "estimator",
    [Borl([0.0] * 3), Borl([0.0] * 3, rule="best"), Merl(size=3)],
    ids=["borl", "borl-best", "merl"],
)
def test_with_phi_zero_it_is_mapo(toy: Toy, estimator: Any) -> None:
    members = some_of_b(toy)
    rows = [(s, k, Stratum.B) for s, kept in enumerate(members) for k in kept]
    rows += [(s, k, Stratum.FRESH) for s in range(len(members)) for k in (0, 2, 4)]
    losses = [e.loss(toy.batch(rows, members, features=features(toy))) for e in (estimator, Mapo())]
    assert toy.grad(losses[0][0]).equal(toy.grad(losses[1][0]))
    assert all(losses[0][1][name].equal(value) for name, value in losses[1][1].items())


def test_phi_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "phi.json"
    path.write_text(json.dumps(PHI))
    assert Borl(str(path)).phi_P.tolist() == PHI
    for text in ('{"a": "b"', '"no"', "[1, null]", "3"):
        path.write_text(text)
        with pytest.raises(DataError, match=r"give phi a JSON file with a list of numbers.*phi"):
            Borl(str(path))
    with pytest.raises(DataError, match="give phi a JSON file"):
        Borl(str(tmp_path / "none.json"))
    with pytest.raises(ValueError, match="set phi to finite numbers"):
        Borl([float("nan")])


def test_features_are_needed(toy: Toy) -> None:
    members = some_of_b(toy)
    rows = [(s, k, Stratum.B) for s, kept in enumerate(members) for k in kept]
    for estimator in (Borl(PHI), Merl(size=3)):
        with pytest.raises(ValueError, match="pass features_NF"):
            estimator.loss(toy.batch(rows, members))
