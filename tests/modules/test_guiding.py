"""Who is guided: by what prior, and without one."""

from __future__ import annotations

from sparse_rl.estimators import EnergyPrior, Gaca, Mml, TemplatePrior
from sparse_rl.modules.guiding import guide_by
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.world_task import WorldTask


def test_the_learner_guides_by_the_prior_of_its_estimator() -> None:
    estimator = Gaca(prior=TemplatePrior(rate=0.5))
    learner = PolicyLearner(WorldTask(), estimator)
    assert learner.guide is not None and learner.guide.prior is estimator.prior


def test_nothing_is_asked_without_a_prior_and_with_a_uniform_one() -> None:
    assert PolicyLearner(WorldTask(), Mml()).guide is None
    assert guide_by(EnergyPrior()) is None
