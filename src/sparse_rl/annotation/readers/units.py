"""Words around a number: currencies, scales and units."""

from __future__ import annotations

CURRENCIES = {
    **{"US$": "USD", "A$": "AUD", "C$": "CAD", "R$": "BRL", "HK$": "HKD", "NZ$": "NZD"},
    **{"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW"},
    **{"₺": "TRY", "₴": "UAH", "₫": "VND", "฿": "THB", "₪": "ILS", "₦": "NGN", "₱": "PHP"},
    **{"zł": "PLN", "Kč": "CZK", "Ft": "HUF", "Fr.": "CHF", "kr.": "kr", "kr": "kr"},
    **{
        code: code
        for code in str.split(
            "USD EUR GBP JPY CHF SEK NOK DKK PLN CZK HUF RON BGN ISK TRY RUB UAH INR CNY KRW HKD "
            "SGD TWD THB IDR MYR PHP VND AUD NZD CAD MXN BRL ARS CLP COP PEN ZAR NGN EGP ILS AED "
            "SAR"
        )
    },
}
"""ISO codes of currencies by the signs and codes that texts have; kr is of several countries."""

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
