"""Pretrained word vectors: read, frozen, and kept by the checkpoint."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from sparse_rl.cli import main
from sparse_rl.errors import DataError
from sparse_rl.modules.tables.word_vectors import read_glove


def write(path: Path, words: list[str], width: int = 4) -> Path:
    rng = random.Random(0)
    lines = [" ".join([w, *(f"{rng.gauss(0, 1):.4f}" for _ in range(width))]) for w in words]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_wanted_words_and_the_first_lines_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "glove.txt", ["the", "of", "rare", "peru", "other"])
    words, vectors = read_glove(path, {"peru", "missing"}, first=2)
    assert words == ["the", "of", "peru"]
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(3))
    values = torch.tensor([float(v) for v in path.read_text().splitlines()[3].split()[1:]])
    torch.testing.assert_close(vectors[2], values / values.norm())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the 1 2\nof 1\n", "line 2"),
        ("the 1 2\nof 1 x\n", "line 2"),
        ("the\n", "line 1"),
        ("", "use a file with word vectors"),
    ],
)
def test_a_broken_file_names_the_line(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "glove.txt"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_glove(path, set(), first=10)
    with pytest.raises(DataError, match="no file"):
        read_glove(tmp_path / "none.txt", set(), first=10)


def test_training_keeps_them_frozen(small_wikisql: Path, cache: Path, tmp_path: Path) -> None:
    words = ["what", "the", "how", "many", "which", "is"]
    glove = write(tmp_path / "glove.txt", words)
    main(
        ["--config=mml_wikisql.yaml", f"--data.root={small_wikisql}", f"--data.cache={cache}"]
        + [f"--model.task.glove={glove}", "--model.task.hidden=16", "--trainer.max_epochs=1"]
        + ["--trainer.enable_progress_bar=false", f"--trainer.logger.save_dir={tmp_path}"]
        + ["--trainer.log_every_n_steps=1", "--warm_start.workers=1", "--data.limit=16"]
        + ["--trainer.enable_model_summary=false"]
    )
    checkpoint = torch.load(
        tmp_path / "mml_wikisql/version_0/checkpoints/best.ckpt", weights_only=True
    )
    assert checkpoint["sparse_rl"]["words"] == words
    weights = checkpoint["state_dict"]["policy.encoder.words.weight"]
    torch.testing.assert_close(weights[1:7], read_glove(glove, set(), 10)[1])
    assert (tmp_path / "mml_wikisql/version_0/test_metrics.json").is_file()
