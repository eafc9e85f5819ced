"""Generated tables of everyday life, and questions about them in plain English."""

from sparse_rl.datamodules.everyday.everyday import EverydayDataModule

__all__ = ["EverydayDataModule"]
