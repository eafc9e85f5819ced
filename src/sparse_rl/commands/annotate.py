"""`sparse-rl annotate`: writes tokens, tags and values of questions and tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparse_rl.commands.arguments import Arguments
from sparse_rl.datamodules.tables.wikitablequestions_tagging import annotate


def main(args: Sequence[str]) -> None:
    """Annotates a file, or a folder in the layout of the release."""
    parser = Arguments(
        "annotate",
        "Writes tokens, tags and values in the .tagged format of WikiTableQuestions.",
    )
    parser.add_argument(
        "source", type=Path, help="questions (.tsv), a table (.csv), or a folder like the release"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="the file to write; for a folder, a folder"
    )
    options = parser.parse_args(args)
    written = annotate(options.source, options.out)
    print(f"{len(written)} files annotated; the last is {written[-1]}")
