"""Bounds of options that are Lightning's own, where Lightning checks late or not at all."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from jsonargparse import Namespace

from sparse_rl.bounds import OptionError, Within

_FROM_1 = Within(1)
_FROM_0 = Within(0)
_ABOVE_0 = Within(0, open_low=True)

BOUNDS = {
    "seed_everything": Within(0, 2**32 - 1),
    "show": _FROM_0,
    "trainer.accumulate_grad_batches": _FROM_1,
    "trainer.check_val_every_n_epoch": _FROM_1,
    "trainer.gradient_clip_val": _FROM_0,
    "trainer.limit_predict_batches": _ABOVE_0,
    # `fit` ends with a test.
    "trainer.limit_test_batches": _ABOVE_0,
    "trainer.limit_train_batches": _ABOVE_0,
    "trainer.limit_val_batches": _FROM_0,
    "trainer.log_every_n_steps": _FROM_1,
    "trainer.logger.init_args.flush_logs_every_n_steps": _FROM_1,
    "trainer.max_epochs": Within(-1),
    "trainer.max_steps": Within(-1),
    "trainer.min_epochs": _FROM_0,
    "trainer.min_steps": _FROM_0,
    "trainer.num_nodes": _FROM_1,
    "trainer.num_sanity_val_steps": Within(-1),
    "trainer.overfit_batches": _FROM_0,
    "trainer.reload_dataloaders_every_n_epochs": _FROM_0,
    "trainer.val_check_interval": _ABOVE_0,
}
"""By option; options that are no numbers, such as a time, are Lightning's to check."""

PRECISIONS = ("32-true", "16-mixed", "bf16-mixed", "32", "16", "bf16", "None")
"""A policy's weights stay in 32 bits: rewards and rare programs need them."""


# Each device on the CPU is a process of its own, of some 400 MB.
_PROCESSES = Within(-1, 4 * (os.cpu_count() or 1))


def check_trainer_options(options: Any, monitors: Collection[str] = ()) -> None:
    """Checks the options that a run shares with all of Lightning's.

    Args:
        options: the parser's result.
        monitors: metrics that can choose the best checkpoint; any if empty.

    Raises:
        OptionError: a value is out of bounds, or the run would keep no checkpoint.
    """
    monitor = _value(options, "best_checkpoint.monitor")
    if monitors and monitor not in monitors:
        raise OptionError(
            f"set best_checkpoint.monitor to one of {', '.join(monitors)}: got {monitor}"
        )
    devices = str(_value(options, "trainer.devices"))
    if _value(options, "trainer.accelerator") in ("cpu", "auto") and devices.lstrip("-").isdigit():
        _PROCESSES.check("trainer.devices", int(devices))
    for name, bounds in BOUNDS.items():
        value = _value(options, name)
        # Switches are no numbers here: `seed_everything: true` draws a seed.
        if isinstance(value, int | float) and not isinstance(value, bool):
            bounds.check(name, value)
    if str(_value(options, "trainer.precision")) not in PRECISIONS:
        raise OptionError(f"set trainer.precision to one of {', '.join(PRECISIONS)}")
    if _value(options, "trainer.enable_checkpointing") is False:
        raise OptionError(
            "leave trainer.enable_checkpointing out: a run keeps its best and its last checkpoint"
        )


def _value(options: Any, name: str) -> Any:
    for part in name.split("."):
        # A part may be a list, or a switch, such as `logger: true`.
        options = options.get(part) if isinstance(options, Mapping | Namespace) else None
    return options
