"""Words with learned vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

from sparse_rl.bounds import Width, bounded
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.text import tokenize


class Vocabulary:
    """Ids of words: 0 pads, then the known words, then a few shared ids for all others.

    A stable hash spreads unknown words over the shared ids, so that two unknown words of a
    question are seldom confused, and a word has the same id in a header and a question.

    Args:
        words: known words, each once.
        shared_ids: number of ids that unknown words share.
    """

    @bounded
    def __init__(self, words: Sequence[str], shared_ids: Width = 64) -> None:
        self.words = tuple(words)
        texts = {word for word in self.words if isinstance(word, str)}
        if len(texts) < len(self.words):
            raise ValueError("give every word once, as a text")
        self.shared_ids = shared_ids
        self._ids = {word: index for index, word in enumerate(self.words, 1)}

    def __len__(self) -> int:
        return 1 + len(self.words) + self.shared_ids

    def __getitem__(self, word: str) -> int:
        known = self._ids.get(word)
        if known is not None:
            return known
        return 1 + len(self.words) + crc32(word.encode()) % self.shared_ids

    @classmethod
    def of(cls, examples: Iterable[Example], min_count: int = 2) -> Vocabulary:
        """Collects words of questions and headers with at least `min_count` occurrences."""
        counts: Counter[str] = Counter()
        for words in _texts(examples):
            counts.update(words)
        kept = [(word, count) for word, count in counts.items() if count >= min_count]
        return cls([word for word, _ in sorted(kept, key=lambda pair: (-pair[1], pair[0]))])


def _texts(examples: Iterable[Example]) -> Iterator[Iterable[str]]:
    """Yields the words of every question, and of the headers of every table once."""
    tables = set()
    for example in examples:
        yield example.tokens
        if example.table.name not in tables:
            tables.add(example.table.name)
            for header in example.table.header:
                yield [token.text for token in tokenize(header)]


def unseen_share(train: Iterable[Example], dev: Iterable[Example]) -> float:
    """Returns the share of the words of dev's questions that are not in training's.

    Names of cells are left out, as those of new tables always are new: the policy matches them with
    the table. Words are counted as often as they occur.
    """
    known = {word for words in _texts(train) for word in words}
    words = [word for example in dev for word in _own_words(example)]
    return sum(word not in known for word in words) / max(len(words), 1)


def _own_words(example: Example) -> list[str]:
    """Words of a question that are no part of a constant."""
    named = {place for c in example.constants for place in range(c.start, c.end)}
    return [
        word
        for place, word in enumerate(example.tokens)
        if place not in named and any(map(str.isalpha, word))
    ]
