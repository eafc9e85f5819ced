"""TextWorld's mazes, drawn by seed: a benchmark that needs no files."""

from __future__ import annotations

from typing import Literal

from sparse_rl.datamodules.base import ExampleDataModule
from sparse_rl.interpreters.mazes.maze import Maze, Moves, draw_maze


class TextWorldDataModule(ExampleDataModule):
    """Mazes with an instruction each; see `interpreters.mazes.maze` for the rules.

    Args:
        train: mazes for training.
        dev: mazes for the choice of the checkpoint; 240 and 60 as in GACA.
        test: mazes for the test.
        walks: successful walks known of each maze, the shortest ones, one of which is the intended
            one; 1 to 20. More make the reward say less.
        longest: moves of the longest of these walks, 6 to 15. The search grows about threefold
            with every move.
        programs: what the memory may begin with (`warm_start.method: data`): "shortest", all of
            these walks, or "intended", that one alone, which makes an oracle of the teacher.
        batch_size: training mazes a step, over all processes; 0 for all of them.
        eval_batch_size: mazes per batch of validation and test; no effect on results.
        passes: how often an epoch goes through the training mazes; validation follows each epoch.
        limit: use only the first so many mazes of every split; 0 for all. For trying things.
        seed: of the mazes and of the order of training; null for the run's (seed_everything).
            Where it is given, runs of several seeds have the same mazes.
    """

    def __init__(
        self,
        train: int = 240,
        dev: int = 60,
        test: int = 300,
        walks: int = 10,
        longest: int = 12,
        programs: Literal["shortest", "intended"] = "shortest",
        batch_size: int = 0,
        eval_batch_size: int = 300,
        passes: int = 50,
        limit: int = 0,
        seed: int | None = None,
    ) -> None:
        super().__init__(batch_size or train, eval_batch_size, seed, passes)
        self.sizes = {"train": train, "dev": dev, "test": test}
        self.walks = walks
        self.longest = longest
        self.programs = programs
        self.limit = limit
        self._examples: dict[str, list[Maze]] = {}

    def examples(self, split: str) -> list[Maze]:
        """Mazes of "train", "dev" or "test"; drawn at the first call."""
        if split not in self._examples:
            numbers = range(self.sizes[split])[: self.limit or None]
            self._examples[split] = [
                draw_maze(self.seed, split, number, self.walks, self.longest) for number in numbers
            ]
        return self._examples[split]

    def length(self, example: Maze) -> int:
        return len(example.instruction)

    def fingerprint(self, split: str) -> str:
        options = (self.seed, self.sizes[split], self.walks, self.longest, self.limit)
        return f"textworld {split} {options}"

    def known_programs(self) -> dict[str, list[Moves]]:
        """What the memory may begin with, by the id of the training maze."""
        mazes = self.examples("train")
        if self.programs == "intended":
            return {maze.id: [maze.intended] for maze in mazes}
        return {maze.id: list(maze.walks) for maze in mazes}
