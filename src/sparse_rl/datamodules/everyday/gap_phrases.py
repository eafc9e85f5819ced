"""Words for rows with and without a value: "without a guest", "not inspected yet"."""

from __future__ import annotations

import random
import re

from sparse_rl.datamodules.everyday.english import article, put
from sparse_rl.datamodules.everyday.patterns import PATTERNS

# Of a header such as "Paid", "Inspected on"; who joins or starts has done it himself.
_DONE = re.compile(
    r"(?!(?:joined|started|ended|died|retired|left|moved|arrived|departed|opened|founded)\b)"
    r"(\w*(?:\wed|paid|sold|sent|done|built|made|taken|drawn|given|seen|born))( on| at| by)?"
)
_NO_NOUN = re.compile(
    r"(last|first|next) \w+ed|.* (on|at|by|to|from|for|with|in|of|out|since)", re.IGNORECASE
)


def is_awkward(header: str) -> bool:
    """Whether neither a noun nor a participle says that a column has a value.

    >>> is_awkward("Caught on"), is_awkward("Last donated"), is_awkward("Paid on")
    (True, True, False)
    """
    return not _DONE.fullmatch(header.lower()) and _NO_NOUN.fullmatch(header) is not None


def gap_modifier(rng: random.Random, header: str, empty: bool, that: str) -> str:
    """A condition after the noun of the rows: "without a guest", "that have a guest"."""
    if rng.random() < 0.45 or _DONE.fullmatch(header):
        return f"{that} {gap_predicate(rng, header, empty)}"
    return _filled(rng, "gap_without" if empty else "gap_with", header)


def gap_predicate(rng: random.Random, header: str, empty: bool) -> str:
    """A condition as a predicate: "has|have no guest", "has|have not been paid yet"."""
    done = _DONE.fullmatch(header)
    if done is None:
        return _filled(rng, "gap_lacks" if empty else "gap_has", header)
    return put(rng.choice(PATTERNS["gap_not_done" if empty else "gap_done"]), h=done[1])


def gap_statement(header: str, empty: bool) -> str:
    """A condition as a sentence: "there is no score"."""
    noun = header if empty else _with_article(header)
    return f"there is {'no ' if empty else ''}{noun}"


def gap_adjective(rng: random.Random, header: str, empty: bool) -> str | None:
    """A condition before the noun of the rows: "unpaid"; None where no word says it."""
    done = _DONE.fullmatch(header)
    if not empty or done is None or done[1].startswith(("un", "dis")) or rng.random() < 0.6:
        return None
    return f"un{done[1]}"


def _filled(rng: random.Random, kind: str, header: str) -> str:
    return put(rng.choice(PATTERNS[kind]), ah=_with_article(header), h=header)


def _with_article(header: str) -> str:
    return header if header.endswith("s") else f"{article(header)} {header}"
