"""What is exchanged for estimators that rank over all processes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sparse_rl import processes
from sparse_rl.estimators import Gaca, Mapo, ScoredBatch
from sparse_rl.modules.pooling import pool


class Pooling(Gaca):
    def to_pool(self, batch: ScoredBatch) -> torch.Tensor:
        return torch.tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    """What this process has told; the two others have one column and none."""
    told: list[torch.Tensor] = []

    def others(value: torch.Tensor) -> list[torch.Tensor]:
        told.append(value)
        return [torch.tensor([[5.0], [6.0]]), torch.empty(2, 0)]

    monkeypatch.setattr(processes, "count", lambda: 3)
    monkeypatch.setattr(processes, "others", others)
    return told


BATCH: Any = object()  # `Pooling` does not look at it.


def test_the_others_rows_come_side_by_side(told: list[torch.Tensor]) -> None:
    pooled_2N = pool(Pooling("guided"), BATCH)
    assert pooled_2N is not None and pooled_2N.tolist() == [[5.0], [6.0]]
    assert [value.tolist() for value in told] == [[[1.0, 2.0], [3.0, 4.0]]]


def test_a_process_without_a_trajectory_takes_part_with_nothing(told: list[torch.Tensor]) -> None:
    assert pool(Pooling("guided"), None) is not None
    assert [value.shape for value in told] == [(2, 0)]


def test_nothing_is_exchanged_for_others_and_with_one_process(
    told: list[torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pool(Mapo(), BATCH) is None and pool(Pooling("credit"), BATCH) is None
    monkeypatch.setattr(processes, "count", lambda: 1)
    assert pool(Pooling("guided"), BATCH) is None
    assert not told
