"""sparse_rl: training policies that write programs, from rewards of their answers only.

Guided adaptive credit assignment (GACA) and its baselines, over tables and any other
deterministic world. In short:

    task = sparse_rl.WorldTask(worlds)
    memory = sparse_rl.explore(task, "systematic", attempts=1000)
    run = sparse_rl.fit(task, sparse_rl.Gaca(), memory=memory, max_epochs=5)
    sparse_rl.evaluate(run, "test")

Importing the package loads nothing heavy: each name is imported at its first use.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, overload

from sparse_rl.late import late_names

if TYPE_CHECKING:
    from pathlib import Path

    from sparse_rl.asking.model import Model
    from sparse_rl.estimators import (
        Borl,
        DirPg,
        EnergyPrior,
        Estimator,
        Gaca,
        HardEm,
        Iml,
        Mapo,
        Merl,
        MixturePrior,
        Mml,
        Plan,
        Raml,
        Reinforce,
        ScoredBatch,
        Stratum,
        TemplatePrior,
    )
    from sparse_rl.interface import AnyTask, Run, evaluate, explore, fit
    from sparse_rl.interpreters.prompts import Prompt
    from sparse_rl.interpreters.world import Trajectory, World, WorldExample
    from sparse_rl.modules.language_models import CompletionTask
    from sparse_rl.modules.learner import PolicyLearner
    from sparse_rl.modules.task import Task
    from sparse_rl.modules.world_task import WorldTask
    from sparse_rl.replay.memory import Memory

try:
    __version__ = version("sparse_rl")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"

# Modules of the public names that are not in `sparse_rl.estimators`.
_HOMES = {
    **dict.fromkeys(("Run", "evaluate", "explore", "fit"), "sparse_rl.interface"),
    **dict.fromkeys(("Trajectory", "World", "WorldExample"), "sparse_rl.interpreters.world"),
    "CompletionTask": "sparse_rl.modules.language_models",
    "Memory": "sparse_rl.replay.memory",
    "PolicyLearner": "sparse_rl.modules.learner",
    "Prompt": "sparse_rl.interpreters.prompts",
    "Task": "sparse_rl.modules.task",
    "WorldTask": "sparse_rl.modules.world_task",
}

__all__ = [
    "Borl",
    "CompletionTask",
    "DirPg",
    "EnergyPrior",
    "Estimator",
    "Gaca",
    "HardEm",
    "Iml",
    "Mapo",
    "Memory",
    "Merl",
    "MixturePrior",
    "Mml",
    "Plan",
    "PolicyLearner",
    "Prompt",
    "Raml",
    "Reinforce",
    "Run",
    "ScoredBatch",
    "Stratum",
    "Task",
    "TemplatePrior",
    "Trajectory",
    "World",
    "WorldExample",
    "WorldTask",
    "__version__",
    "evaluate",
    "explore",
    "fit",
    "load",
]


__getattr__ = late_names(__name__, {**dict.fromkeys(__all__, "sparse_rl.estimators"), **_HOMES})


def __dir__() -> list[str]:
    return sorted(__all__)


@overload
def load(checkpoint: str | Path | None = None) -> Model: ...
@overload
def load(checkpoint: str | Path, task: AnyTask, data: Any = None) -> Run: ...
def load(
    checkpoint: str | Path | None = None, task: AnyTask | None = None, data: Any = None
) -> Model | Run:
    """Loads a trained policy.

    Without a task, returns a model over tables, to ask it questions: `load(P).ask(df, "…")`. With
    a task, returns a run, to evaluate it: `evaluate(load(P, WorldTask(worlds)))`.

    Args:
        checkpoint: a checkpoint file, or a run's folder for its best checkpoint; None for the model
            over tables that comes with the package.
        task: a task of the class that the checkpoint was trained with.
        data: the examples; the task's own by default.

    Raises:
        CheckpointError: there is no such checkpoint, it is another task's, or, without a task, it
            holds no policy over tables.
    """
    # Late: torch takes seconds.
    if task is None:
        from sparse_rl.asking.model import load_model

        return load_model(checkpoint)
    from sparse_rl.errors import SparseRLError
    from sparse_rl.interface import load as load_run

    if checkpoint is None:
        raise SparseRLError("give a checkpoint: the packaged model is over tables, without a task")
    return load_run(checkpoint, task, data)
