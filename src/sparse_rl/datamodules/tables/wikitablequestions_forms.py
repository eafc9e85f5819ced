"""Reads the logical forms that people wrote for training questions of WikiTableQuestions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sparse_rl.annotation.tsv import lines
from sparse_rl.errors import DataError, ProgramSyntaxError
from sparse_rl.interpreters.tables.lambda_dcs import LogicalForm, parse_forms
from sparse_rl.interpreters.tables.sketch import Sketch, form_sketch


@dataclass(frozen=True)
class HumanForms:
    """A question of the file.

    Attributes:
        id: the question's id, that of its example.
        sketches: the sketch of its form, then those of alternative forms; empty where the people
            found no form.
    """

    id: str
    sketches: tuple[Sketch, ...]


def forms_path(root: Path) -> Path:
    """Path of the release's file of logical forms."""
    return root / "data" / "annotated-all.examples"


def read_human_forms(path: Path) -> list[HumanForms]:
    """Reads the questions of a file of SEMPRE's examples, in its order.

    Raises:
        DataError: the file is missing or malformed, an id is missing or occurs twice, or a form
            has an unknown operator.
    """
    found: dict[str, HumanForms] = {}
    try:
        for number, form in parse_forms(lines(path), str(path)):
            if form[:1] != ("example",):
                continue
            question = _question(form, f"{path}, line {number}")
            if question.id in found:
                told = f"give every question its own id ({path}, line {number}, id {question.id})"
                raise DataError(told)
            found[question.id] = question
    except ProgramSyntaxError as error:
        raise DataError(str(error)) from error
    return list(found.values())


def _question(form: LogicalForm, where: str) -> HumanForms:
    fields: dict[LogicalForm, list[LogicalForm]] = defaultdict(list)
    for field in form[1:]:
        match field:
            case (str(name), value, *_):
                fields[name].append(value)
    match fields["id"]:
        case [str(id_)]:
            forms = [*fields["targetFormula"], *fields["alternativeFormula"]]
            return HumanForms(id_, tuple(_sketches(forms, f"{where}, id {id_}")))
    raise DataError(f"write one (id …) into every example ({where})")


def _sketches(forms: list[LogicalForm], where: str) -> Iterator[Sketch]:
    for form in forms:
        try:
            yield form_sketch(form)
        except ProgramSyntaxError as error:
            raise DataError(f"{error} ({where})") from error
