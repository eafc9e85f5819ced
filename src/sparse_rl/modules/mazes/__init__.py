"""Task, policy and auxiliary reward for mazes."""

from sparse_rl.modules.mazes.bigram_score import TiedBigramScore
from sparse_rl.modules.mazes.maze_policy import MazePolicy
from sparse_rl.modules.mazes.maze_task import MazeTask

__all__ = ["MazePolicy", "MazeTask", "TiedBigramScore"]
