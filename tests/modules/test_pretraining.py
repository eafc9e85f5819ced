"""Pre-training: the likelihood of programs that were found, and then the estimator's own steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import sparse_rl as sr
from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.search import Method
from sparse_rl.interpreters.toys import TreeWorld
from sparse_rl.interpreters.world import Trajectory, WorldExample
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.pretraining import best_programs, likelihood_loss
from sparse_rl.replay.strata import Strata

TREE = {(): (0, 1, 2), (0,): (0, 1), (1,): (0, 1)}
REWARDS = ({(2,): 1.0, (0, 1): 1.0}, {(0, 0): 1.0, (1, 1): 1.0}, {})
WORLDS = [
    WorldExample(name, TreeWorld(TREE, found), (name,))
    for name, found in zip(("two", "either", "nothing"), REWARDS, strict=True)
]
QUIET: Any = {
    "accelerator": "cpu",
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "num_sanity_val_steps": 0,
    "log_every_n_steps": 1,
}


Fit = Callable[..., Any]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the estimator's steps."""
    found: list[int] = []
    monkeypatch.setattr(sr.Mapo, "at_step", lambda self, step: found.append(step))
    return found


@pytest.fixture
def fit(tmp_path: Path) -> Fit:
    def run(steps: int, method: Method | None = "exhaustive", **options: Any) -> Any:
        task = sr.WorldTask(WORLDS)
        return sr.fit(
            task,
            sr.Mapo(fresh=2),
            memory=sr.explore(task, method) if method else None,
            learner={"pretraining_steps": steps},
            seed=0,
            folder=tmp_path,
            **options,
            **QUIET,
        )

    return run


def test_the_best_programs_have_the_highest_reward_and_are_the_shortest() -> None:
    def program(*actions: int, reward: float) -> Trajectory:
        return Trajectory(actions, ((0, 1, 2),) * len(actions), reward)

    short, other = program(0, 1, reward=1.0), program(1, 2, reward=1.0)
    worse, longer = program(2, reward=0.5), program(0, 0, 0, reward=1.0)
    assert best_programs([longer, worse, short, other]) == [short, other]
    assert best_programs([]) == []


def test_the_loss_is_the_mean_over_examples_of_one_program_each() -> None:
    task = sr.WorldTask(WORLDS)
    memory = sr.explore(task, "exhaustive")
    torch.manual_seed(0)
    learner = PolicyLearner(task, sr.Mml(), seed=0)
    learner.policy = task.build(task.data)
    learner.memory = memory
    encoded = learner.policy.encode(WORLDS)

    def log_p(example: int, *actions: int) -> float:
        program = memory.replay.rewarded(WORLDS[example].id, WORLDS[example].world)
        (found,) = (p for p in program if p.actions == actions)
        return float(learner.policy.score(encoded, [found], [example])[0].detach())

    either = [-(log_p(0, 2) + log_p(1, *way)) / 3 for way in ((0, 0), (1, 1))]
    losses = [float(likelihood_loss(learner._visit(WORLDS)).detach()) for _ in range(16)]  # type: ignore[arg-type]
    for value in losses:
        assert min(abs(value - expected) for expected in either) < 1e-6
    # At different visits both ways are read.
    assert max(losses) - min(losses) == pytest.approx(abs(either[0] - either[1]), abs=1e-6)
    learner.memory = sr.Memory(Strata(), learner.memory.explored)
    assert likelihood_loss(learner._visit(WORLDS)) is None


def test_the_estimators_steps_follow_and_begin_at_0(fit: Fit, steps: list[int]) -> None:
    fit(3, max_steps=5, lr=1e-2)
    assert steps == [0, 1]


def test_pre_training_draws_nothing_and_learns(fit: Fit, steps: list[int]) -> None:
    def mass(learner: Any) -> float:
        """Of the shortest rewarded program of the first world."""
        program = Trajectory((2,), ((0, 1, 2),), 1.0)
        with torch.no_grad():
            scored = learner.policy.score(learner.policy.encode(WORLDS[:1]), [program], [0])
        return math.exp(float(scored[0]))

    run = fit(40, max_steps=40, lr=3e-2)
    assert run.learner.memory.executed == 0
    assert not steps
    assert mass(run.learner) > 0.7 > 0.5 > mass(fit(0, max_steps=1, lr=0.0).learner)


def test_without_a_program_to_read_it_says_what_to_set(fit: Fit) -> None:
    with pytest.raises(SparseRLError, match=r"set warm_start\.method .*pretraining_steps to 0"):
        fit(1, None, max_steps=1)
