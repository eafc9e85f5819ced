"""Human logical forms of WikiTableQuestions: read by question, with errors that name the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparse_rl.datamodules.tables.wikitablequestions import annotated_table
from sparse_rl.datamodules.tables.wikitablequestions_format import read_questions
from sparse_rl.datamodules.tables.wikitablequestions_forms import forms_path, read_human_forms
from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.sketch import relation_columns

FILE = """\
(metadata (last_update (date 2016 1 13)))
##### ex 0 #####
(example
  (id nt-0)
  (utterance "how many golds (medals) did \\"peru\\" win?")
  (targetFormula (@!p.num (!r.golds
                           (r.nation c.peru))))
  (alternativeFormula (sum (@!p.num (!r.golds (r.nation c.peru)))))
)
(example (id nt-1) (utterance "did it rain?") (error "Yes/No Question"))
"""


def test_forms_by_question(tmp_path: Path) -> None:
    path = tmp_path / "x.examples"
    path.write_text(FILE)
    first, second = read_human_forms(path)
    assert (first.id, second.id) == ("nt-0", "nt-1")
    assert [form.columns for form in first.sketches] == [{"golds", "nation"}] * 2
    assert [form.operations for form in first.sketches] == [set(), {"sum"}]
    assert second.sketches == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FILE + "(example (id nt-1))", r"^give every question its own id \(.*line 11, id nt-1\)"),
        (FILE + "(example (utterance a))", r"^write one \(id …\) into .*\(.*examples, line 11\)"),
        (
            FILE + "(example (id nt-7)\n(targetFormula (median r.golds)))",
            r"^use operators .*'median'.* \(.*examples, line 11, id nt-7\)",
        ),
        (FILE + "(example", r"^close '\(' with '\)' \(.*examples, line 11\)"),
    ],
)
def test_an_error_names_file_line_and_id(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "x.examples"
    path.write_text(text)
    with pytest.raises(DataError, match=told):
        read_human_forms(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file .*annotated-all\.examples"):
        read_human_forms(forms_path(tmp_path))


@pytest.mark.slow
def test_every_column_of_the_releases_forms_is_in_its_table(wikitables_root: Path) -> None:
    contexts = {q.id: q.context for q in read_questions(wikitables_root, "training-before300")}
    questions = read_human_forms(forms_path(wikitables_root))
    assert len(questions) == 300
    assert sum(bool(question.sketches) for question in questions) == 256
    for question in questions:
        columns = relation_columns(annotated_table(wikitables_root, contexts[question.id]))
        for form in question.sketches:
            assert form.columns <= columns.keys(), question.id
