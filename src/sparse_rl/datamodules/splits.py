"""The examples of a data module that are given in lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol, TypeVar

from sparse_rl.errors import DataError


class Named(Protocol):
    """An example with an id."""

    @property
    def id(self) -> str: ...


NamedT = TypeVar("NamedT", bound=Named)


def checked_splits(
    train: Sequence[NamedT],
    dev: Sequence[NamedT],
    test: Sequence[NamedT],
    kind: type[NamedT],
    words: str,
) -> dict[str, list[NamedT]]:
    """Returns the examples by split: without dev those of training, without test those of dev.

    Args:
        train: examples for training.
        dev: examples for validation.
        test: examples for the test.
        kind: class of the examples.
        words: the kind in words, for errors.

    Raises:
        DataError: there are none to train on, one is of another class, or two of a split have the
            same id.
    """
    chosen = dev or train
    splits = {"train": list(train), "dev": list(chosen), "test": list(test or chosen)}
    if not train:
        raise DataError("give worlds or prompts to train on: there are none")
    for split, examples in splits.items():
        if strange := [e for e in examples if not isinstance(e, kind)]:
            raise DataError(f"give {split} as {words}: got {type(strange[0]).__name__}")
        id_, times = Counter(example.id for example in examples).most_common(1)[0]
        if times > 1:
            raise DataError(f"give every example of {split} its own id: {id_!r} is repeated")
    return splits
