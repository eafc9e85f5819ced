"""Planned walks, and the room for them in a Bloom filter."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.explored import BloomExplored, ExactExplored
from sparse_rl.modules.planning import check_room, planned_visits


def trainer(**options: Any) -> Any:
    usual = {"max_epochs": 2, "max_steps": -1, "limit_train_batches": 1.0, "global_step": 0}
    return SimpleNamespace(**{**usual, **options})


class Data:
    batch_size = 10
    passes = 3

    def examples(self, split: str) -> list[int]:
        assert split == "train"
        return list(range(25))


@pytest.mark.parametrize(
    ("options", "visits"),
    [
        ({}, 2 * 3 * 25),
        ({"limit_train_batches": 6}, 2 * 2 * 25),
        ({"limit_train_batches": 0.5}, 67),  # 8 of 18 steps
        ({"max_steps": 3}, 25),
        ({"max_steps": 500}, 2 * 3 * 25),
        ({"max_epochs": -1, "max_steps": 300}, 100 * 25),
        ({"max_epochs": -1}, None),
        ({"global_step": 15}, 25),
        ({"global_step": 30}, 0),
    ],
)
def test_visits_end_with_epochs_or_steps(options: dict[str, Any], visits: int | None) -> None:
    assert planned_visits(trainer(**options), Data()) == visits


def test_a_filter_needs_two_prefixes_per_program_beside_those_it_has() -> None:
    explored = BloomExplored(1000)
    for number in range(100):
        explored.add(str(number))
    check_room(explored, 450)
    with pytest.raises(SparseRLError, match=r"^set model\.explored_capacity to 1002 or more"):
        check_room(explored, 451)
    check_room(ExactExplored(), 10**12)
