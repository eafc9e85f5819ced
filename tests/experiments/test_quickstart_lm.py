"""The quickstart as text: what a model reads before it is rewarded, its loss, and the page."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import sparse_rl as sr
from quickstart.pre_training import PreTraining, pre_train, program_loss, texts
from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.modules.language_models import NewModel
from sparse_rl.modules.tables.spelled_task import SpelledTableTask

SMALL = NewModel(layers=1, width=16, heads=2, vocabulary=300, context=512)


@pytest.fixture(scope="module")
def data(small_wikisql: Path, cache: Path) -> WikiSQLDataModule:
    return WikiSQLDataModule(str(small_wikisql), cache=str(cache))


@pytest.fixture
def start(data: Any) -> tuple[SpelledTableTask, Any, sr.Memory]:
    task = SpelledTableTask(SMALL)
    memory = sr.explore(task, "exhaustive", data=data)
    torch.manual_seed(0)
    return task, task.build(data), memory


def test_texts_are_prompts_with_their_shortest_rewarded_programs(start: Any, data: Any) -> None:
    task, policy, memory = start
    examples = data.examples("train")
    found = texts(policy, task, examples, memory)
    rewarded = [e for e in examples if memory.replay.programs().get(e.id)]
    assert 0 < len(found) == len(rewarded)
    for example, (prompt, ways) in zip(rewarded, found, strict=True):
        assert task.tokenizer.decode(prompt) == task.prompt(example)
        programs = memory.replay.programs()[example.id]
        least = min(map(len, programs))
        spelled = ["".join(task.texts(example)[a] for a in p) for p in programs if len(p) == least]
        assert sorted(map(task.tokenizer.decode, ways)) == sorted(spelled)


def test_the_loss_is_that_of_the_programs_tokens_only(start: Any) -> None:
    _, policy, _ = start
    model = policy.model.eval()
    prompts, ways = [[5, 6, 7], [8]], [[9, 10], [11, 12, 13]]
    expected = torch.tensor(0.0)
    for prompt, way in zip(prompts, ways, strict=True):
        for place, token in enumerate(way):
            read = torch.tensor([[*prompt, *way[:place]]])
            expected = expected - model(input_ids=read).logits[0, -1].log_softmax(-1)[token] / 2
    rows = [[*p, *w] for p, w in zip(prompts, ways, strict=True)]
    torch.testing.assert_close(program_loss(model, rows, [3, 1]), expected)


def test_pre_training_lowers_the_loss_and_repeats_exactly(start: Any, data: Any) -> None:
    task, policy, memory = start
    source = texts(policy, task, data.examples("train"), memory)
    rows = [(*prompt, *ways[0]) for prompt, ways in source]
    lengths = [len(prompt) for prompt, _ in source]
    before = {name: weights.clone() for name, weights in policy.state_dict().items()}
    losses, weights = [], []
    for _ in range(2):
        policy.load_state_dict(before)
        losses.append(float(program_loss(policy.model, rows, lengths).detach()))
        pre_train(policy, source, PreTraining(steps=10, batch=4, lr=1e-2, warm_up=2), seed=0)
        losses.append(float(program_loss(policy.model, rows, lengths).detach()))
        weights.append({name: value.clone() for name, value in policy.state_dict().items()})
    assert losses[1] < 0.9 * losses[0] and losses[:2] == losses[2:]
    assert all(weights[0][name].equal(weights[1][name]) for name in before)


def test_a_run_is_a_line_and_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(__file__).resolve().parents[2] / "experiments" / "quickstart_lm.py"
    spec = importlib.util.spec_from_file_location("quickstart_lm", path)
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "quickstart_lm", script)
    spec.loader.exec_module(script)
    line = {
        "setting": {"questions": 60, "steps": 5, "gaca_steps": 0, "gaca_lr": 3e-4},
        "seed": 0,
        "pre_trained": {"dev": [30, 40], "test": [10, 40]},
        "seconds": {"search": [60, 120]},
    }
    monkeypatch.setattr(script, "trained", lambda *_: line)
    options = ["--questions=60", "--steps=5", "--gaca-steps=0", "--seeds", "0"]
    monkeypatch.setattr("sys.argv", ["quickstart_lm.py", *options, f"--results={tmp_path}"])
    script.main()
    script.main()
    assert len(capsys.readouterr().out.splitlines()) == 1
    page = (tmp_path / "quickstart_lm.md").read_text()
    assert "| 60 | 5 | 0 | 0 | 75.0% (30/40) | 25.0% (10/40) | – | – | 1.0 | 2.0 |" in page
