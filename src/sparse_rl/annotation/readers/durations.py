"""The reader of durations and times of day, in seconds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import regex as re

from sparse_rl.annotation.readers.numbers import Number, western

_SECONDS = {
    **dict.fromkeys(("w", "week", "weeks", "wk", "wks"), 604800),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes", "'", "′"), 60),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", '"', "″"), 1),
}
# In capital letters: "ist", "est" and "west" are words.
ZONE = (
    r"(?:(?-i:Z|UTC|GMT|BST|WES?T|CES?T|EES?T|MSK|IST|JST|E[SD]T|C[SD]T|M[SD]T|P[SD]T|AE[SD]T)\b)"
)
_CLOCK = re.compile(
    r"(?P<sign>[-\u2212])?(?:(?P<days>\d+)\s*(?:days?|d)[, ]\s*)?"
    r"(?P<first>\d{1,4})(?::(?P<second>[0-5]\d)(?::(?P<third>[0-5]\d))?(?P<part>[.,]\d+)?|(?=\s*[ap]\.?m))"
    rf"(?:\s*(?P<half>[ap])\.?m\.?|\s*Uhr)?(?:\s*(?P<zone>{ZONE}))?",
    re.IGNORECASE,
)
_ISO = re.compile(
    r"P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?",
)
# Beside laps such as 1:02.5, 59.8 has no minute.
_SECONDS_ALONE = re.compile(r"[0-5]?\d[.,]\d+")
_UNIT = "|".join(sorted(map(re.escape, _SECONDS), key=len, reverse=True))
_PART = re.compile(
    rf"(?P<n>\d+(?:\.\d+)?)\s*(?P<unit>{_UNIT})(?!\p{{L}})(?:\s*,?\s*(?:and\s+)?)?", re.IGNORECASE
)


@lru_cache(maxsize=1 << 14)
def read_duration(text: str, minutes_first: bool = False) -> Number | None:
    """Reads a duration or a time of day as a whole: its seconds.

    Args:
        text: text of a cell or an answer.
        minutes_first: whether `3:25` is minutes and seconds, and `59.8` seconds.

    >>> [read_duration(t) for t in ("1:30:00", "2h 15min", "1 day, 0:00:05", "14:30", "2:30 pm")]
    [5400, 8100, 86405, 52200, 52200]
    >>> read_duration("3:25", minutes_first=True), read_duration("5 kg")
    (205, None)
    """
    text = western(text).strip()
    match = _CLOCK.fullmatch(text)
    if match is not None:
        return _clock(match, minutes_first)
    if minutes_first and _SECONDS_ALONE.fullmatch(text):
        return float(text.replace(",", "."))
    if text[:1] == "P" and (iso := _ISO.fullmatch(text)) and any(iso.groups()):
        return _whole(sum((float(iso[unit] or 0) * _SECONDS[unit] for unit in "dhms"), 0.0))
    position, total, units = 0, 0.0, []
    while part := _PART.match(text, position):
        units.append(_SECONDS[part["unit"].lower()])
        total += float(part["n"]) * units[-1]
        position = part.end()
    if not units or position != len(text) or sorted(set(units), reverse=True) != units:
        return None
    return _whole(total)


def write_duration(seconds: Number, minutes_first: bool = False) -> str:
    """Writes seconds as a duration: `h:mm`, `h:mm:ss` if they are no whole minutes.

    Args:
        seconds: the duration; rounded to milliseconds.
        minutes_first: whether to write minutes and seconds, as `read_duration` reads them.

    >>> [write_duration(s) for s in (5400, 8255, 2462.5, -300)]
    ['1:30', '2:17:35', '0:41:02.5', '-0:05']
    >>> write_duration(205, minutes_first=True)
    '3:25'
    """
    sign = "-" if seconds < 0 else ""
    whole, thousandths = divmod(round(abs(seconds) * 1000), 1000)
    part = f".{thousandths:03d}".rstrip("0") if thousandths else ""
    if minutes_first:
        return f"{sign}{whole // 60}:{whole % 60:02d}{part}"
    text = f"{sign}{whole // 3600}:{whole // 60 % 60:02d}"
    return f"{text}:{whole % 60:02d}{part}" if whole % 60 or part else text


def _whole(total: float) -> Number:
    return int(total) if total.is_integer() else total


_NAMED = {"noon": 43200, "midday": 43200, "midnight": 0}
_TIME_MENTION = re.compile(
    rf"(?<![\d:.,])(?:{_CLOCK.pattern}|(?:{_PART.pattern})+|\b(?:{'|'.join(_NAMED)})\b)(?![\d:])",
    re.IGNORECASE,
)


def time_mentions(text: str, minutes_first: bool = False) -> Iterator[tuple[Number, int, int]]:
    """Finds the times of day and durations that a text mentions: seconds, and where.

    >>> list(time_mentions("after 3 pm or 15:04"))
    [(54000, 6, 10), (54240, 14, 19)]
    """
    for match in _TIME_MENTION.finditer(western(text)):
        found = match.group().rstrip(" ,")
        seconds = _NAMED.get(found.lower(), read_duration(found, minutes_first))
        if seconds is not None:
            yield seconds, match.start(), match.start() + len(found)


def zone_of(text: str) -> str:
    """Time zone that a time of day names, or "".

    >>> zone_of("15:04 UTC"), zone_of("15:04")
    ('UTC', '')
    """
    match = _CLOCK.fullmatch(text.strip())
    return (match["zone"] or "") if match else ""


def _clock(match: re.Match[str], minutes_first: bool) -> Number | None:
    first, second = int(match["first"]), int(match["second"] or 0)
    if match["half"]:
        if not 1 <= first <= 12:
            return None
        first = first % 12 + (12 if match["half"].lower() == "p" else 0)
    # With a fraction of a second, the last field before it is seconds.
    if match["third"] is None and (minutes_first or match["part"]):
        seconds: Number = 60 * first + second
    else:
        seconds = 3600 * first + 60 * second + int(match["third"] or 0)
    seconds += 86400 * int(match["days"] or 0)
    if match["part"]:
        seconds += float(match["part"].replace(",", "."))
    return -seconds if match["sign"] else seconds
