"""`sparse_rl.fit` and `evaluate` in a script of one's own that Lightning starts twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os
from pathlib import Path

import sparse_rl as sr
from sparse_rl.interpreters.toys.tree import TreeWorld

def example(number):
    right = (number % 2, number // 2 % 2)
    leaves = {(a, b): float((a, b) == right) for a in range(2) for b in range(2)}
    words = tuple(f"go{step}" for step in right)
    return sr.WorldExample(str(number), TreeWorld.from_leaves(leaves), question=words)

if __name__ == "__main__":
    examples = [example(number) for number in range(12)]
    task = sr.WorldTask(examples[:4], dev=examples[4:8], test=examples[8:])
    memory = sr.explore(task, "systematic", attempts=20)
    run = sr.fit(
        task, sr.Mml(), memory=memory, max_epochs=2, accelerator="cpu", devices=2, strategy="ddp"
    )
    assert run.checkpoint.is_file()
    rank = os.environ.get("LOCAL_RANK", "0")
    Path(f"evaluated_{rank}").write_text(str(sr.evaluate(run)["greedy_accuracy"]))
"""


@pytest.mark.slow(ci=True)
def test_both_processes_have_one_run(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    said = [(tmp_path / f"evaluated_{rank}").read_text() for rank in range(2)]
    (folder,) = (tmp_path / "runs").glob("*/version_*")
    tested = json.loads((folder / "test_metrics.json").read_text())
    assert said == [str(tested["greedy_accuracy"])] * 2
    assert len((folder / "predictions.jsonl").read_text().splitlines()) == 4
