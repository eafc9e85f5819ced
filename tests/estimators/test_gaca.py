"""GACA's readings: by enumeration where an objective exists, else written-out arithmetic."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from sparse_rl.estimators import EnergyPrior, Gaca, Mml, ScoredBatch, Stratum, TemplatePrior

Toy = Any  # the enumerable worlds of conftest.py
B, C, FRESH = Stratum.B, Stratum.C, Stratum.FRESH


def full(reading: Any = "credit", adaptive: bool = True, **options: Any) -> Gaca:
    """GACA over all strata with a baseline, of the full inverse tail from the first step."""
    tail = {"beta": -1.0, "temper_steps": 0} if adaptive else {}
    return Gaca(reading, adaptive, **{"clip_low": 0.1, "baseline": "mean"} | tail | options)


def some_of_b(toy: Toy) -> list[list[int]]:
    return [reward.nonzero().flatten().tolist()[:-1] for reward in toy.rewards]


def random_priors(toy: Toy) -> list[Tensor]:
    generator = torch.Generator().manual_seed(9)
    return [torch.randn(len(r), generator=generator).double() - 2 for r in toy.rewards]


def objective_gradient(toy: Toy, lam: float, power: float, priors: list[Tensor]) -> Tensor:
    """grad(E[r] - lam * g * KL(pi || prior)) / lam, mean over contexts (GACA eq. 6 and 10)."""
    values = []
    for log_prob, reward, prior in zip(toy.log_probs(), toy.rewards, priors, strict=True):
        divergence = (log_prob.exp() * (log_prob - prior)).sum()
        values.append(((log_prob.exp() * reward).sum() - lam * power * divergence) / lam)
    gradient: Tensor = toy.grad(torch.stack(values).mean())
    return gradient


@pytest.mark.parametrize(("baseline", "draws"), [("none", 1), ("mean", 1), ("mean", 2)])
@pytest.mark.parametrize("lam", [0.1, 2.0])
def test_energy_prior_without_adaptation_is_entropy_regularised_reward(
    toy: Toy, lam: float, baseline: Any, draws: int
) -> None:
    """Exact KL(pi || q), GACA eq. 7: grad(E[r] + lam H) / lam over all fresh draws."""
    estimator = full(
        reading="guided",
        adaptive=False,
        prior=EnergyPrior(),
        lam=lam,
        clip_low=0.0,
        fresh=draws,
        baseline=baseline,
    )
    actual = toy.expected_gradient(estimator, some_of_b(toy), draws)
    zeros = [torch.zeros_like(reward) for reward in toy.rewards]
    expected = objective_gradient(toy, lam, 1.0, zeros)
    torch.testing.assert_close(actual, expected, atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("power", [0.0, 0.3, 1.0])
def test_template_prior_without_adaptation_is_the_regularised_objective(
    toy: Toy, power: float
) -> None:
    """q ~ pi^(1-g) prior^g exp(r/lam): grad(E[r] - lam g KL(pi || prior)) / lam (GACA eq. 10)."""
    priors = random_priors(toy)
    estimator = full("guided", adaptive=False, lam=0.5, prior_power=power, clip_low=0.0)
    actual = toy.expected_gradient(estimator, some_of_b(toy), priors=priors)
    expected = objective_gradient(toy, 0.5, power, priors)
    torch.testing.assert_close(actual, expected, atol=1e-9, rtol=1e-6)


def test_c_replay_counts_for_its_own_mass_only(flat: Toy) -> None:
    """With B and C enumerated and no fresh draws, the sum over B and C of pi rho grad log pi.

    What is missing is the unexplored mass, program 10 of context 0.
    """
    members, unrewarded = [[1, 4, 7]], [[0, 2, 3, 5, 6, 8, 9]]
    log_prob = flat.log_probs()[0]
    prob = log_prob.detach().exp()
    reward = flat.rewards[0]
    share = prob[unrewarded[0]] / prob[unrewarded[0]].sum()
    estimator = full(
        "guided", adaptive=False, prior=EnergyPrior(), lam=0.7, clip_low=0.0, baseline="none"
    )
    actual = torch.zeros_like(flat.theta)
    for k, chance in zip(unrewarded[0], share, strict=True):
        rows = [(0, j, B) for j in members[0]] + [(0, k, C)]
        batch = flat.batch(rows, members, unrewarded, contexts=[0])
        actual -= chance * flat.grad(estimator.loss(batch)[0])
    rho = reward / 0.7 - log_prob.detach()
    expected = flat.grad((prob * rho * log_prob)[:10].sum())
    torch.testing.assert_close(actual, expected)


def mixed_batch(toy: Toy, priors: list[Tensor]) -> ScoredBatch:
    """B partly kept, two C draws and three fresh draws for each context."""
    members = [reward.nonzero().flatten().tolist() for reward in toy.rewards]
    zero = [(reward == 0).nonzero().flatten().tolist() for reward in toy.rewards]
    unrewarded = [places[:3] for places in zero]
    rows = [(s, k, B) for s, kept in enumerate(members) for k in kept]
    rows += [(s, k, C) for s, kept in enumerate(unrewarded) for k in (kept[0], kept[2])]
    rows += [(s, k, FRESH) for s, places in enumerate(zero) for k in places[-3:]]
    batch: ScoredBatch = toy.batch(rows, members, unrewarded, priors)
    return batch


def written_weights(batch: ScoredBatch, low: float, high: float, fraction: float) -> list[float]:
    """a_i of the strata by loops over plain numbers."""
    log_prob, example = batch.log_prob_N.tolist(), batch.example_N.tolist()
    kind = batch.stratum_N.tolist()
    out = []
    for i, s in enumerate(example):
        peers = [j for j in range(len(kind)) if example[j] == s]
        same = [j for j in peers if kind[j] == kind[i]]
        pi_b, pi_c = math.exp(batch.log_mass_b_B[s]), math.exp(batch.log_mass_c_B[s])
        outer = min(max(pi_b, low), high) if any(kind[j] == B for j in peers) else 0.0
        if kind[i] == B:
            total = sum(math.exp(log_prob[j]) for j in same)
            out.append(outer * math.exp(log_prob[i]) / total)
        elif kind[i] == C:
            out.append((1 - outer) * fraction / len(same) * min(1.0, pi_c / (1 - pi_b)))
        else:
            out.append((1 - outer) * (1 - fraction) / len(same))
    return out


def written_tail(ratio: list[float], weight: list[float], beta: float) -> list[float]:
    """F_i ** beta with weighted mean one, by its definition."""
    tail = [
        sum(a for a, r in zip(weight, ratio, strict=True) if r >= own) / sum(weight)
        for own in ratio
    ]
    mean = sum(a * t**beta for a, t in zip(weight, tail, strict=True)) / sum(weight)
    return [t**beta / mean for t in tail]


def check_written(
    toy: Toy, batch: ScoredBatch, gaca: Gaca, rho: list[float], credit: list[float] | None = None
) -> None:
    """loss = -sum_i a_i sg(rho_i - b_i) log pi_i (GACA eq. 12); b leave-one-out (section 4).

    `credit` are factors of the weights a_i.
    """
    weight = written_weights(batch, gaca.clip_low, gaca.clip_high, gaca.replay_fraction)
    if credit is not None:
        weight = [a * factor for a, factor in zip(weight, credit, strict=True)]
    example, kind = batch.example_N.tolist(), batch.stratum_N.tolist()
    value = batch.log_prob_N.new_zeros(())
    for i, s in enumerate(example):
        base = 0.0
        for j in range(len(kind)):
            size = sum(example[k] == s and kind[k] == kind[j] for k in range(len(kind)))
            if example[j] != s or (kind[j] != B and size == 1):
                continue
            if kind[j] == kind[i] != B:
                base += 0.0 if j == i else weight[j] * rho[j] * size / (size - 1)
            else:
                base += weight[j] * rho[j]
        base = base if gaca.baseline == "mean" else 0.0
        value = value - weight[i] * (rho[i] - base) * batch.log_prob_N[i] / batch.num_examples
    loss, _ = gaca.loss(batch)
    torch.testing.assert_close(loss, value)
    torch.testing.assert_close(toy.grad(loss), toy.grad(value), atol=1e-9, rtol=1e-6)


@pytest.mark.parametrize("beta", [-1.0, -0.5])
@pytest.mark.parametrize("power", [0.3, 1.0])
@pytest.mark.parametrize("baseline", ["mean", "none"])
def test_guided_with_adaptation_is_the_written_arithmetic(
    toy: Toy, beta: float, power: float, baseline: Any
) -> None:
    """t = q / pi with Z(s) the weighted mean, ranked over the batch (GACA eq. 13, section 5)."""
    batch = mixed_batch(toy, random_priors(toy))
    gaca = full(
        reading="guided",
        lam=0.4,
        beta=beta,
        prior_power=power,
        clip_low=0.2,
        clip_high=0.8,
        baseline=baseline,
    )
    rho = written_tail(guided_ratio(batch, gaca), written_weights(batch, 0.2, 0.8, 0.5), beta)
    check_written(toy, batch, gaca, rho)


def guided_ratio(batch: ScoredBatch, gaca: Gaca) -> list[float]:
    """q / pi = (prior / pi)^g exp(r / lam) / Z by plain numbers."""
    assert batch.log_prior_N is not None
    columns = (batch.log_prob_N.tolist(), batch.log_prior_N.tolist(), batch.reward_N.tolist())
    raw = [
        math.exp(gaca.prior_power * (prior - log_prob) + reward / gaca.lam)
        for log_prob, prior, reward in zip(*columns, strict=True)
    ]
    weight = written_weights(batch, gaca.clip_low, gaca.clip_high, gaca.replay_fraction)
    example = batch.example_N.tolist()
    out = []
    for value, s in zip(raw, example, strict=True):
        mine = [j for j, other in enumerate(example) if other == s]
        z = sum(weight[j] * raw[j] for j in mine) / sum(weight[j] for j in mine)
        out.append(value / z)
    return out


def test_ranking_by_example_needs_eight_samples(flat: Toy) -> None:
    """Context 0 has 8 samples and is ranked alone; the others, of 6 and 5, together."""
    batch = mixed_batch(flat, random_priors(flat))
    gaca = full("guided", lam=0.4, ranking="example", clip_low=0.2)
    ratio = guided_ratio(batch, gaca)
    weight = written_weights(batch, 0.2, 1.0, 0.5)
    example = batch.example_N.tolist()
    assert [example.count(s) for s in range(3)] == [8, 6, 5]
    rho = [0.0] * len(example)
    for mine in ([0], [1, 2]):
        places = [i for i, s in enumerate(example) if s in mine]
        part = written_tail([ratio[i] for i in places], [weight[i] for i in places], -1.0)
        for i, value in zip(places, part, strict=True):
            rho[i] = value
    check_written(flat, batch, gaca, rho)


@pytest.mark.parametrize("adaptive", [True, False])
@pytest.mark.parametrize("baseline", ["mean", "none"])
def test_credit_is_the_written_arithmetic(toy: Toy, baseline: Any, adaptive: bool) -> None:
    """(pi / pi_B) rho (r - b): rho the tail of log pi - log prior inside B, of mean one."""
    batch = mixed_batch(toy, random_priors(toy))
    gaca = full(reading="credit", adaptive=adaptive, clip_low=0.3, baseline=baseline)
    assert batch.log_prior_N is not None
    gain = (batch.log_prob_N - batch.log_prior_N).tolist()
    weight = written_weights(batch, 0.3, 1.0, 0.5)
    rho = [1.0] * len(gain)
    for s in range(batch.num_examples):
        rows = zip(batch.example_N.tolist(), batch.stratum_N.tolist(), strict=True)
        mine = [i for i, row in enumerate(rows) if row == (s, int(B))]
        if mine:
            part = written_tail([gain[i] for i in mine], [weight[i] for i in mine], -1.0)
            for i, value in zip(mine, part, strict=True):
                rho[i] = value if adaptive else 1.0
    check_written(toy, batch, gaca, [float(r > 0) for r in batch.reward_N], rho)


def test_credit_favours_the_program_that_is_specific_to_its_context(flat: Toy) -> None:
    """Of two equally probable rewarded programs, the one with the smaller prior gains."""
    flat.theta.data.zero_()
    priors = [torch.full_like(reward, -3.0) for reward in flat.rewards]
    priors[0][4] = -1.0
    rows = [(0, 1, B), (0, 4, B)]
    gaca = full(reading="credit", clip_low=1.0, baseline="none")
    ascent = -flat.grad(gaca.loss(flat.batch(rows, [[1, 4]], priors=priors, contexts=[0]))[0])
    # Tails 1/2 and 1: weights 1/2 * (2, 1) / 1.5.
    assert (ascent[1] - ascent[4]).item() == pytest.approx(2 / 3 - 1 / 3)


@pytest.mark.parametrize("adaptive", [True, False])
def test_literal_is_the_printed_ratio_without_a_reward(toy: Toy, adaptive: bool) -> None:
    """rho of pi / prior over the strata (GACA eq. 13 as printed, with the sign of eq. 12)."""
    batch = mixed_batch(toy, random_priors(toy))
    gaca = full(reading="literal", adaptive=adaptive, baseline="none")
    assert batch.log_prior_N is not None
    ratio = (batch.log_prob_N - batch.log_prior_N).tolist()
    rho = written_tail(ratio, written_weights(batch, 0.1, 1.0, 0.5), -1.0) if adaptive else ratio
    check_written(toy, batch, gaca, rho)


def test_prior_gets_no_gradient_and_the_target_is_held_fixed(toy: Toy) -> None:
    priors = [prior.requires_grad_() for prior in random_priors(toy)]
    for gaca in (full("guided"), full("credit"), full("guided", adaptive=False)):
        loss, report = gaca.loss(mixed_batch(toy, priors))
        torch.autograd.backward(loss)
        assert all(prior.grad is None for prior in priors)
        assert not any(value.requires_grad for value in report.values())


@pytest.mark.parametrize("reading", ["guided", "credit", "literal"])
@pytest.mark.parametrize("adaptive", [True, False])
def test_every_row_twice_changes_nothing(toy: Toy, reading: Any, adaptive: bool) -> None:
    priors = random_priors(toy)
    members = some_of_b(toy)
    rows = [(s, k, B) for s, kept in enumerate(members) for k in kept]
    rows += [(s, k, FRESH) for s in range(len(toy.worlds)) for k in (0, 3)]
    gaca = full(reading, adaptive, baseline="none")
    once = toy.grad(gaca.loss(toy.batch(rows, members, priors=priors))[0])
    twice = toy.grad(gaca.loss(toy.batch(rows + rows, members, priors=priors))[0])
    torch.testing.assert_close(once, twice)


def test_tempering_moves_credit_from_mml_to_its_full_weights(flat: Toy) -> None:
    """beta grows linearly from 0, where credit with w_B = 1 is MML."""
    priors = random_priors(flat)
    members = [[1, 4, 7], [2], []]
    rows = [(s, k, B) for s, kept in enumerate(members) for k in kept]

    def gradient(estimator: Any) -> Tensor:
        out: Tensor = flat.grad(estimator.loss(flat.batch(rows, members, priors=priors))[0])
        return out

    def credit(beta: float, steps: int = 0) -> Gaca:
        return full("credit", beta=beta, clip_low=1.0, baseline="none", temper_steps=steps)

    tempered = credit(-1.0, 100)
    torch.testing.assert_close(gradient(tempered), gradient(Mml()))
    tempered.at_step(50)
    torch.testing.assert_close(gradient(tempered), gradient(credit(-0.5)))
    tempered.at_step(1000)
    torch.testing.assert_close(gradient(tempered), gradient(credit(-1.0)))
    assert not torch.allclose(gradient(tempered), gradient(Mml()))


def test_a_target_without_mass_is_counted_and_uniform(flat: Toy) -> None:
    """All log-ratios -inf: rho is one for all (section 5), and the set is counted."""
    priors = [torch.full_like(reward, -math.inf) for reward in flat.rewards]
    batch = mixed_batch(flat, priors)
    loss, report = full("guided", baseline="none", clip_low=0.2).loss(batch)
    assert report["tail_uniform"] == 1.0 and report["nan_examples"] == 0.0
    weight_N = torch.tensor(written_weights(batch, 0.2, 1.0, 0.5)).double()
    torch.testing.assert_close(loss, -(weight_N * batch.log_prob_N).sum() / 3, atol=1e-7, rtol=0)
    _, report = full("guided", adaptive=False).loss(mixed_batch(flat, priors))
    assert report["nan_examples"] == 3.0


def test_mutual_information_falls_as_lam_grows(flat: Toy, make_toy: Any) -> None:
    """I(s; z) = E[log pi - log prior] with the exact mixture as prior (GACA prop. 1)."""
    found = []
    for lam in (0.05, 0.3, 3.0):
        toy = make_toy(flat.worlds)
        everything = [list(range(11))] * 3
        rows = [(s, k, B) for s in range(3) for k in range(11)]
        gaca = full("guided", adaptive=False, lam=lam, clip_low=0.0)
        for _ in range(60):
            mixture = torch.stack(toy.log_probs()).detach().logsumexp(0) - math.log(3)
            loss, report = gaca.loss(toy.batch(rows, everything, priors=[mixture] * 3))
            toy.theta.data -= 3.0 * min(lam, 1.0) * toy.grad(loss)
        found.append(report["mutual_information"].item())
    assert found[0] > found[1] + 0.05 and found[1] > found[2] + 0.05 and found[2] > -1e-9


def test_options_are_checked() -> None:
    for options, message in [
        ({"reading": "guided", "lam": 0.0}, "set lam above 0"),
        ({"beta": 0.5}, "set beta between"),
        ({"clip_low": 0.9, "clip_high": 0.5}, "set clip_low between"),
        ({"reading": "guided", "prior_power": 2.0}, "set prior_power between"),
        ({"replay_fraction": -0.1}, "set replay_fraction between"),
        ({"temper_steps": -1}, "set temper_steps to 0 or more"),
    ]:
        with pytest.raises(ValueError, match=message):
            Gaca(**options)  # type: ignore[arg-type]
    gaca = Gaca(replay_c=2, fresh=3, enumerate_up_to=4, prior=EnergyPrior())
    assert (gaca.plan.replay_c, gaca.plan.fresh, gaca.plan.enumerate_up_to) == (2, 3, 4)
    assert isinstance(gaca.prior, EnergyPrior) and isinstance(Gaca("guided").prior, TemplatePrior)


GUIDED = 'set reading to "guided": it does nothing here'
RANKED = 'set adaptive to true and reading to "guided" or "literal": it does nothing here'
ADAPTIVE = "set adaptive to true: it does nothing here"


OPTIONS: dict[str, Any] = {
    "lam": 0.1,
    "prior_power": 1.0,
    "ranking": "batch",
    "beta": -0.5,
    "temper_steps": 200,
    "prior": EnergyPrior(),
}


@pytest.mark.parametrize(
    ("option", "where", "message"),
    [
        ("lam", {"reading": "credit"}, GUIDED),
        ("lam", {"reading": "literal"}, GUIDED),
        ("prior_power", {"reading": "credit"}, GUIDED),
        ("prior_power", {"reading": "literal", "adaptive": False}, GUIDED),
        ("ranking", {"reading": "credit"}, RANKED),
        ("ranking", {"reading": "guided", "adaptive": False}, RANKED),
        ("beta", {"reading": "credit", "adaptive": False}, ADAPTIVE),
        ("beta", {"reading": "guided", "adaptive": False}, ADAPTIVE),
        ("temper_steps", {"reading": "literal", "adaptive": False}, ADAPTIVE),
        ("prior", {"reading": "credit", "adaptive": False}, ADAPTIVE),
    ],
)
def test_an_option_that_does_nothing_is_refused(
    option: str, where: dict[str, Any], message: str
) -> None:
    """Its default too: who gives it expects that it acts."""
    with pytest.raises(ValueError) as error:
        Gaca(**where, **{option: OPTIONS[option]})
    assert str(error.value) == f"leave {option} out (null), or {message}"


@pytest.mark.parametrize("reading", ["guided", "literal", "credit"])
@pytest.mark.parametrize("adaptive", [True, False])
def test_the_options_that_act_change_the_gradient(flat: Toy, reading: Any, adaptive: bool) -> None:
    """What is accepted acts, and what is refused is all the rest."""
    batch = mixed_batch(flat, random_priors(flat))
    other: dict[str, Any] = {
        "lam": 0.9,
        "prior_power": 0.0,
        "ranking": "example",
        "beta": -0.5,
        "temper_steps": 10,
        "prior": EnergyPrior(),
    }
    usual = flat.grad(full(reading, adaptive).loss(batch)[0])
    for option, value in other.items():
        try:
            gaca = full(reading, adaptive, **{option: value})
        except ValueError:
            continue
        assert not torch.allclose(flat.grad(gaca.loss(batch)[0]), usual), option


def test_credit_without_adaptation_asks_for_no_prior(flat: Toy) -> None:
    gaca = Gaca("credit", adaptive=False)
    assert gaca.prior is None
    _, report = gaca.loss(flat.batch([(0, 1, B)], [[1], [], []]))
    assert "mutual_information" not in report


def test_every_instance_has_a_prior_of_its_own() -> None:
    """What one run teaches its prior must not reach another."""
    assert Gaca().prior is not Gaca().prior


def test_a_missing_prior_is_an_error(flat: Toy) -> None:
    with pytest.raises(ValueError, match="pass log_prior_N"):
        Gaca("guided").loss(flat.batch([(0, 1, B)], [[1], [], []]))


@pytest.mark.parametrize("reading", ["guided", "literal"])
@pytest.mark.parametrize("ranking", ["batch", "example"])
def test_two_halves_with_each_other_s_pool_are_ranked_as_the_whole(
    flat: Toy, reading: Any, ranking: Any
) -> None:
    """Each half sees its own trajectories and the pooled rows of the other."""
    priors, members = random_priors(flat), some_of_b(flat)
    rows = [(s, k, B) for s, b in enumerate(members) for k in b]
    rows += [(s, k, FRESH) for s in range(3) for k in (0, 9, 10, 3, 5, 6, 8)[: 7 - 5 * (s == 1)]]
    gaca = full(reading, ranking=ranking, baseline="none", clip_low=0.2)
    whole = flat.grad(gaca.loss(flat.batch(rows, members, priors=priors))[0])

    def half(contexts: list[int]) -> ScoredBatch:
        own = [row for row in rows if row[0] in contexts]
        batch: ScoredBatch = flat.batch(own, members, priors=priors, contexts=contexts)
        return batch

    def gradient(own: ScoredBatch, other: ScoredBatch) -> Tensor:
        loss, _ = gaca.loss(replace(own, pooled_2N=gaca.to_pool(other)))
        grad: Tensor = flat.grad(loss) * own.num_examples / 3
        return grad

    first, second = half([0, 2]), half([1])
    assert gaca.pools
    total = gradient(first, second) + gradient(second, first)
    torch.testing.assert_close(total, whole, atol=1e-9, rtol=1e-6)
    alone = sum(flat.grad(gaca.loss(part)[0]) * part.num_examples / 3 for part in (first, second))
    assert not torch.allclose(alone, whole)


def test_what_is_ranked_inside_an_example_is_not_pooled(flat: Toy) -> None:
    assert not full("credit").pools and not full("guided", adaptive=False).pools
    batch = mixed_batch(flat, random_priors(flat))
    # Context 0 has 8 samples and is ranked alone; the others have 6 and 5.
    assert full("guided", ranking="batch").to_pool(batch).shape == (2, 8 + 6 + 5)
    assert full("guided", ranking="example").to_pool(batch).shape == (2, 6 + 5)


def test_an_example_with_a_nan_is_not_pooled(flat: Toy) -> None:
    batch = mixed_batch(flat, random_priors(flat))
    log_prob_N = batch.log_prob_N.detach().clone()
    log_prob_N[0] = math.nan
    pooled_2N = full("guided", ranking="batch").to_pool(replace(batch, log_prob_N=log_prob_N))
    assert pooled_2N.shape == (2, 6 + 5) and not pooled_2N.isnan().any()
