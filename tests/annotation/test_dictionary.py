"""Without the extra `annotation`: what needs it says so at once, and nothing else needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import sparse_rl
from sparse_rl.annotation import annotate_cell, annotate_question
from sparse_rl.annotation.dictionary import base_forms, forms
from sparse_rl.asking.model import Model
from sparse_rl.datamodules.tables.own_tables import OwnTablesDataModule
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.datamodules.tables.wikitablequestions import WikiTableQuestionsDataModule
from sparse_rl.datamodules.tables.wikitablequestions_tagging import annotate
from sparse_rl.errors import SparseRLError
from sparse_rl.interpreters.tables.language import wikisql_language, wtq_language
from sparse_rl.interpreters.tables.triggers import load_triggers

ADVICE = r"^pip install 'sparse_rl\[annotation\]': questions without [^\n]*$"
CONTEXT = "csv/200-csv/0.csv"
TAGS = "id\ttokens\tlemmaTokens\tposTags\tnerTags\tnerValues"


@pytest.fixture
def no_dictionary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lemminflect", None)
    for cached in (annotate_question, forms):
        cached.cache_clear()


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A table and, for each split, a question of WikiTableQuestions' layout."""
    root = tmp_path / "release"
    for folder in ("csv/200-csv", "data", "tagged/data"):
        (root / folder).mkdir(parents=True)
    (root / CONTEXT).write_text('"Team","Points"\n"Peru","3"\n"Chile","7"\n')
    for split in ("train", "dev", "test"):
        (root / f"data/{split}.tsv").write_text(
            f"id\tutterance\tcontext\ttargetValue\n{split}-1\thow many teams?\t{CONTEXT}\t2\n"
        )
        tag(root, split)
    return root


def tag(root: Path, split: str) -> None:
    words = "\t".join("how|many|teams|?" for _ in range(5))
    (root / f"tagged/data/{split}.tagged").write_text(f"{TAGS}\n{split}-1\t{words}\n")


def module(root: Path) -> WikiTableQuestionsDataModule:
    return WikiTableQuestionsDataModule(
        str(root), "train", "dev", "test", cache=str(root.parent / "cache")
    )


def test_the_dictionary_is_not_loaded_before_it_is_asked() -> None:
    script = "import sparse_rl.annotation, sys; assert 'lemminflect' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
    assert "game" in forms("games")["NOUN"]
    assert base_forms("won", "VERB", guess=False) == ("win",)


@pytest.mark.usefixtures("no_dictionary")
def test_tagged_files_need_no_dictionary(release: Path) -> None:
    data = module(release)
    assert list(data.problems()) == []
    data.setup("fit")
    assert [len(data.examples(split)) for split in data.splits] == [1, 1, 1]


@pytest.mark.usefixtures("no_dictionary")
@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_split_without_a_tagged_file_is_told_of_before_training(
    split: str, release: Path
) -> None:
    (release / f"tagged/data/{split}.tagged").unlink()
    data = module(release)
    with pytest.raises(SparseRLError, match=ADVICE):
        data.setup("fit")
    assert not data.cache.exists(), "nothing has been computed"
    (problem,) = data.problems()
    assert problem.startswith("pip install 'sparse_rl[annotation]'")


def test_ready_caches_need_no_dictionary(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for split in ("train", "dev", "test"):
        (release / f"tagged/data/{split}.tagged").unlink()
        module(release).examples(split)
    monkeypatch.setitem(sys.modules, "lemminflect", None)
    data = module(release)
    assert list(data.problems()) == []
    data.setup("fit")


@pytest.mark.usefixtures("no_dictionary")
def test_wikisql_and_cells_need_no_dictionary(small_wikisql: Path, tmp_path: Path) -> None:
    assert annotate_cell("July 26, 2010").date is not None
    WikiSQLDataModule(str(small_wikisql), cache=str(tmp_path)).setup("fit")


@pytest.mark.usefixtures("no_dictionary")
def test_tables_of_ones_own_need_it_in_the_larger_language(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Team,Points\nPeru,3\nChile,7\n")
    for split in ("train", "dev", "test"):
        line = "how many teams?\ta.csv\t2\n"
        (tmp_path / f"{split}.tsv").write_text(f"question\ttable\tanswer\n{line}")
    cache = str(tmp_path / "cache")
    OwnTablesDataModule(str(tmp_path), "wikisql", cache=cache).setup("fit")
    with pytest.raises(SparseRLError, match=ADVICE):
        OwnTablesDataModule(str(tmp_path), "wtq", cache=cache).setup("fit")


@pytest.mark.usefixtures("no_dictionary")
def test_a_model_says_so_before_a_question_is_asked() -> None:
    policy: Any = torch.nn.Identity()
    Model(policy, wikisql_language())
    # The dictionary is for the tags of trigger words.
    Model(policy, wtq_language())
    with pytest.raises(SparseRLError, match=ADVICE):
        Model(policy, wtq_language(triggers=load_triggers()))


@pytest.mark.usefixtures("no_dictionary")
def test_the_packaged_model_needs_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Team,Points\nPeru,3\nChile,7\n")
    assert sparse_rl.load().ask(tmp_path / "a.csv", "how many points has Peru?").answer == ("3",)


@pytest.mark.usefixtures("no_dictionary")
def test_annotating_says_so_before_it_writes(release: Path, tmp_path: Path) -> None:
    with pytest.raises(SparseRLError, match=ADVICE):
        annotate(release, tmp_path / "out")
    assert not (tmp_path / "out").exists()
