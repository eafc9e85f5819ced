"""TRL's GRPO, and its experimental variant with a replay buffer.

Both need TRL 1.13, the last version that has the variant.
"""

from __future__ import annotations

import heapq
import tempfile
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers
from torch import Tensor, nn
from trl import GRPOConfig, GRPOTrainer
from trl.experimental.grpo_with_replay_buffer import (
    GRPOWithReplayBufferConfig,
    GRPOWithReplayBufferTrainer,
)

from countdown.budget import Budget
from countdown.model import LONGEST, load
from countdown.progress import Progress

REPLAY_GROUPS = 64
"""Size of the replay buffer: the variant's default."""


class Measuring(transformers.TrainerCallback):
    """Rewards the completions, and adds a point to the curve where one is due."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._tasks = {task.prompt: task for task in progress.tasks["train"]}
        self._completions, self._found = 0, set[str]()

    def rewards(self, prompts: list[str], completions: list[str], **unused: Any) -> list[float]:
        """The reward function of TRL's trainers."""
        pairs = list(zip(prompts, completions, strict=True))
        rewards = [self._tasks[prompt].reward(completion) for prompt, completion in pairs]
        self._completions += len(pairs)
        self._found.update(p for p, reward in zip(prompts, rewards, strict=True) if reward)
        return rewards

    def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        self.progress.begin(parts["model"], parts["processing_class"])

    def on_step_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        found = len(self._found)
        model, tokenizer = parts["model"], parts["processing_class"]
        self.progress.step(model, tokenizer, self._completions, found)


class RepairedReplay(GRPOWithReplayBufferTrainer):
    """The variant as its documentation describes it.

    Groups with unequal rewards are stored, the best by score; a group with equal rewards is
    replaced by a stored one, drawn in proportion to the scores. The variant's own code takes the
    whole batch for one group, since it is passed advantages in one row where a row per group is
    expected; it cannot compare groups of equal score, and cannot draw from an empty buffer.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Score, number to break ties, and the tensors of a group.
        self.kept: list[tuple[float, int, dict[str, Tensor]]] = []
        self.stored = 0

    def update_with_replay_buffer(
        self,
        group_advantages: Tensor,
        group_std_rewards: Tensor,
        prompt_ids: Tensor,
        prompt_mask: Tensor,
        completion_ids: Tensor,
        completion_mask: Tensor,
        forward_kwargs: dict[str, Any],
        num_items_in_batch: Any,
        *unused: None,
    ) -> dict[str, Any]:
        """Returns the batch in which stored groups stand for those without unequal rewards."""
        wide = LONGEST - completion_ids.shape[1]
        batch = {
            "prompt_ids": prompt_ids,
            "prompt_mask": prompt_mask,
            "completion_ids": nn.functional.pad(
                completion_ids, (0, wide), value=self._tokenizer.pad_token_id
            ),
            "completion_mask": nn.functional.pad(completion_mask, (0, wide)),
            "advantages": group_advantages.clone(),
        }
        groups = range(len(group_advantages) // self.num_generations)
        rows = [slice(g * self.num_generations, (g + 1) * self.num_generations) for g in groups]
        varied = [bool((group_std_rewards[r] > 0).any()) for r in rows]
        for r in (r for r, unequal in zip(rows, varied, strict=True) if unequal):
            score = float((group_advantages[r].abs() * group_std_rewards[r]).sum())
            self._store(score, {name: part[r].clone() for name, part in batch.items()})
        replaced = [r for r, unequal in zip(rows, varied, strict=True) if not unequal]
        for r, stored in zip(replaced, self._drawn(len(replaced)), strict=False):
            for name, part in stored.items():
                batch[name][r] = part
        return {**batch, "num_items_in_batch": num_items_in_batch}

    def _store(self, score: float, group: dict[str, Tensor]) -> None:
        self.stored += 1
        push = heapq.heappush if len(self.kept) < REPLAY_GROUPS else heapq.heappushpop
        push(self.kept, (score, self.stored, group))

    def _drawn(self, number: int) -> list[dict[str, Tensor]]:
        if not self.kept or not number:
            return []
        scores = torch.tensor([score for score, _, _ in self.kept])
        chosen = torch.multinomial(scores, number, replacement=number > len(self.kept))
        return [self.kept[place][2] for place in chosen.tolist()]


TRAINERS = {
    "TRL GRPO": (GRPOTrainer, GRPOConfig),
    "TRL GRPO, replay as shipped": (GRPOWithReplayBufferTrainer, GRPOWithReplayBufferConfig),
    "TRL GRPO, replay repaired": (RepairedReplay, GRPOWithReplayBufferConfig),
}


def train(
    rival: str, start: Path, progress: Progress, budget: Budget, lr: float, seed: int
) -> None:
    """Trains one of `TRAINERS`; all that is not the budget's or named here is TRL's default."""
    trainer_class, config_class = TRAINERS[rival]
    model, tokenizer = load(start)
    measuring = Measuring(progress)
    with tempfile.TemporaryDirectory() as folder:
        config = config_class(
            output_dir=folder,
            seed=seed,
            learning_rate=lr,
            lr_scheduler_type="constant",
            per_device_train_batch_size=budget.prompts * budget.draws,
            num_generations=budget.draws,
            max_completion_length=LONGEST,
            max_steps=budget.steps,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            report_to="none",
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
        )
        trainer = trainer_class(
            model=model,
            args=config,
            processing_class=tokenizer,
            train_dataset=datasets.Dataset.from_dict(
                {"prompt": [task.prompt for task in progress.tasks["train"]]}
            ),
            reward_funcs=measuring.rewards,
            callbacks=[measuring],
        )
        trainer.train()
