"""Checks of questions that every format of tables has in common."""

from __future__ import annotations

import json
from typing import Any

from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.wording import WORDS, Wording


def check_question(text: str, wording: Wording = WORDS) -> None:
    """Checks that a question has something to read.

    A policy reads tokens: of a text of blanks or combining marks alone there are none.

    Raises:
        DataError: it has not, or has half a character, as of an argument that is not UTF-8.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DataError(f"write the question in UTF-8: {text!a:.40} has half a character") from None
    if not any(token.text.strip() for token in wording.tokenize(text)):
        raise DataError(f"write the question: {text!a:.40} has no word")


def parse_json(line: str | bytes) -> Any:
    """Parses a line of JSON.

    Raises:
        DataError: a text in it has half a surrogate pair, which no file can be written with.
        ValueError: it is no JSON.
    """
    record = json.loads(line)
    if (b"\\u" if isinstance(line, bytes) else "\\u") in line:  # type: ignore[operator]
        try:
            json.dumps(record, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            half = ascii(error.object[error.start])
            raise DataError(f"write both halves of the character {half}, or none") from None
    return record
