"""The scoring of WikiTableQuestions against a second, plain reading of the evaluation's rules.

The reference is slow and simple on purpose: it compares every pair of values, in the order of the
rules, and shares no code with the package.
"""

from __future__ import annotations

import csv
import random
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparse_rl.interpreters.tables.typed_answers import SetAnswer

Typed = tuple[str, float | tuple[int, int, int] | None]
"""Normal form of a text, and its number or date."""


def normal(text: str) -> str:
    text = "".join(
        c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) != "Mn"
    )
    for wrong, right in (("‘’´`", "'"), ("“”", '"'), ("‐‑‒–—−", "-")):
        text = re.sub(f"[{wrong}]", right, text)
    for _ in range(1000):
        new = re.sub(r"((?<!^)\[[^\]]*\]|\[\d+\]|[•♦†‡*#+])*$", "", text.strip())
        new = re.sub(r"(?<!^)( \([^)]*\))*$", "", new.strip())
        new = re.sub(r'^"([^"]*)"$', r"\1", new.strip())
        if new == text:
            break
        text = new
    if text.endswith("."):
        text = text[:-1]
    return re.sub(r"\s+", " ", text).lower().strip()


def typed(text: str, canonical: str) -> Typed:
    said = canonical or text
    try:
        number = float(said)
        if number == number and abs(number) != float("inf") and "_" not in said:
            near = abs(number - round(number)) < 1e-6
            return normal(text), float(round(number)) if near else number
    except ValueError:
        pass
    parts = said.lower().split("-")
    if len(parts) == 3 and all(re.fullmatch(r"\d+|x{2,4}", part) for part in parts):
        year, month, day = (-1 if part.startswith("x") else int(part) for part in parts)
        whole = (month == -1 or 1 <= month <= 12) and (day == -1 or 1 <= day <= 31)
        if whole and (year, month, day) != (-1, -1, -1):
            bare = year != -1 and month == day == -1
            return normal(text), float(year) if bare else (year, month, day)
    return normal(text), None


def match(one: Typed, other: Typed) -> bool:
    if one[0] == other[0]:
        return True
    a, b = one[1], other[1]
    if isinstance(a, float) and isinstance(b, float):
        return abs(a - b) < 1e-6
    return isinstance(a, tuple) and a == b


def distinct(values: list[Typed]) -> set[object]:
    return {text if key is None else key for text, key in values}


def right(gold: list[tuple[str, str]], answer: list[str]) -> bool:
    targets = [typed(*pair) for pair in gold]
    found = [typed(text, "") for text in answer]
    if len(distinct(targets)) != len(distinct(found)):
        return False
    return all(any(match(target, value) for value in found) for target in targets)


def changed(items: list[str], rng: random.Random) -> Iterator[list[str]]:
    """Answers that are nearly, or in another spelling, an answer."""
    yield items[::-1]
    yield [*items, items[0]]
    yield [f"{item} ({rng.randint(1, 99)})" for item in items]
    yield [f'"{item}"' for item in items]
    yield [item.upper() + "." for item in items]
    yield [item.replace(",", "") for item in items]
    yield [item + rng.choice(("[1]", "†", " x", ".0", "0", "")) for item in items]
    yield items[1:] or ["", "1"]
    yield [re.sub(r"[^\d.]", "", item) or item for item in items]


@pytest.mark.parametrize(
    "every", [4, pytest.param(1, marks=pytest.mark.slow(ci=True))], ids=["a quarter", "all"]
)
def test_the_package_scores_as_the_rules_say(wikitables_sample: Path, every: int) -> None:
    tagged = wikitables_sample / "tagged" / "data" / "pristine-seen-tables.tagged"
    with tagged.open(encoding="utf-8") as file:
        rows = [*csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    golds = [
        [*zip(row["targetValue"].split("|"), row["targetCanon"].split("|"), strict=True)]
        for row in rows
        if row["targetValue"].count("|") == row["targetCanon"].count("|")
    ]
    rng = random.Random(0)
    accepted = pairs = 0
    for gold in golds[::every]:
        texts, canonical = zip(*gold, strict=True)
        answer = SetAnswer(texts, canonical)
        # What people wrote is an answer by its canonical form, or as it is.
        own = list(canonical)
        assert answer.accepts(own) and right(gold, own), gold
        others = [[text for text, _ in rng.choice(golds)], [c for _, c in rng.choice(golds)]]
        for items in (list(texts), *others, *changed(list(texts), rng), *changed(own, rng)):
            said = [" ".join(item.split()) for item in items]
            assert answer.accepts(said) == right(gold, said), (gold, said)
            accepted += answer.accepts(said)
            pairs += 1
    assert pairs > 50_000 / every and 0.2 < accepted / pairs < 0.8


def test_the_reference_tells_right_from_wrong() -> None:
    assert right([("10 years", "10.0")], ["10"]) and not right([("10 years", "10.0")], ["11"])
    assert right([("Café", "Café")], ["cafe (bar)"]) and not right([("a", "a")], ["a", "b"])
    march = [("March", "1950-03-xx")]
    assert right(march, ["1950-03-xx"]) and not right(march, ["1950-04-xx"])
