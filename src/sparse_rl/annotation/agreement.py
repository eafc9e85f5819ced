"""Agreement of our annotation with the release's `.tagged` files."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sparse_rl.annotation.cells import annotate_cell
from sparse_rl.annotation.questions import annotate_question
from sparse_rl.annotation.targets import canonical
from sparse_rl.annotation.tokens import tokenize
from sparse_rl.annotation.tsv import items, records, unescape
from sparse_rl.interpreters.tables.dates import Date

T = TypeVar("T")
SpanCounts = Mapping[str, tuple[Set[object], Set[object]]]
"""Findings in a text, by kind: ours, and the release's."""

VALUES = ("NUMBER", "ORDINAL", "DATE")
DEGREES = {
    "JJR": {"JJR"},
    "JJS": {"JJS"},
    "RBR": {"RBR"},
    "RBS": {"RBS"},
    "comparatives (JJR, RBR)": {"JJR", "RBR"},
    "superlatives (JJS, RBS)": {"JJS", "RBS"},
}


@dataclass
class PrecisionRecall:
    """Counts of findings: ours, the release's, and the common ones."""

    ours: int = 0
    theirs: int = 0
    both: int = 0

    @property
    def precision(self) -> float:
        return self.both / self.ours if self.ours else 1.0

    @property
    def recall(self) -> float:
        return self.both / self.theirs if self.theirs else 1.0


def halves(sequence: Sequence[T], seed: int) -> tuple[list[T], list[T]]:
    """Splits a sequence into two random halves, each in its order."""
    order = list(range(len(sequence)))
    random.Random(seed).shuffle(order)
    first = set(order[: len(sequence) // 2])
    return (
        [item for index, item in enumerate(sequence) if index in first],
        [item for index, item in enumerate(sequence) if index not in first],
    )


def scores(findings: Iterable[SpanCounts]) -> dict[str, PrecisionRecall]:
    """Adds up findings over all texts."""
    total: dict[str, PrecisionRecall] = defaultdict(PrecisionRecall)
    for found in findings:
        for name, (ours, theirs) in found.items():
            score = total[name]
            score.ours += len(ours)
            score.theirs += len(theirs)
            score.both += len(ours & theirs)
    return dict(total)


def question(record: Mapping[str, str]) -> SpanCounts:
    """Compares one line of a tagged question file.

    Questions with the same tokens agree in `tokens`, questions with the same canonical answer in
    `answers`; everything else counts token by token, by position.
    """
    ours = annotate_question(unescape(record["utterance"]))
    tags, lemmas = items(record["posTags"]), items(record["lemmaTokens"])
    ner = list(enumerate(zip(items(record["nerTags"]), items(record["nerValues"]), strict=True)))
    mine = list(enumerate(zip(ours.ner_tags, ours.ner_values, strict=True)))
    answer = tuple(_value(text) for text in items(record["targetCanon"]))
    found: dict[str, tuple[Set[object], Set[object]]] = {
        "tokens": ({ours.tokens}, {items(record["tokens"])}),
        "lemmas": (set(enumerate(ours.lemmas)), set(enumerate(lemmas))),
        "parts of speech": (set(enumerate(ours.pos_tags)), set(enumerate(tags))),
        "answers": (
            {tuple(_value(canonical(item)[0]) for item in items(record["targetValue"]))},
            {answer},
        ),
    }
    for name in VALUES:
        found[f"{name} values"] = (
            {(index, value) for index, (tag, value) in mine if tag == name and value},
            {(index, value) for index, (tag, value) in ner if tag == name and value},
        )
    for name, kinds in DEGREES.items():
        found[name] = (
            {index for index, tag in enumerate(ours.pos_tags) if tag in kinds},
            {index for index, tag in enumerate(tags) if tag in kinds},
        )
    return found


def cell(record: Mapping[str, str]) -> SpanCounts:
    """Compares one line of a tagged table: the tokens, and the values of either side.

    Lists are compared if the release has one: whether a column has lists depends on its other
    cells.
    """
    text = unescape(record["content"])
    ours = annotate_cell(text)
    tokens = items(record["tokens"]) if record["tokens"] else ()
    listed = items(record["list"]) if record["list"] else ()
    return {
        "tokens": ({tuple(tokenize(text))}, {tokens}),
        "number": (_known(ours.number), _known(_number(record["number"]))),
        "num2": (_known(ours.num2), _known(_number(record["num2"]))),
        "date": (_known(ours.date), _known(Date.parse(record["date"]) if record["date"] else None)),
        "list": ({ours.list} if listed else set(), {listed} if listed else set()),
    }


def questions(path: Path) -> list[dict[str, str]]:
    """Reads the lines of a tagged question file."""
    return [record for _, record in records(path, ("id", "utterance", "tokens"))]


def cells(paths: Iterable[Path]) -> Iterator[dict[str, str]]:
    """Reads the lines of tagged tables, without the headers."""
    for path in paths:
        for _, record in records(path, ("row", "content", "number", "date", "num2", "list")):
            if record["row"] != "-1":
                yield record


def _known(value: T | None) -> set[T]:
    return set() if value is None else {value}


def _number(text: str) -> float | None:
    """Reads a number of the release; None for infinity (the release reads colours so)."""
    return float(text) if text and text != "Infinity" else None


def _value(text: str) -> float | str:
    """Converts numbers for comparison: the release writes 16 and 16.0."""
    try:
        return float(text)
    except ValueError:
        return text
