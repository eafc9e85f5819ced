"""Rule-based POS tags: a closed-class lexicon, word forms, and neighbouring tags.

The tags are the Penn Treebank's; auxiliary verbs are VBD-AUX, as in WikiTableQuestions. The most
important are comparatives and superlatives (JJR, JJS, RBR, RBS); a word that is not in the
dictionary is tagged as a name.
"""

from __future__ import annotations

from collections.abc import Sequence

from sparse_rl.annotation.amounts import number, ordinal
from sparse_rl.annotation.dictionary import forms

_CLOSED = {
    word: tag
    for tag, words in {
        "VBD-AUX": "is are was were am be been will shall have has had would could should do does "
        "did can may might must seem",
        "DT": "the a an this these those each every any some no all another either neither both",
        "IN": "of in on at for from by with than before between after during over under above "
        "below against besides since as if about into through within without until among out "
        "per while because whether except along around across behind near off upon toward",
        "CC": "and or but & nor",
        "TO": "to",
        "WP": "who whom what",
        "WDT": "which that",
        "WP$": "whose",
        "WRB": "how when where why",
        "PRP": "he she it they i you we him them me us himself herself itself themselves",
        "PRP$": "his her its their my your our",
        "EX": "there",
        "RB": "not n't only also ever never away together once consecutively immediately "
        "directly just again previously now then still too very ago currently long",
        "RP": "up",
        "JJ": "many much other same next last previous top total first final different own such "
        "consecutive new old few several single average overall",
        "JJS": "least best worst",
        "JJR": "less better worse fewer",
        "RBR": "earlier later sooner further farther",
        "NNP": "january february march april june july august september october november december "
        "monday tuesday wednesday thursday friday saturday sunday",
        "NN": "name list number date time score year % chart amount place",
        "VBZ": "'s",
        "-LRB-": "-lrb- -lsb- -lcb-",
        "-RRB-": "-rrb- -rsb- -rcb-",
        ".": ". ? !",
        ",": ",",
        ":": ": ; -- - ...",
        "``": "`` `",
        "''": "'' '",
        "#": "#",
        "$": "$",
    }.items()
    for word in words.split()
}  # fmt: skip
_NOUN_BEFORE = frozenset({"DT", "JJ", "PRP$", "POS", "CD", "JJS", "JJR", "RBS", "IN", "NN", "NNP"})
_DO = frozenset({"do", "does", "did", "can", "could", "will", "would", "should", "may", "must"})
_VERBS = frozenset({"VB", "VBD", "VBN", "VBZ", "VBP", "VBG"})


def tag(tokens: Sequence[str]) -> list[str]:
    """Tags lower-case tokens with Penn Treebank tags.

    >>> tag("which team won the most games ?".split())
    ['WDT', 'NN', 'VBD', 'DT', 'RBS', 'NNS', '.']
    """
    tags: list[str] = []
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else ""
        tags.append(_tag(token, tokens[:index], tags, following))
    return tags


def _tag(token: str, before: Sequence[str], tags: list[str], following: str) -> str:
    previous = tags[-1] if tags else ""
    if token in ("most", "more"):
        return _quantity(token, before, tags, following)
    if token == "that":
        return "WDT" if previous in ("NN", "NNS", "NNP") else "IN" if previous in _VERBS else "DT"
    if token == "'s":
        return "VBZ" if previous in ("WP", "EX", "PRP", "WRB", "WDT") else "POS"
    if token == "'" and previous in ("NNS", "NNP"):
        return "POS"
    if token == "what" and following and _kind(following) == "NOUN":
        return "WDT"
    if token == "name" and not before:
        return "VB"
    if token in ("only", "total", "first"):
        return _modifier(token, previous, following)
    closed = _CLOSED.get(token)
    if closed is not None:
        return closed
    if ordinal(token) is not None:
        return "JJ"
    if token[0].isdigit() or token[1:2].isdigit() or (number(token) is not None):
        return "CD"
    return _open(token, before, tags, following)


