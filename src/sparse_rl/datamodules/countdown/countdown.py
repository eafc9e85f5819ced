"""Countdown tasks as prompts with verifiable rewards."""

from __future__ import annotations

from sparse_rl.bounds import Count, Seed, bounded
from sparse_rl.datamodules.countdown.tasks import SIZES, Difficulty, generate_tasks
from sparse_rl.datamodules.prompts import PromptsDataModule
from sparse_rl.interpreters.prompts import Prompt
from sparse_rl.seeds import seed_or_run_seed


class CountdownDataModule(PromptsDataModule):
    """Generated tasks such as "29 from 3 7 8 :", for which "8 + 3 * 7" is rewarded.

    Args:
        numbers: numbers of a task; 2 to 5. Each one more makes rewards about ten times as rare.
        largest: largest of the numbers.
        highest: highest target.
        all_needed: whether no target can be reached with some of the numbers left out.
        tasks: training tasks.
        batch_size: tasks per step, over all processes.
        eval_batch_size: tasks per batch of validation and test; no effect on results.
        seed: seed of the tasks and of their order; null for the run's (seed_everything).
    """

    @bounded
    def __init__(
        self,
        numbers: Count = 3,
        largest: Count = 9,
        highest: Count = 99,
        all_needed: bool = False,
        tasks: Count = SIZES["train"],
        batch_size: Count = 8,
        eval_batch_size: Count = 64,
        seed: Seed | None = None,
    ) -> None:
        seed = seed_or_run_seed(seed)
        difficulty = Difficulty(numbers, largest, highest, all_needed)
        splits = generate_tasks(difficulty, seed, {**SIZES, "train": tasks})
        train, dev, test = (
            [Prompt(task.id, task.prompt, task.reward) for task in splits[split]]
            for split in ("train", "dev", "test")
        )
        super().__init__(train, dev, test, batch_size, eval_batch_size, seed)
