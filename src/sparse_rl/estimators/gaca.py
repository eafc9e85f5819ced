"""GACA: weights from an f-divergence to a guided target, or credit among rewarded programs.

Legend: B example, N trajectory in the flat batch.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from sparse_rl.bounds import NonNegative, PositiveAmount, bounded
from sparse_rl.estimators import functional as F
from sparse_rl.estimators.base import BaselineName, Estimator, Objective, reinforced
from sparse_rl.estimators.batch import Plan, ScoredBatch, Stratum
from sparse_rl.estimators.options import Where
from sparse_rl.estimators.prior import EnergyPrior, Prior, TemplatePrior
from sparse_rl.estimators.strata import check_unit_range, drop_broken, log_weights, upcast

Reading = Literal["guided", "credit", "literal"]
Ranking = Literal["batch", "example"]
# Fewer samples estimate a tail badly: examples with fewer are ranked together.
MIN_RANKED = 8


class Gaca(Estimator):
    """loss = -sum_i a_i sg(rho_i - b_i) log pi_i (GACA eq. 12), in three readings of rho.

    guided: rho of t = q / pi with q proportional to pi^(1-g) prior^g exp(r / lam).
    credit: among the rewarded programs, rho of pi / prior, which favours programs specific to
    their context.
    literal: rho of pi / prior over B and C without a reward, the ratio as printed in eq. 13;
    for comparison only.

    The defaults are the recipe for WikiSQL: "credit" in B, contrasted with C and fresh draws.
    """

    @bounded
    def __init__(
        self,
        reading: Reading = "credit",
        adaptive: bool = True,
        prior: Prior | None = None,
        lam: PositiveAmount | None = None,
        prior_power: float | None = None,
        beta: float | None = None,
        clip_low: float = 0.5,
        clip_high: float = 1.0,
        enumerate_up_to: int = 8,
        replay_c: int = 4,
        fresh: int = 1,
        replay_fraction: float = 0.5,
        ranking: Ranking | None = None,
        baseline: BaselineName = "mean",
        temper_steps: NonNegative | None = None,
        entropy_weight: float = 0.0,
    ) -> None:
        """Chooses the strata, the prior and the rule for the weights.

        Options of some readings only are None by default, and refused in the others.

        Args:
            reading: the argument of rho; see the class.
            adaptive: tail-adaptive rho. False gives log t ("guided": exactly KL(pi || q), the
                paper's "w/o AG") or rho = 1 ("credit": rewards under the strata).
            prior: None for a new `TemplatePrior`, which is learned; a `MixturePrior` over
                training contexts that share their actions (TextWorld); or a uniform
                `EnergyPrior` (the paper's "w/o GP"). Not in "credit" without `adaptive`.
            lam: weight of the regularisation in the target, in "guided" only. Less trusts the
                reward more; 0.01 to 1, 0.1 by default. Without `adaptive` the gradient scales as
                1 / lam.
            prior_power: exponent g of the prior in the target, in "guided" only: 0 for the
                policy alone, 1 for the prior. Less covers fewer modes of B; 0 to 1, 1 by default.
            beta: exponent of the tail probability, with `adaptive` only. 0 is uniform, -1 the
                inverse; -1 to 0, -0.5 by default.
            clip_low: least coefficient of a non-empty B; 0 to 0.5, or 1 to train on B alone, with
                baseline "none": a mean over B alone cancels the push on B.
            clip_high: greatest coefficient of B. Less preserves learning outside B; 0.5 to 1.
            enumerate_up_to: programs of B scored for each example; 4 to 64.
            replay_c: draws from the example's stored unrewarded programs; 0 to 16.
            fresh: draws from the policy, programs of B rejected; 0 to 16.
            replay_fraction: share of the mass outside B given to C instead of the fresh draws.
                More saves decoding where the memory is nearly complete, and omits that share of
                the unexplored mass; 0 to 1.
            ranking: "batch", the default, ranks all samples together; "example" ranks examples
                of at least 8 samples on their own and all other samples together. Samples ranked
                together come from all processes. With `adaptive` only, and not in "credit",
                which ranks inside each B.
            baseline: "mean", the example's weighted mean of rho (leave-one-out where sampled),
                or "none".
            temper_steps: optimiser steps over which beta moves from 0 to its value, so that
                training begins with uniform rho ("credit": the rewards alone), with `adaptive`
                only; 0 for none, 200 by default.
            entropy_weight: weight of the entropy bonus; 0 to 0.1.

        Raises:
            ValueError: an option is outside its range, or given where it does nothing.
        """
        guided = Where(reading == "guided", 'set reading to "guided"')
        tail = Where(adaptive, "set adaptive to true")
        # Conditions: rho depends on the prior; rho ranks samples of several examples.
        compared = Where(adaptive or reading != "credit", tail.remedy)
        ranked = Where(
            adaptive and reading != "credit",
            'set adaptive to true and reading to "guided" or "literal"',
        )
        own_prior = TemplatePrior() if compared.holds else None
        self.prior = compared.option("prior", prior, own_prior)
        self.lam = guided.option("lam", lam, 0.1)
        self.prior_power = guided.option("prior_power", prior_power, 1.0)
        self.ranking: Ranking = ranked.option("ranking", ranking, "batch")
        self.beta = tail.option("beta", beta, -0.5)
        self.temper_steps = tail.option("temper_steps", temper_steps, 200)
        check_unit_range("beta", -1.0, self.beta, 0.0)
        check_unit_range("prior_power", 0.0, self.prior_power, 1.0)
        check_unit_range("clip_high", 0.0, clip_high, 1.0)
        check_unit_range("clip_low", 0.0, clip_low, clip_high)
        check_unit_range("replay_fraction", 0.0, replay_fraction, 1.0)
        if clip_low == 1.0 and baseline == "mean":
            raise ValueError(
                'set baseline to "none", or clip_low below 1: with clip_low 1 the mean of an '
                "example is that of B alone and cancels the push on B"
            )
        super().__init__(Plan(enumerate_up_to, replay_c, fresh), entropy_weight)
        self.reading: Reading = reading
        self.adaptive = adaptive
        self.clip_low, self.clip_high = clip_low, clip_high
        self.replay_fraction = replay_fraction
        self.baseline: BaselineName = baseline
        self.pools = ranked.holds
        self._tempered_beta = 0.0 if self.temper_steps else self.beta

    def at_step(self, step: int) -> None:
        """Moves beta linearly from 0 over the first `temper_steps` steps."""
        if self.temper_steps:
            self._tempered_beta = self.beta * min(1.0, step / self.temper_steps)

    def objective(self, batch: ScoredBatch) -> Objective:
        """GACA eq. 12 in the chosen reading, under the weights of the strata."""
        log_prior_N = self._log_prior(batch)
        log_weight_N, log_outer_B = self._log_weights(batch)
        log_gain_N = batch.log_prob_N.detach() - log_prior_N
        if self.reading == "credit":
            log_weight_N, extra = self._credit(batch, log_gain_N, log_weight_N)
            weighted_N = log_weight_N.exp() * batch.reward_N
        else:
            weighted_N, extra = self._projection(batch, log_gain_N, log_weight_N)
        return reinforced(batch, weighted_N, log_weight_N, log_outer_B, self.baseline, extra)

    def own_diagnostics(self, batch: ScoredBatch) -> dict[str, Tensor]:
        """Returns `mutual_information` of contexts and programs, with a learned prior."""
        if not self._asks_prior:
            return {}
        weight_N = log_weights(batch, 0.0, 1.0, 0.0)[0].exp()
        gain = F.mutual_information(batch.log_prob_N, self._log_prior(batch), weight_N)
        return {"mutual_information": gain}

    def to_pool(self, batch: ScoredBatch) -> Tensor:
        """Returns log-ratios and log-weights of samples ranked with those of other examples."""
        batch, _ = drop_broken(upcast(batch))
        log_weight_N, _ = self._log_weights(batch)
        log_gain_N = batch.log_prob_N.detach() - self._log_prior(batch)
        log_ratio_N = self._log_ratio(batch, log_gain_N, log_weight_N)
        group_N, num_groups = self._groups(batch)
        return torch.stack((log_ratio_N, log_weight_N))[:, group_N == num_groups - 1]

    @property
    def _asks_prior(self) -> bool:
        return self.prior is not None and not isinstance(self.prior, EnergyPrior)

    def _log_weights(self, batch: ScoredBatch) -> tuple[Tensor, Tensor]:
        return log_weights(batch, self.clip_low, self.clip_high, self.replay_fraction)

    def _log_prior(self, batch: ScoredBatch) -> Tensor:
        if not self._asks_prior:
            return torch.zeros_like(batch.log_prob_N.detach())
        if batch.log_prior_N is None:
            raise ValueError("pass log_prior_N, or set prior to EnergyPrior(): the weights need it")
        return batch.log_prior_N.detach()

    def _projection(
        self, batch: ScoredBatch, log_gain_N: Tensor, log_weight_N: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Returns a_i rho_f(t_i) with t = q / pi ("guided") or t = pi / prior ("literal")."""
        log_ratio_N = self._log_ratio(batch, log_gain_N, log_weight_N)
        if not self.adaptive:
            return log_weight_N.exp() * log_ratio_N, {}
        return self._ranked_together(batch, log_ratio_N, log_weight_N)

    def _log_ratio(self, batch: ScoredBatch, log_gain_N: Tensor, log_weight_N: Tensor) -> Tensor:
        """Returns log t_i, detached; without `adaptive`, up to a constant of the example.

        For KL(pi || q), f(t) = -log t and rho = log t - 1 (GACA lemma 2). Its constants, -1 and
        -log Z(s), have no effect in expectation, and an estimated Z(s) would correlate with the
        samples: both are omitted. Ranks over a batch need Z(s), the mean of
        (prior / pi)^g exp(r / lam) under the policy. The weights a_i estimate it, so that t has
        mean one under these weights.
        """
        if self.reading != "guided":
            return log_gain_N
        # At g = 0 the prior must not count, even where it is zero (0 * inf).
        guide_N = -self.prior_power * log_gain_N if self.prior_power else 0.0
        log_ratio_N = guide_N + batch.reward_N / self.lam
        if not self.adaptive:
            return log_ratio_N
        args = (batch.example_N, batch.num_examples)
        log_total_B = F.segment_logsumexp(log_weight_N, *args)
        log_z_B = F.segment_logsumexp(log_weight_N + log_ratio_N, *args) - log_total_B
        # An example without mass in its target, or without weight, needs no normalisation.
        log_z_B = torch.where(log_z_B.isfinite(), log_z_B, 0.0)
        return log_ratio_N - log_z_B[batch.example_N]

    def _credit(
        self, batch: ScoredBatch, log_gain_N: Tensor, log_weight_N: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Returns log a_i rho_i: rho is the tail-adaptive rule of pi / prior in B, elsewhere 1.

        rho moves weight between the programs of B, whose sum stays w_B. The value of a program is
        its reward: unrewarded ones enter through the baseline, which never turns a rewarded
        program's push into its opposite.
        """
        if not self.adaptive:
            return log_weight_N, {}
        b_N = batch.stratum_N == Stratum.B
        log_inside_N, extra = self._tail(
            log_gain_N[b_N], log_weight_N[b_N], batch.example_N[b_N], batch.num_examples
        )
        return log_weight_N.masked_scatter(b_N, log_inside_N), extra

    def _tail(
        self, log_ratio_N: Tensor, log_weight_N: Tensor, group_N: Tensor, num_groups: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Returns tail-adaptive log a_i rho_i, and the number of sets of ratios that are all 0."""
        log_rho_N = F.tail_adaptive(
            log_ratio_N, log_weight_N, group_N, num_groups, self._tempered_beta
        )
        best_G = F.segment_max(log_ratio_N, group_N, num_groups)
        used_G = torch.bincount(group_N, minlength=num_groups) > 0
        blind = ((best_G == -torch.inf) & used_G).sum().to(log_ratio_N.dtype)
        return log_weight_N + log_rho_N, {"tail_uniform": blind}

    def _ranked_together(
        self, batch: ScoredBatch, log_ratio_N: Tensor, log_weight_N: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Applies `_tail` in the sets of `_groups`; the last includes other processes' samples."""
        group_N, num_groups = self._groups(batch)
        all_2N = torch.stack((log_ratio_N, log_weight_N))
        if batch.pooled_2N is not None:
            all_2N = torch.cat((all_2N, batch.pooled_2N), 1)
            of_others = batch.pooled_2N.shape[1]
            group_N = nn.functional.pad(group_N, (0, of_others), value=num_groups - 1)
        log_weighted_N, extra = self._tail(all_2N[0], all_2N[1], group_N, num_groups)
        return log_weighted_N[: len(log_ratio_N)].exp(), extra

    def _groups(self, batch: ScoredBatch) -> tuple[Tensor, int]:
        """Returns the set in which each sample is ranked, and the number of sets.

        Only the last set holds samples of several examples.
        """
        if self.ranking == "batch":
            return torch.zeros_like(batch.example_N), 1
        count_B = torch.bincount(batch.example_N, minlength=batch.num_examples)
        large_N = count_B[batch.example_N] >= MIN_RANKED
        pooled = batch.num_examples
        return torch.where(large_N, batch.example_N, pooled), pooled + 1
