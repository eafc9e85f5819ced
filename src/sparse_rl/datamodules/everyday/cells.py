"""Cells of everyday tables: names as people have them, numbers and dates as files write them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import yaml

from sparse_rl.annotation import time_words
from sparse_rl.datamodules.everyday.topics import TopicColumn

_TEXT = Path(__file__).with_name("names.yaml").read_text(encoding="utf-8")
_FORMS_TEXT = Path(__file__).with_name("name_forms.yaml").read_text(encoding="utf-8")
NAMES: dict[str, list[str]] = {
    name: [word.replace("_", " ") for word in text.split()]
    for name, text in yaml.safe_load(_TEXT).items()
}

_MADE: dict[str, list[str]] = yaml.safe_load(_FORMS_TEXT)
_MARK = re.compile(r"{(.+?)}")


def _one(rng: random.Random, name: str) -> str:
    return rng.choice(NAMES[name])


def _person(rng: random.Random) -> str:
    return f"{_one(rng, 'first name')} {_one(rng, 'surname')}"


def _initial(rng: random.Random) -> str:
    return f"{_one(rng, 'first name')[0]}. {_one(rng, 'surname')}"


def _company(rng: random.Random) -> str:
    endings = ("", "", "", " Ltd", " GmbH", " & Co", " Group", " Services", " Foods", " Logistics")
    return _one(rng, "company") + rng.choice(endings)


def _team(rng: random.Random) -> str:
    ending = rng.choice(("", f" {_one(rng, 'team form')}"))
    return _one(rng, rng.choice(("city", "district"))) + ending


def _venue(rng: random.Random) -> str:
    return f"{_one(rng, 'venue word')} {_one(rng, 'venue form')}"


def _band(rng: random.Random) -> str:
    the = rng.choice(("", "", "The "))
    return f"{the}{_one(rng, 'band word')} {_one(rng, 'band form')}"


def _title(rng: random.Random) -> str:
    one, other = rng.sample(NAMES["title word"], 2)
    forms = ("The {} {}", "{} and {}", "{} of {}", "The {} in the {}", "{} {}", "A {} for {}")
    return rng.choice(forms).format(one, other)


def _address(rng: random.Random) -> str:
    name = _one(rng, rng.choice(("title word", "district", "plant"))).capitalize()
    return f"{rng.randint(1, 90)} {name} {_one(rng, 'street')}"


def _thing(rng: random.Random) -> str:
    word = _one(rng, "thing")
    text = rng.choice((word, f"{_one(rng, 'thing word')} {word}"))
    return text.capitalize()


def _dish(rng: random.Random) -> str:
    return f"{_one(rng, 'dish word')} {_one(rng, 'dish form')}".capitalize()


def _project(rng: random.Random) -> str:
    return _one(rng, "project word") + rng.choice(("", "", " II", " 2"))


def _car(rng: random.Random) -> str:
    return _one(rng, "car") + rng.choice(("", f" {rng.randint(1, 9)}00", " GT", " S"))


def _class(rng: random.Random) -> str:
    return f"{rng.randint(5, 12)}{rng.choice('ABCD')}"


def _flight(rng: random.Random) -> str:
    letters = "".join(rng.choice("ABDEKLMSTV") for _ in range(2))
    return f"{letters} {rng.randint(10, 2999)}"


def _short(rng: random.Random) -> str:
    return f"{rng.choice('ABCDEF')}{rng.randint(1, 24)}"


YES, NO = "yes", "no"
_FLAGS = ((YES, NO), ("Yes", "No"), ("yes", "no"), ("Y", "N"), ("true", "false"), ("x", ""))
"""How files write yes and no."""


def _made(rng: random.Random, form: str) -> str:
    """A name of one of the forms of `name_forms.yaml`."""
    text = _MARK.sub(lambda mark: _filled(rng, mark[1]), rng.choice(_MADE[form]))
    return text.lower() if form == "email" else text


def _filled(rng: random.Random, mark: str) -> str:
    numbers = re.fullmatch(r"(\d+)-(\d+)", mark)
    return str(rng.randint(int(numbers[1]), int(numbers[2]))) if numbers else _one(rng, mark)


_FORMS: dict[str, Callable[[random.Random], str]] = {
    "person": _person,
    "initial": _initial,
    "company": _company,
    "team": _team,
    "venue": _venue,
    "band": _band,
    "title": _title,
    "address": _address,
    "thing": _thing,
    "dish": _dish,
    "project": _project,
    "car": _car,
    "class": _class,
    "flight code": _flight,
    "short code": _short,
    **{form: partial(_made, form=form) for form in _MADE},
}
"""Names that are made of several words; others are words of `NAMES`."""

DATE_FORMS = (
    "{d.year}-{d.month:02d}-{d.day:02d}",
    "{d.day:02d}.{d.month:02d}.{d.year}",
    "{d.day} {month} {d.year}",
    "{short} {d.day}, {d.year}",
    "{month} {d.day}, {d.year}",
    "{d.day} {short} {d.year}",
)
MONTHS = [name.capitalize() for name in time_words.MONTHS]


@dataclass(frozen=True)
class DrawnColumn:
    """Cells of a column, as values and as a file writes them; the value of an empty one is None."""

    values: tuple[str | int | float | date | None, ...]
    texts: tuple[str, ...]


def draw(rng: random.Random, column: TopicColumn, size: int, key: bool = False) -> DrawnColumn:
    """Draws the cells of a column; those of a key are all different."""
    name, *rest = column.cells.split()
    if column.kind == "date":
        return _dates(rng, size, rest)
    if column.kind in ("number", "year"):
        return _numbers(rng, name, size, [float(word) for word in rest])
    if name == "one":
        pool = column.cells.removeprefix("one of ").split("; ")
        used = rng.sample(pool, min(len(pool), rng.randint(2, 6)))
        cells = [rng.choice(used) for _ in range(size)]
        return DrawnColumn(tuple(cells), tuple(cells))
    if name == "flag":
        return _flags(rng, size)
    if name == "code":
        cells = _codes(rng, size)
    else:
        form = column.cells.removesuffix(" repeat")
        few = column.cells.endswith(" repeat") or form in ("short code", "class")
        pool = _distinct(rng, form, rng.randint(2, max(3, size // 2)) if few else size)
        cells = [rng.choice(pool) for _ in range(size)] if few and not key else pool
    return DrawnColumn(tuple(cells), tuple(cells))


def _flags(rng: random.Random, size: int) -> DrawnColumn:
    share, (yes, no) = rng.uniform(0.2, 0.8), rng.choice(_FLAGS)
    values = tuple(YES if rng.random() < share else NO for _ in range(size))
    return DrawnColumn(values, tuple(yes if value == YES else no for value in values))


def _distinct(rng: random.Random, form: str, size: int) -> list[str]:
    """Draws different names of a form, fewer if there are no more."""
    draw_one = _FORMS.get(form) or partial(_one, name=form)
    found: dict[str, None] = {}
    for _ in range(20 * size):
        if len(found) < size:
            found[draw_one(rng)] = None
    return list(found)


def _codes(rng: random.Random, size: int) -> list[str]:
    start, step = rng.randint(1, 4000), rng.choice((1, 1, 1, 3))
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTX") for _ in range(rng.randint(1, 3)))
    form = rng.choice(("{l}-{n:04d}", "{l}{n}", "{y}-{n:03d}", "{l} {n}", "{l}/{n:03d}"))
    year = rng.randint(2018, 2024)
    return [form.format(l=letters, y=year, n=start + step * place) for place in range(size)]


def _dates(rng: random.Random, size: int, rest: list[str]) -> DrawnColumn:
    low, high = int(rest[-2]), int(rest[-1])
    first = date(low, 1, 1) + timedelta(rng.randrange(365 * (high - low) + 300))
    span = rng.choice((12, 40, 200, 900))
    pool = [first + timedelta(rng.randrange(span)) for _ in range(size)]
    if "distinct" in rest:
        pool = [first + timedelta(day) for day in rng.sample(range(max(span, 2 * size)), size)]
    if "repeat" in rest:
        pool = pool[: max(2, size // 3)]
    values = [rng.choice(pool) for _ in range(size)] if "repeat" in rest else pool
    if rng.random() < 0.5:
        values = sorted(values)
    form = rng.choice(DATE_FORMS)
    return DrawnColumn(tuple(values), tuple(write_date(value, form) for value in values))


def write_date(value: date, form: str) -> str:
    """Writes a date in one of `DATE_FORMS`."""
    month = MONTHS[value.month - 1]
    return form.format(d=value, month=month, short=month[:3])


def _numbers(rng: random.Random, name: str, size: int, rest: list[float]) -> DrawnColumn:
    if name == "serial":
        start = rng.choice((1, 1, 1, 41, 101, 5001)) + rng.randrange(9) * rng.randrange(2)
        serials = tuple(range(start, start + size))
        return DrawnColumn(serials, tuple(map(str, serials)))
    if name == "rank":
        ranks = tuple(range(1, size + 1))
        return DrawnColumn(ranks, tuple(map(str, ranks)))
    low, high, step = (*rest, 1.0)[:3]
    # Of many orders of magnitude, small ones are as likely as great ones.
    if high > 50 * max(low, 1):
        high = low + (high - low) * 10 ** -rng.uniform(0, 2)
    digits = 0 if step >= 1 else len(f"{step:g}".split(".")[1])
    numbers = [
        round(low + step * rng.randint(0, int((high - low) / step)), digits) for _ in range(size)
    ]
    values = [int(number) if digits == 0 else number for number in numbers]
    grouped = name != "year" and rng.random() < 0.4
    decimals = max(digits, 2) if name == "money" and (digits or rng.random() < 0.3) else digits
    sign = rng.choice(("", "", "$", "€", "£")) if name == "money" else ""
    texts = [f"{sign}{value:{',' if grouped else ''}.{decimals}f}" for value in values]
    return DrawnColumn(tuple(values), tuple(texts))
