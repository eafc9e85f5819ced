"""Questions over tables, with programs spelled by a language model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparse_rl.bounds import Dropout, bounded
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.modules.language_models.adapters import Adapters
from sparse_rl.modules.language_models.new_model import NewModel
from sparse_rl.modules.language_models.spelled_policy import SpelledPolicy
from sparse_rl.modules.language_models.spelled_task import SpelledTask
from sparse_rl.modules.language_models.task import Dtype, Relative
from sparse_rl.modules.tables.questions_task import TableQuestionsTask


class SpelledTableTask(TableQuestionsTask[SpelledPolicy], SpelledTask[Example]):
    """Questions over tables with a language model, which reads the headers and the question.

    A program's words are names of functions, headers and the question's own constants.

    Args:
        model: see `LanguageModelTask`.
        dropout: see `LanguageModelTask`.
        dtype: see `LanguageModelTask`.
        recompute: see `LanguageModelTask`.
        relative_to: see `LanguageModelTask`.
        adapters: see `LanguageModelTask`.
        search_triggers: see `TableTask`.
    """

    @bounded
    def __init__(
        self,
        model: str | NewModel,
        dropout: Dropout = 0.0,
        dtype: Dtype = "float32",
        recompute: bool = False,
        relative_to: Relative = "uniform",
        adapters: Adapters | None = None,
        search_triggers: str | None = None,
    ) -> None:
        TableQuestionsTask.__init__(self, search_triggers)
        SpelledTask.__init__(self, model, dropout, dtype, recompute, relative_to, adapters)

    def __getstate__(self) -> dict[str, Any]:
        kept = TableQuestionsTask.__getstate__(self)
        return {n: value for n, value in SpelledTask.__getstate__(self).items() if n in kept}

    def attach(self, data: Any) -> None:
        """Takes the language of the data; of a new model, makes the tokenizer.

        Raises:
            TaskError: the data are not questions over tables.
        """
        TableQuestionsTask.attach(self, data)
        SpelledTask.attach(self, data)

    def prompt(self, example: Example) -> str:
        """Returns the headers, the constants with their columns, and the question."""
        headers = dict.fromkeys(example.table.header)
        lines = (" | ".join(headers), " | ".join(constant_texts(example)), example.question)
        return "".join(f" {line.lower()}\n" for line in lines)

    def texts(self, example: Example) -> Sequence[str]:
        """Returns names of functions, headers and constants; a name that recurs gets a number."""
        world = self.world(example)
        headers = [example.table.header[p.column] for p in example.table.properties]
        constants = [_plain(constant.value) for constant in example.constants]
        return list(_distinct((*world.tokens.names, *headers, *constants)))

    def state_dict(self, policy: SpelledPolicy) -> dict[str, Any]:
        return {**super().state_dict(policy), "language": self.language.state_dict()}

    def restore(self, state: dict[str, Any]) -> SpelledPolicy:
        language = Language.from_state_dict(state["language"])
        self.domain = TableDomain(language, self.search_triggers)
        return super().restore(state)

    def initial_state(self, state: Mapping[str, Any], data: Any) -> dict[str, Any]:
        """Returns the state of a checkpoint with the language of the new data.

        Raises:
            TaskError: the functions, the length of programs or the sizes differ.
        """
        mine = self.same_language(state)
        return {**super().initial_state(state, data), "language": mine}


def constant_texts(example: Example) -> Iterator[str]:
    """Yields a question's constants, each text with the headers of the columns that have it."""
    table = example.table
    for constant in example.constants:
        text = _plain(constant.value)
        if isinstance(constant.value, tuple):
            headers = (
                header
                for column, header in enumerate(table.header)
                if table.types[column] == "text" and table.containing(column, constant.value)
            )
            text = " in ".join((text, *dict.fromkeys(headers)))
        yield text


def _plain(value: Any) -> str:
    """Returns a constant as it is written."""
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _distinct(names: Sequence[str]) -> Iterator[str]:
    """Yields the names with a space before them, numbered from the second of the same on."""
    seen: dict[str, int] = {}
    for name in map(str.lower, names):
        seen[name] = number = seen.get(name, 0) + 1
        yield f" {name}" if number == 1 else f" {name} {number}"
