"""The start of a run: three lines of ours, and nothing of what libraries say of themselves."""

from __future__ import annotations

import logging
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from pytorch_lightning.utilities import rank_zero_info, rank_zero_warn

from sparse_rl.cli import main
from sparse_rl.quiet import set_quiet

REPOSITORY = Path(__file__).resolve().parents[1]
RUN = [sys.executable, str(REPOSITORY / "train.py"), "fit", "--config=gaca_quickstart.yaml"]
RUN += ["--data.limit=12", "--show=0", "--trainer.max_epochs=1", "--trainer.log_every_n_steps=1"]
RUN += ["--trainer.accelerator=cpu", "--trainer.enable_progress_bar=false"]
RUN += ["--model.task.hidden=8", "--model.task.embedding=8", "--warm_start.workers=1"]


def start(folder: Path, cache: Path, *options: str) -> str:
    """All that a run prints, in the order in which it comes."""
    done = subprocess.run(
        [*RUN, f"--data.cache={cache}", *options],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_run_begins_with_three_lines_of_ours(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main([*RUN[RUN.index("--config=gaca_quickstart.yaml") :], f"--data.cache={cache}"])
    check_beginning((capfd.readouterr().out).splitlines())


@pytest.mark.slow
def test_a_process_of_its_own_begins_with_them_too(tmp_path: Path, cache: Path) -> None:
    """With what libraries say while they are imported."""
    lines = start(tmp_path, cache).splitlines()
    check_beginning(lines)
    assert any(line.startswith("Warm start took") for line in lines), "our own lines stay"


def check_beginning(lines: list[str]) -> None:
    assert lines[:3] == [
        "Gaca with TableTask on Quickstart: 12 training, 12 dev examples; seed 0",
        "Writes to runs/gaca_quickstart/version_0",
        "Next: sparse-rl report runs/gaca_quickstart/version_0; resume: --ckpt_path=last",
    ]
    for noise in ("Tip", "Seed set", "GPU available", "FLOPs", "deprecated", "Restoring"):
        assert not [line for line in lines if noise in line]


@pytest.mark.slow
def test_a_resumed_run_with_an_encoder_is_as_quiet(
    tmp_path: Path, cache: Path, small_encoder: Path
) -> None:
    # Of three layers the first alone is read.
    options = ["--model.task=TransformerTableTask", f"--model.task.transformer={small_encoder}"]
    options.append("--model.task.layers=[1]")
    start(tmp_path, cache, *options)
    more = [*options, "--trainer.max_epochs=2"]
    shown = start(tmp_path, cache, *more, "--ckpt_path=last")
    assert "from runs/gaca_quickstart/version_0/checkpoints/last.ckpt" in shown
    assert "dirpath" not in shown and "LOAD REPORT" not in shown
    loud = start(tmp_path, cache, *more, "--ckpt_path=last", "--verbose")
    assert "LOAD REPORT" in loud and "Seed set to 0" in loud


def test_our_own_words_still_show(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        set_quiet(True)
        rank_zero_info("ours")
    assert "ours" in caplog.text
    with pytest.warns(UserWarning, match="ours as well"):
        rank_zero_warn("ours as well")


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ("encoder.layer.{1, 2}.weight | UNEXPECTED |", False),
        ("pooler.dense.weight | MISSING |", False),
        ("encoder.layer.0.weight | MISSING |", True),
        ("embeddings.weight | \x1b[31mMISMATCH\x1b[0m | 3 vs. 4", True),
    ],
)
def test_weights_that_are_missing_are_reported(
    row: str, shown: bool, caplog: pytest.LogCaptureFixture
) -> None:
    notes = "- UNEXPECTED:\tcan be ignored\n- MISSING:\tnewly initialized"
    set_quiet(True)
    logger = logging.getLogger("transformers.modeling_utils")
    with caplog.at_level(logging.WARNING, logger.name):
        logger.propagate, before = True, logger.propagate
        logger.warning(
            "BertModel LOAD REPORT from: x\nKey | Status |\n%s\n\nNotes:\n%s", row, notes
        )
        logger.propagate = before
    assert ("LOAD REPORT" in caplog.text) is shown


def test_only_named_warnings_are_left_out() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        set_quiet(True)
        for text in ("`isinstance(treespec, LeafSpec)` is deprecated, use", "another"):
            warnings.warn(text, FutureWarning, stacklevel=1)
    assert [str(warning.message) for warning in caught] == ["another"]
