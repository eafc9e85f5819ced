"""World workers and the process that draws for them."""

from __future__ import annotations

import multiprocessing
import time

import pytest
import torch

from sparse_rl.actors.explorers import Explorers
from sparse_rl.actors.workers import Worker
from sparse_rl.exploration.explored import ExactExplored
from sparse_rl.exploration.systematic import SystematicExplorer
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.toys import TreeWorld
from sparse_rl.interpreters.world import Walk
from sparse_rl.modules.tables.policy import TablePolicy

# Three programs: the first with a reward.
SHORT = TreeWorld.from_leaves({(0,): 1.0, (1,): 0.0, (2,): 0.0}, symbols=(0, 0, 0))


def test_log_probabilities_are_those_of_the_policy_on_what_was_unexplored(
    policy: TablePolicy, examples: list[Example], language: Language
) -> None:
    examples = examples[:6]
    workers = [
        Worker(examples[n::2], lambda e: TableWorld(e, language), ExactExplored(), 2, 3, str(n))
        for n in range(2)
    ]
    running = Explorers(policy, 7, workers, seed=0)
    walked = []
    try:
        deadline = time.monotonic() + 60
        while len(walked) < 36 and time.monotonic() < deadline:
            walked += running.collect()
    finally:
        running.stop()
    assert running.collect() == []
    known = {example.id: example for example in examples}
    places = {
        id_: SystematicExplorer(id_, TableWorld(example, language), ExactExplored())
        for id_, example in known.items()
    }
    assert {walk.example_id for walk in walked} == set(known)
    for walk in walked:
        assert walk.version == 7
        explorer = places[walk.example_id]
        stepper = policy.stepper(policy.encode([known[walk.example_id]]), [0])
        at = Walk.begin(explorer.world)
        key = explorer.root_key
        for action, log_p in zip(walk.trajectory.actions, walk.log_behaviour, strict=True):
            valid = at.options
            options = [valid if len(valid) < 2 else explorer.allowed(key, valid)]
            # Alone in its batch, an example's slots are its actions.
            with torch.no_grad():
                expected = stepper.log_probs(options)[0, action]
            assert log_p == pytest.approx(float(expected), abs=1e-4)
            stepper.take([action])
            at, key = at.take(action), key + chr(action)
        assert at.trajectory() == walk.trajectory
        assert tuple(explorer.close(walk.trajectory)) == walk.explored


def test_workers_end_when_everything_is_explored(
    policy: TablePolicy, examples: list[Example]
) -> None:
    parts = (examples[:1], examples[1:5])
    workers = [Worker(p, lambda _: SHORT, ExactExplored(), 3, 2, "") for p in parts]
    running = Explorers(policy, 0, workers, seed=0)
    walked = []
    deadline = time.monotonic() + 60
    while len(walked) < 15 and time.monotonic() < deadline:
        walked += running.collect()
    # Nothing more comes, and each process leaves by itself.
    for process in multiprocessing.active_children():
        process.join(60)
        assert process.exitcode == 0
    walked += running.collect()
    running.stop()
    programs = {(walk.example_id, walk.trajectory.actions) for walk in walked}
    assert len(walked) == len(programs) == 3 * 5
