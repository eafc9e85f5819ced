"""`sparse-rl credibility`: leaves out programs that are probably spurious."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from sparse_rl.bounds import Count, Fraction, NonNegative, Seed
from sparse_rl.commands.arguments import Arguments, out_file
from sparse_rl.commands.early_options import check_options
from sparse_rl.narrow import narrow


def main(args: Sequence[str]) -> None:
    """Reads a file of programs and writes the credible ones, the most credible first."""
    parser = Arguments(
        "credibility",
        "Keeps the rewarded programs that agree with most of their question's programs on "
        "fictitious tables; further --data.* options apply.",
    )
    parser.add_argument("--config", required=True, help="a training config, for its data")
    parser.add_argument("--programs", type=Path, required=True, help="file of explore")
    parser.add_argument(
        "--out", type=out_file, required=True, help="JSONL file of the programs kept"
    )
    parser.add_argument("--split", choices=("train", "dev", "test"), default="train")
    parser.add_argument(
        "--keep",
        type=Fraction,
        default=0.25,
        help="keep classes with at least this share of the top class's votes: 1 for the top one "
        "only, 0 for all; %(default)s by default",
    )
    parser.add_argument(
        "--per_class", type=NonNegative, default=0, help="programs kept per class; 0 for all"
    )
    parser.add_argument("--worlds", type=Count, default=20, help="fictitious tables; 5 to 50")
    parser.add_argument("--seed", type=Seed, default=0, help="seed of the fictitious tables")
    options, rest = parser.parse_known_args(args)
    check_options([f"--config={options.config}", *rest])
    # Late: --help and a mistyped option must not wait for torch.
    from sparse_rl.commands.explore import table_data
    from sparse_rl.exploration.program_file import read_programs, write_programs
    from sparse_rl.exploration.tables.credibility import (
        credibility,
        meanings_and_mentions,
        select,
    )

    data, task = table_data(options.config, rest)
    examples = data.examples(options.split)
    programs, report = read_programs(options.programs, examples, task)
    print(narrow(report))
    kept = []
    for example in tqdm(examples, unit="question"):
        actions = programs.get(example.id, [])
        meanings, mentioned = meanings_and_mentions(
            example, actions, data.language, options.worlds, options.seed
        )
        shares = credibility(meanings, mentioned)
        chosen = select(meanings, shares, options.keep, options.per_class)
        kept.append((example, [actions[position] for position in chosen]))
    write_programs(options.out, kept, task)
    before, after = sum(map(len, programs.values())), sum(len(chosen) for _, chosen in kept)
    share = f"{after / max(before, 1):.1%}"
    print(f"kept {after} of {before} programs ({share}) for {len(programs)} questions")
    print(f"Written to {options.out}")
