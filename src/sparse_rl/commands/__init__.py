"""Commands of `sparse-rl`: each of our own is a module with a function `main`.

`run_cli` has Lightning's commands for any kind of model, `programs` their additions for policies
that write programs; the other modules are shared code.
"""

TRAINING = ("fit", "validate", "test", "predict")

COMMANDS = (
    "explore",
    "credibility",
    "spurious",
    "borl",
    "ensemble",
    "sweep",
    "report",
    "ask",
    "app",
    "check",
    "generate",
    "learn",
    "fetch",
    "completion",
    "annotate",
)
"""The commands that are not Lightning's: modules of `sparse_rl.commands`."""

WITH_TRAINING_OPTIONS = (
    *TRAINING,
    "explore",
    "credibility",
    "spurious",
    "borl",
    "ensemble",
    "sweep",
    "check",
)
"""The commands that accept a training's options."""

__all__ = ["COMMANDS", "TRAINING", "WITH_TRAINING_OPTIONS"]
