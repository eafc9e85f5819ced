"""Control: actor-critic systems that need less data or less hardware; the extra `control`."""

from sparse_rl.control.returns import VTrace

__all__ = ["VTrace"]
