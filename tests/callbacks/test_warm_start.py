"""A memory is filled before training in any domain, and by any search."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparse_rl.callbacks.warm_start import search_data
from sparse_rl.cli import main
from sparse_rl.datamodules.mazes.textworld import TextWorldDataModule
from sparse_rl.exploration.program_file import read_programs
from sparse_rl.exploration.search import Method, SearchOptions
from sparse_rl.interpreters.world import replay_actions
from sparse_rl.modules.mazes.maze_task import MazeTask


@pytest.mark.parametrize("method", ["systematic", "gumbel"])
def test_searches_find_walks_through_mazes(method: Method) -> None:
    data, task = TextWorldDataModule(train=4), MazeTask()
    found = search_data(data, task, SearchOptions(method, attempts=500))
    assert any(result.rewarded for result in found)
    for maze, result in zip(data.examples("train"), found, strict=True):
        assert result.example_id == maze.id and result.executed == 500
        assert not result.complete and len(set(result.rewarded)) == len(result.rewarded)
        rewards = [replay_actions(task.world(maze), actions).reward for actions in result.rewarded]
        assert all(rewards)


def test_explore_writes_walks_that_training_could_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "walks.jsonl"
    main(
        ["explore", "--config=mml_textworld.yaml", f"--out={out}", "--workers=1"]
        + ["--method=exhaustive", "--max_programs=5", "--data.train=3"]
    )
    assert "3 of 3 examples have a rewarded program" in capsys.readouterr().out
    data, task = TextWorldDataModule(train=3), MazeTask()
    programs, report = read_programs(out, data.examples("train"), task)
    assert report.endswith("15 programs for 3 examples; 0 left out")
    assert set(map(len, programs.values())) == {5}
