"""The guiding prior of a run: asked and taught at every step, the same in all processes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from sparse_rl import processes
from sparse_rl.estimators.batch import ScoredBatch
from sparse_rl.estimators.prior import EnergyPrior, Prior
from sparse_rl.estimators.strata import policy_weights
from sparse_rl.modules.drawing import Drawn, Visit


class Guide:
    """A prior that learns from the batches of a run.

    Args:
        prior: what is guided by.
    """

    def __init__(self, prior: Prior) -> None:
        self.prior = prior
        self._observed: dict[tuple[int, ...], float] = {}

    def log_prior(self, drawn: Drawn, visit: Visit) -> Tensor:
        """log of the prior of the N drawn programs, (N,)."""
        return self.prior.log_prior(drawn.trajectories, _symbols(drawn, visit))

    def teach(self, scored: ScoredBatch, drawn: Drawn, visit: Visit) -> None:
        """Shows the prior what the policy makes of this process's part of the batch."""
        part = (drawn.trajectories, _symbols(drawn, visit), policy_weights(scored))
        if processes.count() == 1:
            self.prior.update(*part)
        else:
            self._observed = self.prior.observe(*part)

    def exchange(self) -> None:
        """Lets all processes observe all of the batch, so that they keep the same prior."""
        if processes.count() > 1:
            self.prior.absorb(processes.gather(self._observed))
            self._observed = {}


def guide_by(prior: Prior | None) -> Guide | None:
    """None where there is nothing to ask or to teach: without a prior, or with a uniform one."""
    return None if prior is None or isinstance(prior, EnergyPrior) else Guide(prior)


def _symbols(drawn: Drawn, visit: Visit) -> list[Sequence[int]]:
    return [visit.worlds[example].symbols for example in drawn.examples]
