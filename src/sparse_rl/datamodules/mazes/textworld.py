"""TextWorld's mazes, drawn by seed: a benchmark that needs no files."""

from __future__ import annotations

from typing import Annotated, Literal

from sparse_rl.bounds import NonNegative, Within, bounded
from sparse_rl.datamodules.base import ExampleDataModule
from sparse_rl.interpreters.mazes.maze import Maze, Moves, draw_maze

Mazes = Annotated[int, Within(1, 1_000_000)]
"""Mazes of a split, which are all in memory."""
Known = Annotated[int, Within(1, 1000)]
"""Known walks of a maze."""
Longest = Annotated[int, Within(1, 64)]
"""Moves of a walk: the search grows with a power of them."""


class TextWorldDataModule(ExampleDataModule):
    """Mazes with an instruction each; see `interpreters.mazes.maze` for the rules.

    Args:
        train: mazes for training.
        dev: mazes for validation; 240 and 60 as in GACA.
        test: mazes for the test.
        walks: known successful walks per maze, the shortest, one of which is the intended walk;
            1 to 20. The more, the less informative is the reward.
        longest: moves of the longest of these walks; 6 to 15. Each further move makes the search
            about three times as long.
        programs: initial memory with `warm_start.method: data`: "shortest" for all of these
            walks, or "intended" for the intended walk alone, which makes the teacher an oracle.
        batch_size: training mazes per step, over all processes; 0 for all of them.
        eval_batch_size: mazes per batch of validation and test; no effect on results.
        passes: passes through the training mazes per epoch; validation follows each epoch.
        limit: use only the first so many mazes of every split, for trials; 0 for all.
        seed: seed of the mazes and of the order of training; null for the run's (seed_everything).
            Set it to give runs of several seeds the same mazes.
    """

    @bounded
    def __init__(
        self,
        train: Mazes = 240,
        dev: Mazes = 60,
        test: Mazes = 300,
        walks: Known = 10,
        longest: Longest = 12,
        programs: Literal["shortest", "intended"] = "shortest",
        batch_size: NonNegative = 0,
        eval_batch_size: int = 300,
        passes: int = 50,
        limit: NonNegative = 0,
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
        """Returns the mazes of "train", "dev" or "test"; draws them at the first call."""
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

    def contents(self, split: str) -> dict[str, str]:
        """Returns the options that decide a split's mazes."""
        return {
            "seed": str(self.seed),
            "number": str(len(self.examples(split))),
            "walks": str(self.walks),
            "longest": str(self.longest),
        }

    def known_programs(self) -> dict[str, list[Moves]]:
        """Returns the walks of the initial memory, by the id of the training maze."""
        mazes = self.examples("train")
        if self.programs == "intended":
            return {maze.id: [maze.intended] for maze in mazes}
        return {maze.id: list(maze.walks) for maze in mazes}
