"""Examples for training, validation and test, from files, from a generator, or from you."""

from sparse_rl.datamodules.base import ExampleDataModule
from sparse_rl.datamodules.worlds import WorldsDataModule

__all__ = ["ExampleDataModule", "WorldsDataModule"]
