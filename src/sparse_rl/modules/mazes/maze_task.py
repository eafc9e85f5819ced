"""The task of TextWorld's mazes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from sparse_rl.bounds import Dropout, Width, bounded
from sparse_rl.exploration.budget import Budget
from sparse_rl.interpreters.mazes.maze import MOVES, Maze, MazeWorld
from sparse_rl.interpreters.mazes.maze_features import maze_features
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.modules.mazes.maze_policy import MazePolicy, MazeSizes, Values
from sparse_rl.modules.task import Task, check_examples


class MazeTask(Task[Maze, MazePolicy]):
    """Mazes with a `MazePolicy`.

    Args:
        embedding: width of a symbol's vector; 4 to 16. MeRL's network has 4.
        hidden: width of the GRUs and of the attention; 16 to 64. MeRL's network has 16.
        dropout: dropout on the symbols' vectors and the encoder states; 0 to .3.
        values: values of the attention: "symbols", the symbols' vectors, or "states", the encoder
            states, as in MeRL's network.
    """

    @bounded
    def __init__(
        self,
        embedding: Width = 8,
        hidden: Width = 32,
        dropout: Dropout = 0.1,
        values: Values = "symbols",
    ) -> None:
        self.sizes = MazeSizes(embedding=embedding, hidden=hidden, dropout=dropout, values=values)

    def attach(self, data: Any) -> None:
        """Checks the kind of the examples.

        Raises:
            TaskError: the data have other examples.
        """
        check_examples(self, data, Maze)

    def build(self, data: Any) -> MazePolicy:
        return MazePolicy(**self.sizes)

    def state_dict(self, policy: MazePolicy) -> dict[str, Any]:
        return {"sizes": dict(self.sizes)}

    def restore(self, state: dict[str, Any]) -> MazePolicy:
        self.sizes = state["sizes"]
        return MazePolicy(**self.sizes)

    def world(self, example: Maze) -> MazeWorld:
        return MazeWorld(example)

    def step_log_probs(self, policy: MazePolicy, examples: Sequence[Maze]) -> Tensor:
        return policy.encode(examples).log_p_BTV

    def features(self, example: Maze, trajectory: Trajectory) -> tuple[float, ...]:
        return maze_features(example.instruction, trajectory.actions)

    def answerable(self, example: Maze, budget: Budget) -> bool:
        return bool(example.walks)

    def prediction(self, example: Maze, trajectory: Trajectory, log_prob: float) -> dict[str, Any]:
        return {
            "id": example.id,
            "question": _spelled(example.instruction),
            "program": self.format_program(example, trajectory.actions),
            "denotation": list(self._end(example, trajectory)),
            "reward": trajectory.reward,
            "log_prob": log_prob,
        }

    def _end(self, maze: Maze, trajectory: Trajectory) -> tuple[int, int]:
        """Returns row and column where the walk ends."""
        world = self.world(maze)
        state = world.start()
        for move in trajectory.actions:
            state = world.step(state, move)
        return state.cell


def _spelled(moves: tuple[int, ...]) -> str:
    return " ".join(MOVES[move] for move in moves)
