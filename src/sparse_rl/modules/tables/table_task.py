"""The task of questions over tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from sparse_rl.bounds import Count, Dropout, NonNegative, Width, bounded
from sparse_rl.errors import DataError
from sparse_rl.exploration.budget import NO_LIMIT, Budget
from sparse_rl.exploration.exhaustive import Rewarded
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_features import Clues, clues, table_features
from sparse_rl.interpreters.tables.table_world import ActionTokens, TableWorld
from sparse_rl.interpreters.tables.triggers import NO_TRIGGERS, default_triggers, triggers_from
from sparse_rl.interpreters.world import Actions, Trajectory
from sparse_rl.modules.tables.context import Context, NoContext
from sparse_rl.modules.tables.policy import PolicySizes, TablePolicy
from sparse_rl.modules.tables.predictions import prediction
from sparse_rl.modules.tables.pretrained import MINILM
from sparse_rl.modules.tables.vocabulary import Vocabulary, unseen_share
from sparse_rl.modules.tables.word_context import WordContext
from sparse_rl.modules.tables.word_vectors import minilm_words, read_glove
from sparse_rl.modules.task import Task, TaskError

_MINILM_WIDTH = 100
# Name of the policy's weights that depend on the language: a row for every action of its own.
LANGUAGE_VECTORS = "encoder.language"
# Features by a program's actions.
FeaturesOf = dict[tuple[int, ...], tuple[float, ...]]


class TableTask(Task[Example, TablePolicy]):
    """Questions over tables with a `TablePolicy`; its vocabulary comes from training questions.

    Args:
        embedding: width of the word vectors; 50 to 300. GloVe's own with `glove`.
        hidden: width of the LSTMs and of the memory; 100 to 300.
        dropout: 0 to .3. The papers use 0 on WikiSQL and .2 on WikiTableQuestions.
        min_word_count: minimal count of a word in the training data for a vector of its own;
            2 to 20. A higher count treats rare names in training like the names of new tables.
        glove: text file of pretrained word vectors, kept frozen; None learns vectors.
        glove_words: most frequent words of that file to include, in addition to those of the
            training questions; more make checkpoints larger.
        word_vectors: frozen vectors beside the learned ones, of headers and typical cells too:
            "minilm" for those of the `minilm` extra, which only training then needs; or a text file
            in GloVe's format, with `glove_words` of its words. None for none.
        word_dropout: share of the words of every question that training takes for unknown ones, as
            many words of new tables are; 0 to .2, of use with `word_vectors`.
        column_clues: whether columns know that they are the first, that their cells all differ, and
            by the frozen vectors the words of the question that are similar to their headers.
        search_triggers: "default" for MAPO's trigger words, a YAML file of the same form, or null.
            With it, an exhaustive search keeps a question's programs with functions that lack a
            trigger only where it has no others: on WikiTableQuestions most of these are spurious.
    """

    @bounded
    def __init__(
        self,
        embedding: Width = 200,
        hidden: Width = 200,
        dropout: Dropout = 0.0,
        min_word_count: Count = 2,
        glove: str | None = None,
        glove_words: NonNegative = 50_000,
        word_vectors: str | None = None,
        column_clues: bool = False,
        word_dropout: Dropout = 0.0,
        search_triggers: str | None = None,
    ) -> None:
        self.sizes: PolicySizes = {
            "embedding": embedding,
            "hidden": hidden,
            "dropout": dropout,
            "frozen_words": glove is not None,
            "column_clues": column_clues,
            "word_dropout": word_dropout,
        }
        self.min_word_count = min_word_count
        self.glove = glove
        self.glove_words = glove_words
        self.word_vectors = word_vectors
        self._words: tuple[list[str], Tensor] | None = None
        self.search_triggers = triggers_from(search_triggers)
        self.domain: TableDomain

    def __getstate__(self) -> dict[str, Any]:
        # Ray's workers get copies of a task; weak references have none.
        return {name: value for name, value in vars(self).items() if name != "_features"}

    @cached_property
    def _features(self) -> WeakKeyDictionary[Example, tuple[Clues, FeaturesOf]]:
        return WeakKeyDictionary()

    @property
    def language(self) -> Language:
        """The language of the programs."""
        return self.domain.language

    def attach(self, data: Any) -> None:
        """Takes the language of the data.

        Raises:
            TaskError: the data are not questions over tables.
        """
        if not hasattr(data, "language"):
            raise TaskError(
                f"choose a task for {type(data).__name__}: {type(self).__name__} is for questions "
                "over tables, whose data module has a language"
            )
        self.domain = TableDomain(data.language, self.search_triggers)

    def dev_figures(self, data: Any) -> dict[str, float]:
        """Returns the share of dev's words that training has not, if it learns its word vectors."""
        if self.glove is not None:
            return {}
        return {"unseen_words": unseen_share(data.each("train"), data.each("dev"))}

    def build(self, data: Any) -> TablePolicy:
        self.attach(data)
        if self.word_vectors == MINILM:
            self._words = minilm_words(self.glove_words, _MINILM_WIDTH)
        elif self.word_vectors is not None:
            known = Vocabulary.of(data.each("train"), min_count=1)
            path = Path(self.word_vectors)
            self._words = read_glove(path, set(known.words), self.glove_words)
        if self.glove is None:
            vocabulary = Vocabulary.of(data.each("train"), self.min_word_count)
            return self._policy(vocabulary)
        wanted = Vocabulary.of(data.each("train"), min_count=1)
        words, vectors_WE = read_glove(Path(self.glove), set(wanted.words), self.glove_words)
        self.sizes["embedding"] = vectors_WE.shape[1]
        policy = self._policy(Vocabulary(words))
        policy.set_word_vectors(vectors_WE)
        return policy

    def state_dict(self, policy: TablePolicy) -> dict[str, Any]:
        state = {
            "words": list(policy.vocabulary.words),
            "shared_ids": policy.vocabulary.shared_ids,
            "sizes": self.sizes,
            "language": self.language.state_dict(),
        }
        for part in policy.context.modules():
            if isinstance(part, WordContext):
                state["word_vectors"] = {"words": list(part.words), "width": part.own_width}
        return state

    def restore(self, state: dict[str, Any]) -> TablePolicy:
        self.sizes = state["sizes"]
        language = Language.from_state_dict(state["language"])
        self.domain = TableDomain(language, self.search_triggers)
        beside = state.get("word_vectors")
        # The vectors themselves are among the policy's weights.
        self._words = (
            None
            if beside is None
            else (beside["words"], torch.zeros(len(beside["words"]), beside["width"]))
        )
        return self._policy(Vocabulary(state["words"], state["shared_ids"]))

    def _policy(self, vocabulary: Vocabulary) -> TablePolicy:
        return TablePolicy(vocabulary, self.language, **self.sizes, context=self.context())

    def context(self) -> Context:
        """Returns the source of contextual vectors of a new policy."""
        return NoContext() if self._words is None else WordContext(*self._words)

    def world(self, example: Example) -> TableWorld:
        return self.domain.world(example)

    def search_worlds(self, example: Example) -> list[TableWorld]:
        return self.domain.search_worlds(example)

    def exhaustive(
        self, example: Example, max_programs: int = 100, budget: Budget = NO_LIMIT
    ) -> Rewarded:
        return self.domain.exhaustive(example, max_programs, budget)

    def format_program(self, example: Example, actions: Actions) -> str:
        return self.domain.format_program(example, actions)

    def parse_program(self, example: Example, text: str) -> Actions:
        return self.domain.parse_program(example, text)

    def fingerprint(self) -> str:
        return self.domain.fingerprint()

    def initial_state(self, state: Mapping[str, Any], data: Any) -> dict[str, Any]:
        """Returns the state of a checkpoint with the language of the new data.

        Raises:
            TaskError: the sizes differ.
        """
        frozen = state["sizes"].get("frozen_words", False)
        if frozen != self.sizes["frozen_words"]:
            raise TaskError(
                f"{'set' if frozen else 'leave out'} model.task.glove, as in the checkpoint of "
                "--init_from"
            )
        if frozen:
            # The words and their vectors come from the checkpoint, not from the file.
            self.sizes["embedding"] = state["sizes"]["embedding"]
        return {**super().initial_state(state, data), "language": self.language.state_dict()}

    def initial_weights(
        self, state: Mapping[str, Any], weights: dict[str, Tensor], policy: TablePolicy
    ) -> dict[str, Tensor]:
        """Moves the vectors of the language's actions to their ids in the new language.

        Actions that the checkpoint's language lacks begin anew.
        """
        from pytorch_lightning.utilities import rank_zero_info  # Late: asking does without it.

        theirs = ActionTokens(Language.from_state_dict(state["language"])).names
        mine = ActionTokens(self.language).names
        known = [name for name in mine if name in theirs]
        if new := [name for name in mine if name not in theirs]:
            rank_zero_info(f"The checkpoint of --init_from lacks, and training begins with: {new}")
        vectors_AH = policy.encoder.language.detach().clone()
        to, from_ = ([names.index(name) for name in known] for names in (mine, theirs))
        vectors_AH[to] = weights[LANGUAGE_VECTORS][from_]
        return {**weights, LANGUAGE_VECTORS: vectors_AH}

    def check_programs(self, state: Mapping[str, Any], where: str) -> None:
        theirs, mine = state["language"], self.language.state_dict()
        changed = [key for key in (theirs | mine) if theirs.get(key) != mine.get(key)]
        if changed:
            values = (
                f"{key} {theirs.get(key)!s:.60} there, {mine.get(key)!s:.60} here"
                for key in changed
            )
            raise DataError(f"train with the language of {where}: {'; '.join(values)}")

    def features(self, example: Example, trajectory: Trajectory) -> tuple[float, ...]:
        """Returns the `table_features` of a program, computed once."""
        known = self._features.get(example)
        if known is None:
            known = self._features[example] = (self._clues(example), {})
        question, features = known
        found = features.get(trajectory.actions)
        if found is None:
            program = self.world(example).program(trajectory.actions)
            limit = self.language.max_expressions
            found = features[trajectory.actions] = table_features(question, program, limit)
        return found

    def _clues(self, example: Example) -> Clues:
        """Returns the question's clues, by the language's trigger words.

        For a language without trigger words MAPO's are used, if the question has part-of-speech
        tags, as most of MAPO's triggers are tags.
        """
        triggers = self.language.triggers
        if triggers == NO_TRIGGERS and example.pos_tags:
            triggers = default_triggers()
        return clues(example, triggers)

    def prediction(
        self, example: Example, trajectory: Trajectory, log_prob: float
    ) -> dict[str, Any]:
        return {**prediction(example, self.language, trajectory, log_prob)}
