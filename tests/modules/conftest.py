"""A small policy over generated questions."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from sparse_rl.datamodules.tables.wikisql import WikiSQLDataModule
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.table_world import TableWorld
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.vocabulary import Vocabulary


@pytest.fixture(scope="session")
def data(small_wikisql: Path, cache: Path) -> WikiSQLDataModule:
    return WikiSQLDataModule(str(small_wikisql), batch_size=8, cache=str(cache))


@pytest.fixture(scope="session")
def language(data: WikiSQLDataModule) -> Language:
    return data.language


@pytest.fixture(scope="session")
def examples(data: WikiSQLDataModule) -> list[Example]:
    """Questions of different lengths over tables of different widths."""
    return data.examples("train")[::7][:10]


@pytest.fixture(scope="session")
def worlds(examples: list[Example], language: Language) -> list[TableWorld]:
    return [TableWorld(example, language) for example in examples]


@pytest.fixture
def policy(data: WikiSQLDataModule, language: Language) -> TablePolicy:
    """Weights large enough that its probabilities are far from uniform."""
    torch.manual_seed(0)
    policy = TablePolicy(Vocabulary.of(data.examples("train")), language, embedding=16, hidden=16)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter.mul_(3.0)
    return policy.eval()
