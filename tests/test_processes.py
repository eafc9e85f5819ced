"""Dealing examples out to processes, and putting together what they hold."""

from __future__ import annotations

import pytest
import torch

from sparse_rl import processes
from sparse_rl.datamodules.batches import BucketBatchSampler
from sparse_rl.datamodules.shares import Shares
from sparse_rl.estimators.prior import TemplatePrior
from sparse_rl.exploration.explored import BloomExplored, ExactExplored, prefix_key
from sparse_rl.exploration.key_log import logged_keys
from sparse_rl.interpreters.world import Trajectory
from sparse_rl.replay.strata import Strata

IDS = [f"train-{number}" for number in range(400)]
SHARES = Shares(IDS)


def test_alone_nothing_is_exchanged() -> None:
    assert (processes.count(), processes.rank()) == (1, 0)
    assert processes.gather("a") == processes.gather_to_first("a") == ["a"]
    assert processes.total(3.0) == 3.0
    assert processes.mean({"a": 2.0}, 5) == {"a": 2.0}
    assert processes.share_of([1, 2, 3]) == [1, 2, 3]
    mailbox = processes.Mailbox()
    mailbox.send([1.0, 2.0])
    assert mailbox.receive() == [[1.0, 2.0]]


def test_means_are_weighted_and_over_those_who_have_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "count", lambda: 3)
    told = [({"a": 1.0, "b": 5.0}, 1), ({"a": 4.0}, 2), ({}, 0)]
    monkeypatch.setattr(processes, "gather", lambda value: told)
    assert processes.mean({}, 0) == {"a": 3.0, "b": 5.0}


def test_the_shares_of_validation_are_disjoint_and_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "count", lambda: 3)
    shares = []
    for rank in range(3):
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        shares.append(processes.share_of(range(10)))
    assert shares == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]


def test_a_sampler_goes_on_where_its_state_was_taken() -> None:
    lengths = [n % 17 for n in range(95)]
    straight = BucketBatchSampler(lengths, 10, seed=1)
    straight.set_epoch(2)
    whole = list(straight)
    batches = iter(straight)
    assert [next(batches) for _ in range(4)] == whole[:4]
    resumed = BucketBatchSampler(lengths, 10, seed=1)
    resumed.load_state_dict(straight.state_dict())
    # Lightning makes the iterator before it sets the epoch.
    rest = iter(resumed)
    resumed.set_epoch(2)
    assert list(rest) == whole[4:]
    assert list(resumed) == whole, "the epoch after it is whole again"
    resumed.load_state_dict(straight.state_dict())
    resumed.set_epoch(3)
    straight.set_epoch(3)
    assert list(resumed) == list(straight), "another epoch begins at its beginning"


def trajectory(*actions: int, reward: float) -> Trajectory:
    return Trajectory(actions, tuple((0, 1, 2) for _ in actions), reward)


def test_strata_are_put_together_and_dealt_out_again() -> None:
    parts = []
    for rank in range(2):
        part = Strata(capacity_c=2)
        for number, id_ in enumerate(IDS):
            if SHARES.owner(id_, 2) == rank:
                part.visit(id_)
                part.add(id_, trajectory(number % 3, 1, reward=1.0))
                part.add(id_, trajectory(number % 3, 2, reward=0.0))
        parts.append(part.state_dict())
    union = Strata.union(parts)
    assert sorted(union["ids"]) == sorted(IDS)
    dealt = []
    for rank in range(3):
        again = Strata(capacity_c=2)
        again.load_state_dict(union, lambda id_, rank=rank: SHARES.owner(id_, 3) == rank)
        dealt.append(again)
    assert [sum(sizes) for sizes in zip(*(part.sizes() for part in dealt), strict=True)] == [
        400,
        400,
    ]
    for id_ in IDS:
        holders = [part for part in dealt if id_ in part.state_dict()["ids"]]
        assert holders == [dealt[SHARES.owner(id_, 3)]]


