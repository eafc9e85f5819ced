"""How many rewarded programs questions have, how they disagree, and whom to believe.

    python experiments/spurious.py --root WIKISQL --wtq WTQ --out docs/results/wtq_spurious.md

On WikiSQL the gold SQL says which programs mean what was asked, so credibility is compared there
with picking at random and with the shortest. WikiTableQuestions has no programs: there the page
counts, and looks at which picks use functions that the question's words give no reason for. Prints
one JSON object as its last line.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.datamodules.tables.wikisql_format import execute, read_questions, read_tables
from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule
from sparse_rl.exploration.tables.credibility import (
    MENTION,
    Meaning,
    credibility,
    entropy,
    fictitious_tables,
    meaning,
    meanings_and_mentions,
    select,
    shuffled_tables,
)
from sparse_rl.exploration.tables.exhaustive import exhaustive_programs
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.interpreters.tables.triggers import load_triggers

FRESH_TABLES = 40
KEEP = (0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Rewarded:
    """A question's rewarded programs.

    Attributes:
        programs: in the order of the search, the shortest first.
        meanings: on the fictitious tables.
        mentioned: what each uses of the question, see `mentions`.
        order: whether the answer depends on the order of the rows.
    """

    example: Example
    programs: list[Program]
    meanings: list[Meaning]
    mentioned: list[int]
    order: list[bool]

    def picks(self) -> dict[str, list[float]]:
        """Every way to pick a program, as the probability of each; ties are broken at random."""
        return {
            "at random": [1 / len(self.programs)] * len(self.programs),
            "the shortest": _best([-len(program) for program in self.programs]),
            "the most mentions": _best(self.mentioned),
            "the largest class": _best(credibility(self.meanings, [0] * len(self.programs))),
            "the most credible": _best(self.credibility()),
        }

    def credibility(self) -> list[float]:
        return credibility(self.meanings, self.mentioned)


def _best(scores: Sequence[float]) -> list[float]:
    best = [score == max(scores) for score in scores]
    return [value / sum(best) for value in best]


def rewarded(example: Example, language: Any, options: argparse.Namespace) -> Rewarded:
    """Searches one question."""
    actions = exhaustive_programs(TableWorld(example, language), options.max_programs)
    programs = [TableWorld(example, language).program(a) for a in actions]
    tables = [example.table, *shuffled_tables(example.table, f"order {example.id}", 4)]
    order = [
        len(set(meaning(p, tables, language, example.answer))) > 1  # type: ignore[arg-type]
        for p in programs
    ]
    found = meanings_and_mentions(example, actions, language, options.worlds)
    return Rewarded(example, programs, *found, order)


def sample(examples: Sequence[Example], number: int) -> list[Example]:
    return random.Random(0).sample(list(examples), min(number, len(examples)))


def against_gold(options: argparse.Namespace) -> dict[str, Any]:
    """How often each way picks a program that means what the gold SQL does."""
    data = WikiSQLDataModule(str(options.root))
    split = options.split
    tables = read_tables(options.root / f"{split}.tables.jsonl")
    questions = read_questions(options.root / f"{split}.jsonl", split, tables)
    queries = {q.id: q.query for q in questions}
    picked: dict[str, list[float]] = {}
    kept: dict[float, list[tuple[float, bool]]] = {keep: [] for keep in KEEP}
    counts = {"found": 0, "all": 0, "none": 0, "some": 0}
    for example in sample(data.examples(split), options.questions):
        query = queries[example.id]
        found = rewarded(example, data.language, options)
        if query is None or example.answer is None or not found.programs:
            continue
        fresh = fictitious_tables(example.table, f"gold {example.id}", FRESH_TABLES)
        gold = tuple(example.answer.key(execute(query, t)) or None for t in fresh)
        right = [meaning(p, fresh, data.language, example.answer) == gold for p in found.programs]
        counts["found"] += 1
        counts["all" if all(right) else "some" if any(right) else "none"] += 1
        if all(right) or not any(right):
            continue
        for name, chances in found.picks().items():
            chance = math.fsum(c for c, r in zip(chances, right, strict=True) if r)
            picked.setdefault(name, []).append(chance)
        for keep in KEEP:
            stay = [
                right[position] for position in select(found.meanings, found.credibility(), keep)
            ]
            kept[keep].append((mean(stay), any(stay)))
    return {
        "counts": counts,
        "picked": {name: _mean_and_error(chances) for name, chances in picked.items()},
        "gain": _mean_and_error(_differences(picked, "at random")),
        "gain_over_shortest": _mean_and_error(_differences(picked, "the shortest")),
        "kept": {
            str(keep): {"right": mean(r for r, _ in v), "lost": mean(not a for _, a in v)}
            for keep, v in kept.items()
            if v
        },
    }


def _differences(picked: dict[str, list[float]], other: str) -> list[float]:
    ours = picked.get("the most credible", [])
    return [a - b for a, b in zip(ours, picked.get(other, []), strict=True)]


def _mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Mean and its standard error."""
    if not values:
        return 0.0, 0.0
    middle = mean(values)
    spread = math.fsum((value - middle) ** 2 for value in values) / max(len(values) - 1, 1)
    return middle, math.sqrt(spread / len(values))


