"""Words of a question by which it asks for a number, a comparison, a date or the opposite."""

from __future__ import annotations

import re

FUNCTIONS: dict[str, frozenset[str]] = {
    "count": frozenset({"count", "count_distinct"}),
    "average": frozenset({"average"}),
    "sum": frozenset({"sum"}),
    "difference": frozenset({"diff"}),
    "most frequent": frozenset({"mode", "argmax", "maximum"}),
    "superlative": frozenset({"argmax", "argmin", "maximum", "minimum", "mode", "first", "last"}),
}
"""Functions that an operation of a question may mean."""

_CUES = {
    "count": r"\bhow (many|often)\b|\bnumber of\b|\bcount\b",
    "average": r"\b(average|avg|mean)\b",
    "sum": r"\b(total|altogether|sum|overall|combined|in all)\b",
    "difference": r"\bdifference\b|\bhow (much|many)\b.*\b(more|less|fewer|\w{3,}er|than|beat)\b",
    "most frequent": r"\b(most|commonest|usual(ly)?|main(ly)?)\b",
    "superlative": r"\b\w{3,}est\b|\b(worst|most|least|maximum|minimum|first|last|top)\b",
    "greatest": r"\b(most|maximum|biggest|largest|greatest|highest|longest|tallest|heaviest)\b"
    r"|\b(dearest|priciest|costliest|deepest|widest|oldest|farthest|furthest|strongest|hottest)\b",
    "least": r"\b(least|fewest|minimum|smallest|lowest|shortest|lightest|cheapest|shallowest)\b"
    r"|\b(narrowest|youngest|nearest|closest|weakest|coldest|coolest)\b",
    "latest": r"\b(latest|last|newest|youngest|most recent(ly)?)\b",
    "earliest": r"\b(earliest|first|oldest)\b",
    "date": r"\b(when|dates?|day|month|year)\b",
    "name": r"\b(who|whose|whom|which|where)\b",
    "quantity": r"\bhow (much|many|long|old|far|tall|heavy|high|deep|fast|big|wide)\b",
    "not": r"\b(not?|never|without|neither|nobody|none|except|other|outside)\b"
    r"|\b(un\w{3,}|non\w*)\b|n['’]t\b",
}
_COMPILED = {name: re.compile(pattern) for name, pattern in _CUES.items()}


def cues(question: str) -> frozenset[str]:
    """What a question's words ask for: operations of `FUNCTIONS`, an end of an order, a kind, not.

    >>> sorted(cues("How many jobs were not paid?"))
    ['count', 'not', 'quantity']
    >>> sorted(cues("Which boat is the longest?"))
    ['greatest', 'name', 'superlative']
    """
    lower = question.lower()
    return frozenset(name for name, pattern in _COMPILED.items() if pattern.search(lower))
