"""Programs in a JSONL file: `{"id": …, "programs": ["( … ) <END>", …]}` per line.

The domain defines the text of a program (`Domain.format_program`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sparse_rl.errors import DataError, ProgramSyntaxError
from sparse_rl.exploration.domain import Domain
from sparse_rl.folders import complete_file
from sparse_rl.interpreters.world import Actions, World, replay_actions
from sparse_rl.records import check_record, read_objects

LINE = {"id": str, "programs": list[str]}
"""Fields of a line."""


def write_programs(
    path: Path, found: Iterable[tuple[Any, Sequence[Actions]]], domain: Domain[Any]
) -> None:
    """Writes rewarded programs as text, so that they survive a change of action ids."""
    with complete_file(path) as partial, partial.open("w", encoding="utf-8") as file:
        for example, programs in found:
            texts = [domain.format_program(example, actions) for actions in programs]
            file.write(json.dumps({"id": example.id, "programs": texts}, ensure_ascii=False) + "\n")


def read_programs(
    path: Path, examples: Sequence[Any], domain: Domain[Any]
) -> tuple[dict[str, list[Actions]], str]:
    """Reads programs and replays each in its world.

    A program that does not parse, does not replay or has no reward is left out and reported.

    Returns:
        The rewarded programs by example id, and a report with the programs left out.

    Raises:
        DataError: the file is missing or a line does not have the format.
    """
    if not path.is_file():
        raise DataError(f"write the file first with `sparse-rl explore --out {path}`: no such file")
    by_id = {example.id: example for example in examples}
    replayed = _Replayed(path)
    for place, record in read_objects(path):
        check_record(record, LINE, place)
        id_, texts = record["id"], record["programs"]
        if id_ not in by_id:
            replayed.problems.append(f"{id_}: no such example in this dataset")
            continue
        example = by_id[id_]
        world = domain.world(example)
        for text in texts:
            try:
                actions = domain.parse_program(example, text)
            except (ProgramSyntaxError, ValueError) as error:
                replayed.problems.append(f"{id_}: {error}")
                continue
            replayed.add(id_, world, actions, repr(text))
    return replayed.programs, replayed.report()


def replay_programs(
    path: Path,
    programs: Mapping[str, Sequence[Actions]],
    examples: Sequence[Any],
    domain: Domain[Any],
) -> tuple[dict[str, list[Actions]], str]:
    """Replays the programs of an earlier run's memory; see `read_programs`.

    Args:
        path: source of the programs, for the report.
        programs: action sequences by example id.
        examples: examples to keep; programs of other examples are left out and reported.
        domain: the domain of the action ids.
    """
    by_id = {example.id: example for example in examples}
    replayed = _Replayed(path)
    for id_, sequences in programs.items():
        if id_ not in by_id:
            replayed.problems.append(f"{id_}: no such example in this dataset")
            continue
        world = domain.world(by_id[id_])
        for actions in sequences:
            replayed.add(id_, world, actions, str(actions))
    return replayed.programs, replayed.report()


@dataclass
class _Replayed:
    """Programs that are rewarded when replayed, and the problems of the others."""

    path: Path
    programs: dict[str, list[Actions]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, id_: str, world: World, actions: Actions, shown: str) -> None:
        try:
            rewarded = replay_actions(world, actions).reward > 0
        except ValueError as error:
            self.problems.append(f"{id_}: {error}")
            return
        if rewarded:
            self.programs.setdefault(id_, []).append(actions)
        else:
            self.problems.append(f"{id_}: {shown} has no reward")

    def report(self) -> str:
        count = sum(map(len, self.programs.values()))
        shown = "".join(f"\n  {problem}" for problem in self.problems[:10])
        return (
            f"{self.path}: {count} programs for {len(self.programs)} examples; "
            f"{len(self.problems)} left out{shown}"
        )