def test_exact_explored_sets_are_put_together_and_dealt_out_again() -> None:
    parts = [ExactExplored(), ExactExplored()]
    for number, id_ in enumerate(IDS):
        parts[number % 2].add(prefix_key(id_, (number,)))
    union = ExactExplored.union([part.state_dict() for part in parts])
    again = ExactExplored()
    again.load_state_dict(union, lambda id_: SHARES.owner(id_, 2) == 1)
    mine = [number for number, id_ in enumerate(IDS) if SHARES.owner(id_, 2) == 1]
    state = again.state_dict()
    keys = list(logged_keys(state["text"], state["lengths"]))
    # Those of the first process stand before those of the second.
    assert keys == [prefix_key(IDS[n], (n,)) for n in sorted(mine, key=lambda n: n % 2)]


def test_bloom_filters_are_put_together_without_counting_twice() -> None:
    parts = [BloomExplored(1000), BloomExplored(1000)]
    for round_ in range(3):
        for number, id_ in enumerate(IDS[:100]):
            parts[number % 2].add(prefix_key(id_, (round_,)))
        union = BloomExplored.union([part.state_dict() for part in parts])
        assert union["count"] == 100 * (round_ + 1)
        for part in parts:
            part.load_state_dict(union)
            assert len(part) == part.inherited == 100 * (round_ + 1)
            assert all(prefix_key(id_, (round_,)) in part for id_ in IDS[:100])


def test_a_prior_that_hears_of_all_parts_is_that_of_the_whole_batch() -> None:
    walks = [trajectory(n % 3, n % 2, reward=1.0) for n in range(12)]
    symbols = [(5, 6, 7)] * 12
    weight_N = torch.rand(12)
    whole, shared = TemplatePrior(), TemplatePrior()
    for _ in range(3):
        whole.update(walks, symbols, weight_N)
        parts = [slice(0, 5), slice(5, 5), slice(5, 12)]
        shared.absorb([shared.observe(walks[p], symbols[p], weight_N[p]) for p in parts])
    assert whole.state_dict()["templates"] == shared.state_dict()["templates"]
    torch.testing.assert_close(whole.state_dict()["count"], shared.state_dict()["count"])
    assert shared.log_prior(walks, symbols) == pytest.approx(whole.log_prior(walks, symbols))


class Arrived:
    """A collective that has ended."""

    def wait(self) -> None:
        pass


def letters(monkeypatch: pytest.MonkeyPatch, other: list[float]) -> list[int]:
    """Makes this process the second of two whose first always sends the same numbers.

    Returns:
        Length of every letter sent, in order.
    """
    sent: list[int] = []

    def all_gather(parts: list[torch.Tensor], letter: torch.Tensor, async_op: bool) -> Arrived:
        assert async_op
        sent.append(len(letter) - 1)
        parts[0][0] = len(other)
        room = len(letter) - 1
        parts[0][1 : 1 + len(other[:room])] = torch.tensor(other[:room], dtype=letter.dtype)
        parts[1].copy_(letter)
        return Arrived()

    monkeypatch.setattr(processes, "count", lambda: 2)
    monkeypatch.setattr(torch.distributed, "all_gather", all_gather)
    return sent


def test_a_mailbox_brings_every_list_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = letters(monkeypatch, [2.0**52 + 1, 0.1, 3.0])
    mailbox = processes.Mailbox(room=4)
    for own in ([], [1.0], [0.5] * 5, [0.25] * 9):
        mailbox.send(own)
        assert mailbox.receive() == [[2.0**52 + 1, 0.1, 3.0], own]
    assert sent == [4, 4, 4, 10, 10], "sent again where it did not fit, with room from then on"


def test_a_mailbox_grows_for_the_lists_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = letters(monkeypatch, [1.0, 2.0, 3.0])
    mailbox = processes.Mailbox(room=2)
    mailbox.send([7.0])
    assert mailbox.receive() == [[1.0, 2.0, 3.0], [7.0]]
    assert sent == [2, 6]


CLOSED = "[../gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:1234"


@pytest.mark.parametrize(
    ("count", "text", "kind"),
    [
        (2, CLOSED, processes.ProcessError),
        (2, "shapes differ", RuntimeError),
        (1, CLOSED, RuntimeError),
    ],
)
def test_a_rank_that_has_lost_another_says_how_to_go_on(
    count: int, text: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "count", lambda: count)
    with pytest.raises(kind) as refused, processes.together():
        raise RuntimeError(text)
    assert type(refused.value) is kind
    if kind is processes.ProcessError:
        assert str(refused.value).startswith("resume with --ckpt_path=last: another process")
