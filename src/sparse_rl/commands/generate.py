"""`sparse-rl generate`: drafts questions with answers over a user's own tables."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sparse_rl.bounds import Count, Seed
from sparse_rl.commands.arguments import Arguments
from sparse_rl.errors import DataError
from sparse_rl.folders import complete_file
from sparse_rl.natural_order import natural_key

if TYPE_CHECKING:
    from sparse_rl.datamodules.tables.reading import ReadTable


def parser() -> Arguments:
    """The command's options."""
    options = Arguments(
        "generate",
        "Writes questions with answers over all tables of a folder, from sentence patterns and the "
        "tables' own headers and cells: a file to edit, which check and fit read.",
    )
    options.add_argument("--data.root", dest="root", type=Path, required=True, help="the folder")
    options.add_argument(
        "--out", type=Path, required=True, help="a new file of questions: .jsonl or .tsv"
    )
    options.add_argument(
        "--number",
        type=Count,
        default=200,
        help="questions, spread over the tables; 200 by default",
    )
    options.add_argument("--seed", type=Seed, default=0, help="seed of the draws")
    return options


def main(args: Sequence[str]) -> None:
    """Writes the file; prints how many questions it has, and how to go on.

    Raises:
        DataError: the file exists, has another suffix, or there is no table to ask about.
    """
    options = parser().parse_args(args)
    out: Path = options.out
    if out.suffix not in (".jsonl", ".tsv"):
        raise DataError(f"give --out a name that ends in .jsonl or .tsv, not {out}")
    if out.exists():
        raise DataError(f"give --out a new file: {out} exists, and may have been edited")
    if not options.root.is_dir():
        raise DataError(f"point --data.root to the folder of the tables: no folder {options.root}")
    from sparse_rl.datamodules.quickstart.own_questions import generate_questions

    tables = list(_tables(options.root))
    if not tables:
        raise DataError(f"put tables into {options.root}: none of its files can be read as one")
    records: list[dict[str, object]] = []
    for place, (name, read) in enumerate(tables):
        number, count = options.number, len(tables)
        wanted = number * (place + 1) // count - number * place // count
        found = generate_questions(read, wanted, options.seed)
        if len(found) < wanted:
            print(f"note: {name} gives {len(found)} of {wanted} questions", file=sys.stderr)
        records += [
            {"question": q.question, "table": name, "answer": q.answer, "program": q.program}
            for q in found
        ]
    if not records:
        raise DataError(
            f"give tables of two columns with headers, and rows without gaps: {options.root} has "
            "none to ask about"
        )
    with complete_file(out) as partial:
        partial.write_text(_text(records, out.suffix), encoding="utf-8")
    print(f"{len(records)} questions over {len(tables)} tables; read them, then train")
    print(f"Written to {out}")
    print(_command(options.root, out))


def _tables(root: Path) -> Iterator[tuple[str, ReadTable]]:
    """Yields the tables of a folder; a file that is none is named on the standard error."""
    from sparse_rl.datamodules.tables.reading import PLAIN
    from sparse_rl.datamodules.tables.table_files import SUFFIXES, kind_of, read_table_file

    for path in sorted(root.rglob("*"), key=natural_key):
        name = path.relative_to(root).as_posix()
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if hidden or not path.is_file() or kind_of(path) not in SUFFIXES:
            continue
        try:
            text = read_table_file(path)
            if {"question", "table"} <= {header.strip() for header in text.header}:
                continue  # Questions.
            yield name, PLAIN.read(name, text)
        except DataError as error:
            print(f"note: left out {name}: {' '.join(str(error).split())}", file=sys.stderr)


def _text(records: Sequence[dict[str, object]], suffix: str) -> str:
    """Writes questions in the format of `OwnTablesDataModule`."""
    if suffix == ".jsonl":
        return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    from sparse_rl.annotation.tsv import escape

    lines = ["question\ttable\tanswer"]
    for record in records:
        answer = record["answer"]
        assert isinstance(answer, tuple)
        items = "|".join(escape(str(item)) for item in answer)
        lines.append(f"{escape(str(record['question']))}\t{escape(str(record['table']))}\t{items}")
    return "\n".join((*lines, ""))


def _command(root: Path, out: Path) -> str:
    """The command that checks the file."""
    inside = out.resolve().is_relative_to(root.resolve())
    name = out.resolve().relative_to(root.resolve()) if inside else out.resolve()
    words = ["--config", "gaca_own_tables.yaml", "--data.root", str(root)]
    return shlex.join(["sparse-rl", "check", *words, "--data.questions", str(name), "--search"])
