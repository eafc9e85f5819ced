"""Generated questions about everyday tables, in the folder format of people's own tables."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from sparse_rl.bounds import Count, NonNegative, Seed, bounded
from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
from sparse_rl.datamodules.tables.table_datamodule import default_cache
from sparse_rl.folders import cached_folder
from sparse_rl.interpreters.tables.program import parse_program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.world import Actions
from sparse_rl.records import read_objects
from sparse_rl.seeds import seed_or_run_seed

# Part of the folder's name: raise it whenever the generator's output changes.
GENERATOR_VERSION = 11
PROGRAMS = "programs.jsonl"


class EverydayDataModule(OwnTablesDataModule):
    """Generated tables of everyday life, and questions over all functions of the language.

    Every question has a program that says what it says; `warm_start.method: data` trains on these.

    Args:
        tables: tables of train; dev and test have a tenth of it each.
        questions_per_table: questions on each.
        wikisql: folder of WikiSQL's files, whose questions are added; null for none.
        wikisql_questions: training questions of WikiSQL to draw from; a tenth for dev and test.
        batch_size: training examples per step, over all processes.
        eval_batch_size: examples per batch of validation and test; no effect on results.
        max_expressions: greatest number of expressions in a program; 1 to 4.
        limit: use only the first so many questions of every split; 0 for all.
        cache: folder of the data; null for `SPARSE_RL_CACHE` or ~/.cache/sparse_rl.
        seed: seed of the generator and of the order of training; null for the run's
            (seed_everything).
    """

    @bounded
    def __init__(
        self,
        tables: Count = 1000,
        questions_per_table: Count = 30,
        wikisql: str | None = None,
        wikisql_questions: Count = 6_000,
        batch_size: int = 50,
        eval_batch_size: int = 250,
        max_expressions: int = 4,
        limit: NonNegative = 0,
        cache: str | None = None,
        seed: Seed | None = None,
    ) -> None:
        seed = seed_or_run_seed(seed)
        folder = Path(cache) if cache else default_cache()
        more = 0 if wikisql is None else wikisql_questions
        size = f"{tables}x{questions_per_table}x{max_expressions}-{more}"
        root = folder / f"everyday-{GENERATOR_VERSION}-{seed}-{size}"
        super().__init__(
            str(root),
            language="plain",
            batch_size=batch_size,
            eval_batch_size=eval_batch_size,
            max_expressions=max_expressions,
            limit=limit,
            cache=cache,
            seed=seed,
        )
        self.sizes = {"train": tables, "dev": max(1, tables // 10), "test": max(1, tables // 10)}
        self.wikisql = Path(wikisql) if wikisql is not None else None
        self.wikisql_sizes = {"train": more, "dev": more // 10, "test": more // 10}
        self.questions_per_table = questions_per_table
        self.generator_seed = seed

    def prepare_data(self) -> None:
        """Generates the files if they are missing or damaged."""
        cached_folder(self.root, self._fill)
        super().prepare_data()

    def _fill(self, root: Path) -> None:
        # Late: the words and patterns are files, which other trainings need not read.
        from sparse_rl.datamodules.everyday.generate import generate
        from sparse_rl.datamodules.everyday.wikisql import write_wikisql

        for split, tables in self.sizes.items():
            rng = random.Random(f"{self.generator_seed}/{split}")
            names = [f"{split}-{place}.csv" for place in range(tables)]
            found = list(generate(rng, root, names, self.questions_per_table, self.language))
            if self.wikisql is not None:
                number = self.wikisql_sizes[split]
                found += write_wikisql(rng, self.wikisql, split, root, number, self.language)
            _write(root / f"{split}.jsonl", [question for question, _ in found])
            _write(root / f"{split}.{PROGRAMS}", [programs for _, programs in found])

    def known_programs(self) -> dict[str, list[Actions]]:
        """Programs of the training questions, as action ids."""
        path = self.root / f"train.{PROGRAMS}"
        texts = {record["id"]: record["programs"] for _, record in read_objects(path)}
        found = {}
        for example in self.each("train"):
            world = TableWorld(example, self.language)
            programs = [parse_program(text, self.language) for text in texts[example.id]]
            found[example.id] = [world.actions(program) for program in programs]
        return found


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_text(text, encoding="utf-8")
