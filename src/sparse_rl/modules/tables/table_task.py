"""The task of questions over tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparse_rl.bounds import Count, Dropout, NonNegative, Width, bounded
from sparse_rl.exploration.tables.domain import TableDomain
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_world import ActionTokens
from sparse_rl.modules.tables.context import Context, NoContext
from sparse_rl.modules.tables.policy import PolicySizes, TablePolicy
from sparse_rl.modules.tables.pretrained import MINILM
from sparse_rl.modules.tables.questions_task import TableQuestionsTask
from sparse_rl.modules.tables.vocabulary import Vocabulary, unseen_share
from sparse_rl.modules.tables.word_context import WordContext
from sparse_rl.modules.tables.word_vectors import minilm_words, read_glove
from sparse_rl.modules.task import TaskError

_MINILM_WIDTH = 100
# Name of the policy's weights that depend on the language: a row for every action of its own.
LANGUAGE_VECTORS = "encoder.language"


class TableTask(TableQuestionsTask[TablePolicy]):
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
        schema_links: whether a step attends once more to the question, and the words that it finds
            speak for the columns and constants that they name.
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
        schema_links: bool = False,
        search_triggers: str | None = None,
    ) -> None:
        super().__init__(search_triggers)
        self.sizes: PolicySizes = {
            "embedding": embedding,
            "hidden": hidden,
            "dropout": dropout,
            "frozen_words": glove is not None,
            "column_clues": column_clues,
            "word_dropout": word_dropout,
            "schema_links": schema_links,
        }
        self.min_word_count = min_word_count
        self.glove = glove
        self.glove_words = glove_words
        self.word_vectors = word_vectors
        self._words: tuple[list[str], Tensor] | None = None

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
