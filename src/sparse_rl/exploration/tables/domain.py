"""The domain of questions over tables: worlds, exhaustive search, program texts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sparse_rl.exploration.budget import NO_LIMIT, Budget
from sparse_rl.exploration.domain import Domain
from sparse_rl.exploration.exhaustive import Rewarded
from sparse_rl.exploration.tables.exhaustive import search_denotations
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import format_program, parse_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.triggers import NO_TRIGGERS, Triggers
from sparse_rl.interpreters.world import Actions


@dataclass(frozen=True)
class TableDomain(Domain[Example]):
    """Questions over tables in a language.

    Attributes:
        language: language of the programs.
        triggers: trigger words: a search before training first looks for programs whose functions
            have a trigger in the question, and for others only where it finds none.
    """

    language: Language
    triggers: Triggers = NO_TRIGGERS

    def world(self, example: Example) -> TableWorld:
        return TableWorld(example, self.language)

    def search_worlds(self, example: Example) -> list[TableWorld]:
        world = self.world(example)
        # MAPO's trigger words are for more functions than some languages have.
        triggers = self.triggers.among(self.language.names)
        if triggers == NO_TRIGGERS:
            return [world]
        return [TableWorld(example, replace(self.language, triggers=triggers)), world]

    def exhaustive(
        self, example: Example, max_programs: int = 100, budget: Budget = NO_LIMIT
    ) -> Rewarded:
        """Finds rewarded programs by increasing length; see `search_denotations`."""
        *hinted, world = self.search_worlds(example)
        executed = 0
        for narrower in hinted:
            found = search_denotations(narrower, max_programs, budget)
            executed += found.executed
            if found.programs:
                return Rewarded(found.programs, complete=False, executed=executed)
        found = search_denotations(world, max_programs, budget)
        return replace(found, executed=executed + found.executed)

    def format_program(self, example: Example, actions: Actions) -> str:
        return format_program(self.world(example).program(actions))

    def parse_program(self, example: Example, text: str) -> Actions:
        return self.world(example).actions(parse_program(text, self.language))

    def fingerprint(self) -> str:
        return f"tables {self.language.state_dict()} {self.triggers.state_dict()}"
