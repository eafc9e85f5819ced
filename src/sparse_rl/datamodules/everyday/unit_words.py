"""Words that people say for the unit in a header: "Weight (kg)" is in kilos."""

from __future__ import annotations

import re

_WORDS = {
    "kg": "kg kilos kilograms", "g": "g grams", "t": "tonnes tons", "l": "litres l",
    "m": "metres m", "km": "km kilometres", "cm": "cm centimetres", "mm": "mm millimetres",
    "min": "minutes min mins", "h": "hours", "s": "seconds", "days": "days", "years": "years",
    "km/h": "km/h", "°c": "degrees", "%": "percent %", "m2": "m2 sqm", "ha": "hectares ha",
    "kwh": "kWh", "ml": "ml", "eur": "euros EUR", "€": "euros", "usd": "dollars USD",
    "gbp": "pounds", "£": "pounds", "mg/dl": "mg/dL", "mmol/l": "mmol/l", "kw": "kW",
}  # fmt: skip


def unit_words(header: str) -> list[str]:
    """Plural words of the unit in a header's brackets; none, if there is no such unit.

    >>> unit_words("Weight (kg)"), unit_words("Length")
    (['kg', 'kilos', 'kilograms'], [])
    """
    unit = re.search(r"\(([^()]+)\)", header)
    return [] if unit is None else _WORDS.get(unit[1].lower().strip(), "").split()
