"""Reads the questions of WikiTableQuestions' public release, with CoreNLP's annotation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sparse_rl.annotation.tsv import entries, items, strict, unescape
from sparse_rl.annotation.types import Annotation
from sparse_rl.datamodules.tables.question_text import check_question
from sparse_rl.errors import DataError

_TAGS = ("tokens", "lemmaTokens", "posTags", "nerTags", "nerValues")


@dataclass(frozen=True)
class WikiTableQuestion:
    """Line of `data/{split}.tsv`, with its line of the tagged file if there is one.

    Attributes:
        answer: the items as written; None if `targetValue` is empty or missing.
        canonical: the number or date of each item, as CoreNLP reads it; None without a tagged
            file.
        where: file, line and id, for errors.
    """

    id: str
    text: str
    context: str
    answer: tuple[str, ...] | None
    annotation: Annotation | None
    canonical: tuple[str, ...] | None
    where: str


_Tags = tuple[Annotation | None, tuple[str, ...] | None]


def questions_path(root: Path, split: str) -> Path:
    """Path of a split's file."""
    return root / "data" / f"{split}.tsv"


def tagged_questions_path(root: Path, split: str) -> Path | None:
    """Path of a split's annotation; a random split may use that of all training questions."""
    names = (split, "training") if split.startswith("random-split-") else (split,)
    paths = (root / "tagged" / "data" / f"{name}.tagged" for name in names)
    return next((path for path in paths if path.is_file()), None)


def read_questions(root: Path, split: str) -> list[WikiTableQuestion]:
    """Reads the questions of a split in the order of its file.

    Raises:
        DataError: a file is missing or malformed; an id occurs twice; the tagged file lacks a
            question, or its lists differ in length.
    """
    return list(strict(question_entries(root, split)))


def question_entries(root: Path, split: str) -> Iterator[WikiTableQuestion | DataError]:
    """Reads as `read_questions`, with an error in place of every unreadable line."""
    tagged = tagged_questions_path(root, split)
    tags: dict[str, _Tags] = {}
    for tag in _tagged_questions(tagged) if tagged else ():
        if isinstance(tag, DataError):
            yield tag
        else:
            tags[tag[0]] = tag[1]
    seen: set[str] = set()
    path = questions_path(root, split)
    for entry in entries(path, ("id", "utterance", "context")):
        if isinstance(entry, DataError):
            yield entry
            continue
        number, record = entry
        id_ = record["id"]
        where = f"({path}, line {number}, id {id_})"
        if id_ in seen:
            yield DataError(f"give every question its own id {where}")
        elif tagged and id_ not in tags:
            told = f"fetch {tagged} again, or remove it: it lacks this question"
            yield DataError(f"{told} {where}")
        else:
            yield _question(record, tags.get(id_, (None, None)), tagged, where)
        seen.add(id_)


def _question(
    record: dict[str, str], tags: _Tags, tagged: Path | None, where: str
) -> WikiTableQuestion | DataError:
    annotation, canonical = tags
    target = record.get("targetValue")
    answer = items(target) if target else None
    if canonical is not None and answer is not None and len(canonical) != len(answer):
        return DataError(
            f"fix the answer: {len(answer)} items here and {len(canonical)} in {tagged} {where}"
        )
    text, context = unescape(record["utterance"]), record["context"]
    try:
        check_question(text)
    except DataError as error:
        return DataError(f"{error} {where}")
    return WikiTableQuestion(record["id"], text, context, answer, annotation, canonical, where)


def _tagged_questions(path: Path) -> Iterator[tuple[str, _Tags] | DataError]:
    for entry in entries(path, ("id", *_TAGS)):
        if isinstance(entry, DataError):
            yield entry
            continue
        number, record = entry
        annotation = Annotation(*(items(record[name]) for name in _TAGS))
        sizes = {name: len(items(record[name])) for name in _TAGS}
        if len(set(sizes.values())) > 1:
            told = f"fetch this file again, the lists differ in length: {sizes}"
            yield DataError(f"{told} ({path}, line {number}, id {record['id']})")
        # Yielded even after an error: the file does not lack the question.
        canonical = record.get("targetCanon")
        yield record["id"], (annotation, None if canonical is None else items(canonical))
