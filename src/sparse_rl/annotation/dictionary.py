"""Dictionary of word forms for our annotation of questions (extra `annotation`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sparse_rl.errors import SparseRLError


def need_dictionary() -> None:
    """Checks that questions can be annotated, before any work is done.

    Raises:
        SparseRLError: the package `lemminflect` is not installed.
    """
    _library()


@lru_cache(maxsize=1 << 14)
def forms(token: str) -> dict[str, tuple[str, ...]]:
    """Looks up the dictionary's readings: base forms by part of speech."""
    found: dict[str, tuple[str, ...]] = _library().getAllLemmas(token)
    return found


def base_forms(token: str, part_of_speech: str, guess: bool) -> tuple[str, ...]:
    """Base forms of a token as a noun or a verb; with `guess`, by rules for unknown words."""
    found: tuple[str, ...] = _library().getLemma(token, part_of_speech, lemmatize_oov=guess)
    return found


def _library() -> Any:
    try:
        import lemminflect  # Late: only questions without a tagged file need it.
    except ImportError as error:
        raise SparseRLError(
            "pip install 'sparse_rl[annotation]': questions without a tagged file are annotated "
            "by the dictionary of lemminflect"
        ) from error
    return lemminflect
