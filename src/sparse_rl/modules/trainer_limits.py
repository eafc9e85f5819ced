"""What a trainer may do with a policy that draws programs, and what not."""

from __future__ import annotations

import pytorch_lightning as pl

from sparse_rl.errors import SparseRLError

_SHARDING = ("FSDPStrategy", "DeepSpeedStrategy", "ModelParallelStrategy")


def check_trainer(trainer: pl.Trainer) -> None:
    """Checks that a trainer's strategy and precision suit drawn programs.

    Raises:
        SparseRLError: it shards the model, or converts the examples.
    """
    strategy = type(trainer.strategy).__name__
    if strategy in _SHARDING:
        raise SparseRLError(
            "set --trainer.strategy=ddp: processes draw programs of different lengths, and the "
            f"parts of a model that {strategy} shares out would wait for each other for ever"
        )
    if str(trainer.precision).endswith("-true") and trainer.precision != "32-true":
        raise SparseRLError(
            "set --trainer.precision to 32-true, 16-mixed or bf16-mixed: "
            f"{trainer.precision} converts a batch's tensors, and examples are none"
        )
