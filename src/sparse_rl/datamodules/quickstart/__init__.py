"""A generated dataset of questions over tables."""

from sparse_rl.datamodules.quickstart.quickstart import QuickstartDataModule

__all__ = ["QuickstartDataModule"]
