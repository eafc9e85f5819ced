"""A checkpoint names its task; what a task leaves out has a default that says what to do."""

from __future__ import annotations

import pytest

from sparse_rl.errors import CheckpointError
from sparse_rl.exploration.budget import NO_LIMIT, Budget
from sparse_rl.interpreters.mazes.maze import draw_maze
from sparse_rl.interpreters.toys import TreeWorld
from sparse_rl.interpreters.world import Trajectory, WorldExample
from sparse_rl.modules.mazes.maze_task import MazeTask
from sparse_rl.modules.task import Task, TaskError, check_task, task_name
from sparse_rl.modules.world_task import WorldTask


class MyTask(WorldTask):
    """A task of the user's own."""


def test_a_checkpoint_is_its_tasks_alone() -> None:
    task = MyTask()
    check_task({"task": task_name(task)}, task)
    check_task({}, task)  # Version 0.1 named none.
    with pytest.raises(CheckpointError, match=r"set model\.task to MyTask: .*has .*WorldTask"):
        check_task({"task": task_name(task)}, WorldTask())


TREE = TreeWorld.from_leaves({(0, 0): 0.0, (0, 1): 1.0, (1,): 0.0})


def test_the_answerable_share_is_decided_within_a_budget() -> None:
    task, example = WorldTask(), WorldExample("tree", TREE)
    assert task.answerable(example, NO_LIMIT) is True
    barren = WorldExample("barren", TreeWorld.from_leaves({(0, 0): 0.0, (1,): 0.0}))
    assert task.answerable(barren, NO_LIMIT) is False
    assert task.answerable(barren, Budget(states=1)) is None


def test_programs_have_names_where_their_worlds_give_them() -> None:
    task, example = WorldTask(), WorldExample("tree", TREE)
    assert task.format_program(example, (0, 1)) == "0 1"
    assert task.parse_program(example, "0 1") == (0, 1)
    maze = draw_maze(0, "train", 0)
    assert MazeTask().format_program(maze, (0, 3)) == "up left"
    assert MazeTask().parse_program(maze, "up left") == (0, 3)


@pytest.mark.parametrize("asked", ["features", "step_log_probs"])
def test_what_a_task_does_not_know_is_said(asked: str) -> None:
    task: Task[WorldExample, object] = WorldTask()  # type: ignore[type-var,assignment]
    with pytest.raises(TaskError, match="WorldTask"):
        if asked == "features":
            task.features(WorldExample("tree", TREE), Trajectory((1,), ((0, 1),), 0.0))
        else:
            task.step_log_probs(None, [])
