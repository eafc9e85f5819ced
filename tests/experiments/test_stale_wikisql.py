"""The loop with stale draws: expected weights of all programs, by enumeration."""

from __future__ import annotations

import argparse

import pytest
import torch

from stale_wikisql import INSIDE, OLD, OWN, Loop

PI = torch.tensor([0.3, 0.1, 0.25, 0.05, 0.3]).double()
MU = torch.tensor([0.1, 0.3, 0.1, 0.4, 0.1]).double()
MEMBERS = [0, 3]
"""Programs of B, whose mass is above the clip."""


def expected_weights(name: str) -> torch.Tensor:
    """Over all pairs of a stale and an own draw."""
    loop = object.__new__(Loop)
    loop.name, loop.options = name, argparse.Namespace(clip=0.5, draws=1)
    total_K = torch.zeros(len(PI)).double()
    for stale, mu in enumerate(MU.tolist()):
        for own, pi in enumerate(PI.tolist()):
            programs = torch.tensor([stale, own, *MEMBERS])
            source_N = torch.tensor([OLD, OWN] + [INSIDE] * len(MEMBERS))
            known_N = (source_N != INSIDE) & torch.isin(programs, torch.tensor(MEMBERS))
            place_N = torch.zeros_like(programs)
            laws = (PI[programs].log(), MU[programs].log())
            weight_N = loop._weights(*laws, place_N, source_N, known_N)
            total_K.index_add_(0, programs, mu * pi * weight_N)
    return total_K


@pytest.mark.parametrize("name", ["importance weights", "truncated, corrected", "own draw alone"])
def test_every_program_counts_by_its_probability(name: str) -> None:
    torch.testing.assert_close(expected_weights(name), PI)


def test_truncation_loses_what_is_above_c_outside_b() -> None:
    lost_K = (PI - 0.5 * MU).clamp(min=0).index_fill(0, torch.tensor(MEMBERS), 0.0)
    torch.testing.assert_close(expected_weights("truncated"), PI - lost_K)
