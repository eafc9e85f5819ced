"""Writes `.tagged` files for questions and tables without annotation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparse_rl.annotation.dictionary import need_dictionary
from sparse_rl.annotation.tagged import tagged_questions, tagged_table
from sparse_rl.datamodules.tables.wikitablequestions_tables import read_table
from sparse_rl.errors import DataError
from sparse_rl.folders import complete_file
from sparse_rl.natural_order import natural_key
from sparse_rl.progress import in_sight


def annotate(source: Path, out: Path) -> list[Path]:
    """Annotates a question file (.tsv) or a table (.csv) into the file `out`, or a folder.

    A folder has the release's layout (`data/*.tsv`, `csv/*-csv/*.csv`); its annotation goes to
    `out/tagged`, laid out as in the release.

    Returns:
        The files written. A file is complete or absent.

    Raises:
        DataError: the source is missing, malformed, or of another kind; or a file to write exists.
        SparseRLError: the annotator's dictionary is not installed.
    """
    need_dictionary()
    jobs = _folder_jobs(source, out) if source.is_dir() else [(source, out)]
    for _, target in jobs:
        if target.exists():
            raise DataError(f"choose another --out, or remove the file first: {target} exists")
    for file, target in in_sight(jobs, "annotating", "files"):
        _write(target, _lines(file))
    return [target for _, target in jobs]


def _folder_jobs(folder: Path, out: Path) -> list[tuple[Path, Path]]:
    questions = [
        (path, out / "tagged" / "data" / f"{path.stem}.tagged")
        for path in sorted(folder.glob("data/*.tsv"), key=natural_key)
    ]
    tables = [
        (path, out / "tagged" / path.parent.name.replace("-csv", "-tagged") / f"{path.stem}.tagged")
        for path in sorted(folder.glob("csv/*-csv/*.csv"), key=natural_key)
    ]
    if not questions and not tables:
        raise DataError(f"name a folder with data/*.tsv or csv/*-csv/*.csv: {folder} has neither")
    return questions + tables


def _lines(file: Path) -> Iterator[str]:
    if file.suffix == ".csv":
        return tagged_table(read_table(file.parent, file.name))
    if file.suffix == ".tsv":
        return tagged_questions(file)
    raise DataError(f"name a question file (.tsv), a table (.csv) or a folder, not {file}")


def _write(path: Path, lines: Iterator[str]) -> None:
    with complete_file(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
