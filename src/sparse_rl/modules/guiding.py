"""The guiding prior of a run: updated at every step, the same in all processes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from sparse_rl import processes
from sparse_rl.estimators.batch import ScoredBatch
from sparse_rl.estimators.prior import EnergyPrior, Prior
from sparse_rl.estimators.strata import policy_weights
from sparse_rl.modules.drawing import Drawn
from sparse_rl.modules.visit import Visit


class Guide:
    """A prior that learns from the batches of a run.

    Args:
        prior: the prior.
    """

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self._observed: dict[tuple[int, ...], float] = {}

    def log_prior(self, drawn: Drawn, visit: Visit) -> Tensor:
        """Returns the log prior of the N drawn programs, (N,)."""
        return self.prior.log_prior(drawn.trajectories, _symbols(drawn, visit))

    def teach(self, scored: ScoredBatch, drawn: Drawn, visit: Visit) -> None:
        """Updates the prior with the policy's weights of this process's part of the batch."""
        part = (drawn.trajectories, _symbols(drawn, visit), policy_weights(scored))
        if processes.count() == 1:
            self.prior.update(*part)
        else:
            self._observed = self.prior.observe(*part)

    def exchange(self) -> None:
        """Exchanges observations, so that all processes keep the same prior."""
        if processes.count() > 1:
            self.prior.absorb(processes.gather(self._observed))
            self._observed = {}


def guide_by(prior: Prior | None) -> Guide | None:
    """Returns the prior's guide; None without a prior, or for a uniform one."""
    return None if prior is None or isinstance(prior, EnergyPrior) else Guide(prior)


def _symbols(drawn: Drawn, visit: Visit) -> list[Sequence[int]]:
    return [visit.worlds[example].symbols for example in drawn.examples]
