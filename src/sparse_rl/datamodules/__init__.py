"""Examples for training, validation and test: from files, a generator, or worlds of your own."""

from sparse_rl.datamodules.base import ExampleDataModule
from sparse_rl.datamodules.worlds import WorldsDataModule

__all__ = ["ExampleDataModule", "WorldsDataModule"]
