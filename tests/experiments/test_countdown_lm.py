"""The Countdown experiment: its text, its answers, its figures, and a short run of each rival."""

from __future__ import annotations

import importlib.util
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

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


RIVALS = [
    pytest.param(
        rival,
        marks=pytest.mark.skipif(
            rival.startswith("TRL") and importlib.util.find_spec("trl") is None,
            reason="TRL is not there",
        ),
    )
    for rival in (
        "REINFORCE, group baseline",
        "MAPO",
        "GACA, memory first",
        "TRL GRPO, replay repaired",
    )
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
