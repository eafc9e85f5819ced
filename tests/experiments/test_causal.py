"""The studies of causal confusion: masks of the table policy's inputs, and the page's aims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from causal import page
from causal_tables import MaskedTablePolicy
from sparse_rl.control.causal.masks import all_masks
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.decoding import beam
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.vocabulary import Vocabulary


def test_a_masked_policy_scores_and_decodes_alike_and_is_the_policy_if_it_sees_everything(
    small_wikisql: Path, cache: Path
) -> None:
    data = WikiSQLDataModule(str(small_wikisql), batch_size=8, cache=str(cache))
    examples = data.examples("train")[:4]
    vocabulary = Vocabulary.of(examples)
    sizes = {"embedding": 8, "hidden": 8}
    plain = TablePolicy(vocabulary, data.language, **sizes).eval()
    masked = MaskedTablePolicy(vocabulary, data.language, **sizes, dropout=0.0).eval()
    masked.load_state_dict(plain.state_dict(), strict=False)
    worlds = [TableWorld(example, data.language) for example in examples]
    scores = {}
    with torch.no_grad():
        for policy, mask in [(plain, None), *((masked, mask) for mask in all_masks(3))]:
            if mask is not None:
                masked.see(mask)
            encoded = policy.encode(examples)
            best = [found[0] for found in beam(policy, encoded, worlds, 2)]
            programs = [found.trajectory for found in best]
            score_B, _ = policy.score(encoded, programs, range(len(examples)))
            torch.testing.assert_close(score_B, torch.tensor([f.log_prob for f in best]))
            scores[None if mask is None else tuple(mask.tolist())] = score_B
    seen = scores.pop(None)
    assert torch.equal(scores.pop((1.0, 1.0, 1.0)), seen)
    assert all(not torch.equal(score_B, seen) for score_B in scores.values())


def record(seed: int, executed: str) -> dict[str, Any]:
    returns = {"111": -190.0, "110": -130.0, "010": -150.0, "000": -200.0}
    return {
        "seed": seed,
        "expert": -100.0,
        "plain": {
            "original": {"accuracy": 0.90, "return": -120.0},
            "confounded": {"accuracy": 0.95, "return": -200.0},
        },
        "masks": {mask: {"accuracy": 0.9, "return": value} for mask, value in returns.items()},
        "execution": [["000"] * 19 + [executed]],
        "queries": {states: {"50": ["010"]} for states in ("drawn", "greatest")},
        "dagger": [[queries, -110.0] for queries in page.DAGGER],
        "cpu_minutes": 1.0,
    }


@pytest.mark.parametrize(
    ("executed", "share", "met"), [("110", "88 %", "yes"), ("111", "12 %", "no")]
)
def test_aims_are_computed_from_the_records(executed: str, share: str, met: str) -> None:
    text = page.text([record(seed, executed) for seed in range(2)], "a machine", "a command")
    rows = dict(
        (cells[1].strip(), [cell.strip() for cell in cells[2:4]])
        for line in text.splitlines()
        if line.startswith("|")
        for cells in [line.split("|")]
    )
    assert rows["confounded cloning is at least as accurate"] == ["+5.0 points", "yes"]
    assert rows["and its return is lower by 20 or more"] == ["-80.0", "yes"]
    assert rows["the best mask excludes the previous action"] == ["2 of 2 seeds", "yes"]
    assert rows["and close 80 % of the gap"] == [share, met]
    assert rows["20 episodes find such a mask, on 4 of 5 seeds"][1] == met
    assert rows["50 queries close 50 % of the gap"] == ["62 %", "yes"]
