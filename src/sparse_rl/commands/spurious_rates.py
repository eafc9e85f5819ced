"""Rates of rewarded programs that agree with no logical form that people wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from sparse_rl.analysis.runs import read_config
from sparse_rl.commands.programs import ProgramCLI, instantiate
from sparse_rl.commands.restored import restore
from sparse_rl.datamodules.tables.wikitablequestions_forms import (
    HumanForms,
    forms_path,
    read_human_forms,
)
from sparse_rl.errors import DataError
from sparse_rl.exploration.search import SearchOptions, search_all
from sparse_rl.exploration.tables.agreement import (
    COMPARABLE,
    AnnotatedQuestion,
    comparable_forms,
    least_spurious_mass,
    spurious_mass,
    spurious_summary,
)
from sparse_rl.exploration.tables.credibility import fictitious_tables, meaning
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.program import Program
from sparse_rl.interpreters.tables.sketch import Sketch
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.tables.table_task import TableTask
from sparse_rl.run_names import find_checkpoint

FICTITIOUS_TABLES = 20


def command_line_of(place: str | None, config: str | None, rest: Sequence[str]) -> ProgramCLI:
    """Makes model and data of a config, by default of the config in a checkpoint's run.

    Raises:
        SparseRLError: there is no config, or it has no tables.
    """
    if config is None:
        assert place is not None
        folder = find_checkpoint(place).absolute().parent.parent
        if not (folder / "config.yaml").is_file():
            raise DataError(f"give --config, or the checkpoint in its run: no config in {folder}")
        # Not the trainer: its devices may be another machine's.
        wanted = {k: v for k, v in read_config(folder).items() if k in ("model", "data")}
        wanted["trainer"] = {"logger": False}
        cli = instantiate([f"--config={json.dumps(wanted)}", *rest])
    else:
        cli = instantiate([f"--config={config}", *rest])
    if not isinstance(cli.model.task, TableTask):
        raise DataError(f"give a config of tables, not of {type(cli.model.task).__name__}")
    cli.datamodule.prepare_data()
    return cli


def measure(cli: ProgramCLI, place: str | None, forms: Path | None = None) -> dict[str, Any]:
    """Measures how many programs of a checkpoint, or of a search, agree with no human form.

    Args:
        cli: model and data.
        place: a checkpoint or a run's folder; None for a search with the config's warm start.
        forms: file of the forms; by default the one in the data's folder.

    Returns:
        `spurious_summary`.

    Raises:
        SparseRLError: a file is missing or malformed.
    """
    data = cli.datamodule
    annotated = [*with_examples(data, read_human_forms(forms or forms_path(data.root)))]
    if place is None:
        return spurious_summary([*_searched(cli, annotated)])
    learner: PolicyLearner = cli.model
    restore(learner, find_checkpoint(place))
    return spurious_summary([_judged(learner, a) for a in tqdm(annotated, unit="question")])


@dataclass(frozen=True)
class Annotated:
    """An annotated question, its example if the data have it, and the forms to compare with."""

    question: AnnotatedQuestion
    example: Example | None
    forms: Sequence[Sketch]

    @property
    def is_comparable(self) -> bool:
        return self.question.status == COMPARABLE


def with_examples(data: Any, questions: Sequence[HumanForms]) -> Iterator[Annotated]:
    """Finds the questions' examples in the training and the dev split."""
    examples = {e.id: (e, split) for split in ("dev", "train") for e in data.examples(split)}
    for question in questions:
        if question.id not in examples:
            yield Annotated(AnnotatedQuestion(question.id, "", "no example"), None, ())
            continue
        example, split = examples[question.id]
        status, forms = comparable_forms(question.sketches, example.table)
        yield Annotated(AnnotatedQuestion(question.id, split, status), example, forms)


def _searched(cli: ProgramCLI, annotated: Sequence[Annotated]) -> Iterator[AnnotatedQuestion]:
    task, start = cli.model.task, cli.config_init["warm_start"]
    task.attach(cli.datamodule)
    compared = [a for a in annotated if a.is_comparable]
    search = SearchOptions(max_programs=start.max_programs, budget=start.budget)
    found = search_all([a.example for a in compared], task, search, start.pool)
    rewarded = {result.example_id: result.rewarded for result in found}
    for a in annotated:
        if a.example is None or not rewarded.get(a.example.id):
            yield a.question
        else:
            world = task.world(a.example)
            programs = [world.program(actions) for actions in rewarded[a.example.id]]
            yield _of_b(a, programs, task.language)


def _of_b(
    annotated: Annotated, programs: Sequence[Program], language: Language
) -> AnnotatedQuestion:
    """Adds the rates that B has without a policy."""
    example, forms = annotated.example, annotated.forms
    assert example is not None and example.answer is not None
    tables = fictitious_tables(example.table, f"human forms {example.id}", FICTITIOUS_TABLES)
    meanings = [meaning(program, tables, language, example.answer) for program in programs]
    alike = [1.0] * len(programs)
    return replace(
        annotated.question,
        b_uniform=spurious_mass(programs, alike, forms, example.table),
        b_uniform_meaning=spurious_mass(programs, alike, forms, example.table, meanings),
        b_least=least_spurious_mass(programs, forms, example.table),
    )


@torch.inference_mode()
def _judged(learner: PolicyLearner, annotated: Annotated) -> AnnotatedQuestion:
    """Adds the rates of a policy and its memory."""
    example, forms, question = annotated.example, annotated.forms, annotated.question
    if example is None or not annotated.is_comparable:
        return question
    world: Any = learner.task.world(example)
    rewarded = learner.memory.replay.rewarded(example.id, world)
    if rewarded:
        programs = [world.program(trajectory.actions) for trajectory in rewarded]
        encoded = learner.policy.encode([example])
        log_prob_N, _ = learner.policy.score(encoded, rewarded, [0] * len(rewarded))
        within_b = log_prob_N.double().softmax(0).tolist()
        b = spurious_mass(programs, within_b, forms, example.table)
        question = replace(_of_b(annotated, programs, world.language), b=b)
    ((greedy,),) = learner.best([example], 1)
    program = world.program(greedy.trajectory.actions)
    return replace(
        question,
        greedy=spurious_mass([program], [1.0], forms, example.table),
        greedy_rewarded=greedy.trajectory.reward > 0,
    )
