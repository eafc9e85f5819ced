"""The room's exception."""

from __future__ import annotations

from sparse_rl.errors import SparseRLError


class ControlError(SparseRLError):
    """An environment does not exist, or does not suit an algorithm."""
