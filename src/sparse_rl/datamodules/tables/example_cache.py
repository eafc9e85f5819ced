"""Preprocessed examples in a cache: two data sets of Arrow files, the tables and the questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sparse_rl.datamodules.tables.example_records import example_records, table_records
from sparse_rl.datamodules.tables.stored_examples import StoredExamples
from sparse_rl.folders import cached_folder
from sparse_rl.interpreters.tables.example import Example


def cached_examples(
    folder: Path, compute: Callable[[], list[Example]], limit: int = 0
) -> StoredExamples:
    """Opens the examples of `folder`; computes and saves them if it is missing.

    Args:
        folder: a folder of a cache.
        compute: makes all examples.
        limit: use only the first so many; 0 for all.
    """
    import datasets  # Late: it is slow to import, and only this function needs it.

    datasets.disable_progress_bars()

    def fill(partial: Path) -> None:
        examples = compute()
        datasets.Dataset.from_list(table_records(examples)).save_to_disk(partial / "tables")
        datasets.Dataset.from_list(example_records(examples)).save_to_disk(partial / "examples")

    cached_folder(folder, fill)
    tables, examples = (
        datasets.load_from_disk(str(folder / name)).with_format("arrow")[:]
        for name in ("tables", "examples")
    )
    return StoredExamples(tables, examples.slice(0, limit or None))
