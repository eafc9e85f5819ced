"""TextWorld's mazes."""

from sparse_rl.interpreters.mazes.maze import Maze, MazeGrid, MazeWorld, draw_maze
from sparse_rl.interpreters.mazes.maze_features import maze_features

__all__ = ["Maze", "MazeGrid", "MazeWorld", "draw_maze", "maze_features"]
