"""What is exchanged for estimators that rank over all processes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from sparse_rl import processes
from sparse_rl.estimators import Gaca, Mapo, ScoredBatch
from sparse_rl.modules.pooling import Pool


class Pooling(Gaca):
    def to_pool(self, batch: ScoredBatch) -> torch.Tensor:
        return torch.tensor([[1.0, 2.0], [3.0, 4.0]])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """What this process has told; the two others have one column and none."""
    told: list[list[float]] = []
    monkeypatch.setattr(processes, "count", lambda: 3)
    monkeypatch.setattr(processes, "rank", lambda: 1)
    monkeypatch.setattr(processes.Mailbox, "send", lambda self, own, device: told.append(own))
    monkeypatch.setattr(processes.Mailbox, "receive", lambda self: [[5.0, 6.0], told[-1], []])
    return told


BATCH: Any = object()  # `Pooling` does not look at it.


def test_the_others_rows_come_side_by_side(told: list[list[float]]) -> None:
    pooled_2N = Pool().exchange(Pooling("guided"), BATCH)
    assert pooled_2N is not None and pooled_2N.tolist() == [[5.0], [6.0]]
    assert told == [[1.0, 2.0, 3.0, 4.0]]


def test_a_process_without_a_trajectory_takes_part_with_nothing(told: list[list[float]]) -> None:
    assert Pool().exchange(Pooling("guided"), None) is not None
    assert told == [[]]


def test_nothing_is_exchanged_for_others_and_with_one_process(
    told: list[list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool()
    assert pool.exchange(Mapo(), BATCH) is None and pool.exchange(Pooling("credit"), BATCH) is None
    monkeypatch.setattr(processes, "count", lambda: 1)
    assert pool.exchange(Pooling("guided"), BATCH) is None
    assert not told
