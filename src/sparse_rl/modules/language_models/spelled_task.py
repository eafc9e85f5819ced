"""Programs of any world, spelled by a language model."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sparse_rl.bounds import Dropout, bounded
from sparse_rl.datamodules.worlds import Worlds, WorldsDataModule
from sparse_rl.exploration.domain import ExampleT, NamingWorld
from sparse_rl.interpreters.world import Trajectory, World, WorldExample
from sparse_rl.modules.language_models.adapters import Adapters
from sparse_rl.modules.language_models.new_model import NewModel
from sparse_rl.modules.language_models.reading import Tokens
from sparse_rl.modules.language_models.spelled_policy import SpelledPolicy
from sparse_rl.modules.language_models.task import Dtype, LanguageModelTask, Relative
from sparse_rl.modules.language_models.tokenizing import PromptTokenizer
from sparse_rl.modules.task import check_examples

# Tokens of the context that are kept free for a program.
_PROGRAM = 16


class SpelledTask(LanguageModelTask[ExampleT, SpelledPolicy]):
    """Worlds whose actions have texts: the model chooses among the texts of the valid actions.

    A subclass says how an example reads: `world`, `prompt` and `texts`.
    """

    @abstractmethod
    def prompt(self, example: ExampleT) -> str:
        """Returns what the model reads before a program."""

    @abstractmethod
    def texts(self, example: ExampleT) -> Sequence[str]:
        """Returns the text of every action id, the space before it included.

        No two valid actions of a state have the same text.
        """

    def corpus(self, data: Any) -> Iterator[str]:
        for example in data.examples("train"):
            yield self.prompt(example)
            yield from self.texts(example)

    def policy_of(self, model: Any, reference: Any) -> SpelledPolicy:
        end = self.tokenizer.eos_token_id
        return SpelledPolicy(model, _Speech(self), end, self.context, reference, self.recompute)


class _Speech:
    """Tokens of a task's prompts and actions."""

    def __init__(self, task: SpelledTask[Any]) -> None:
        self._task = task
        self._prompt = PromptTokenizer(task.tokenizer, task.context - _PROGRAM)
        self._known: dict[str, Tokens] = {}

    def __call__(self, example: Any) -> tuple[Tokens, Sequence[Tokens]]:
        texts = self._task.texts(example)
        if unknown := [text for text in dict.fromkeys(texts) if text not in self._known]:
            found = self._task.tokenizer(unknown, add_special_tokens=False)["input_ids"]
            self._known.update(zip(unknown, found, strict=True))
        prompt = self._prompt(self._task.prompt(example), example.id)
        return prompt, [self._known[text] for text in texts]


class SpelledWorldTask(SpelledTask[WorldExample]):
    """Worlds with a language model, for data modules of `WorldExample`s.

    The prompt is the example's question, and actions read as their names, or as their numbers
    where the world has no names. Subclass it for other texts.

    Args:
        model: see `LanguageModelTask`.
        worlds: training worlds: examples, or worlds by id. None where a data module has them.
        dev: worlds that choose the checkpoint; by default the training worlds.
        test: test worlds; by default the dev worlds.
        dropout: see `LanguageModelTask`.
        dtype: see `LanguageModelTask`.
        recompute: see `LanguageModelTask`.
        relative_to: see `LanguageModelTask`.
        adapters: see `LanguageModelTask`.

    Attributes:
        data: the worlds as a data module; None without `worlds`.
    """

    @bounded
    def __init__(
        self,
        model: str | NewModel,
        worlds: Worlds | None = None,
        dev: Worlds = (),
        test: Worlds = (),
        dropout: Dropout = 0.0,
        dtype: Dtype = "float32",
        recompute: bool = False,
        relative_to: Relative = "uniform",
        adapters: Adapters | None = None,
    ) -> None:
        super().__init__(model, dropout, dtype, recompute, relative_to, adapters)
        self.data = None if worlds is None else WorldsDataModule(worlds, dev, test)

    def world(self, example: WorldExample) -> World:
        return example.world

    def attach(self, data: Any) -> None:
        """Checks the kind of the examples.

        Raises:
            TaskError: the data have other examples.
        """
        check_examples(self, data, WorldExample)
        super().attach(data)

    def prompt(self, example: WorldExample) -> str:
        return " ".join(example.question) + " :"

    def texts(self, example: WorldExample) -> Sequence[str]:
        world = example.world
        names: Iterable[object] = range(len(world.symbols))
        if isinstance(world, NamingWorld):
            names = world.action_names
        return [f" {name}" for name in names]

    def prediction(
        self, example: WorldExample, trajectory: Trajectory, log_prob: float
    ) -> dict[str, Any]:
        line = super().prediction(example, trajectory, log_prob)
        return {**line, "question": " ".join(example.question) or example.id}
