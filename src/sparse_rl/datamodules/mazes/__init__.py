"""TextWorld's mazes, drawn by seed."""

from sparse_rl.datamodules.mazes.textworld import TextWorldDataModule

__all__ = ["TextWorldDataModule"]
