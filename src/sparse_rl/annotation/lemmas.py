"""Lemmas of words, by lemminflect's dictionary and CoreNLP's conventions."""

from __future__ import annotations

from functools import lru_cache

from sparse_rl.annotation.dictionary import base_forms
from sparse_rl.annotation.time_words import CALENDAR

_FIXED = {
    **dict.fromkeys(("is", "are", "was", "were", "am", "been", "be"), "be"),
    **dict.fromkeys(("has", "had", "have", "'ve"), "have"),
    **dict.fromkeys(("does", "did", "do"), "do"),
    **{"n't": "not", "ca": "can", "wo": "will", "an": "a", "'re": "be", "'m": "be"},
    **{"me": "I", "him": "he", "them": "they", "her": "she", "his": "he", "their": "they"},
    **{"its": "its", "my": "my", "your": "you", "our": "we", "would": "would"},
    **{day: day.capitalize() for day in CALENDAR},
}
_DICTIONARY = {"NNS": "NOUN", "VB": "VERB"}


@lru_cache(maxsize=1 << 14)
def lemma(token: str, tag: str) -> str:
    """Returns the lemma of a token with a Penn Treebank tag.

    Comparatives keep their form, as in CoreNLP.

    >>> lemma("games", "NNS"), lemma("won", "VBD"), lemma("highest", "JJS")
    ('game', 'win', 'highest')
    """
    if token in _FIXED:
        return _FIXED[token]
    upos = _DICTIONARY.get(tag if tag == "NNS" else tag[:2])
    if upos is None:
        return token
    found = base_forms(token, upos, guess=tag == "NNS")
    return found[0] if found and found[0] else token
