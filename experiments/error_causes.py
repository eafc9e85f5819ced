"""Why a trained policy misses dev questions of tables: by cause, and by the kind of answer.

    python experiments/error_causes.py RUN --out docs/results/wtq_errors.md -- --data.root DIR

RUN is a run's folder with its config, or its checkpoint. Options after `--` go to the config.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from sparse_rl.commands.restored import restore
from sparse_rl.commands.spurious_rates import command_line_of
from sparse_rl.exploration.budget import Budget
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.progress import in_sight
from sparse_rl.run_names import find_checkpoint

RIGHT, BEAM, MISSED, NONE, OPEN = CAUSES = (
    "right",
    "in the beam, not first",
    "exists, not in the beam",
    "no program answers it",
    "search not finished",
)


def cause(learner: PolicyLearner, example: Any, programs: Sequence[Any], budget: Budget) -> str:
    """Returns why the first of a beam's programs is wrong, if it is."""
    rewards = [program.trajectory.reward for program in programs]
    if rewards[0] > 0:
        return RIGHT
    if max(rewards) > 0:
        return BEAM
    answerable = learner.task.answerable(example, budget)
    return {True: MISSED, False: NONE, None: OPEN}[answerable]


def answer_kind(example: Any) -> str:
    """Returns where the expected answer could come from."""
    values = example.answer.as_given()
    texts = {str(value).lower() for value in values}
    cells = {str(cell).lower() for column in example.table.columns for cell in column}
    if len(values) > 1:
        return "several values"
    if texts <= cells:
        return "a cell"
    if any(text in cell for text in texts for cell in cells):
        return "part of a cell"
    number = all(text.replace(".", "").lstrip("-").isdigit() for text in texts)
    return "another number" if number else "another text"


def table_of(rows: dict[str, Counter[str]]) -> list[str]:
    """Formats counts of causes by kind, as shares of the kind's questions."""
    lines = [f"| answer | questions | {' | '.join(CAUSES)} |", "|---" * (len(CAUSES) + 2) + "|"]
    total: Counter[str] = Counter()
    for counts in rows.values():
        total.update(counts)
    for kind, counts in [*sorted(rows.items()), ("all", total)]:
        count = counts.total()
        shares = " | ".join(f"{counts[name] / count:.1%}" for name in CAUSES)
        lines.append(f"| {kind} | {count:,} | {shares} |")
    return lines


def main() -> None:
    """Prints the table of causes; writes it as a page, and the questions as JSONL."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", help="a run's folder, or its checkpoint")
    parser.add_argument("--out", type=Path, help="page to write")
    parser.add_argument("--beam", type=int, default=20, help="programs of the beam")
    parser.add_argument("--seconds", type=float, default=2, help="of every search for a program")
    parser.add_argument("--questions", type=Path, help="JSONL file of the questions to write")
    options, rest = parser.parse_known_args()
    begin = time.perf_counter()
    cli = command_line_of(options.run, None, [word for word in rest if word != "--"])
    learner, data = cli.model, cli.datamodule
    restore(learner, find_checkpoint(options.run))
    learner.task.prepare(data, ["dev"])
    examples = data.examples("dev")
    budget = Budget(seconds=options.seconds)
    rows: dict[str, Counter[str]] = {}
    lines = []
    for start in in_sight(range(0, len(examples), 50), "decoding", "batches"):
        batch = examples[start : start + 50]
        with torch.no_grad():
            found = learner.best(batch, options.beam)
        for example, programs in zip(batch, found, strict=True):
            kind, why = answer_kind(example), cause(learner, example, programs, budget)
            rows.setdefault(kind, Counter())[why] += 1
            right = [p.trajectory for p in programs if p.trajectory.reward > 0]
            described = [learner.task.format_program(example, t.actions) for t in right[:1]]
            first = programs[0].trajectory.actions
            lines.append(
                {
                    "id": example.id,
                    "question": " ".join(example.tokens),
                    "answer": [str(value) for value in example.answer.as_given()],
                    "cause": why,
                    "kind": kind,
                    "first": learner.task.format_program(example, first),
                    "rewarded": described,
                }
            )
    told = "\n".join(table_of(rows))
    print(told, f"{(time.perf_counter() - begin) / 60:.1f} min", sep="\n")
    if options.questions:
        options.questions.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    if options.out:
        dataset = type(data).__name__.removesuffix("DataModule")
        intro = (
            f"# Causes of errors\n\nDev questions of {dataset}, "
            f"by where the answer is and by cause, a beam of {options.beam}; a program of the\n"
            f"language is looked for during {options.seconds:g} s a question. Written by "
            "`experiments/error_causes.py`.\n\n"
        )
        options.out.write_text(intro + told + "\n")


if __name__ == "__main__":
    main()
