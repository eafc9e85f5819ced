"""The dictionary of word forms behind our annotation of questions (extra `annotation`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sparse_rl.errors import SparseRLError


def need_dictionary() -> None:
    """Does nothing where questions can be annotated; to be called before any work is done.

    Raises:
        SparseRLError: the package `lemminflect` is not installed.
    """
    _library()


@lru_cache(maxsize=1 << 14)
def forms(token: str) -> dict[str, tuple[str, ...]]:
    """The dictionary's readings: part of speech to base forms."""
    found: dict[str, tuple[str, ...]] = _library().getAllLemmas(token)
    return found


def base_forms(token: str, part_of_speech: str, guess: bool) -> tuple[str, ...]:
    """Base forms of a token as a noun or a verb; by rules for an unknown word, if wanted."""
    found: tuple[str, ...] = _library().getLemma(token, part_of_speech, lemmatize_oov=guess)
    return found


def _library() -> Any:
    try:
        import lemminflect  # Late: only questions without annotation of their own need it.
    except ImportError as error:
        raise SparseRLError(
            "pip install 'sparse_rl[annotation]': questions that come without a tagged file are "
            "annotated by the dictionary of lemminflect"
        ) from error
    return lemminflect
