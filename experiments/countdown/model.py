"""A small causal model with its own tokenizer, trained on text of the domain."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from torch import Tensor, nn
from transformers import (
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from sparse_rl.datamodules.countdown import (
    CountdownTask,
    Difficulty,
    ExpressionError,
    random_expression,
    value_of,
)

PAD, BEGIN, END = "<pad>", "<begin>", "<end>"
WORDS = (PAD, BEGIN, END, "from", ":", "+", "-", "*", "/", "(", ")")
LONGEST = 14
"""Most tokens of an answer; four numbers with two pairs of parentheses and the end need 12."""


@dataclass(frozen=True)
class PreTraining:
    """What the model reads before it is rewarded.

    Attributes:
        whole: share of the texts with a whole answer; the others are cut off somewhere. No answer
            has to do with the task's target.
        steps: optimiser steps of `batch` texts.
        batch: texts of a step.
        lr: Adam's learning rate, which falls to zero.
    """

    whole: float = 1.0
    steps: int = 200
    batch: int = 64
    lr: float = 2e-3


def new_tokenizer(highest: int) -> PreTrainedTokenizerFast:
    """A word for every number up to the highest, for every sign, and for begin, end and padding."""
    words = [*WORDS, *map(str, range(highest + 1))]
    tokenizer = Tokenizer(WordLevel({word: id_ for id_, word in enumerate(words)}, unk_token=PAD))
    tokenizer.pre_tokenizer = WhitespaceSplit()  # type: ignore[assignment]
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=BEGIN,
        eos_token=END,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def new_model(tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """A Llama of 1.0 million parameters, drawn with the seed."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=144,
        intermediate_size=400,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=64,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config)


def texts(difficulty: Difficulty, whole: float, seed: int) -> Iterator[tuple[str, str]]:
    """Yields prompts with answers of another value than the target's, unless by chance; for ever.

    Args:
        difficulty: numbers and targets.
        whole: share of the answers that are not cut off.
        seed: seed of all texts.
    """
    rng = random.Random(f"texts/{seed}")
    previous: int | None = None
    while True:
        numbers = [rng.randint(1, difficulty.largest) for _ in range(difficulty.numbers)]
        answer = random_expression(rng, numbers)
        try:
            value = value_of(answer).value
        except ExpressionError:
            continue
        if value.denominator != 1 or not 1 <= value <= difficulty.highest:
            continue
        if previous is not None:
            words = answer.split()
            end = len(words) if rng.random() < whole else rng.randrange(1, len(words))
            task = CountdownTask(tuple(sorted(numbers)), previous)
            yield task.prompt, " ".join(words[:end])
        previous = int(value)


def pre_train(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    source: Iterator[tuple[str, str]],
    options: PreTraining,
) -> None:
    """Trains on answers given prompts."""
    optimizer = torch.optim.Adam(model.parameters(), lr=options.lr)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, options.steps)
    model.train()
    for _ in range(options.steps):
        pairs = [next(source) for _ in range(options.batch)]
        ids_NT, answer_NT = _encoded(tokenizer, pairs)
        logits_NTV = model(input_ids=ids_NT).logits[:, :-1]
        loss_NT = nn.functional.cross_entropy(
            logits_NTV.transpose(1, 2), ids_NT[:, 1:], reduction="none"
        )
        loss = loss_NT[answer_NT[:, 1:]].mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    model.eval()


def _encoded(
    tokenizer: PreTrainedTokenizerFast, pairs: list[tuple[str, str]]
) -> tuple[Tensor, Tensor]:
    """Ids of prompts and answers, padded on the right, and the mask of the answers."""
    rows, masks = [], []
    for prompt, answer in pairs:
        asked = tokenizer(prompt)["input_ids"]
        answered = [*tokenizer(answer)["input_ids"], tokenizer.eos_token_id]
        rows.append(torch.tensor([*asked, *answered]))
        masks.append(torch.tensor([False] * len(asked) + [True] * len(answered)))
    pad = float(tokenizer.pad_token_id)
    return (
        nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=pad),
        nn.utils.rnn.pad_sequence(masks, batch_first=True),
    )


@torch.inference_mode()
def answers(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    prompts: list[str],
    sample: bool,
    batch: int = 512,
) -> list[str]:
    """Answers to prompts, drawn from the model or each token the most probable."""
    training = model.training
    model.eval()
    found = []
    for start in range(0, len(prompts), batch):
        asked = tokenizer(prompts[start : start + batch], return_tensors="pt", padding=True)
        drawn = model.generate(
            **asked,
            generation_config=GenerationConfig(
                # Of the model itself: without the library's default of the 50 likeliest tokens.
                **({"do_sample": True, "top_k": 0} if sample else {"do_sample": False}),
                max_new_tokens=LONGEST,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
            ),
        )
        completions = drawn[:, asked["input_ids"].shape[1] :]
        found += tokenizer.batch_decode(completions, skip_special_tokens=True)
    model.train(training)
    return found


def accuracy(
    model: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    tasks: Sequence[CountdownTask],
    draws: int = 0,
) -> float:
    """Mean reward of the most probable answer token by token, or of so many draws of each task."""
    repeated = list(tasks) * max(1, draws)
    found = answers(model, tokenizer, [task.prompt for task in repeated], sample=draws > 0)
    rewards = [task.reward(answer) for task, answer in zip(repeated, found, strict=True)]
    return sum(rewards) / len(rewards)


def save(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Writes the folder that every rival begins with."""
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def load(folder: Path) -> tuple[LlamaForCausalLM, PreTrainedTokenizerFast]:
    """Reads a folder of `save`."""
    model = LlamaForCausalLM.from_pretrained(folder)
    return model, PreTrainedTokenizerFast.from_pretrained(folder)
