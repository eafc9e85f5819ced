"""One thread for small policies, unless the environment says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from sparse_rl.modules.threads import cap_threads


@pytest.fixture(autouse=True)
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_a_small_policy_has_one_thread() -> None:
    # The embedding's number of words does not count.
    policy = nn.Sequential(nn.Embedding(5000, 64), nn.LSTM(64, 256))
    assert cap_threads(policy) and torch.get_num_threads() == 1
    assert not cap_threads(policy), "told once"


def test_wide_policies_and_a_choice_of_the_users_keep_theirs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not cap_threads(nn.Linear(300, 300))
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert not cap_threads(nn.Linear(64, 64))
    assert torch.get_num_threads() == 2
