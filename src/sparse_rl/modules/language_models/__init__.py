"""Language models as policies: of completions, and of the programs of any world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparse_rl.late import late_names

if TYPE_CHECKING:
    from sparse_rl.modules.language_models.adapters import Adapters
    from sparse_rl.modules.language_models.completion_task import CompletionTask
    from sparse_rl.modules.language_models.new_model import NewModel
    from sparse_rl.modules.language_models.spelled_task import SpelledTask, SpelledWorldTask
    from sparse_rl.modules.language_models.task import LanguageModelTask

__all__ = [
    "Adapters",
    "CompletionTask",
    "LanguageModelTask",
    "NewModel",
    "SpelledTask",
    "SpelledWorldTask",
]

# Late: transformers is slow to import.
__getattr__ = late_names(
    __name__,
    {
        "Adapters": "sparse_rl.modules.language_models.adapters",
        "CompletionTask": "sparse_rl.modules.language_models.completion_task",
        "LanguageModelTask": "sparse_rl.modules.language_models.task",
        "NewModel": "sparse_rl.modules.language_models.new_model",
        "SpelledTask": "sparse_rl.modules.language_models.spelled_task",
        "SpelledWorldTask": "sparse_rl.modules.language_models.spelled_task",
    },
)
