"""The commands of `sparse-rl`: a module with the function `main` for each of our own.

`run_cli` has Lightning's, for any kind of model, and `programs` what those that write programs
add; the rest is what the commands share.
"""

TRAINING = ("fit", "validate", "test", "predict")

COMMANDS = (
    "explore",
    "credibility",
    "borl",
    "ensemble",
    "sweep",
    "report",
    "ask",
    "check",
    "fetch",
    "completion",
    "annotate",
)
"""The commands that are not Lightning's: modules of `sparse_rl.commands`."""

__all__ = ["COMMANDS", "TRAINING"]
