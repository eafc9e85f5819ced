"""Draws everyday tables with their questions, and writes the tables as files."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sparse_rl.datamodules.everyday.absent import draw_absent
from sparse_rl.datamodules.everyday.questions import draw_question
from sparse_rl.datamodules.everyday.tables import draw_table
from sparse_rl.datamodules.tables.reading import reading_of
from sparse_rl.datamodules.tables.table_files import read_table_file
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.progress import in_sight

_ABSENT = 0.09
"""Share of the draws that are questions which the table does not answer."""
_DRAWS = 20
"""Draws for each question of a table, before it has fewer."""


def generate(
    rng: random.Random, root: Path, names: list[str], questions_per_table: int, language: Language
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Writes tables into a folder; yields questions on them with their programs."""
    reading = reading_of(language)
    for name in in_sight(names, "drawing", "tables"):
        table = draw_table(rng, name)
        (root / name).write_text(table.csv(), encoding="utf-8")
        read = reading.read(name, read_table_file(root / name))
        known: set[str] = set()
        for _ in range(_DRAWS * questions_per_table):
            absent = rng.random() < _ABSENT
            drawn = draw_absent(rng, table) if absent else draw_question(rng, table, read, language)
            if drawn is None or drawn.text in known:
                continue
            known.add(drawn.text)
            id_ = f"{Path(name).stem}-{len(known)}"
            asked = {"id": id_, "question": drawn.text, "table": name, "answer": drawn.answer}
            yield asked, {"id": id_, "programs": drawn.programs}
            if len(known) == questions_per_table:
                break
