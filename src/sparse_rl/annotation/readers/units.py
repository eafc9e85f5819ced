"""Words around a number: currencies, scales and units."""

from __future__ import annotations

import regex as re

CURRENCIES = {
    **{"US$": "USD", "A$": "AUD", "C$": "CAD", "R$": "BRL", "HK$": "HKD", "NZ$": "NZD"},
    **{"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW"},
    **{"₺": "TRY", "₴": "UAH", "₫": "VND", "฿": "THB", "₪": "ILS", "₦": "NGN", "₱": "PHP"},
    # As wide as the letters of eastern Asia.
    **{"￥": "JPY", "＄": "USD", "￡": "GBP", "￦": "KRW"},
    **{"S$": "SGD", "NT$": "TWD", "MX$": "MXN", "CA$": "CAD", "AU$": "AUD"},
    **{"zł": "PLN", "Kč": "CZK", "Ft": "HUF", "Fr.": "CHF", "kr.": "kr", "kr": "kr"},
    **dict.fromkeys(("Rs.", "Rs", "₨"), "Rs"),
    **{
        code: code
        for code in str.split(
            "USD EUR GBP JPY CHF SEK NOK DKK PLN CZK HUF RON BGN ISK TRY RUB UAH INR CNY KRW HKD "
            "SGD TWD THB IDR MYR PHP VND AUD NZD CAD MXN BRL ARS CLP COP PEN ZAR NGN EGP ILS AED "
            "SAR"
        )
    },
}
"""ISO codes of currencies by signs and codes; kr and Rs are of several countries."""

SCALES = {
    **dict.fromkeys(("k", "thousand", "thousands", "tsd.", "tsd", "mille"), 10**3),
    **dict.fromkeys(("lakh", "lakhs"), 10**5),
    **dict.fromkeys(
        ("m", "mn", "mln", "mio", "mio.", "million", "millions", "millionen", "millones"), 10**6
    ),
    **dict.fromkeys(("crore", "crores"), 10**7),
    **dict.fromkeys(
        ("b", "bn", "bln", "mrd", "mrd.", "billion", "billions", "milliarden", "milliard"), 10**9
    ),
    **dict.fromkeys(("t", "tn", "trn", "trillion", "trillions"), 10**12),
}
"""Powers of ten by their words and suffixes, in lower case."""

UNITS = frozenset(
    str.split(
        "km m cm mm nm mi ft in yd kg g mg t lb lbs oz l ml cl dl h hr hrs min mins s sec secs ms "
        "d days yr yrs yo km/h kmh mph m/s kn w kw mw gw kwh mwh gwh v kv a hz khz mhz ghz b kb mb "
        "gb tb pb px pt pts x bar psi pa hpa kpa j kj kcal cal n nm c f k °c °f °k ° % ‰ pct pp ha "
        "m2 m² m3 m³ km2 km² km³ cm2 cm² cm³ sqm sqft gal rpm bpm mol db ppm"
    )
)
"""Units that may be glued to a number in a question, in lower case."""

_WORDS = {
    "km": "kms kilometre kilometres kilometer kilometers",
    "m": "metre metres meter meters",
    "cm": "centimetre centimetres centimeter centimeters",
    "mm": "millimetre millimetres millimeter millimeters",
    "mi": "mile miles",
    "ft": "foot feet",
    "in": "inch inches",
    "kg": "kgs kilogram kilograms kilo kilos",
    "g": "gr gram grams",
    "t": "ton tons tonne tonnes",
    "lb": "lbs pound pounds",
    "oz": "ounce ounces",
    "l": "ltr litre litres liter liters",
    "h": "hr hrs hour hours",
    "min": "mins minute minutes",
    "s": "sec secs second seconds",
    "d": "day days",
    "years": "yr yrs year yo y/o",
    "%": "percent pct prozent",
    "‰": "permille promille",
}
_SYMBOLS = {
    **{word: unit for unit, words in _WORDS.items() for word in words.split()},
    **{"years old": "years", "yrs old": "years", "per cent": "%", "per mille": "‰"},
}

# Metres, grams and litres.
_SIZES = (
    {"km": 1000, "m": 1, "cm": 0.01, "mm": 0.001, "mi": 1609.344, "ft": 0.3048, "in": 0.0254}
    | {"yd": 0.9144},
    {"t": 1_000_000, "kg": 1000, "g": 1, "mg": 0.001, "lb": 453.59237, "oz": 28.349523125},
    {"l": 1, "dl": 0.1, "cl": 0.01, "ml": 0.001},
)
_IN_HEADER = re.compile(r"[(\[]([^()\[\]]+)[)\]]|(?:,|\bin) (\p{L}+)$|(%)")
_NEXT_WORD = re.compile(r"\s+(per cent|per mille|\p{L}+)(?!\p{L})", re.IGNORECASE)


def symbol(unit: str) -> str:
    """Returns the symbol of a unit that is written out.

    >>> symbol("kilograms"), symbol("yrs."), symbol("mW")
    ('kg', 'years', 'mW')
    """
    unit = unit.strip(".")
    return _SYMBOLS.get(unit.lower(), unit)


def converted(value: float, unit: str, other: str) -> float | None:
    """Converts a size to another unit; None if the units are the same or of different kinds.

    >>> converted(5, "kg", "g"), converted(5, "kg", "km"), converted(5, "kg", "kg")
    (5000.0, None, None)
    """
    if unit == other:
        return None
    sizes = next((sizes for sizes in _SIZES if unit in sizes and other in sizes), None)
    return None if sizes is None else value * sizes[unit] / sizes[other]


def header_unit(header: str) -> str:
    """Symbol of the unit that a header names, or "".

    >>> header_unit("Weight (kg)"), header_unit("Way, miles"), header_unit("Share in %")
    ('kg', 'mi', '%')
    """
    match = _IN_HEADER.search(header)
    return symbol(next(filter(None, match.groups())).strip()) if match else ""


def next_unit(text: str, end: int) -> str:
    """Symbol of the unit that is the next word of a text, or ""; "in" is seldom an inch.

    >>> next_unit("over 5 miles", 6), next_unit("5 in Oslo", 1)
    ('mi', '')
    """
    match = _NEXT_WORD.match(text, end)
    found = symbol(match[1]) if match else ""
    sizes = any(found in sizes for sizes in _SIZES)
    return found if (sizes or found in "%‰") and found != "in" else ""
