"""Programs in words: exact probabilities over a trie of tokens, for any order of computation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from sparse_rl.exploration.gumbel import Region
from sparse_rl.interpreters.toys import TreeWorld, enumerate_trajectories
from sparse_rl.interpreters.world import Trajectory, WorldExample
from sparse_rl.modules.decoding import beam, sample
from sparse_rl.modules.language_models import SpelledWorldTask
from sparse_rl.modules.language_models.spelled_policy import SpelledPolicy
from sparse_rl.modules.language_models.spelling import action_trie
from sparse_rl.modules.task import TaskError

CLOSE = {"atol": 1e-5, "rtol": 0.0}


class NamedTree(TreeWorld):
    """Actions with words that begin alike, one of which begins another."""

    action_names = ("a", "ab", "abc", "b", "bd", "ca", "cb", "d")


# The last action is forced everywhere but in the second world.
FIRST = {(): (0, 1, 2, 3), (0,): (4, 5, 6), (1,): (7,), (1, 7): (0, 3, 5), (3,): (0, 1)}
SECOND = {(): (4, 3), (4,): tuple(range(8)), (4, 7): (1, 2)}
EXAMPLES = [
    WorldExample("first", NamedTree(FIRST, {(0, 4): 1.0, (2,): 0.5}), ("1", "+", "1")),
    WorldExample("second", NamedTree(SECOND, {(3,): 1.0}), ("12345",)),
]


@pytest.fixture
def task(any_folder: Path) -> SpelledWorldTask:
    return SpelledWorldTask(str(any_folder), EXAMPLES)


@pytest.fixture
def policy(task: SpelledWorldTask) -> SpelledPolicy:
    return task.build(task.data)


def everything() -> list[tuple[int, Trajectory]]:
    return [(b, t) for b, e in enumerate(EXAMPLES) for t in enumerate_trajectories(e.world)]  # type: ignore[arg-type]


def test_programs_sum_to_one(policy: SpelledPolicy) -> None:
    programs = everything()
    owners = torch.tensor([b for b, _ in programs])
    log_p, _ = policy.score(policy.encode(EXAMPLES), [t for _, t in programs], owners.tolist())
    sums = torch.zeros(2).index_add(0, owners, log_p.exp())
    torch.testing.assert_close(sums, torch.ones(2), **CLOSE)
    # Far from uniform: the sum says something.
    assert log_p.min() < log_p.max() - 2


def test_scores_are_the_models_own_over_the_trie(
    task: SpelledWorldTask, policy: SpelledPolicy, any_folder: Path
) -> None:
    """The program "a ca" of the first world, written out without any of this package.

    First " a" from {" a", " ab", " abc", " b"}: the model chooses a or b, then whether to stop,
    then after " a" among " bd", " ca", " cb": b or c, then a or b.
    """
    plain = AutoModelForCausalLM.from_pretrained(any_folder, dtype=torch.float32).eval()

    def step(text: str, chosen: str, others: list[str]) -> torch.Tensor:
        scores = plain(torch.tensor([task.tokenizer(text)["input_ids"]])).logits[0, -1]
        numbers = task.tokenizer.convert_tokens_to_ids([chosen, *others])
        return scores[numbers].log_softmax(0)[0]

    expected = (
        step("1 + 1 : ", "a", ["b"])
        + step("1 + 1 : a", "<end>", ["b"])
        + step("1 + 1 : a ", "c", ["b"])
        + step("1 + 1 : a c", "a", ["b"])
    )
    program = Trajectory((0, 5), (FIRST[()], FIRST[(0,)]), 0.0)
    log_p, _ = policy.score(policy.encode(EXAMPLES), [program], [0])
    torch.testing.assert_close(log_p[0], expected, **CLOSE)


def test_the_likelihood_counts_every_token_among_all(
    task: SpelledWorldTask, policy: SpelledPolicy, any_folder: Path
) -> None:
    """Of the program "a ca": its forced tokens too, and no renormalisation."""
    plain = AutoModelForCausalLM.from_pretrained(any_folder, dtype=torch.float32).eval()
    prompt = task.tokenizer("1 + 1 :")["input_ids"]
    tokens = task.tokenizer(" a ca")["input_ids"]
    log_p = plain(torch.tensor([[*prompt, *tokens]])).logits[0].log_softmax(-1)
    expected = sum(log_p[len(prompt) - 1 + place, token] for place, token in enumerate(tokens))
    programs = [
        Trajectory((3,), ((4, 3),), 1.0),
        Trajectory((0, 5), (FIRST[()], FIRST[(0,)]), 0.0),
    ]
    both = policy.log_likelihood(policy.encode(EXAMPLES), programs, [1, 0])
    torch.testing.assert_close(both[1], expected, **CLOSE)
    alone = policy.log_likelihood(policy.encode(EXAMPLES), programs[:1], [1])
    torch.testing.assert_close(both[:1], alone, **CLOSE)


def test_three_ways_of_scoring_agree(policy: SpelledPolicy) -> None:
    programs = everything()
    owners = [b for b, _ in programs]
    encoded = policy.encode(EXAMPLES)
    together, entropy = policy.score(encoded, [t for _, t in programs], owners)
    alone = [policy.score(policy.encode([EXAMPLES[b]]), [t], [0]) for b, t in programs]
    torch.testing.assert_close(together, torch.cat([log_p for log_p, _ in alone]), **CLOSE)
    torch.testing.assert_close(entropy, torch.cat([more for _, more in alone]), **CLOSE)

    stepper = policy.stepper(encoded, owners)
    by_step = torch.zeros(len(programs))
    for step in range(3):
        options = [t.valid[step] if step < len(t.actions) else () for _, t in programs]
        log_p_NM = stepper.log_probs(options)
        torch.testing.assert_close(log_p_NM.exp().sum(1), torch.ones(len(programs)), **CLOSE)
        slots = [
            valid.index(t.actions[step]) if valid else 0
            for valid, (_, t) in zip(options, programs, strict=True)
        ]
        by_step += log_p_NM[range(len(programs)), slots]
        actions = stepper.take(slots)
        assert all(
            action == t.actions[step]
            for action, valid, (_, t) in zip(actions, options, programs, strict=True)
            if valid
        )
    torch.testing.assert_close(by_step, together, **CLOSE)


def test_the_beam_finds_all_programs_with_their_scores(policy: SpelledPolicy) -> None:
    encoded = policy.encode(EXAMPLES)
    found = beam(policy, encoded, [e.world for e in EXAMPLES], 16)
    for b, hypotheses in enumerate(found):
        programs = [h.trajectory for h in hypotheses]
        expected = {t.actions for owner, t in everything() if owner == b}
        assert {t.actions for t in programs} == expected
        scored, _ = policy.score(encoded, programs, [b] * len(programs))
        torch.testing.assert_close(scored, torch.tensor([h.log_prob for h in hypotheses]), **CLOSE)


def test_draws_follow_the_policy(policy: SpelledPolicy) -> None:
    encoded, number = policy.encode(EXAMPLES), 2000
    generators = [np.random.default_rng(seed) for seed in range(2 * number)]
    worlds = [e.world for e in EXAMPLES]
    drawn = sample(policy, encoded, worlds, [0] * number + [1] * number, generators)
    for owner, program in everything():
        part = drawn[owner * number : (owner + 1) * number]
        share = sum(t.actions == program.actions for t in part) / number
        p = policy.score(encoded, [program], [owner])[0].exp().item()
        assert abs(share - p) < 5 * (p / number) ** 0.5 + 2e-3


def test_entropy_relative_to_the_start_is_0_there(any_folder: Path) -> None:
    task = SpelledWorldTask(str(any_folder), EXAMPLES, relative_to="start")
    policy = task.build(task.data)
    programs = everything()
    owners = [b for b, _ in programs]
    _, divergence = policy.score(policy.encode(EXAMPLES), [t for _, t in programs], owners)
    torch.testing.assert_close(divergence, torch.zeros(len(programs)), **CLOSE)


def test_searches_get_the_same_scores(policy: SpelledPolicy) -> None:
    encoded = policy.encode(EXAMPLES)
    world = EXAMPLES[0].world
    regions = [
        Region(world, (), (), (), 0.0, 0.0),
        Region(world, (0,), (0,), (FIRST[()],), 0.0, 0.0),
    ]
    regions[1].log_prob = policy.prefix_scorer(encoded, [0])([(0, regions[0])])[0][0]
    scored = policy.prefix_scorer(encoded, [0])([(0, region) for region in regions])
    for values in scored:
        assert sum(map(float, np.exp(values))) == pytest.approx(1.0, abs=1e-5)


def test_tries_have_a_fork_where_texts_differ() -> None:
    """Tokens 1, 1 2, 1 2 3 and 4: at the start 1 or 4, after 1 to stop or 2, then to stop or 3."""
    trie = action_trie({10: (1,), 11: (1, 2), 12: (1, 2, 3), 13: (4, 5)}, end=0)
    assert [(fork.prefix, fork.tokens) for fork in trie.forks] == [
        ((), (1, 4)),
        ((1,), (2, 0)),
        ((1, 2), (3, 0)),
    ]
    assert trie.paths == {10: ((0, 0), (1, 1)), 11: ((0, 0), (1, 0), (2, 1)),
                          12: ((0, 0), (1, 0), (2, 0)), 13: ((0, 1),)}  # fmt: skip
    assert trie.deepest() == [(1, 2)]


def test_actions_of_one_text_are_refused() -> None:
    with pytest.raises(TaskError, match=r"give every action of a world a text.* \[1, 2\]"):
        action_trie({1: (3, 4), 2: (3, 4), 5: (3,)}, end=0)
    with pytest.raises(TaskError, match="give every action"):
        action_trie({1: (), 2: (3, 4)}, end=0)


def test_a_program_longer_than_the_context_is_refused(llama_folder: Path) -> None:
    chain = {(0,) * n: (0, 1) for n in range(40)}
    example = WorldExample("long", NamedTree(chain, {}), ("1",))
    task = SpelledWorldTask(str(llama_folder), [example])
    policy = task.build(task.data)
    program = Trajectory((0,) * 40, ((0, 1),) * 40, 0.0)
    with pytest.raises(TaskError, match=r"shorten the prompts.*the model reads 48"):
        policy.score(policy.encode([example]), [program], [0])