def without_gold(options: argparse.Namespace) -> dict[str, Any]:
    """Programs and classes of WikiTableQuestions' questions."""
    data = WikiTableQuestionsDataModule(str(options.wtq), trigger_words=None)
    triggers = load_triggers()
    examples = sample(data.examples("train"), options.questions)
    found = [rewarded(e, data.language, options) for e in examples]
    found = [f for f in found if f.programs]
    unsaid: dict[str, list[float]] = {}
    for f in found:
        forbidden = triggers.forbidden(f.example.tokens, f.example.pos_tags)
        odd = [any(e.function in forbidden for e in program) for program in f.programs]
        if any(odd) and not all(odd):
            for name, chances in f.picks().items():
                chance = math.fsum(c for c, o in zip(chances, odd, strict=True) if o)
                unsaid.setdefault(name, []).append(chance)
    by_length = {
        str(n): _counts([f for f in found if len(f.programs[0]) == n])
        for n in range(1, data.language.max_expressions + 1)
        if any(len(f.programs[0]) == n for f in found)
    }
    return {
        "questions": len(examples),
        "by_length": {**by_length, "all": _counts(found)},
        "order": {
            str(n): _order_share(found, lambda program, n=n: len(program) == n)
            for n in range(1, data.language.max_expressions + 1)
        },
        "unsaid": {name: _mean_and_error(chances) for name, chances in unsaid.items()},
        "compared": len(next(iter(unsaid.values()), [])),
    }


def _counts(found: Sequence[Rewarded]) -> dict[str, float]:
    if not found:
        return {}
    programs = [len(f.programs) for f in found]
    classes = [len(set(f.meanings)) for f in found]
    return {
        "questions": len(found),
        "programs": median(programs),
        "one_program": mean(n == 1 for n in programs),
        "classes": median(classes),
        "one_class": mean(n == 1 for n in classes),
        "entropy": mean(entropy(f.meanings) for f in found),
        "largest": mean(max(f.credibility()) for f in found),
    }


def _order_share(found: Sequence[Rewarded], wanted: Callable[[Program], bool]) -> tuple[int, float]:
    """Number of such programs, and the share whose answer depends on the order of the rows."""
    flags = [o for f in found for p, o in zip(f.programs, f.order, strict=True) if wanted(p)]
    return len(flags), mean(flags) if flags else 0.0


