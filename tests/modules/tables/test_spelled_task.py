"""Programs over tables in words: what the model reads, and that draws are scored as they are."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch

from sparse_rl.errors import DataError
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.decoding import beam
from sparse_rl.modules.language_models import NewModel
from sparse_rl.modules.tables.spelled_task import SpelledTableTask
from sparse_rl.modules.task import TaskError

SMALL = NewModel(layers=1, width=16, heads=2, vocabulary=300, context=512)


@pytest.fixture
def task(data: Any) -> SpelledTableTask:
    task = SpelledTableTask(SMALL)
    task.attach(data)
    return task


def test_the_prompt_says_what_the_programs_are_made_of(
    task: SpelledTableTask, examples: list[Example]
) -> None:
    for example in examples:
        headers, constants, question, end = task.prompt(example).split("\n")
        assert question.strip() == example.question.lower() and not end
        names = [header.strip() for header in headers.split("|")]
        assert names == [h.lower() for h in example.table.header]
        assert len(constants.split("|")) == max(len(example.constants), 1)
    texts = "\n".join(map(task.prompt, examples))
    # Constants with their columns.
    assert " in " in texts


def test_every_action_has_a_text_of_its_own(
    task: SpelledTableTask, examples: list[Example]
) -> None:
    for example in examples:
        texts, world = task.texts(example), task.world(example)
        assert len(texts) == len(set(texts)) == world.num_actions
        assert all(text.startswith(" ") and text == text.lower() for text in texts)


def test_draws_are_scored_as_they_were_drawn(
    task: SpelledTableTask, data: Any, examples: list[Example], worlds: list[TableWorld]
) -> None:
    torch.manual_seed(0)
    policy = task.build(data)
    encoded = policy.encode(examples)
    for place, found in enumerate(beam(policy, encoded, worlds, 3)):
        programs = [h.trajectory for h in found]
        scored, _ = policy.score(encoded, programs, [place] * len(programs))
        expected = torch.tensor([h.log_prob for h in found])
        torch.testing.assert_close(scored, expected, atol=2e-5, rtol=0.0)
        line = task.prediction(examples[place], programs[0], 0.0)
        assert line["question"] == examples[place].question and line["program"]


def test_a_checkpoints_state_is_all_that_is_needed(
    task: SpelledTableTask, data: Any, examples: list[Example]
) -> None:
    policy = task.build(data)
    state = copy.deepcopy(task.state_dict(policy))
    twin = SpelledTableTask(SMALL)
    restored = twin.restore(state)
    restored.load_state_dict(policy.state_dict())
    assert twin.language.state_dict() == task.language.state_dict()
    assert restored.encode(examples).prompts == policy.encode(examples).prompts


def test_other_functions_are_spelled_too_but_their_programs_are_refused(
    task: SpelledTableTask, data: Any
) -> None:
    state = task.state_dict(task.build(data))
    mine = state["language"]
    state["language"] = {**mine, "functions": mine["functions"][:-1]}
    assert task.initial_state(state, data)["language"] == mine
    with pytest.raises(DataError, match="train with the language of it"):
        task.check_programs(state, "it")


def test_data_without_tables_are_refused() -> None:
    with pytest.raises(TaskError, match="SpelledTableTask is for questions over tables"):
        SpelledTableTask(SMALL).attach(object())
