"""How the time left is worded."""

from __future__ import annotations

import pytest

from sparse_rl.progress import time_left


@pytest.mark.parametrize(
    ("seconds", "done", "left", "told"),
    [
        (30, 1, 2, "about 60 s left"),
        (120, 2, 12, "about 12 min left"),
        (3600, 1, 2, "about 2.0 h left"),
    ],
)
def test_time_left(seconds: float, done: int, left: int, told: str) -> None:
    assert time_left(seconds, done, left) == told
