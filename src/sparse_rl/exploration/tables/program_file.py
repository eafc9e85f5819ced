"""Programs in a JSONL file: `{"id": …, "programs": ["( … ) <END>", …]}` per line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sparse_rl.errors import DataError, ProgramSyntaxError
from sparse_rl.folders import complete_file
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import format_program, parse_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Actions, replay_actions


def write_programs(
    path: Path, found: Iterable[tuple[Example, Sequence[Actions]]], language: Language
) -> None:
    """Writes rewarded programs as text, so that they survive a change of action ids."""
    with complete_file(path) as partial, partial.open("w", encoding="utf-8") as file:
        for example, programs in found:
            world = TableWorld(example, language)
            texts = [format_program(world.program(actions)) for actions in programs]
            file.write(json.dumps({"id": example.id, "programs": texts}, ensure_ascii=False) + "\n")


def read_programs(
    path: Path, examples: Sequence[Example], language: Language
) -> tuple[dict[str, list[Actions]], str]:
    """Reads programs and replays each on its table.

    A program that does not parse, does not replay or is not right is left out and reported.

    Returns:
        The rewarded programs by example id, and a report of what was read and what was not.

    Raises:
        DataError: the file is missing or a line is not of the format.
    """
    if not path.is_file():
        raise DataError(f"write the file first with `sparse-rl explore --out {path}`: no such file")
    by_id = {example.id: example for example in examples}
    replayed = _Replayed(path)
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
                id_, texts = record["id"], list(record["programs"])
            except (json.JSONDecodeError, KeyError, TypeError) as error:
                raise DataError(
                    f'write lines as {{"id": …, "programs": […]}}: {error!r} '
                    f"({path}, line {number})"
                ) from None
            if id_ not in by_id:
                replayed.problems.append(f"{id_}: no such question in this dataset")
                continue
            world = TableWorld(by_id[id_], language)
            for text in texts:
                try:
                    actions = world.actions(parse_program(text, language))
                except (ProgramSyntaxError, ValueError) as error:
                    replayed.problems.append(f"{id_}: {error}")
                    continue
                replayed.add(world, actions, repr(text))
    return replayed.programs, replayed.report()


def replay_programs(
    path: Path,
    programs: Mapping[str, Sequence[Actions]],
    examples: Sequence[Example],
    language: Language,
) -> tuple[dict[str, list[Actions]], str]:
    """Replays the programs of an earlier run's memory; as `read_programs`.

    Args:
        path: where they come from, for the report.
        programs: action sequences by example id.
        examples: the questions. Programs of others are left out and reported.
        language: the one that the action ids belong to.
    """
    by_id = {example.id: example for example in examples}
    replayed = _Replayed(path)
    for id_, sequences in programs.items():
        if id_ not in by_id:
            replayed.problems.append(f"{id_}: no such question in this dataset")
            continue
        world = TableWorld(by_id[id_], language)
        for actions in sequences:
            replayed.add(world, actions, str(actions))
    return replayed.programs, replayed.report()


@dataclass
class _Replayed:
    """Programs that are right when they are replayed, and what is wrong with the others."""

    path: Path
    programs: dict[str, list[Actions]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, world: TableWorld, actions: Actions, shown: str) -> None:
        id_ = world.example.id
        try:
            rewarded = replay_actions(world, actions).reward > 0
        except ValueError as error:
            self.problems.append(f"{id_}: {error}")
            return
        if rewarded:
            self.programs.setdefault(id_, []).append(actions)
        else:
            self.problems.append(f"{id_}: the answer of {shown} is not right")

    def report(self) -> str:
        count = sum(map(len, self.programs.values()))
        shown = "".join(f"\n  {problem}" for problem in self.problems[:10])
        return (
            f"{self.path}: {count} programs for {len(self.programs)} questions; "
            f"{len(self.problems)} left out{shown}"
        )
