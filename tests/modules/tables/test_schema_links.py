"""Words of the question that speak for the columns and constants they name."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sparse_rl.interpreters.tables.constants import Constant
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import plain_language
from sparse_rl.interpreters.tables.table import Table
from sparse_rl.modules.tables.abbreviations import abbreviated, is_short_for
from sparse_rl.modules.tables.inputs import MAY_BE_SHORT, example_arrays
from sparse_rl.modules.tables.policy import TablePolicy
from sparse_rl.modules.tables.vocabulary import Vocabulary

TOKENS = ("which", "operators", "are", "in", "oslo")
TABLE = Table("t", ["Town", "Op"], ["text", "text"], [["Oslo", "Ann"], ["Rome", "Ben"]])
EXAMPLE = Example("q", " ".join(TOKENS), TOKENS, TABLE, (Constant(("oslo",), 4, 5),), None)


@pytest.fixture
def policy() -> TablePolicy:
    torch.manual_seed(0)
    return TablePolicy(
        Vocabulary(["which"]), plain_language(), embedding=4, hidden=4, schema_links=True
    ).eval()


def test_a_token_names_its_column_and_the_constant_it_is_part_of(policy: TablePolicy) -> None:
    memory = policy.encode([EXAMPLE]).memory
    town, op, oslo = memory.links_BML[0, policy.num_tokens :]
    assert not memory.links_BML[0, : policy.num_tokens].any()
    torch.testing.assert_close(oslo, torch.tensor([0.0, 0, 0, 0, 1]))
    assert int((op - town).argmax()) == 1, "operators, by the abbreviation"


def test_a_step_that_attends_to_a_word_prefers_what_it_names(policy: TablePolicy) -> None:
    """The links of the words attended to are added to the scores, by their weight."""
    memory = policy.encode([EXAMPLE]).memory
    decoder = policy.decoder
    assert decoder.named is not None
    variables = torch.zeros(1, 1, decoder.num_variables, 4)
    read = torch.zeros(1, 1, memory.bias_BM.shape[1])
    state = torch.ones(1, 1, 4)
    with torch.no_grad():
        decoder.link_weight.zero_()
        without = decoder.scores(state, variables, read, memory)
        decoder.link_weight.fill_(3.0)
        gain = decoder.scores(state, variables, read, memory) - without
        attention = decoder.named(state) @ memory.question_BLH.transpose(1, 2) / 4**0.5
        expected = 3.0 * attention.softmax(-1) @ memory.links_BML.transpose(1, 2)
    torch.testing.assert_close(gain, expected, atol=1e-5, rtol=0)


def test_headers_match_what_they_may_be_short_for() -> None:
    arrays = example_arrays(EXAMPLE, Vocabulary(["which"]))
    assert arrays.matches.tolist() == [[0.0] * 5, [0, MAY_BE_SHORT, 0, 0, 0]]


@pytest.mark.parametrize(
    ("header", "question", "named"),
    [
        ("btls", "how many bottles do we have", ["bottles"]),
        ("ctry", "which country do they come from", ["country"]),
        ("gm", "which game master was it", ["game", "master"]),
        ("wt kg", "what weight has it", ["weight"]),
        ("max pl", "maximum of players", ["maximum", "players"]),
        ("hrs", "hrs or hours", []),
        ("name", "whose names are these", []),
    ],
)
def test_abbreviations(header: str, question: str, named: list[str]) -> None:
    tokens = question.split()
    assert [tokens[place] for place in sorted(abbreviated(header.split(), tokens))] == named


@given(st.text("abcdeios", min_size=2, max_size=5), st.text("abcdeios", min_size=1, max_size=9))
def test_what_is_short_for_a_word_has_its_letters_in_order(short: str, word: str) -> None:
    if is_short_for(short, word):
        places = [-1]
        for letter in short:
            places.append(word.index(letter, places[-1] + 1))
        assert len(word) >= len(short) + 2 and word[0] == short[0]
