"""What each method of the MultiRoom experiment learns from, and the script as a whole."""

from __future__ import annotations

import importlib
import json
import random
import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sparse_rl.estimators import DirPg
from sparse_rl.exploration.gumbel import Region
from sparse_rl.interpreters.rooms.multiroom import MultiRoomWorld, RoomDrawer

SCRIPTS = Path(__file__).resolve().parents[2] / "experiments"
CONFIGS = sorted((SCRIPTS / "minigrid").glob("*.yaml"))


@pytest.fixture
def methods(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("multiroom_methods")


@pytest.fixture
def policy(methods: ModuleType) -> Any:
    return methods.Policy(lr=0.01, seed=0)


@pytest.fixture(scope="module")
def world() -> MultiRoomWorld:
    return MultiRoomWorld(RoomDrawer(2, 4).draw(0), 40, 0.5)


@pytest.fixture
def leaves(methods: ModuleType, policy: Any, world: MultiRoomWorld) -> list[Region]:
    """Walks of the untrained policy, some of which open the door."""
    found: list[Region] = methods.draw([world] * 40, policy, random.Random(0))
    assert len({world.reward(leaf.state) for leaf in found}) > 1
    return found


def log_prob(policy: Any, methods: ModuleType, credit: Any) -> float:
    """Log-probability of the actions of a walk."""
    state, total = credit.world.start(), 0.0
    for action in credit.actions:
        seen = [(credit.world.view(state), state.facing)]
        total += policy.network(seen)[0, action].item()
        state = credit.world.step(state, action)
    return total


def test_a_walk_of_positive_weight_becomes_more_probable(
    methods: ModuleType, policy: Any, world: MultiRoomWorld, leaves: list[Region]
) -> None:
    for sign in (1.0, -1.0):
        credit = methods.Credit(world, leaves[0].actions, [sign] * len(leaves[0].actions))
        before = log_prob(policy, methods, credit)
        policy.descend(methods.weighted([credit], policy))
        assert sign * (log_prob(policy, methods, credit) - before) > 0


def test_the_policy_gives_a_walk_the_probability_that_it_was_drawn_with(
    methods: ModuleType, policy: Any, world: MultiRoomWorld, leaves: list[Region]
) -> None:
    credit = methods.Credit(world, leaves[0].actions, [1.0] * len(leaves[0].actions))
    assert log_prob(policy, methods, credit) == pytest.approx(leaves[0].log_prob, abs=1e-3)


def test_reinforce_compares_a_walk_with_the_others(
    methods: ModuleType, world: MultiRoomWorld, leaves: list[Region]
) -> None:
    returns = [world.reward(leaf.state) for leaf in leaves]
    credits = methods.by_walk(world, leaves)
    for leaf, reward, credit in zip(leaves, returns, credits, strict=True):
        others = np.mean([r for other, r in zip(leaves, returns, strict=True) if other is not leaf])
        assert credit.actions == leaf.actions
        assert credit.weights == pytest.approx([(reward - others) / 40] * len(leaf.actions))


def test_reward_to_go_leaves_out_what_was_gained_before(
    methods: ModuleType, world: MultiRoomWorld, leaves: list[Region]
) -> None:
    """The first step is worth what the walk is worth; after the last gain nothing comes."""
    credits = {c.actions: np.array(c.weights) for c in methods.by_action(world, leaves)}
    for whole in methods.by_walk(world, leaves):
        assert credits[whole.actions][0] == pytest.approx(whole.weights[0])
    opened = next(leaf for leaf in leaves if world.reward(leaf.state) == 0.5)
    gained = methods.gains(world, opened.actions)
    last = int(np.argmax(gained == 0.5))
    assert credits[opened.actions][last - 1] > 0, "the step that opens the door"
    assert (credits[opened.actions][last:] <= 0).all()


def test_cross_entropy_keeps_the_best_if_there_are_better_ones(
    methods: ModuleType, world: MultiRoomWorld, leaves: list[Region]
) -> None:
    returns = sorted(world.reward(leaf.state) for leaf in leaves)
    kept = methods.by_rank(2, world, leaves)
    assert [sum(c.weights) / len(c.weights) for c in kept] == [0.5, 0.5]
    found = [methods.gains(world, c.actions)[-1] for c in kept]
    assert sorted(found) == returns[-2:]
    assert methods.by_rank(2, world, [leaves[0]] * 5) == [], "equal returns teach nothing"


def test_a_search_pulls_towards_what_it_found_and_away_from_the_draw(
    methods: ModuleType, policy: Any, world: MultiRoomWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss is (log pi(a_opt) - log pi(a_dir)) / epsilon, a mean over the searches."""
    kept: list[Any] = []
    scored = methods.scored_pairs
    monkeypatch.setattr(
        methods,
        "scored_pairs",
        lambda *given: kept.append((given[0], scored(*given))) or kept[-1][1],
    )
    found = methods.direct(DirPg(5.0, 0.3, 1200), [world, world], policy, random.Random(1))
    ((pairs, batch),) = kept
    assert found.useful == np.mean([pair.improved for pair in pairs]) > 0
    assert found.steps == sum(pair.steps for pair in pairs) <= 2 * 1200
    better, draw = batch.log_prob_N.detach().view(-1, 2).unbind(1)
    assert found.loss.item() == pytest.approx(((draw - better) / (5.0 * 2)).sum().item())
    for pair in pairs:
        assert not pair.improved or world.reward(pair.best.state) > world.reward(pair.opt.state)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_the_script_writes_its_page_and_goes_on_where_it_was(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    command = ["dirpg_minigrid.py", f"--config={config}", f"--runs={tmp_path / 'runs'}"]
    command += ["--interactions=150", "--points=1", "--test_layouts=2", "--budget=100"]
    command += ["--walks=2", "--searches=1", "--seeds=[0]", "--max_steps=20"]
    command += ["--methods=[DirPG 0.3, cross-entropy]"]
    monkeypatch.setattr(sys, "argv", [*command, f"--out={tmp_path}", f"--images={tmp_path}"])
    script = runpy.run_path(str(SCRIPTS / "dirpg_minigrid.py"))
    script["main"]()
    page = (tmp_path / "dirpg_minigrid.md").read_text(encoding="utf-8")
    assert "| DirPG 0.3 |" in page and "| cross-entropy |" in page
    assert (tmp_path / "dirpg_minigrid.png").stat().st_size > 1000
    files = sorted((tmp_path / "runs").glob("*.json"))
    assert len(files) == 2
    # A second start reads the runs instead of training.
    known = json.loads(files[0].read_text(encoding="utf-8"))
    known["curve"]["success"][-1] = 0.77
    files[0].write_text(json.dumps(known), encoding="utf-8")
    capsys.readouterr()
    script["main"]()
    assert "| 0.77 |" in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", [*command, "--epsilon=2"])
    with pytest.raises(SystemExit, match="choose another folder for --runs"):
        script["main"]()


def test_all_methods_are_there(methods: ModuleType) -> None:
    settings = runpy.run_path(str(SCRIPTS / "dirpg_minigrid.py"))["Settings"]()
    assert [settings.method(name)[0] for name in settings.methods] == [4] * 5 + [1] * 3
    for unknown in ("DirPG", "MAPO"):
        with pytest.raises(ValueError, match="choose methods among DirPG ALPHA, REINFORCE"):
            settings.method(unknown)
