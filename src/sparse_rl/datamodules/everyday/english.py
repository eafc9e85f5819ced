"""Forms of English words, and marks of patterns: plurals, articles, third persons."""

from __future__ import annotations

import re

ABBREVIATIONS = {
    "quantity": "qty", "amount": "amt", "weight": "wt", "height": "ht", "average": "avg",
    "temperature": "temp", "maximum": "max", "minimum": "min", "department": "dept",
    "hours": "hrs", "minutes": "mins", "years": "yrs", "pieces": "pcs", "number": "no.",
    "distance": "dist", "estimated": "est.", "category": "cat.", "reference": "ref.",
}  # fmt: skip
"""Usual abbreviations in headers."""


def plural(noun: str) -> str:
    """The plural of an English noun."""
    irregular = {"person": "people", "match": "matches", "dish": "dishes"}
    if noun in irregular:
        return irregular[noun]
    if re.search(r"\b(by|to|from|for|at|in|on|of|with)$", noun):
        return noun
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    if re.search(r"(s|x|z|ch|sh)$", noun):
        return noun if noun.endswith("s") and not noun.endswith("ss") else f"{noun}es"
    return f"{noun}s"


def plain(header: str) -> str:
    """A header as a noun: without unit and marks."""
    text = re.sub(r"\(.*?\)", "", header).replace("_", " ").lower()
    return " ".join(text.replace(".", " ").rstrip("?").split())


def article(noun: str) -> str:
    vowel = noun[:1] in "aeio" or re.match(r"u(n(?!i)|p|r|l|m)|x-|hour|honour", noun)
    return "an" if vowel and not re.match(r"eu|one|once", noun) else "a"


def put(text: str, **marks: str) -> str:
    for mark, value in marks.items():
        text = text.replace(f"<{mark}>", value)
    return text


def agree(text: str, several: bool) -> str:
    """Chooses the form of every "is|are"."""
    return re.sub(r"([\w']+)\|([\w']+)", r"\2" if several else r"\1", text)


def third(verb: str) -> str:
    """The third person of a verb with what follows it: "looks after".

    >>> [third(verb) for verb in ("look after", "have", "carry", "catch", "play")]
    ['looks after', 'has', 'carries', 'catches', 'plays']
    """
    first, *rest = verb.split(" ")
    irregular = {"have": "has", "do": "does", "go": "goes", "be": "is"}
    return " ".join((irregular.get(first) or plural(first), *rest))


_PLURAL_FORMS = {"does": "do", "is": "are", "was": "were", "has": "have"}


def to_plural(text: str) -> str:
    """A question for one row as one for several: "how much does" becomes "how much do"."""
    return re.sub(r"\b(does|is|was|has)\b", lambda m: _PLURAL_FORMS[m[1]], text, count=1)
