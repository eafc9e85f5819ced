"""Numbers as people write them, in cells, questions and answers."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparse_rl.annotation.readers.columns import read_columns
from sparse_rl.annotation.readers.number_mentions import digit_mentions
from sparse_rl.annotation.readers.number_words import word_number
from sparse_rl.annotation.readers.numbers import read_quantity


def grouped(thousands: str, decimal: str) -> Callable[[Decimal], str]:
    def write(number: Decimal) -> str:
        return f"{number:,}".translate(str.maketrans({",": thousands, ".": decimal}))

    return write


def indian(number: Decimal) -> str:
    whole, _, fraction = f"{abs(number)}".partition(".")
    head, tail = whole[:-3], whole[-3:]
    groups = []
    while head:
        groups.append(head[-2:])
        head = head[:-2]
    text = ",".join((*reversed(groups), tail)) + (f".{fraction}" if fraction else "")
    return f"-{text}" if number < 0 else text


def accounting(number: Decimal) -> str:
    return f"({abs(number):,})" if number < 0 else f"{number:,}"


def swedish(number: Decimal) -> str:
    return grouped("\u00a0", ",")(number).replace("-", "\u2212")


LOCALES: dict[str, Callable[[Decimal], str]] = {
    "plain": str,
    "english": grouped(",", "."),
    "german": grouped(".", ","),
    "swiss": grouped("'", "."),
    "swiss typographic": grouped("\u2019", "."),
    "french": grouped("\u202f", ","),
    "polish": grouped(" ", ","),
    "thin space": grouped("\u2009", "."),
    "figure space": grouped("\u2007", ","),
    "hyphen that does not break": lambda n: f"{n:,}".replace("-", "\u2011"),
    "trailing minus": lambda n: f"{-n:,}-" if n <= -10 else f"{n:,}",
    "rupees": lambda n: f"₹ {indian(n)}".replace("₹ -", "-₹"),
    "reais": lambda n: f"R$ {grouped('.', ',')(n)}",
    "swedish": swedish,
    "indian": indian,
    "accounting": accounting,
    "arabic": lambda n: grouped("\u066c", "\u066b")(n).translate(
        str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    ),
    "euros": lambda n: f"{grouped('.', ',')(n)} €",
    "dollars": lambda n: f"-${-n:,}" if n < 0 else f"${n:,}",
}


@settings(max_examples=75, deadline=None)
@given(
    st.sampled_from(sorted(LOCALES)),
    st.lists(st.decimals(-(10**9), 10**9, places=2), min_size=2, max_size=6),
    st.lists(st.integers(-(10**12), 10**12), min_size=2, max_size=6),
)
@example("german", [Decimal("12.50")], [1234])
def test_a_table_of_numbers_is_read_back_exactly(
    locale: str, amounts: list[Decimal], counts: list[int]
) -> None:
    write = LOCALES[locale]
    rows = [
        [write(amount), write(Decimal(count))]
        for amount, count in zip(amounts, counts, strict=False)
    ]
    first, second = read_columns(["Amount", "Count"], rows)
    for row, amount, count in zip(rows, amounts, counts, strict=False):
        assert first.value(row[0]) == float(amount), (first, row)
        assert second.value(row[1]) == count and isinstance(second.value(row[1]), int)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("(1,234)", -1234), ("-$5", -5), ("$-5", -5), ("($5)", -5), ("\u22125", -5)),
        *(("1,234.50-", -1234.5), ("+5", 5), (".5", 0.5), ("2.", 2), ("3rd", 3), ("#7", 7)),
        *(("$3.5 million", 3_500_000), ("€1.2bn", 1_200_000_000), ("950K", 950_000)),
        *(("3.3 million", 3_300_000), ("2 lakh", 200_000), ("12 %", 12), ("5 km/h", 5)),
        *(("1e6", 1_000_000), ("1.2E+05", 120_000), ("１２", 12), ("12,34,567", 1234567)),
        *(("9,007,199,254,740,993", 9007199254740993), ("EUR 5", 5), ("5 kr", 5)),
    ],
)
def test_numbers(text: str, value: float) -> None:
    found = read_quantity(text)
    assert found is not None and found.value == value


@pytest.mark.parametrize(
    "text",
    str.split("3,5 1,2345 007 3-1 1.2.3 12E3 1E400 1_0 1,2,3 5- A- --5 (5 5) $5€ -(5) 1.234.567"),
)
def test_what_is_no_number(text: str) -> None:
    assert read_quantity(text) is None


def test_a_decimal_comma() -> None:
    found = [read_quantity(text, ",") for text in ("12,5", "1.234,50", "3", "7.5")]
    assert [q and q.value for q in found] == [12.5, 1234.5, 3, None]


def test_currency_unit_and_scale_are_kept_aside() -> None:
    found = read_quantity("US$ 3.5m")
    assert found is not None and (found.currency, found.value) == ("USD", 3_500_000)
    metres = read_quantity("3.5m", metres=True)
    assert metres is not None and (metres.unit, metres.value) == ("m", 3.5)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("more than 10k people", [(10_000,)]),
        ("3.5m or 5km, or .5 of 1e6", [(3_500_000,), (5,), (0.5,), (1_000_000,)]),
        ("from \u2212$5 to -3", [(-5,), (-3,)]),
        ("in the 1990s and the '80s", [(1990, 2000), (1980, 1990)]),
        ("won 3-1, 2\u20132", [(3,), (1,), (2,), (2,)]),
        ("5 hundred thousand and $3.5 million", [(500_000,), (3_500_000,)]),
        ("F16, A4 and 12E3", []),
        ("7,5 and 1,200", [(7.5,), (1200,)]),
    ],
)
def test_numbers_that_a_text_mentions(text: str, values: list[tuple[float, ...]]) -> None:
    assert [mention.values for mention in digit_mentions(text)] == values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("three hundred thousand", 300_000), ("one hundred and five", 105)),
        *(("a million", 1_000_000), ("a dozen", 12), ("half", 0.5), ("half a million", 500_000)),
        *(("minus five", -5), ("twenty - one", 21), ("two and a half million", 2_500_000)),
        *(("three dozen", 36), ("twenty first", 21), ("twelve hundred", 1200)),
        ("one million two hundred thousand and five", 1_200_005),
    ],
)
def test_numbers_in_words_are_one_number(text: str, value: float) -> None:
    words = text.split()
    assert word_number(words, 0) == (value, len(words))


def test_two_numbers_stay_two() -> None:
    assert word_number(["between", "three", "hundred", "and", "five", "hundred"], 1) == (300, 3)
    assert word_number(["five", "and", "six"], 0) == (5, 1)
    assert word_number(["a", "car"], 0) is None
