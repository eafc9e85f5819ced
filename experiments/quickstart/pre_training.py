"""Pre-training of a small language model: prompts, each followed by a program that a search found.

The loss is that of every token of the program among all tokens, so that the model learns to spell
headers and names, to copy them from the prompt. The policy's own probabilities, which are
renormalised where the texts of valid actions differ, do not depend on most of these tokens.

Legend: N text, T token, V token of the vocabulary.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from sparse_rl.modules.language_models.reading import Tokens, padded_right
from sparse_rl.modules.language_models.spelled_policy import SpelledPolicy
from sparse_rl.replay.memory import Memory

Text = tuple[Tokens, Sequence[Tokens]]
"""The tokens of a prompt, and those of the programs that may follow it."""


@dataclass(frozen=True)
class PreTraining:
    """How long a model reads, and how fast it learns.

    Attributes:
        steps: optimiser steps of `batch` texts; 0 for none.
        batch: texts of a step.
        lr: Adam's learning rate after `warm_up` steps, which falls to zero.
        warm_up: steps of a rising learning rate.
    """

    steps: int = 1600
    batch: int = 16
    lr: float = 2e-3
    warm_up: int = 50

    def rate(self, step: int) -> float:
        """Learning rate of a step, as a share of `lr`."""
        return min(1.0, (step + 1) / self.warm_up) * (1.0 - step / self.steps)


def texts(policy: SpelledPolicy, task: Any, examples: Sequence[Any], memory: Memory) -> list[Text]:
    """Returns the texts of all examples with a rewarded program: its shortest ones."""
    found = []
    for example in examples:
        programs = memory.replay.rewarded(example.id, task.world(example))
        if programs:
            encoded = policy.encode([example])
            spelled = encoded.spellings[0].tokens
            least = min(len(program.actions) for program in programs)
            shortest = [p.actions for p in programs if len(p.actions) == least]
            ways = [[token for action in way for token in spelled[action]] for way in shortest]
            found.append((encoded.prompts[0], ways))
    return found


def pre_train(
    policy: SpelledPolicy, source: Sequence[Text], options: PreTraining, seed: int
) -> None:
    """Trains on one program of each prompt at a visit."""
    rng = random.Random(seed)
    drawn = _drawn(rng, source)
    optimizer = torch.optim.Adam(policy.model.parameters(), lr=options.lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, options.rate)
    policy.train()
    for _ in range(options.steps):
        prompts, ways = zip(*(next(drawn) for _ in range(options.batch)), strict=True)
        rows = [(*prompt, *rng.choice(way)) for prompt, way in zip(prompts, ways, strict=True)]
        loss = program_loss(policy.model, rows, list(map(len, prompts)))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(policy.model.parameters(), 1.0)
        optimizer.step()
        schedule.step()


def _drawn(rng: random.Random, source: Sequence[Text]) -> Iterator[Text]:
    """Yields all texts in a new order, again and again."""
    while True:
        yield from rng.sample(source, len(source))


def program_loss(model: Any, rows: Sequence[Tokens], prompts: Sequence[int]) -> Tensor:
    """Returns the mean over texts of -log p(program | prompt), among all tokens.

    Args:
        model: a causal language model.
        rows: tokens of prompts and programs.
        prompts: tokens of each prompt.
    """
    token_NT, mask_NT = padded_right(rows, model.device)
    logits_NTV = model(input_ids=token_NT, use_cache=False).logits[:, :-1]
    loss_NT = nn.functional.cross_entropy(
        logits_NTV.transpose(1, 2), token_NT[:, 1:], reduction="none"
    )
    begin_N1 = torch.tensor(prompts, device=model.device).unsqueeze(1)
    place_T = torch.arange(1, token_NT.shape[1], device=model.device)
    of_program_NT = (place_T >= begin_N1) & (mask_NT[:, 1:] > 0)
    return (loss_NT * of_program_NT).sum() / len(rows)
