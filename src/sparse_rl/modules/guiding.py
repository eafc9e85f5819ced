"""The guiding prior of a run: updated at every step, the same in all processes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from sparse_rl import processes
from sparse_rl.estimators.batch import ScoredBatch
from sparse_rl.estimators.prior import EnergyPrior, Prior
from sparse_rl.estimators.strata import policy_weights
from sparse_rl.modules.drawing import Drawn
from sparse_rl.modules.exchanging import Observed
from sparse_rl.modules.visit import Visit


class Guide:
    """A prior that learns from the batches of a run.

    Args:
        prior: the prior.

    Attributes:
        observed: of several processes, this one's observations of the step.
    """

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self.observed: Observed = {}
        self._symbols: dict[str, Sequence[int]] = {}

    def log_prior(self, drawn: Drawn, visit: Visit) -> Tensor:
        """Returns the log prior of the N drawn programs, (N,)."""
        return self.prior.log_prior(drawn.trajectories, self._symbols_of(drawn, visit))

    def teach(self, scored: ScoredBatch, drawn: Drawn, visit: Visit) -> None:
        """Updates the prior with the policy's weights of this process's part of the batch."""
        part = (drawn.trajectories, self._symbols_of(drawn, visit), policy_weights(scored))
        if processes.count() == 1:
            self.prior.update(*part)
        else:
            self.observed = self.prior.observe(*part)

    def absorb(self, observed: Sequence[Observed]) -> None:
        """Updates the prior with the observations of all processes, so that all keep the same."""
        self.prior.absorb(observed)
        self.observed = {}

    def _symbols_of(self, drawn: Drawn, visit: Visit) -> list[Sequence[int]]:
        """Returns the symbols of each program's world, which are kept: worlds may not be."""
        for example in set(drawn.examples):
            if visit.ids[example] not in self._symbols:
                self._symbols[visit.ids[example]] = visit.worlds[example].symbols
        return [self._symbols[visit.ids[example]] for example in drawn.examples]


def guide_by(prior: Prior | None) -> Guide | None:
    """Returns the prior's guide; None without a prior, or for a uniform one."""
    return None if prior is None or isinstance(prior, EnergyPrior) else Guide(prior)
