"""The estimators' mathematics as pure functions; logs throughout, float32 at least.

Legend: B example, K trajectory of an example, N trajectory in the flat batch, T step, V action,
G group of samples ranked together.

Sources: MAPO (Liang et al., 2018), GACA (eq. 6-13 and its lemma 2), the
tail-adaptive f-divergence (Wang, Liu and Liu, 2018), ACER (Wang et al., 2017).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LOG_HALF = -math.log(2.0)


def check_shape(name: str, tensor: Tensor, *shape: int) -> None:
    """Raises ValueError naming the tensor when its shape is not `shape`."""
    if tuple(tensor.shape) != shape:
        raise ValueError(f"pass {name} with shape {shape}: got {tuple(tensor.shape)}")


def segment_sum(value_N: Tensor, index_N: Tensor, num_segments: int) -> Tensor:
    """Sums of the values that share an index, shape [num_segments]; 0 where there is none."""
    check_shape("index_N", index_N, *value_N.shape)
    return value_N.new_zeros(num_segments).index_add(0, index_N, value_N)


def segment_max(value_N: Tensor, index_N: Tensor, num_segments: int) -> Tensor:
    """Maxima of the values that share an index, detached; -inf where there is none."""
    check_shape("index_N", index_N, *value_N.shape)
    lowest_B = value_N.new_full((num_segments,), -torch.inf)
    return lowest_B.scatter_reduce(0, index_N, value_N.detach(), "amax")


def segment_logsumexp(value_N: Tensor, index_N: Tensor, num_segments: int) -> Tensor:
    """log of the sum of exponentials per index; -inf, without gradient, where there is none."""
    shift_B = segment_max(value_N, index_N, num_segments)
    shift_B = torch.where(shift_B.isfinite(), shift_B, 0.0)
    sum_B = segment_sum((value_N - shift_B[index_N]).exp(), index_N, num_segments)
    # The inner `where` keeps the gradient of log(0) from turning into NaN.
    safe_B = torch.where(sum_B > 0, sum_B, 1.0)
    return torch.where(sum_B > 0, safe_B.log() + shift_B, -torch.inf)


def segment_log_softmax(value_N: Tensor, index_N: Tensor, num_segments: int) -> Tensor:
    """log of the softmax among the values that share an index."""
    return value_N - segment_logsumexp(value_N, index_N, num_segments)[index_N]


def log1mexp(value: Tensor) -> Tensor:
    """log(1 - exp(value)) for value <= 0, without cancellation at either end."""
    return torch.where(value > LOG_HALF, (-torch.expm1(value)).log(), torch.log1p(-value.exp()))


def outer_log_coefficient(
    log_mass_b_B: Tensor, has_b_B: Tensor, clip_low: float, clip_high: float
) -> Tensor:
    """log w_B = log clip(pi_B, w_l, w_u); -inf where B is empty (MAPO eq. 6, GACA eq. 13).

    An empty B has coefficient 0, never the lower clip. Detached.
    """
    check_shape("has_b_B", has_b_B, *log_mass_b_B.shape)
    low = math.log(clip_low) if clip_low > 0 else -math.inf
    high = math.log(clip_high) if clip_high > 0 else -math.inf
    return torch.where(has_b_B, log_mass_b_B.detach().clamp(low, high), -torch.inf)


def replay_log_ratio(log_mass_b_B: Tensor, log_mass_c_B: Tensor) -> Tensor:
    """log min(1, pi_C / (1 - pi_B)): truncated importance weight of a draw from C.

    The draw has law pi / pi_C and stands for the law pi / (1 - pi_B) outside B, so C counts for
    its own mass only; the rest is the unexplored mass pi_U. Detached.
    """
    check_shape("log_mass_c_B", log_mass_c_B, *log_mass_b_B.shape)
    log_outside_B = log1mexp(log_mass_b_B.detach().clamp(max=0.0))
    # With all mass in B nothing is outside: the ratio 0/0 counts as 1.
    ratio_B = log_mass_c_B.detach() - log_outside_B
    return torch.where(log_outside_B == -torch.inf, 0.0, ratio_B).clamp(max=0.0)


def stale_log_ratio(
    log_prob_N: Tensor, log_behaviour_N: Tensor, log_mass_b_N: Tensor, max_ratio: float
) -> Tensor:
    """log min(c, pi / ((1 - pi_B) mu)): truncated importance weight of an off-policy draw.

    The draw has law mu and stands for the law pi / (1 - pi_B) outside B. Truncated at c as in
    V-trace (Espeholt et al., 2018), for the whole program. 0 where mu is NaN: the draw is the
    current policy's own. Detached.
    """
    check_shape("log_behaviour_N", log_behaviour_N, *log_prob_N.shape)
    check_shape("log_mass_b_N", log_mass_b_N, *log_prob_N.shape)
    log_outside_N = log1mexp(log_mass_b_N.detach().clamp(max=0.0))
    ratio_N = log_prob_N.detach() - log_outside_N - log_behaviour_N.detach()
    # With all mass in B nothing is outside, and a draw outside has weight 0 anyway.
    own_N = log_behaviour_N.isnan() | (log_outside_N == -torch.inf)
    return torch.where(own_N, 0.0, ratio_N.clamp(max=math.log(max_ratio)))


def corrected_log_ratio(
    log_target_N: Tensor,
    log_behaviour_N: Tensor,
    log_reference_N: Tensor,
    own_N: Tensor,
    max_ratio: float,
) -> Tensor:
    """log of the weights of truncation with bias correction (ACER eq. 7, for whole programs).

    Truncation loses a part of an expectation under the target p. For any law nu and any c,

        E_p[f] = E_mu[min(1, c nu/p) p/mu f] + E_p[(1 - c nu/p)_+ f].

    The mean of weight times f over draws of mu gives the first term, that over the policy's own
    draws, of law p, the second; their sum is unbiased. For nu = mu the weights are ACER's:
    min(c, rho) and (1 - c/rho)_+ with rho = p/mu. A large c is importance weighting, c = 0 leaves
    the own draws alone. nu is free because both terms share it. It has to be known for either
    kind of draw, which mu is not where walks avoid what they have explored: nu is then the older
    policy without that renormalisation. As nu <= mu, no weight is above c.

    f = r grad log pi, with one reward at the end, so rho is that of the whole program: whether a
    token was right is known only by the tokens after it, and their ratios carry the reward. A
    ratio per token needs a critic to stand for what comes after, and ACER's states are mu's.
    Without a critic, ACER's exact sum over actions becomes a mean over own draws.

    Args:
        log_target_N: log p; with strata, log of pi / (1 - pi_B).
        log_behaviour_N: log mu; not read for own draws.
        log_reference_N: log nu.
        own_N: whether a draw is the policy's own.
        max_ratio: c.

    Returns:
        Log-weights, -inf for weights of 0. Detached.
    """
    for name, tensor in (
        ("log_behaviour_N", log_behaviour_N),
        ("log_reference_N", log_reference_N),
    ):
        check_shape(name, tensor, *log_target_N.shape)
    check_shape("own_N", own_N, *log_target_N.shape)
    log_target_N = log_target_N.detach()
    log_cap = math.log(max_ratio) if max_ratio > 0 else -math.inf
    log_kept_N = (log_cap + log_reference_N.detach() - log_target_N).clamp(max=0.0)
    log_ratio_N = log_target_N - log_behaviour_N.detach()
    return torch.where(own_N, log1mexp(log_kept_N), log_ratio_N + log_kept_N)


def strata_log_weights(
    log_prob_N: Tensor,
    example_N: Tensor,
    in_b_N: Tensor,
    in_c_N: Tensor,
    log_outer_B: Tensor,
    log_ratio_c_B: Tensor,
    replay_fraction: float,
) -> Tensor:
    """log a_i: the weight of every trajectory in its example's gradient, detached.

    B: w_B * pi / (sum of pi over the drawn B). Fresh (neither in B nor in C) and C: 1/n each,
    of (1 - w_B) * (1 - replay_fraction) and (1 - w_B) * replay_fraction * importance ratio;
    where one of the two is absent the other takes the whole of 1 - w_B.
    """
    for name, tensor in (("example_N", example_N), ("in_b_N", in_b_N), ("in_c_N", in_c_N)):
        check_shape(name, tensor, *log_prob_N.shape)
    check_shape("log_ratio_c_B", log_ratio_c_B, *log_outer_B.shape)
    num_examples = len(log_outer_B)
    log_prob_N = log_prob_N.detach()
    masked_N = torch.where(in_b_N, log_prob_N, -torch.inf)
    log_drawn_B = segment_logsumexp(masked_N, example_N, num_examples)
    log_inside_N = log_prob_N + (log_outer_B - log_drawn_B)[example_N]

    fresh_N = ~in_b_N & ~in_c_N
    count_c_B = segment_sum(in_c_N.to(log_prob_N.dtype), example_N, num_examples)
    count_fresh_B = segment_sum(fresh_N.to(log_prob_N.dtype), example_N, num_examples)
    share_c_B = torch.full_like(count_c_B, replay_fraction)
    share_c_B = torch.where(count_fresh_B == 0, 1.0, share_c_B)
    share_c_B = torch.where(count_c_B == 0, 0.0, share_c_B)
    log_outside_B = log1mexp(log_outer_B.clamp(max=0.0))
    log_c_B = log_outside_B + share_c_B.log() - count_c_B.log() + log_ratio_c_B
    log_fresh_B = log_outside_B + (1.0 - share_c_B).log() - count_fresh_B.log()
    log_out_N = torch.where(in_c_N, log_c_B[example_N], log_fresh_B[example_N])
    return torch.where(in_b_N, log_inside_N, log_out_N)


def tail_adaptive(
    log_ratio_N: Tensor, log_weight_N: Tensor, group_N: Tensor, num_groups: int, beta: float = -1.0
) -> Tensor:
    """log rho_i with rho_i proportional to tail_i ** beta (Wang, Liu and Liu 2018; GACA eq. 13).

    tail_i is the weighted share of the group's samples whose log-ratio is at least that of i:
    only the order of the ratios matters, ties share. Normalised so that the weighted mean of rho
    in a group is one; returned as a log, detached, because rho itself may overflow where the
    weight is tiny, while weight * rho does not. A group whose ratios are all -inf is uniform.
    Costs one sort.
    """
    check_shape("log_weight_N", log_weight_N, *log_ratio_N.shape)
    check_shape("group_N", group_N, *log_ratio_N.shape)
    if not len(log_ratio_N):
        return log_ratio_N.detach()
    order_N = log_ratio_N.detach().argsort(descending=True, stable=True)
    order_N = order_N[group_N[order_N].argsort(stable=True)]
    ratio_N, group_N = log_ratio_N.detach()[order_N], group_N[order_N]
    weight_N = log_weight_N.detach()[order_N]

    # Ragged groups as rows of a matrix: cumulative sums then never cross from group to group.
    count_G = torch.bincount(group_N, minlength=num_groups)
    place_N = torch.arange(len(group_N), device=group_N.device)
    place_N = place_N - (count_G.cumsum(0) - count_G)[group_N]
    weight_GK = weight_N.new_full((num_groups, int(count_G.max())), -torch.inf)
    weight_GK[group_N, place_N] = weight_N
    log_tail_N = weight_GK.logcumsumexp(1)[group_N, place_N]
    starts_N = torch.ones_like(group_N, dtype=torch.bool)
    starts_N[1:] = (ratio_N[1:] != ratio_N[:-1]) | (group_N[1:] != group_N[:-1])
    tie_N = starts_N.long().cumsum(0) - 1
    log_tail_N = segment_max(log_tail_N, tie_N, len(tie_N))[tie_N]

    # Samples of weight zero above all others have an empty tail: they get the smallest tail.
    floor_N = torch.where(log_tail_N == -torch.inf, -torch.inf, -log_tail_N)
    floor_G = -segment_max(floor_N, group_N, num_groups)
    log_tail_N = torch.maximum(log_tail_N, floor_G[group_N])
    log_total_G = segment_logsumexp(weight_N, group_N, num_groups)
    live_N = (log_total_G > -torch.inf)[group_N]
    log_rho_N = beta * torch.where(live_N, log_tail_N - log_total_G[group_N], 0.0)
    log_mean_G = segment_logsumexp(weight_N + log_rho_N, group_N, num_groups) - log_total_G
    log_rho_N = torch.where(live_N, log_rho_N - log_mean_G[group_N], 0.0)
    return torch.empty_like(log_rho_N).index_copy(0, order_N, log_rho_N)


def mean_baseline(
    weighted_N: Tensor, example_N: Tensor, stratum_N: Tensor, exact: int, num_examples: int
) -> Tensor:
    """b_i = sum_j a_j rho_j over the example, from weighted_N = a_j rho_j; detached.

    The stratum numbered `exact` is enumerated and enters unchanged. In a sampled stratum, of n
    equal weights, b_i has the n - 1 other samples scaled by n / (n - 1), and a stratum of one
    sample is omitted for all i: so b_i is independent of sample i and has the same mean for all
    i, and the gradient stays unbiased where the weights are.
    """
    check_shape("example_N", example_N, *weighted_N.shape)
    check_shape("stratum_N", stratum_N, *weighted_N.shape)
    weighted_N = weighted_N.detach()
    if not len(weighted_N):
        return weighted_N
    num_strata = int(stratum_N.max()) + 1
    cell_N = example_N * num_strata + stratum_N
    num_cells = num_examples * num_strata
    sum_N = segment_sum(weighted_N, cell_N, num_cells)[cell_N]
    count_N = segment_sum(torch.ones_like(weighted_N), cell_N, num_cells)[cell_N]
    exact_N = stratum_N == exact
    usable_N = exact_N | (count_N > 1)
    total_B = segment_sum(torch.where(usable_N, weighted_N, 0.0), example_N, num_examples)
    others_N = (sum_N - weighted_N) * count_N / (count_N - 1).clamp(min=1)
    correction_N = torch.where(exact_N | ~usable_N, 0.0, others_N - sum_N)
    return total_B[example_N] + correction_N


def surrogate(
    coefficient_N: Tensor, log_prob_N: Tensor, example_N: Tensor, num_examples: int
) -> tuple[Tensor, Tensor]:
    """loss_B = -sum_i sg(c_i) log pi_i, and a mask of examples with a non-finite coefficient.

    GACA eq. 12, with the minus sign that its eq. 13 has lost. A broken example contributes zero,
    to the gradient too.
    """
    check_shape("coefficient_N", coefficient_N, *log_prob_N.shape)
    coefficient_N = coefficient_N.detach()
    wrong_N = (~coefficient_N.isfinite()).to(log_prob_N.dtype)
    broken_B = segment_sum(wrong_N, example_N, num_examples) > 0
    coefficient_N = torch.where(broken_B[example_N], 0.0, coefficient_N)
    return -segment_sum(coefficient_N * log_prob_N, example_N, num_examples), broken_B


def mutual_information(log_prob_N: Tensor, log_prior_N: Tensor, weight_N: Tensor) -> Tensor:
    """Estimate of I(s; z) = E[log pi - log prior] under the weights, detached (GACA prop. 1)."""
    check_shape("log_prior_N", log_prior_N, *log_prob_N.shape)
    check_shape("weight_N", weight_N, *log_prob_N.shape)
    gain_N = (log_prob_N - log_prior_N).detach() * weight_N.detach()
    return gain_N.sum() / weight_N.detach().sum().clamp(min=torch.finfo(weight_N.dtype).tiny)