def row(*cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def head(*names: str) -> list[str]:
    return [row(*names), "|---|" + "--:|" * (len(names) - 1)]


def percent(pair: Sequence[float]) -> str:
    return f"{pair[0]:.1%} ± {pair[1]:.1%}"


def page(gold: dict[str, Any], wtq: dict[str, Any] | None, options: argparse.Namespace) -> str:
    """The page of results."""
    counts = gold["counts"]
    lines = [
        "# Spurious programs",
        "",
        "Rewarded programs of a random sample of questions, found by exhaustive search (at most",
        f"{options.max_programs:,} a question, the shortest first). Programs are of one class if "
        f"they agree on {options.worlds}",
        "fictitious tables: rows shuffled, a tenth of them dropped, half of the cells of every",
        "column exchanged. A program's credibility is its class's share of the votes; a vote is",
        f"{MENTION} to the power of the constants and of the columns named by the question that a "
        "program",
        "uses (its mentions). Written by `python experiments/spurious.py --root WIKISQL --wtq WTQ",
        f"--questions {options.questions} --max_programs {options.max_programs} --worlds "
        f"{options.worlds} --split {options.split} --out PATH`.",
        "",
        f"## Against the gold SQL of WikiSQL ({options.split})",
        "A program is right if it gives what the gold SQL gives on "
        f"{FRESH_TABLES} other fictitious tables. Of",
        f"{counts['found']:,} questions with a rewarded program, all programs are right in "
        f"{counts['all']:,}, none in {counts['none']:,}, and",
        f"some in {counts['some']:,}. Of the latter, the chance that a pick is right (± one "
        "standard error):",
        "",
        *head("pick", "right"),
        *(row(name, percent(value)) for name, value in gold["picked"].items()),
        "",
        f"The most credible against one at random: {percent(gold['gain'])}; against the shortest: "
        f"{percent(gold['gain_over_shortest'])}.",
        "",
        "What `sparse-rl credibility --keep` leaves, in the same questions; at random is `0`:",
        "",
        *head("keep", "of the kept programs are right", "questions that lose all right ones"),
        *(
            row(keep, f"{value['right']:.1%}", f"{value['lost']:.1%}")
            for keep, value in gold["kept"].items()
        ),
        "",
    ]
    if wtq is None:
        return "\n".join(lines)
    lines += [
        "## WikiTableQuestions",
        f"{wtq['questions']:,} questions of random-split-1-train, without trigger words, by the "
        "number of",
        "expressions of the shortest rewarded program.",
        "",
        *head(
            "expressions",
            "questions",
            "programs (median)",
            "only one program",
            "classes (median)",
            "only one class",
            "entropy of the class (bits)",
            "votes of the greatest class",
        ),
        *(
            row(
                name,
                f"{c['questions']:,}",
                f"{c['programs']:g}",
                f"{c['one_program']:.1%}",
                f"{c['classes']:g}",
                f"{c['one_class']:.1%}",
                f"{c['entropy']:.2f}",
                f"{c['largest']:.1%}",
            )
            for name, c in wtq["by_length"].items()
            if c
        ),
        "",
        "Programs whose answer changes with the order of the rows (4 shuffles):",
        "",
        *head("expressions", "programs", "depend on the order"),
        *(row(n, f"{number:,}", f"{share:.1%}") for n, (number, share) in wtq["order"].items()),
        "",
        "Without gold programs, the question's words are the only other witness. The chance that a",
        "pick uses a function without a trigger word in its question, in the "
        f"{wtq['compared']:,} questions",
        "where some programs do and some do not (less is better):",
        "",
        *head("pick", "unsaid function"),
        *(row(name, percent(value)) for name, value in wtq["unsaid"].items()),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Counts spurious programs.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--root", type=Path, required=True, help="a folder in WikiSQL's format")
    parser.add_argument("--wtq", type=Path, help="WikiTableQuestions' release")
    parser.add_argument("--split", default="dev", help="of WikiSQL")
    parser.add_argument("--questions", type=int, default=500, help="of each dataset")
    parser.add_argument("--max_programs", type=int, default=1000, help="kept per question")
    parser.add_argument("--worlds", type=int, default=20, help="fictitious tables")
    parser.add_argument("--out", type=Path, help="Markdown file to write")
    options = parser.parse_args()
    gold = against_gold(options)
    wtq = without_gold(options) if options.wtq else None
    if options.out:
        options.out.write_text(page(gold, wtq, options), encoding="utf-8")
    print(json.dumps({"wikisql": gold, "wikitablequestions": wtq}))


if __name__ == "__main__":
    main()
