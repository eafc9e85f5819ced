"""Model-based value expansion: MVE and STEVE."""

from sparse_rl.control.value_expansion.chain import ChainDataModule
from sparse_rl.control.value_expansion.chain_values import ChainValues
from sparse_rl.control.value_expansion.ddpg import Ddpg
from sparse_rl.control.value_expansion.learner import ValueExpansion
from sparse_rl.control.value_expansion.targets import candidates, mve, steve

__all__ = ["ChainDataModule", "ChainValues", "Ddpg", "ValueExpansion", "candidates", "mve", "steve"]
