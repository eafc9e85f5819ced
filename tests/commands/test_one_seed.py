"""seed_everything is the one seed; the others follow it unless they are given."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparse_rl.callbacks.warm_start import WarmStart
from sparse_rl.commands.programs import instantiate
from sparse_rl.config_files import find_config
from sparse_rl.seeds import seed_or_run_seed


def seeds(*options: str, config: str = "mml_textworld.yaml") -> dict[str, int]:
    """All seeds of a run with these options."""
    cli = instantiate(
        [f"--config={find_config(config)}", "--warm_start.method=systematic", *options]
    )
    callbacks = cli.trainer.callbacks  # type: ignore[attr-defined]
    (warm,) = (c for c in callbacks if isinstance(c, WarmStart))
    return {
        "torch": torch.initial_seed(),
        "model": cli.model.seed_draws,
        "replay": cli.model.memory.replay.seed,
        "data": cli.datamodule.seed,
        "warm_start": warm.seed,
    }


def test_one_seed_sets_all() -> None:
    assert set(seeds().values()) == {0}
    assert set(seeds("--seed_everything=7").values()) == {7}


def test_a_seed_that_is_given_stays() -> None:
    found = seeds("--seed_everything=7", "--data.seed=3", "--model.seed=0")
    assert found["data"] == 3 and found["model"] == found["replay"] == 0
    assert found["warm_start"] == found["torch"] == 7


def test_another_seed_gives_other_data(tmp_path: Path) -> None:
    folders, mazes = set(), set()
    for seed in (0, 1):
        options = [f"--seed_everything={seed}"]
        quickstart = find_config("gaca_quickstart.yaml")
        cli = instantiate([f"--config={quickstart}", *options, f"--data.cache={tmp_path}"])
        folders.add(cli.datamodule.root.name)
        textworld = find_config("mml_textworld.yaml")
        cli = instantiate([f"--config={textworld}", *options, "--data.limit=1"])
        mazes.add(cli.datamodule.examples("train")[0].id)
    assert len(folders) == len(mazes) == 2


def test_all_seeds_share_an_exhaustive_search() -> None:
    assert WarmStart("exhaustive", seed=5).seed == 0


def test_without_a_run_the_seed_is_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PL_GLOBAL_SEED", raising=False)
    assert seed_or_run_seed(None) == 0
    monkeypatch.setenv("PL_GLOBAL_SEED", "4")
    assert (seed_or_run_seed(None), seed_or_run_seed(0)) == (4, 0)