def _modifier(token: str, previous: str, following: str) -> str:
    if token == "total":
        return "NN" if following == "of" and previous != "DT" else "JJ"
    if token == "only":
        return "JJ" if previous in ("DT", "PRP$", "POS") else "RB"
    at_noun = previous in ("DT", "PRP$", "POS", "JJ") or _kind(following) == "NOUN"
    return "JJ" if at_noun else "RB"


def _quantity(token: str, before: Sequence[str], tags: list[str], following: str) -> str:
    """Tags `most` and `more` as adverb or adjective, as CoreNLP mostly does."""
    last = before[-1] if before else ""
    if token == "most":
        counts = following and _kind(following) == "NOUN" and not following.endswith("s")
        owned = len(before) > 1 and before[-2] in ("has", "had")
        return "JJS" if last == "at" or (counts and owned) else "RBS"
    if last in ("had", "have", "did", "there") or following in (",", "in"):
        return "RBR"
    if tags and tags[-1] in ("CC", "IN", "JJ", "CD"):
        return "JJR"
    return "JJR" if following in ("than", "or", "?") or _kind(following) == "NOUN" else "RBR"


def _kind(token: str) -> str:
    """Main part of speech of an open-class word, or "" for a closed-class word."""
    if token in _CLOSED and _CLOSED[token] != "NN":
        return ""
    readings = forms(token)
    if "NOUN" in readings or not readings:
        return "NOUN"
    return next(iter(readings))


def _open(token: str, before: Sequence[str], tags: list[str], following: str) -> str:
    readings = forms(token)
    if not readings:
        counted = tags[-1:] in (["JJ"], ["JJS"], ["RBS"], ["JJR"], ["RBR"], ["CD"])
        return "NNS" if counted and token.endswith("s") else "NNP"
    adjective = readings.get("ADJ", ())
    if adjective and token not in adjective:
        return "JJS" if token.endswith("st") else "JJR"
    if token.endswith("ly") and "ADV" in readings:
        return "RB"
    if "VERB" in readings and _is_verb(token, readings, before, tags):
        return _verb(token, readings, tags)
    if "NOUN" in readings and not ("ADJ" in readings and _kind(following) == "NOUN" and following):
        plural = any(lemma != token for lemma in readings["NOUN"]) or token == "people"
        return "NNS" if plural else "NN"
    if adjective:
        return "JJ"
    if "VERB" in readings:
        return _verb(token, readings, tags)
    return "RB" if "ADV" in readings else "NNP"


def _is_verb(
    token: str, readings: dict[str, tuple[str, ...]], before: Sequence[str], tags: list[str]
) -> bool:
    if "NOUN" not in readings and "ADJ" not in readings:
        return True
    previous = tags[-1] if tags else ""
    if previous == "TO":
        return True
    inflected = token not in readings["VERB"]
    if inflected and token.endswith("ing"):
        return previous in ("VBD-AUX", "NNS")
    if inflected and not token.endswith("s"):
        return previous not in ("DT", "PRP$", "JJ")
    if inflected:
        return previous in ("WP", "WDT", "PRP")
    # A base form: "did X finish", with only the subject in between.
    asked = [index for index, word in enumerate(before) if word in _DO]
    if not asked or any(tag in _VERBS for tag in tags[asked[-1] + 1 :]):
        return False
    return previous not in ("DT", "PRP$", "JJ", "IN", "VBD-AUX", "JJS", "RBS")


def _verb(token: str, readings: dict[str, tuple[str, ...]], tags: list[str]) -> str:
    previous = tags[-1] if tags else ""
    if token in readings["VERB"]:
        return "VBP" if previous in ("NNS", "PRP", "WDT", "WP") and "VBD-AUX" not in tags else "VB"
    if token.endswith("ing"):
        return "VBG"
    if token.endswith("s") and not token.endswith("ss"):
        return "VBZ"
    if previous in ("WP", "WDT", "PRP"):
        return "VBD"
    return "VBN" if "VBD-AUX" in tags or previous == "IN" else "VBD"
