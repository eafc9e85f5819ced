"""Which checkpoints a run keeps: the best one and the last one."""

from __future__ import annotations

from pytorch_lightning.callbacks import ModelCheckpoint


class BestCheckpoint(ModelCheckpoint):
    """`best.ckpt`: the best on dev so far.

    Args:
        monitor: what is best.
        mode: "max" or "min".
    """

    def __init__(self, monitor: str = "val/greedy_accuracy", mode: str = "max") -> None:
        super().__init__(monitor=monitor, mode=mode, filename="best", enable_version_counter=False)


class LastCheckpoint(ModelCheckpoint):
    """`last.ckpt`: where training can go on.

    Args:
        every_n_train_steps: how often it is written within an epoch; 0 for at its end only.
    """

    def __init__(self, every_n_train_steps: int = 0) -> None:
        super().__init__(
            filename="last",
            every_n_train_steps=every_n_train_steps or None,
            every_n_epochs=None if every_n_train_steps else 1,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )
