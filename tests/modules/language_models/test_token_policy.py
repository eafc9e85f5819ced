"""Completions: one probability however they are scored, and drawn as they are scored."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from sparse_rl.interpreters.prompts import Prompt
from sparse_rl.interpreters.world import Trajectory, replay_actions
from sparse_rl.modules.decoding import beam, sample
from sparse_rl.modules.language_models import CompletionTask
from sparse_rl.modules.language_models.token_policy import TokenPolicy

CLOSE = {"atol": 1e-5, "rtol": 0.0}


def right(answer: str, completion: str) -> float:
    return float(completion == answer)


# Of different lengths, so that a batch has padding on both sides.
PROMPTS = [
    Prompt("one", "1+1=", partial(right, "2")),
    Prompt("two", "12+30=", partial(right, "42")),
    Prompt("three", "a", partial(right, "b")),
]
COMPLETIONS = ["2", "", "123", "42 abc", "4", "fgh0"]


def task_of(folder: Path, max_tokens: int = 8, **options: object) -> CompletionTask:
    return CompletionTask(str(folder), PROMPTS, max_tokens=max_tokens, **options)  # type: ignore[arg-type]


def completions(task: CompletionTask, example: Prompt) -> list[Trajectory]:
    """Some with an end token, and one that is cut off."""
    end = task.tokenizer.eos_token_id
    tokens = [[*task.tokenizer(text)["input_ids"], end] for text in COMPLETIONS]
    tokens.append(task.tokenizer("12345678")["input_ids"])
    return [replay_actions(task.world(example), row) for row in tokens]


@pytest.fixture
def task(any_folder: Path) -> CompletionTask:
    return task_of(any_folder)


@pytest.fixture
def policy(task: CompletionTask) -> TokenPolicy:
    return task.build(task.data)


def test_three_ways_of_scoring_agree(
    task: CompletionTask, policy: TokenPolicy, any_folder: Path
) -> None:
    """Alone without any of this package, in a padded batch, and token by token with a cache."""
    plain = AutoModelForCausalLM.from_pretrained(any_folder, dtype=torch.float32).eval()
    programs = [(b, t) for b, prompt in enumerate(PROMPTS) for t in completions(task, prompt)]
    alone = []
    for b, program in programs:
        prompt = task.tokenizer(PROMPTS[b].text)["input_ids"]
        scores = plain(torch.tensor([[*prompt, *program.actions]])).logits[0, len(prompt) - 1 : -1]
        chosen = scores.log_softmax(-1).gather(1, torch.tensor(program.actions).unsqueeze(1))
        alone.append(chosen.sum())
    examples = [b for b, _ in programs]
    encoded = policy.encode(PROMPTS)
    together, _ = policy.score(encoded, [t for _, t in programs], examples)
    torch.testing.assert_close(together, torch.stack(alone), **CLOSE)

    stepper = policy.stepper(encoded, examples)
    by_token = torch.zeros(len(programs))
    everything = task.alphabet.everything
    for step in range(task.max_tokens):
        going = [step < len(t.actions) for _, t in programs]
        log_p_NV = stepper.log_probs([everything if on else () for on in going])
        chosen = [t.actions[step] if on else 0 for on, (_, t) in zip(going, programs, strict=True)]
        by_token += log_p_NV[range(len(programs)), chosen]
        stepper.take(chosen)
    torch.testing.assert_close(by_token, together, **CLOSE)


def test_programs_sum_to_one(llama_folder: Path) -> None:
    """All completions of at most two tokens."""
    task = task_of(llama_folder, max_tokens=2)
    policy = task.build(task.data)
    end, everything = task.alphabet.end, task.alphabet.everything
    rows = [(end,), *((a, b) for a in everything if a != end for b in everything)]
    programs = [replay_actions(task.world(PROMPTS[1]), row) for row in rows]
    log_p, _ = policy.score(policy.encode(PROMPTS), programs, [1] * len(programs))
    torch.testing.assert_close(log_p.double().exp().sum().item(), 1.0, atol=1e-5, rtol=0.0)


def test_draws_are_scored_with_the_probability_they_were_drawn_with(
    task: CompletionTask, policy: TokenPolicy
) -> None:
    encoded = policy.encode(PROMPTS)
    worlds = [task.world(prompt) for prompt in PROMPTS]
    for b, found in enumerate(beam(policy, encoded, worlds, 4)):
        scored, _ = policy.score(encoded, [h.trajectory for h in found], [b] * len(found))
        expected = torch.tensor([h.log_prob for h in found])
        torch.testing.assert_close(scored, expected, atol=2e-5, rtol=0.0)


def test_draws_follow_the_policy(llama_folder: Path) -> None:
    task = task_of(llama_folder, max_tokens=1)
    policy = task.build(task.data)
    encoded = policy.encode(PROMPTS[:1])
    number = 4000
    generators = [np.random.default_rng(seed) for seed in range(number)]
    drawn = sample(policy, encoded, [task.world(PROMPTS[0])], [0] * number, generators)
    share = (
        torch.bincount(torch.tensor([t.actions[0] for t in drawn]), minlength=task.alphabet.size)
        / number
    )
    everything = [replay_actions(task.world(PROMPTS[0]), (a,)) for a in task.alphabet.everything]
    expected = policy.score(encoded, everything, [0] * len(everything))[0].exp()
    assert ((share - expected).abs() < 5 * (expected / number).sqrt() + 1e-3).all()


def test_a_narrowed_step_is_renormalised(llama_folder: Path) -> None:
    task = task_of(llama_folder)
    policy = task.build(task.data)
    stepper = policy.stepper(policy.encode(PROMPTS), [0, 1])
    log_p = stepper.log_probs([[3, 5], task.alphabet.everything])
    assert log_p[0].isfinite().nonzero().flatten().tolist() == [3, 5]
    torch.testing.assert_close(log_p.exp().sum(1), torch.ones(2))


def test_recomputation_changes_no_gradient(llama_folder: Path) -> None:
    def gradient(recompute: bool) -> list[torch.Tensor]:
        task = task_of(llama_folder, recompute=recompute)
        policy = task.build(task.data)
        programs = completions(task, PROMPTS[1])
        log_p, entropy = policy.score(policy.encode(PROMPTS), programs, [1] * len(programs))
        (log_p.sum() + entropy.sum()).backward()
        return [weights.grad for weights in policy.parameters() if weights.grad is not None]

    for found, expected in itertools.zip_longest(gradient(True), gradient(False)):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_recomputation_changes_no_score_without_a_gradient(llama_folder: Path) -> None:
    """B is scored so where it is large, while the model is in training."""
    found, expected = (
        policy.score(policy.encode(PROMPTS), completions(task, PROMPTS[1]), [1] * 7)[0]
        for task in (task_of(llama_folder, recompute=True), task_of(llama_folder))
        for policy in [task.build(task.data)]
    )
    torch.testing.assert_close(found, expected, **CLOSE)


def test_entropy_relative_to_the_start_is_a_divergence(llama_folder: Path) -> None:
    """0 at the start; -KL, by definition, once the policy has moved."""
    task = task_of(llama_folder, relative_to="start")
    policy = task.build(task.data)
    start = task_of(llama_folder).build(task.data)
    programs = [replay_actions(task.world(PROMPTS[0]), (3, 0))]
    encoded = policy.encode(PROMPTS)
    _, at_start = policy.score(encoded, programs, [0])
    torch.testing.assert_close(at_start, torch.zeros(1), **CLOSE)
    with torch.no_grad():
        for weights in policy.parameters():
            weights.add_(0.1 * torch.randn_like(weights))
    _, moved = policy.score(encoded, programs, [0])

    def steps(scored: TokenPolicy) -> torch.Tensor:
        stepper = scored.stepper(encoded, [0])
        first = stepper.log_probs([task.alphabet.everything])
        stepper.take([3])
        return torch.cat((first, stepper.log_probs([task.alphabet.everything])))

    now, before = steps(policy), steps(start)
    expected = -(now.exp() * (now - before)).sum()
    torch.testing.assert_close(moved[0], expected, **CLOSE)
    assert expected < -1e-3
    # The start model is no part of the policy.
    assert len(list(policy.parameters())) == len(list(start.parameters()))
