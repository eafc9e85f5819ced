"""A class without options is the recipe that its WikiSQL config ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from torch import Tensor

import sparse_rl.estimators
from sparse_rl.estimators import Estimator, Gaca
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.world_task import WorldTask

FOUND = sorted((Path(__file__).parents[2] / "configs").glob("*_wikisql.yaml"))
# One that goes on from a trained model has a recipe of its own.
CONFIGS = [config for config in FOUND if "init_from" not in yaml.safe_load(config.read_text())]
# How many features there are, and what to begin with, no class can know.
OF_THE_DOMAIN = ("size", "phi")


def described(thing: Any) -> Any:
    """What an estimator was made with, its parts included; values that are compared by ==."""
    if isinstance(thing, Tensor):
        return thing.tolist()
    if not type(thing).__module__.startswith("sparse_rl"):
        return thing
    public = {name: part for name, part in vars(thing).items() if name[0] != "_"}
    return type(thing).__name__, {name: described(part) for name, part in public.items()}


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.stem)
def test_the_defaults_of_a_class_are_the_shipped_recipe(config: Path) -> None:
    given = yaml.safe_load(config.read_text())["model"]["estimator"]
    class_ = getattr(sparse_rl.estimators, given["class_path"].rpartition(".")[2])
    options = given.get("init_args", {})
    needed = {name: options[name] for name in OF_THE_DOMAIN if name in options}
    assert described(class_(**needed)) == described(class_(**options))


def test_every_strategy_has_such_a_config() -> None:
    named = {yaml.safe_load(c.read_text())["model"]["estimator"]["class_path"] for c in CONFIGS}
    exported = [getattr(sparse_rl.estimators, name) for name in sparse_rl.estimators.__all__]
    strategies = {c for c in exported if isinstance(c, type) and issubclass(c, Estimator)}
    names = {strategy.__name__ for strategy in strategies - {Estimator}}
    assert {name.rpartition(".")[2] for name in named} == names


def test_the_learner_s_own_estimator_is_gaca() -> None:
    assert type(PolicyLearner(WorldTask()).estimator) is Gaca
