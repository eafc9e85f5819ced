"""What the tasks of questions over tables have in common: worlds, programs, predictions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from sparse_rl.errors import DataError
from sparse_rl.exploration.budget import NO_LIMIT, Budget
from sparse_rl.exploration.exhaustive import Rewarded
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_features import Clues, clues, table_features
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.triggers import NO_TRIGGERS, default_triggers, triggers_from
from sparse_rl.interpreters.world import Actions, Trajectory
from sparse_rl.modules.tables.predictions import prediction
from sparse_rl.modules.task import PolicyT, Task, TaskError

# Features by a program's actions.
FeaturesOf = dict[tuple[int, ...], tuple[float, ...]]


class TableQuestionsTask(Task[Example, PolicyT]):
    """Questions over tables, without a policy.

    Args:
        search_triggers: "default" for MAPO's trigger words, a YAML file of the same form, or null;
            see `TableTask`.
    """

    def __init__(self, search_triggers: str | None) -> None:
        self.search_triggers = triggers_from(search_triggers)
        self.domain: TableDomain

    def __getstate__(self) -> dict[str, Any]:
        # Ray's workers get copies of a task; weak references have none.
        return {name: value for name, value in vars(self).items() if name != "_features"}

    @cached_property
    def _features(self) -> WeakKeyDictionary[Example, tuple[Clues, FeaturesOf]]:
        return WeakKeyDictionary()

    @property
    def language(self) -> Language:
        """The language of the programs."""
        return self.domain.language

    def attach(self, data: Any) -> None:
        """Takes the language of the data.

        Raises:
            TaskError: the data are not questions over tables.
        """
        if not hasattr(data, "language"):
            raise TaskError(
                f"choose a task for {type(data).__name__}: {type(self).__name__} is for questions "
                "over tables, whose data module has a language"
            )
        self.domain = TableDomain(data.language, self.search_triggers)

    def world(self, example: Example) -> TableWorld:
        return self.domain.world(example)

    def search_worlds(self, example: Example) -> list[TableWorld]:
        return self.domain.search_worlds(example)

    def exhaustive(
        self, example: Example, max_programs: int = 100, budget: Budget = NO_LIMIT
    ) -> Rewarded:
        return self.domain.exhaustive(example, max_programs, budget)

    def format_program(self, example: Example, actions: Actions) -> str:
        return self.domain.format_program(example, actions)

    def parse_program(self, example: Example, text: str) -> Actions:
        return self.domain.parse_program(example, text)

    def fingerprint(self) -> str:
        return self.domain.fingerprint()

    def check_programs(self, state: Mapping[str, Any], where: str) -> None:
        theirs, mine = state["language"], self.language.state_dict()
        changed = [key for key in (theirs | mine) if theirs.get(key) != mine.get(key)]
        if changed:
            values = (
                f"{key} {theirs.get(key)!s:.60} there, {mine.get(key)!s:.60} here"
                for key in changed
            )
            raise DataError(f"train with the language of {where}: {'; '.join(values)}")

    def features(self, example: Example, trajectory: Trajectory) -> tuple[float, ...]:
        """Returns the `table_features` of a program, computed once."""
        known = self._features.get(example)
        if known is None:
            known = self._features[example] = (self._clues(example), {})
        question, features = known
        found = features.get(trajectory.actions)
        if found is None:
            program = self.world(example).program(trajectory.actions)
            limit = self.language.max_expressions
            found = features[trajectory.actions] = table_features(question, program, limit)
        return found

    def _clues(self, example: Example) -> Clues:
        """Returns the question's clues, by the language's trigger words.

        For a language without trigger words MAPO's are used, if the question has part-of-speech
        tags, as most of MAPO's triggers are tags.
        """
        triggers = self.language.triggers
        if triggers == NO_TRIGGERS and example.pos_tags:
            triggers = default_triggers()
        return clues(example, triggers)

    def prediction(
        self, example: Example, trajectory: Trajectory, log_prob: float
    ) -> dict[str, Any]:
        return {**prediction(example, self.language, trajectory, log_prob)}
