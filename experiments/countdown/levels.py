"""Three levels of sparsity, and the models that training begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from countdown.model import (
    PreTraining,
    accuracy,
    load,
    new_model,
    new_tokenizer,
    pre_train,
    save,
    texts,
)
from countdown.records import Start
from sparse_rl.datamodules.countdown import Difficulty, generate_tasks

MEASURED_SEEDS, DRAWS = range(5), 128
"""The share of rewarded completions is that of so many draws for every task of these seeds."""


@dataclass(frozen=True)
class Level:
    """Tasks, and what the model has read before.

    Attributes:
        difficulty: the tasks.
        pre_training: the model's text.
        sizes: tasks for training, and held-out ones.
    """

    difficulty: Difficulty
    pre_training: PreTraining
    sizes: Mapping[str, int] = field(default_factory=lambda: {"train": 32, "test": 64})


LEVELS: Mapping[str, Level] = {
    "10 %": Level(Difficulty(2, 20, 99), PreTraining(whole=0.5)),
    "1 %": Level(Difficulty(3, 20, 99, all_needed=True), PreTraining(whole=0.6)),
    "0.1 %": Level(Difficulty(4, 20, 99), PreTraining(whole=1.0)),
}


def pre_trained(level: Level, folder: Path) -> None:
    """Writes a level's model into a folder."""
    tokenizer = new_tokenizer(level.difficulty.highest)
    model = new_model(tokenizer, seed=0)
    source = texts(level.difficulty, level.pre_training.whole, seed=0)
    pre_train(model, tokenizer, source, level.pre_training)
    save(model, tokenizer, folder)


def measured(level: Level, name: str, folder: Path) -> Start:
    """Draws completions of a level's model, and counts those that are rewarded."""
    model, tokenizer = load(folder)
    tasks = [
        task
        for seed in MEASURED_SEEDS
        for task in generate_tasks(level.difficulty, seed, level.sizes)["train"]
    ]
    share = accuracy(model, tokenizer, tasks, DRAWS)
    return Start(name, sum(p.numel() for p in model.parameters()), len(tasks) * DRAWS, share)
