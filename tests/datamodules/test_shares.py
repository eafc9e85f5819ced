"""Examples are dealt to processes evenly, in every batch, and the batches are the same for all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl import processes
from sparse_rl.datamodules.batches import BucketBatchSampler, ResumableLoader
from sparse_rl.datamodules.shares import PartsOfBatches, Shares, shards_of

ids = st.lists(st.text(max_size=5), unique=True, min_size=1, max_size=150)


@given(
    ids, st.integers(1, 40) | st.just(96), st.integers(1, 4), st.integers(0, 3), st.integers(0, 2)
)
def test_every_batch_is_shared_evenly_by_any_number_of_processes(
    ids: list[str], batch_size: int, pool: int, seed: int, epoch: int
) -> None:
    shares = Shares(ids)
    lengths = list(map(len, ids))
    sampler = BucketBatchSampler(lengths, batch_size, seed, pool, shares.order, passes=2)
    sampler.set_epoch(epoch)
    batches = list(sampler)
    assert len(batches) == len(sampler)
    for pass_ in (batches[: len(batches) // 2], batches[len(batches) // 2 :]):
        assert sorted(index for batch in pass_ for index in batch) == list(range(len(ids)))
        assert sorted(map(len, pass_))[1:] == [batch_size] * (len(pass_) - 1)
    for count in (1, 2, 3, 4, 6, 12, 24):
        if shards_of(batch_size) % count:
            continue
        for batch in batches:
            owners = [shares.owner(ids[index], count) for index in batch]
            parts = [owners.count(rank) for rank in range(count)]
            assert max(parts) - min(parts) <= 1


@given(ids, st.integers(1, 70), st.randoms())
def test_the_owner_depends_on_the_id_and_not_on_the_order_of_the_data(
    ids: list[str], count: int, rng: object
) -> None:
    shares, mixed = Shares(ids), list(ids)
    rng.shuffle(mixed)  # type: ignore[attr-defined]
    again = Shares(mixed)
    owners = [shares.owner(id_, count) for id_ in ids]
    assert owners == [again.owner(id_, count) for id_ in ids]
    sizes = [owners.count(rank) for rank in range(count)]
    assert max(sizes) - min(sizes) <= 1
    assert 0 <= shares.owner("of no example", count) < count


@pytest.mark.parametrize("count", [2, 3])
def test_the_parts_make_up_the_batch(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = [SimpleNamespace(id=f"train-{number}") for number in range(50)]
    shares = Shares([example.id for example in examples])
    monkeypatch.setattr(processes, "count", lambda: count)
    parts = []
    for rank in range(count):
        monkeypatch.setattr(processes, "rank", lambda rank=rank: rank)
        part = PartsOfBatches(examples, shares).__getitems__(range(9))
        assert part.whole == 9 and all(shares.is_mine(example.id) for example in part)
        parts.append(part)
    assert sorted(e.id for part in parts for e in part) == sorted(e.id for e in examples[:9])


def test_a_process_reads_its_own_examples_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched(list[SimpleNamespace]):
        read: ClassVar[list[int]] = []

        def __getitem__(self, index: Any) -> Any:
            self.read.append(index)
            return super().__getitem__(index)

    examples = Watched(SimpleNamespace(id=f"train-{number}") for number in range(60))
    shares = Shares([f"train-{number}" for number in range(60)])
    monkeypatch.setattr(processes, "count", lambda: 2)
    monkeypatch.setattr(processes, "rank", lambda: 1)
    sampler = BucketBatchSampler([1] * 60, 12, order=shares.order)
    parts = list(ResumableLoader(PartsOfBatches(examples, shares), sampler))
    assert [part.whole for part in parts] == [12] * 5
    mine = [number for number in range(60) if shares.is_mine(f"train-{number}")]
    assert sorted(examples.read) == mine and len(mine) == 30


def test_ids_of_one_hash_have_owners_of_their_own() -> None:
    alike = ["plumless", "buckeroo"]
    assert crc32(alike[0].encode()) == crc32(alike[1].encode())
    ids = [*alike, *(f"train-{number}" for number in range(5))]
    shares = Shares(ids)
    by_definition = sorted(ids, key=lambda id_: (crc32(id_.encode()), id_))
    for count in (1, 2, 3, 7):
        owners = [shares.owner(id_, count) for id_ in ids]
        assert owners == [by_definition.index(id_) % count for id_ in ids]


def test_large_batches_have_shards_for_many_processes() -> None:
    assert shards_of(64 * 125) % 64 == 0
    for size in range(1, 2000, 13):
        assert shards_of(size) in (6, 12, 24, 48, 96, 192)
        assert shards_of(size) == 6 or size >= 8 * shards_of(size)


def test_a_run_finds_its_examples_again() -> None:
    shares = Shares([f"train-{number}" for number in range(400)])
    owners = [shares.owner(f"train-{number}", 64) for number in (0, 1, 399)]
    assert owners == [55, 25, 6]


def test_a_state_of_an_earlier_order_goes_on_with_a_warning() -> None:
    sampler = BucketBatchSampler([1] * 40, 10)
    with pytest.warns(UserWarning, match="from within epoch 1, whose batches an earlier version"):
        sampler.load_state_dict({"epoch": 1, "batch": 2})
    sampler.set_epoch(1)
    assert len(list(sampler)) == 2


def test_a_state_of_an_earlier_order_at_an_epochs_end_is_as_good_as_any(
    recwarn: pytest.WarningsRecorder,
) -> None:
    sampler = BucketBatchSampler([1] * 40, 10)
    sampler.load_state_dict({"epoch": 1, "batch": 4})
    sampler.load_state_dict({"epoch": 1, "batch": 0})
    sampler.load_state_dict({"epoch": 1, "batch": 2, "order": 2})
    assert not recwarn
