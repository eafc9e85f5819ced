"""The Countdown experiment: its text, its answers, its figures, and a short run of each rival."""

from __future__ import annotations

import importlib.util
from collections import Counter
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from countdown.budget import Budget
from countdown.levels import Level
from countdown.model import (
    LONGEST,
    PreTraining,
    accuracy,
    answers,
    load,
    new_model,
    new_tokenizer,
    pre_train,
    save,
    texts,
)
from countdown.own_rivals import HoldOff
from countdown.page import reached, write_page
from countdown.progress import Progress
from countdown.records import Records, RunOf, Start, append, best_rate, read
from sparse_rl.datamodules.countdown import CountdownTask, Difficulty, generate_tasks
from sparse_rl.errors import DataError

EASY = Level(Difficulty(2, 9, 30), PreTraining(whole=1.0, steps=2, batch=8))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = new_tokenizer(EASY.difficulty.highest)
    model = new_model(tokenizer, seed=0)
    pre_train(model, tokenizer, texts(EASY.difficulty, 1.0, 0), EASY.pre_training)
    folder = tmp_path_factory.mktemp("model")
    save(model, tokenizer, folder)
    return folder


@pytest.mark.parametrize("whole", [1.0, 0.5])
def test_texts_have_the_numbers_of_the_prompt_but_not_its_target(whole: float) -> None:
    pairs = list(islice(texts(Difficulty(3, 20, 99), whole, 0), 300))
    tasks = [(int(p.split()[0]), sorted(map(int, p.split()[2:-1]))) for p, _ in pairs]
    rewards, complete = 0.0, 0
    for (target, numbers), (_, answer) in zip(tasks, pairs, strict=True):
        used = [int(word) for word in answer.split() if word.isdigit()]
        assert not Counter(used) - Counter(numbers)
        complete += sorted(used) == numbers
        rewards += CountdownTask(tuple(numbers), target).reward(answer)
    assert rewards < 30
    # A cut answer may lack the last parenthesis only.
    assert whole - 0.1 < complete / len(pairs) <= (1.0 if whole == 1.0 else 0.75)


def test_words_survive_the_tokenizer_and_the_longest_answer_fits() -> None:
    tokenizer = new_tokenizer(99)
    text = "99 from 3 7 8 : ( 3 + 7 ) * 8 / 0 - 1"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert len(tokenizer("( 1 + 2 ) * ( 3 - 4 )")["input_ids"]) + 1 <= LONGEST


def test_answers_are_the_same_after_reading_the_folder(start: Path) -> None:
    model, tokenizer = load(start)
    again, _ = load(start)
    prompts = [task.prompt for task in generate_tasks(EASY.difficulty, 0, {"train": 5})["train"]]
    first = answers(model, tokenizer, prompts, sample=False, batch=2)
    assert first == answers(again, tokenizer, prompts, sample=False)
    assert not any("<" in answer for answer in first)


NEEDS_TRL = pytest.mark.skipif(importlib.util.find_spec("trl") is None, reason="TRL is not there")
RIVALS = [
    "REINFORCE, group baseline",
    "MAPO",
    "GACA, memory first",
    pytest.param("TRL GRPO, replay repaired", marks=NEEDS_TRL),
]


@pytest.mark.parametrize("rival", RIVALS)
def test_a_rival_spends_its_budget_and_no_more(rival: str, start: Path) -> None:
    if rival.startswith("TRL"):
        from countdown.trl_rivals import train
    else:
        from countdown.own_rivals import train
    tasks = generate_tasks(EASY.difficulty, 0, {"train": 4, "test": 4})
    progress = Progress(tasks, every=32)
    train(rival, start, progress, Budget(prompts=4, draws=8, completions=64), 1e-3, 0)
    assert [point["completions"] for point in progress.points] == [0, 32, 64]
    assert progress.points[0]["train"] == accuracy(*load(start), tasks["train"])


def _run(rival: str, lr: float, seed: int, *train: float) -> RunOf:
    points = [
        {"completions": 100 * n, "minutes": n / 10, "train": x, "held_out": x / 2, "found": x}
        for n, x in enumerate(train)
    ]
    return RunOf("1 %", rival, lr, seed, points)


def test_records_come_back_and_the_best_rate_is_that_of_the_tuning_seed(tmp_path: Path) -> None:
    file = tmp_path / "data" / "runs.jsonl"
    written = [
        Start("1 %", 10, 1000, 0.01),
        _run("MAPO", 1e-3, 100, 0.0, 0.5),
        _run("MAPO", 3e-3, 100, 0.0, 0.1),
        _run("MAPO", 3e-3, 0, 0.0, 1.0),
    ]
    for record in written:
        append(file, record)
    records = read(file)
    assert [*records.starts, *records.runs] == written
    assert best_rate(records, "MAPO", 100) == 1e-3
    with pytest.raises(DataError, match="allow more --minutes"):
        best_rate(records, "GACA", 100)


