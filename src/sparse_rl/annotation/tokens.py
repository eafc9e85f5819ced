"""Penn Treebank tokens, in lower case, as in CoreNLP of 2015."""

from __future__ import annotations

import re

from sparse_rl.annotation.spelling import american

# Before WikiTableQuestions was annotated, every hyphen before a letter became a blank.
_HYPHEN = re.compile(r"-(?=[^\W\d_])")
# Characters that CoreNLP drops: marks of byte order and direction, and those beyond 16 bits.
_DROPPED = re.compile("[\ufeff\u200b\u200e\u200f\u00ad\u2010\U00010000-\U0010ffff]")
_ABBREVIATIONS = "|".join(
    str.split(
        "mr mrs ms dr drs prof rev gen col lt capt sgt maj gov sen rep pres hon st mt ft messrs "
        "jr sr bros co corp inc ltd cos ave blvd rd hwy vs etc al ca jan feb mar apr jun jul aug "
        "sep sept oct nov dec mon tue tues wed thu thurs fri sat sun adm brig cpl pvt ed "
        "calif conn mass mich minn tenn tex wash"
    )
)
# Marks that combine with a letter (Indic vowels among them) are part of its word.
_WORD = r"[^\W_²³¹\u00bc-\u00be][\w\u0300-\u036f\u0900-\u0dff]*(?<![²³¹])"
# The order of the alternatives gives the longest match of CoreNLP's grammar.
_PATTERN = re.compile(
    rf"""
    (?!cannot|gonna|gotta|wanna)[a-z]{{2,}}(?=[\s,?;:)]|$)
    | (?:https?|ftp)://[^\s<>"|(){{}}]*[^\s<>"|.!?(){{}},;-]
    | (?:www\.)?[a-z][\w-]*(?:\.[\w-]+)*\.(?:com|net|org|edu)\b(?:/[^\s<>"|()]+|\.[a-z]{{2}}\b)?
    | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
    | &(?:\#\d+|[a-z]+); | </?[a-z][^>]*>
    | can(?=not\b) | (?:gon|wan)(?=na\b) | got(?=ta\b) | y['’](?=all\b)
    | (?<=\b(?:gon|wan))na\b | (?<=\bgot)ta\b
    | [^\W_]+?(?=n['’]t\b) | n['’]t\b
    | ['’](?:s|m|d|re|ve|ll)\b | ['’]\d\ds\b | '(?:n|em|til|cause)\b
    | \d{{1,2}}[-/]\d{{1,2}}[-/]\d{{2,4}}(?![\d/-])
    | (?:\d{{1,4}}[-\u00a0])?\d{{1,4}}[/⁄]\d{{1,4}}(?![\w/-])
    | [a-z0-9]+(?:/[a-z0-9]+){{1,2}}
    | (?:{_ABBREVIATIONS})\.(?!\w) | (?:no|op|nos)\.(?=\s*\d)
    | [^\W\d_](?:\.[^\W\d_])+(?![^\W\d_])\.? | [^\W\d_]\.(?![^\W\d_])
    | [^\W\d_]+(?:\.[^\W\d_]+)+
    | (?-i:[A-Z]+(?:[+&][A-Z]+)+)
    | [dol]['’][^\W\d_]\w*
    | [-+]?\d*(?:[.:,]\d+)+
    | [-+]\d+
    | [a-z]*\$
    | {_WORD}(?:-{_WORD})*
    | __+ | \.\.\.+ | [!?]+ | -{{2,}} | \*\*+ | ``+ | ''
    | \S
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WRITTEN = {
    "(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-",
    "–": "--", "—": "--", "―": "--", "…": "...", "£": "#", "€": "$", "“": "``", "”": "''",
    "‘": "`", "’": "'",
}  # fmt: skip
_QUOTES = {'"': ("''", "``"), "'": ("'", "`")}
_OPENERS = "([{<-–—*"
# A sentence that ends in such an abbreviation has a further full stop.
_ENDS_SHORT = re.compile(rf"(?:{_ABBREVIATIONS})\.")


def tokenize(text: str) -> list[str]:
    r"""Splits a question or cell into tokens.

    Brackets become -lrb- and -rrb-, quotes `` and '', and slashes are escaped.

    >>> print(*tokenize('who wasn\'t in the "U.S. team" (1995/96)?'))
    who was n't in the `` u.s. team '' -lrb- 1995\/96 -rrb- ?
    """
    text = _HYPHEN.sub(" ", _DROPPED.sub("", text))
    tokens = []
    for match in _PATTERN.finditer(text):
        token = match.group()
        if token in _QUOTES:
            tokens.append(_QUOTES[token][_opens(text, match)])
        else:
            tokens.append(_WRITTEN.get(token) or _escaped(american(token)))
    if tokens and _ENDS_SHORT.fullmatch(tokens[-1]):
        tokens.append(".")
    return tokens


def _escaped(token: str) -> str:
    return token.replace("/", "\\/").replace("*", "\\*").replace("’", "'").lower()


def _opens(text: str, match: re.Match[str]) -> bool:
    """Whether a quotation mark opens: text follows it, and no word precedes it."""
    before = text[: match.start()][-1:]
    return bool(text[match.end() :].strip()) and (
        not before or before.isspace() or before in _OPENERS
    )
