"""Annotation of questions and tables in the release's `.tagged` format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from sparse_rl.annotation.amounts import java_double
from sparse_rl.annotation.cells import annotate_cell
from sparse_rl.annotation.questions import annotate_question
from sparse_rl.annotation.targets import canonical, canonical_kind
from sparse_rl.annotation.tsv import items, records, unescape
from sparse_rl.annotation.types import Annotation, RawTable

_WORDS = ("tokens", "lemmaTokens", "posTags", "nerTags", "nerValues")
_CELLS = ("row", "col", "id", "content", *_WORDS, "number", "date", "num2", "list", "listId")
_GIVEN = ("id", "utterance", "context", "targetValue")


def escape(text: str) -> str:
    r"""Escapes a text as a field of a tab-separated line; blanks but newlines become spaces.

    >>> escape("either|or\nnot")
    'either\\por\\nnot'
    """
    text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("|", "\\p")
    return re.sub(r"\s", " ", text).strip()


def tagged_questions(path: Path) -> Iterator[str]:
    """Annotates the lines of a question file; answers get their canonical form.

    Raises:
        DataError: the file is missing or malformed, or lacks the column `id` or `utterance`.
    """
    first = True
    for _, record in records(path, ("id", "utterance")):
        given = [name for name in _GIVEN if name in record]
        answered = ("targetCanon", "targetCanonType") if "targetValue" in record else ()
        if first:
            yield "\t".join((*given, *_WORDS, *answered))
            first = False
        fields = [record[name] for name in given]
        fields += _words(annotate_question(unescape(record["utterance"])))
        if answered:
            targets = [canonical(item) for item in items(record["targetValue"])]
            fields.append(_joined(text for text, _ in targets))
            fields.append(canonical_kind([kind for _, kind in targets]))
        yield "\t".join(fields)


def tagged_table(table: RawTable) -> Iterator[str]:
    """Annotates the cells of a table as lines; the header's cells first, as row -1.

    Cells have the same id if and only if their texts are equal. Columns without a cell of several
    items have no lists.
    """
    yield "\t".join(_CELLS)
    headers, cells, listed = _Names("fb:row.row."), _Names("fb:cell."), _Names("fb:part.")
    for column, text in enumerate(table.header):
        name = headers.new(text)
        yield "\t".join(
            ["-1", str(column), name, escape(text), *_words(annotate_question(text))] + [""] * 5
        )
    lists = [
        any(len(annotate_cell(row[column]).list) > 1 for row in table.rows)
        for column in range(len(table.header))
    ]
    for index, row in enumerate(table.rows):
        for column, text in enumerate(row):
            tags = annotate_cell(text)
            parts = tags.list if lists[column] else ()
            fields = [str(index), str(column), cells.of(text), escape(text)]
            fields += _words(annotate_question(text))
            fields.append("" if tags.number is None else java_double(tags.number))
            fields.append("" if tags.date is None else str(tags.date))
            fields.append("" if tags.num2 is None else java_double(tags.num2))
            fields.append(_joined(parts))
            fields.append(_joined(listed.of(part) for part in parts))
            yield "\t".join(fields)


class _Names:
    """Ids of texts: the words of the text, and a number if another text has the same words."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._by_text: dict[str, str] = {}
        self._used: set[str] = set()

    def of(self, text: str) -> str:
        """Returns the text's id; equal texts have the same id."""
        if text not in self._by_text:
            self._by_text[text] = self.new(text)
        return self._by_text[text]

    def new(self, text: str) -> str:
        """Makes an id that no other text has."""
        plain = unicodedata.normalize("NFD", text)
        plain = "".join(char for char in plain if not unicodedata.combining(char))
        slug = re.sub(r"[\W_]+", "_", plain, flags=re.ASCII).lower()
        base = name = self._prefix + (slug.removesuffix("_") or "null")
        copy = 1
        while name in self._used:
            copy += 1
            name = f"{base}_{copy}"
        self._used.add(name)
        return name


def _words(annotation: Annotation) -> list[str]:
    """Formats the five lists of an annotation as fields."""
    return [
        _joined(annotation.tokens),
        _joined(annotation.lemmas),
        _joined(annotation.pos_tags),
        _joined(annotation.ner_tags),
        _joined(annotation.ner_values),
    ]


def _joined(texts: Iterable[str]) -> str:
    return "|".join(map(escape, texts))
