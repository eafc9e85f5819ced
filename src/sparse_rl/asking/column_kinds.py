"""Kinds of columns that words of a question mean without naming them: "how heavy", "cheapest"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from sparse_rl.interpreters.tables.text import stem

_KINDS = {
    "money": (
        "£ € $ eur usd gbp chf price cost fee bill paid amount charge rate pay salary wage deposit "
        "total value rent prize hammer",
        "cost pay paid expensive cheap cheaper cheapest dear dearer dearest pricey priciest bill "
        "worth spend spent charge money earn make bring took euro pound dollar franc £ € $",
    ),
    "weight": (
        "kg g t lb wt weight tonne load",
        "weigh weight heavy heavier heaviest light lighter lightest kilo kilogram kg gram tonne",
    ),
    "duration": (
        "min mins hr hrs h hour minute duration dur time length talk",
        "long longer longest short shorter shortest minute hour last take took quick quicker",
    ),
    "distance": (
        "km mile mi dist distance",
        "far farther farthest further furthest distance kilometre km mile away",
    ),
    "height": (
        "ht height elevation alt altitude",
        "tall taller tallest high higher highest height metre feet",
    ),
    "age": (
        "age born dob built birth vintage founded planted",
        "old older oldest young younger youngest age",
    ),
    "temperature": (
        "° °c °f temp temperature",
        "hot hotter hottest warm warmer warmest cold colder coldest degree",
    ),
    "share": ("% pct percent", "percent % percentage"),
    "people": (
        "cap pax cover guest crew player participant adult enr attendance head",
        "people person guest",
    ),
    "place": (
        "city town place location venue site area address ward village room country station port "
        "berth paddock field street shop",
        "where place",
    ),
    "person": (
        "name customer client owner driver agent teacher pupil student buyer seller patient doctor "
        "player member guest host leader author director mechanic operator by tenant handler user "
        "staff manager instructor tailor",
        "who whom whose",
    ),
}
_OF_HEADERS, _OF_QUESTIONS = (
    {kind: frozenset(map(stem, words[side].split())) for kind, words in _KINDS.items()}
    for side in (0, 1)
)


def meant_kinds(words: Iterable[str]) -> frozenset[str]:
    """Kinds of columns that words of a question mean.

    >>> sorted(meant_kinds(["who", "weighs", "most"]))
    ['person', 'weight']
    """
    stems = frozenset(map(stem, words))
    return frozenset(kind for kind, meant in _OF_QUESTIONS.items() if stems & meant)


@lru_cache(maxsize=4096)
def column_kinds(header: str) -> frozenset[str]:
    """Kinds of a column, by its header.

    >>> sorted(column_kinds("Wt (kg)")), sorted(column_kinds("Baked by"))
    (['weight'], ['person'])
    """
    words = re.findall(r"[^\W\d_]+|[£€$%]|°[cf]?", header.lower())
    stems = frozenset(map(stem, words))
    return frozenset(kind for kind, meant in _OF_HEADERS.items() if stems & meant)
