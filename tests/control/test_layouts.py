"""Actors in processes: the same policy in every layout, deaths, versions and costs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from sparse_rl.control import GymDataModule, VTraceLearner
from sparse_rl.control.layouts import Actors, Forks, ImpalaActors, SeedActors
from sparse_rl.control.rollouts import Rollouts, Unroller

STEPS = 6


@pytest.fixture(params=[False, True], ids=["feedforward", "recurrent"])
def learner(request: pytest.FixtureRequest) -> VTraceLearner:
    torch.manual_seed(0)
    found = VTraceLearner(actors=2, recurrent=request.param, hidden=8)
    data = GymDataModule(environments=4, unroll=STEPS, max_episode_steps=8)
    found._trainer = type("Trainer", (), {"datamodule": data})()  # type: ignore[assignment]
    found.build(data.spaces())
    return found


# Of what does not depend on the network: `.ci/run` tests it with the other too.
either = pytest.mark.parametrize(
    "learner",
    [False, pytest.param(True, marks=pytest.mark.slow(ci=True))],
    ids=["feedforward", "recurrent"],
    indirect=True,
)


@pytest.fixture(params=["local", "impala", "seed"])
def unroller(learner: VTraceLearner, request: pytest.FixtureRequest) -> Iterator[Unroller]:
    learner.layout = request.param
    made = learner.start()
    yield made
    made.close()


def test_every_layout_plays_the_same_policy(learner: VTraceLearner, unroller: Unroller) -> None:
    """The behaviour's distributions are those of the learner's network on whole unrolls."""
    for number in range(3):
        unroll = unroller.unroll(learner.act, STEPS)
        assert unroll.batch_size == (4, STEPS)
        ended_TE = (unroll["next", "terminated"] | unroll["next", "truncated"]).squeeze(-1).T
        with torch.no_grad():
            logits_TEA, _, _ = learner.network.unroll(
                unroll["observation"].transpose(0, 1), unroll["core"][:, 0], ended_TE
            )
        torch.testing.assert_close(
            logits_TEA.log_softmax(-1).transpose(0, 1), unroll["log_mu"], atol=1e-5, rtol=0
        )
        # Within an episode the next observation is the next step's.
        going_on = ~ended_TE.T[:, :-1]
        torch.testing.assert_close(
            unroll["next", "observation"][:, :-1][going_on], unroll["observation"][:, 1:][going_on]
        )
        assert unroller.steps == 4 * STEPS * (number + 1)
    # Episodes of at most 8 steps have ended by now, and count their steps.
    returns: Any = unroller.returns  # type: ignore[attr-defined]
    assert returns and max(returns) <= 8


def test_equal_weights_and_seeds_act_equally_in_every_layout(learner: VTraceLearner) -> None:
    """The same observations, distributions and draws, over ends of episodes too."""
    learner.actors = 1
    found = []
    for learner.layout in ("local", "impala", "seed"):
        torch.manual_seed(learner.seed)
        made = learner.start()
        found.append(torch.cat([made.unroll(learner.act, STEPS) for _ in range(3)], 1))
        made.close()
    assert found[0]["next", "truncated"].any()
    for name in ("observation", "log_mu", "action", "core", ("next", "observation")):
        for other in found[1:]:
            torch.testing.assert_close(other[name], found[0][name], atol=1e-6, rtol=0)


@either
def test_dead_actors_are_replaced_and_unrolls_go_on(
    learner: VTraceLearner, unroller: Unroller
) -> None:
    if isinstance(unroller, Rollouts):
        pytest.skip("no actors")
    assert isinstance(unroller, Actors) and isinstance(unroller.engine, Forks)
    unroller.unroll(learner.act, STEPS)
    for number in range(1, 3):
        unroller.engine.processes[number % 2].kill()
        unroller.engine.processes[number % 2].join()
        for _ in range(2):
            unroll = unroller.unroll(learner.act, STEPS)
            assert unroll.batch_size == (4, STEPS)
        assert unroller.restarts == number
        assert all(process.is_alive() for process in unroller.engine.processes.values())


@either
def test_a_hung_actor_is_replaced_while_the_other_goes_on(learner: VTraceLearner) -> None:
    learner.layout = "seed"
    actors = learner.start()
    assert isinstance(actors, SeedActors) and isinstance(actors.engine, Forks)
    actors.engine.patience = 0.3
    actors.unroll(learner.act, STEPS)
    os.kill(actors.engine.processes[0].pid, signal.SIGSTOP)
    while not actors.restarts:
        actors.unroll(learner.act, STEPS)
    assert actors.steps > 4 * STEPS
    actors.close()


@either
def test_seed_sends_fewer_bytes_and_asks_the_network_less(learner: VTraceLearner) -> None:
    costs = {}
    for learner.layout in ("impala", "seed"):
        actors = learner.start()
        assert isinstance(actors, (ImpalaActors, SeedActors))
        for _ in range(3):
            actors.unroll(learner.act, STEPS)
        costs[learner.layout] = actors.measured()
        actors.close()
    assert costs["seed"]["actors/bytes_per_step"] < costs["impala"]["actors/bytes_per_step"]
    assert costs["seed"]["actors/forwards_per_step"] <= costs["impala"]["actors/forwards_per_step"]


@either
def test_versions_are_those_of_the_weights(learner: VTraceLearner) -> None:
    """An actor with a copy is behind; the central network never is when it draws."""
    learner.layout = "impala"
    actors = learner.start()
    assert set(actors.unroll(learner.act, STEPS)["version"].unique().tolist()) == {0}
    learner.network.version.fill_(5)
    # What was under way is of version 0, and what comes after it of version 5.
    seen = [actors.unroll(learner.act, STEPS)["version"].unique().tolist() for _ in range(20)]
    assert seen[0][0] == 0 and seen[-1] == [5]
    actors.close()


def test_hidden_numbers_of_an_observation_are_hidden_everywhere() -> None:
    whole, part = GymDataModule(), GymDataModule(observed=[0, 2])
    assert (whole.spaces().observation, part.spaces().observation) == (4, 2)
    seen = part.part(4)
    assert (seen.environments, seen.observed) == (4, [0, 2])
    observation, _ = whole.vector(2).reset(seed=0)
    assert (seen.vector(2).reset(seed=0)[0] == observation[:, [0, 2]]).all()
