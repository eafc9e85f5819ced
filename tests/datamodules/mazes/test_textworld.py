"""Mazes as a data module."""

from __future__ import annotations

from sparse_rl.datamodules.mazes.textworld import TextWorldDataModule


def test_the_splits_are_drawn_by_seed_and_share_no_maze() -> None:
    data = TextWorldDataModule(seed=3)
    mazes = {split: data.examples(split) for split in data.splits}
    assert [len(mazes[split]) for split in data.splits] == [240, 60, 300]
    everything = [maze for split in data.splits for maze in mazes[split]]
    assert len({maze.id for maze in everything}) == 600
    assert len({maze.grid for maze in everything}) == 600
    again = TextWorldDataModule(seed=3).examples("dev")
    assert [(m.id, m.grid, m.walks) for m in again] == [
        (m.id, m.grid, m.walks) for m in mazes["dev"]
    ]
    other = TextWorldDataModule(seed=4).examples("dev")
    assert not {m.grid for m in other} & {m.grid for m in mazes["dev"]}


def test_an_epoch_is_so_many_passes_of_full_batches() -> None:
    data = TextWorldDataModule(train=20, passes=3)
    batches = list(data.train_dataloader())
    assert len(batches) == 3
    ids = [sorted(maze.id for maze in batch) for batch in batches]
    assert ids == [sorted(maze.id for maze in data.examples("train"))] * 3


def test_an_epoch_is_taken_up_within_a_pass() -> None:
    straight = [
        [m.id for m in b]
        for b in TextWorldDataModule(train=20, batch_size=8, passes=2).train_dataloader()
    ]
    first = TextWorldDataModule(train=20, batch_size=8, passes=2)
    batches = iter(first.train_dataloader())
    head = [[m.id for m in next(batches)] for _ in range(4)]
    second = TextWorldDataModule(train=20, batch_size=8, passes=2)
    second.load_state_dict(first.state_dict())
    tail = [[m.id for m in b] for b in second.train_dataloader()]
    assert head + tail == straight and len(straight) == 6


def test_the_memory_begins_with_the_shortest_or_the_intended_walks() -> None:
    shortest = TextWorldDataModule(limit=5).known_programs()
    intended = TextWorldDataModule(limit=5, programs="intended").known_programs()
    for maze in TextWorldDataModule(limit=5).examples("train"):
        assert shortest[maze.id] == list(maze.walks)
        assert intended[maze.id] == [maze.intended]


def test_what_changes_the_mazes_changes_the_fingerprint() -> None:
    options = [{}, {"seed": 1}, {"walks": 5}, {"longest": 10}, {"limit": 7}, {"train": 100}]
    prints = {TextWorldDataModule(**option).fingerprint("train") for option in options}
    assert len(prints) == len(options)
