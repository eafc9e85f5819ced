"""Model-based value expansion: MVE and STEVE."""

from sparse_rl.control.value_expansion.targets import candidates, mve, steve

__all__ = ["candidates", "mve", "steve"]
