"""`sparse-rl spurious`: compares rewarded programs with the logical forms that people wrote."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from sparse_rl.commands.arguments import Arguments, out_file
from sparse_rl.commands.early_options import check_options
from sparse_rl.errors import DataError
from sparse_rl.folders import write_json, write_text


def main(args: Sequence[str]) -> None:
    """Prints the rates of spurious programs, of a checkpoint or of an exhaustive search.

    Raises:
        SparseRLError: a file is missing or malformed, or the config has no tables.
    """
    parser = Arguments(
        "spurious",
        "Compares the programs in a checkpoint's memory, weighted by its policy, and the policy's "
        "greedy programs with the logical forms that people wrote for training questions of "
        "WikiTableQuestions. Without a checkpoint it searches the programs of these questions, "
        "all with equal weights. Further --data.* options apply.",
    )
    parser.add_argument("--ckpt_path", help="a checkpoint, or a run's folder for its best one")
    parser.add_argument("--config", help="a training config; by default that of the run")
    parser.add_argument("--forms", type=Path, help="by default data/annotated-all.examples")
    parser.add_argument("--out", type=out_file, help="file for the result: .json, or a page .md")
    options, rest = parser.parse_known_args(args)
    if options.out and options.out.suffix not in (".json", ".md"):
        raise DataError(f"give --out a name that ends in .json or .md, not {options.out}")
    if not (options.ckpt_path or options.config):
        raise DataError("give --ckpt_path a checkpoint, or --config a config to search with")
    check_options([f"--config={options.config}", *rest] if options.config else rest)
    # Late: --help and a mistyped option must not wait for torch.
    from sparse_rl.commands.spurious_rates import command_line_of, measure
    from sparse_rl.exploration.tables.agreement import agreement_page, agreement_table

    cli = command_line_of(options.ckpt_path, options.config, rest)
    summary = measure(cli, options.ckpt_path, options.forms)
    print(agreement_table(summary))
    if options.out is None:
        return
    if options.out.suffix == ".json":
        write_json(options.out, summary)
    else:
        # Folders are particular to this machine.
        names = {str(cli.datamodule.root): "DIR"} | {
            str(path): Path(path).name
            for path in (options.config, options.ckpt_path, options.forms, options.out)
            if path
        }
        words = [names.get(word, word) for arg in args for word in arg.split("=", 1)]
        command = shlex.join(["sparse-rl", "spurious", *words])
        write_text(options.out, agreement_page(summary, command))
    print(f"Written to {options.out}")
