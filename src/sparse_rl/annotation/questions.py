"""Annotation of questions."""

from __future__ import annotations

from functools import lru_cache

from sparse_rl.annotation.entities import entities
from sparse_rl.annotation.lemmas import lemma
from sparse_rl.annotation.tags import tag
from sparse_rl.annotation.tokens import tokenize
from sparse_rl.annotation.types import Annotation


@lru_cache(maxsize=1 << 16)
def annotate_question(text: str) -> Annotation:
    """Annotates a question, or any other text; cached by text.

    Named-entity tags are NUMBER, ORDINAL, DATE, TIME, DURATION, MONEY, PERCENT, and O; persons and
    places are not recognised. Values are such as `3.0`, `>=3.0`, `2010-07-26`, `XXXX-07`.

    >>> annotation = annotate_question("How many games were after July 2010?")
    >>> annotation.lemmas[:3], annotation.ner_values[5:]
    (('how', 'many', 'game'), ('2010-07', '2010-07', ''))
    """
    tokens = tokenize(text)
    pos_tags = tag(tokens)
    ner_tags, ner_values = ["O"] * len(tokens), [""] * len(tokens)
    for entity in entities(tokens):
        for index in range(entity.start, entity.end):
            ner_tags[index], ner_values[index] = entity.tag, entity.value
    return Annotation(
        tuple(tokens),
        tuple(map(lemma, tokens, pos_tags)),
        tuple(pos_tags),
        tuple(ner_tags),
        tuple(ner_values),
    )