def test_the_page_tells_prices_and_bounds(tmp_path: Path) -> None:
    runs = [_run("MAPO", 1e-3, seed, 0.0, 0.5, 0.6, 0.6) for seed in range(3)]
    runs += [_run("TRL GRPO", 1e-3, seed, 0.0, 0.0, 0.1, 0.3) for seed in range(3)]
    records = Records([Start("1 %", 10, 20_000, 0.01)], runs)
    page = tmp_path / "docs" / "results" / "countdown_lm.md"
    write_page(records, ["TRL GRPO", "MAPO"], page, "a machine", 100)
    text = page.read_text(encoding="utf-8")
    assert reached(runs[0], 0.25, "completions") == 100
    assert "100 (0.10 min), 3 of 3; 3.0 × fewer [3.0, 3.0]" in text
    # GRPO never gets to a half: its budget of 300 is a lower bound.
    assert "≥ 3.0 × fewer" in text
    assert "not reached" in text
    assert "+30.0 [+30.0, +30.0]" in text
    assert "1.000% | ± 0.138%" in text


def test_weights_stay_as_they_are_while_the_memory_is_filled() -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.Adam([weight], lr=0.1)
    hold_off = HoldOff(2)
    moved = []
    for step in range(3):
        weight.grad = torch.ones(3)
        trainer: Any = SimpleNamespace(global_step=step)
        hold_off.on_before_optimizer_step(trainer, pl.LightningModule(), optimizer)
        optimizer.step()
        moved.append(bool((weight != 1).any()))
    assert moved == [False, False, True]
    # The first moving step is Adam's first.
    assert float(weight.detach()[0]) == pytest.approx(0.9)


@NEEDS_TRL
def test_stored_groups_stand_for_groups_of_equal_rewards() -> None:
    from countdown.trl_rivals import RepairedReplay

    trainer: Any = RepairedReplay.__new__(RepairedReplay)
    trainer.kept, trainer.stored, trainer.num_generations = [], 0, 2
    trainer.processing_class = new_tokenizer(9)
    trainer._tokenizer = trainer.processing_class

    def step(rewards: list[float], first: int) -> Any:
        """Four completions of two groups; the tokens say which completion it is."""
        groups = torch.tensor(rewards).float().view(2, 2)
        ids = torch.arange(first, first + 4)[:, None].repeat(1, 3)
        ones = torch.ones_like(ids)
        return trainer.update_with_replay_buffer(
            (groups - groups.mean(1, keepdim=True)).flatten(),
            groups.std(1).repeat_interleave(2),
            ids,
            ones,
            ids,
            ones,
            {},
            1,
        )

    unrewarded = step([0, 0, 0, 0], 10)
    assert unrewarded["prompt_ids"][:, 0].tolist() == [10, 11, 12, 13]
    varied = step([0, 0, 0, 1], 20)
    # Its first group is replaced by the second, which has just been stored.
    assert varied["prompt_ids"][:, 0].tolist() == [22, 23, 22, 23]
    assert varied["advantages"].tolist() == [-0.5, 0.5, -0.5, 0.5]
    later = step([0, 0, 1, 1], 30)
    assert later["completion_ids"][:, 0].tolist() == [22, 23, 22, 23]
    assert later["completion_mask"].shape == (4, LONGEST)


def test_a_longer_training_is_the_bound_of_its_seed_and_in_no_mean(tmp_path: Path) -> None:
    runs = [_run("MAPO", 1e-3, 0, 0.0, 0.5, 0.6, 0.6), _run("TRL GRPO", 1e-3, 0, 0, 0, 0, 0)]
    runs.append(_run("TRL GRPO", 1e-3, 0, *[0.0] * 9, 0.3))
    page = tmp_path / "docs" / "results" / "countdown_lm.md"
    write_page(Records([], runs), ["TRL GRPO", "MAPO"], page, "a machine", 100)
    text = page.read_text(encoding="utf-8")
    assert "100 (0.10 min), 1 of 1; 9.0 × fewer" in text
    assert "100 (0.10 min), 1 of 1; ≥ 9.0 × fewer" in text
    assert "| TRL GRPO | 1 | 0.0% |" in text
    assert "Seed 0 of TRL GRPO with 900 completions: 30.0% of the training tasks" in text
