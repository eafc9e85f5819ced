"""Conversion of British to American spelling, as in CoreNLP's tokenizer of 2015."""

from __future__ import annotations

import re

_OUR = re.compile(r"([a-z]{3,})our(s?)")
# Words in -our that are not British variants of -or.
_KEPT = frozenset(
    str.split(
        "abatjour beflour bonjour calambour carrefour contour cornflour detour devour downpour "
        "dortour dyvour giaour glamour holour inpour outpour pandour paramour pompadour recontour "
        "repour ryeflour sompnour tambour tregetour troubadour velour"
    )
)
_STEMS = "arm behavi col endeav fav ferv flav harb hon hum lab neighb rum sav tum vap"
_ENDINGS = "able ed ful hood hoods ing ite ites"
_WORDS = {
    f"{stem}our{ending}": f"{stem}or{ending}"
    for stem in _STEMS.split()
    for ending in _ENDINGS.split()
} | dict(
    pair.split(":")
    for pair in str.split(
        "analogue:analog analogues:analogs analyse:analyze analysed:analyzed analysing:analyzing "
        "cancelled:canceled cancelling:canceling centre:center defence:defense Defence:Defense "
        "fibre:fiber fibres:fibers grey:gray labelled:labeled labelling:labeling Labour:Labor "
        "leukaemia:leukemia oestrogen:estrogen paediatric:pediatric programme:program "
        "programmes:programs signalled:signaled theatre:theater theatres:theaters "
        "titre:titer titres:titers travelled:traveled travelling:traveling"
    )
)


def american(word: str) -> str:
    """Converts a word to American spelling; leaves other words as they are.

    The tokenizer knew few capitalised words, so names keep their spelling.

    >>> [american(word) for word in ("theatre", "colours", "Labour", "Colour", "glamour")]
    ['theater', 'colors', 'Labor', 'Colour', 'glamour']
    """
    if word in _WORDS:
        return _WORDS[word]
    match = _OUR.fullmatch(word)
    if match and word.removesuffix("s") not in _KEPT:
        return f"{match[1]}or{match[2]}"
    return word
