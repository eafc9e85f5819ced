"""The maze policy: one table of probabilities, read in four ways."""

from __future__ import annotations

import math

import pytest
import torch

from sparse_rl.interpreters.mazes.maze import MazeWorld, draw_maze
from sparse_rl.interpreters.world import Trajectory, replay_actions
from sparse_rl.modules.decoding import beam, sample
from sparse_rl.modules.mazes.maze_policy import MazePolicy, Values
from sparse_rl.modules.mazes.maze_task import MazeTask
from sparse_rl.modules.visit import keyed_generator

MAZES = [draw_maze(0, "train", number) for number in range(8)]
WORLDS = [MazeWorld(maze) for maze in MAZES]


@pytest.fixture(params=["symbols", "states"])
def policy(request: pytest.FixtureRequest) -> MazePolicy:
    torch.manual_seed(0)
    values: Values = request.param
    policy = MazePolicy(4, 8, values=values).eval()
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.mul_(3.0)
    return policy


def known(number: int) -> list[Trajectory]:
    return [replay_actions(WORLDS[number], walk) for walk in MAZES[number].walks]


def test_a_walk_has_the_same_probability_in_a_batch_and_alone(policy: MazePolicy) -> None:
    encoded = policy.encode(MAZES)
    for number, maze in enumerate(MAZES):
        walks = known(number)
        together, entropy = policy.score(encoded, walks, [number] * len(walks))
        alone, _ = policy.score(policy.encode([maze]), walks, [0] * len(walks))
        torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)
        assert (entropy > 0).all()


def test_probabilities_are_those_of_single_steps(policy: MazePolicy) -> None:
    encoded = policy.encode(MAZES)
    for number in (0, 3):
        (walk, *_) = known(number)
        stepper = policy.stepper(encoded, [number])
        total = 0.0
        for move, valid in zip(walk.actions, walk.valid, strict=True):
            total += float(stepper.log_probs([valid])[0, move])
            assert stepper.take([move]) == [move]
        scored = policy.score(encoded, [walk], [number])[0].item()
        assert scored == pytest.approx(total, abs=1e-5)


def test_samples_follow_the_probabilities(policy: MazePolicy) -> None:
    draws = 4000
    encoded = policy.encode(MAZES)
    generators = [keyed_generator(0, "m", 0, n) for n in range(draws)]
    found = sample(policy, encoded, WORLDS, [0] * draws, generators)
    for trajectory in set(found[:20]):
        probability = math.exp(policy.score(encoded, [trajectory], [0])[0].item())
        share = sum(t.actions == trajectory.actions for t in found) / draws
        assert abs(share - probability) < 5 * math.sqrt(probability / draws) + 1e-3


def test_beam_search_scores_as_log_prob_does_and_begins_with_greedy(policy: MazePolicy) -> None:
    encoded = policy.encode(MAZES)
    greedy = beam(policy, encoded, WORLDS, 1)
    for number, found in enumerate(beam(policy, encoded, WORLDS, 6)):
        trajectories = [f.trajectory for f in found]
        log_prob, _ = policy.score(encoded, trajectories, [number] * len(found))
        torch.testing.assert_close(
            log_prob, torch.tensor([f.log_prob for f in found]), rtol=1e-5, atol=1e-5
        )
        assert found[0].log_prob >= greedy[number][0].log_prob - 1e-6
        table = encoded.log_p_BTV[number].argmax(-1).tolist()
        best = greedy[number][0].trajectory.actions
        assert best == tuple(table[: len(best)])


def test_padding_has_no_influence(policy: MazePolicy) -> None:
    short = min(MAZES, key=lambda maze: len(maze.instruction))
    together = policy.encode(MAZES).log_p_BTV[MAZES.index(short)]
    torch.testing.assert_close(together, policy.encode([short]).log_p_BTV[0])


def test_a_network_is_restored_with_its_sizes() -> None:
    network = MazeTask(embedding=4, hidden=8, values="states")
    policy = network.build(None)
    other = MazeTask()
    restored = other.restore(network.state_dict(policy))
    restored.load_state_dict(policy.state_dict())
    for policy_ in (policy, restored):
        policy_.eval()
    torch.testing.assert_close(
        restored.encode(MAZES).log_p_BTV, policy.encode(MAZES).log_p_BTV, rtol=0, atol=0
    )


def test_a_prediction_says_where_the_walk_ends() -> None:
    maze = MAZES[0]
    walk = replay_actions(WORLDS[0], maze.intended)
    record = MazeTask().prediction(maze, walk, -1.0)
    assert record["denotation"] == list(maze.grid.goal)
    assert record["question"].split() == record["program"].split()[::-1]
    assert record["reward"] == 1.0 and record["id"] == maze.id
