"""Explains a wrong option in one line, with the nearest name, instead of jsonargparse's many."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
from collections.abc import Collection

_UNKNOWN = re.compile(
    r"unrecognized arguments: (.*)|does not accept option '([^']+)'"
    r"|^(?:(?!class_path).)*Option '([^']+)' is not accepted"
)
_NOT_ACCEPTED = re.compile(r"given class_path '([^']+)': Option '([^']+)' is not accepted")
# Of nested classes the innermost, which is named last, has the error.
_KEY = re.compile(r'Parser key "([^"]+)"')
_NO_CLASS = re.compile(
    r"(.*)Subtypes: \[<class '([^']+)'>.*(?:path string: (\S+)|Expected an instantiatable class)"
)
_NO_CLASS_AT_ALL = re.compile(
    r'(?:Parser key "(?P<key>[^"]+)".*)?(?:Not a valid subclass of (?P<base>\w+)'
    r"|Expected a dot import path string: (?P<name>\S+))"
)
_REQUIRED = re.compile(r"class_path '([^']+)': the following arguments are required: (\w+)")
_NO_PART = re.compile(r'Parser key "([^"]+)": Unable to load config .(.*?)[\'"] -')
_WRONG_VALUE = re.compile(r"Expected a (<class '[\w.]+'>|typing\.Literal\[.*?\])")
_GIVEN = re.compile(r".*(?:Got value|Given value): (NestedArg\(key='[\w.]+', val='?(.*?)'?\)$|.*)")
_TYPES = {
    "<class 'int'>": "a whole number",
    "<class 'float'>": "a finite number",
    "<class 'bool'>": "true or false",
    "<class 'str'>": "a text",
    "<class 'list'>": "a list",
    "<class 'collections.abc.Sequence'>": "a list",
}
_REFUSED = re.compile(r".*Errors: - (.+?) - Expected a <class")


def explain(error: str, options: Collection[str]) -> str:
    """Explains in one line how to fix a parser's error.

    Args:
        error: message of the parser, or of a class that refused its options.
        options: dotted names of all options.
    """
    text = " ".join(error.split())
    if match := _UNKNOWN.search(text):
        names = (match[1] or match[2] or match[3]).split()
        wrong = next((n for n in names if n.startswith("--")), names[0])
        wrong = wrong.lstrip("-").partition("=")[0]
        return f"use an option that exists: no {wrong}{nearest(wrong, options)}"
    if match := _NOT_ACCEPTED.search(text):
        accepted = inspect.signature(class_at(match[1])).parameters
        short = match[1].rpartition(".")[2]
        return f"use an option of {short}: no {match[2]}{nearest(match[2], accepted)}"
    if match := _NO_CLASS.search(text):
        key, names = ".".join(_KEY.findall(match[1])), _subclasses(class_at(match[2]))
        wrong = f"no {match[3]}{nearest(match[3], names)}" if match[3] else "no class is named"
        return f"give {key} one of {', '.join(names)}: {wrong}"
    if match := _REQUIRED.search(text):
        short = match[1].rpartition(".")[2]
        return f"give {match[2]} of {short} a value: it has no default"
    if match := _NO_PART.search(text):
        return f"set an option of {match[1]}, such as --{match[1]}.NAME=VALUE: got {match[2]}"
    if match := _NO_CLASS_AT_ALL.search(text):
        where = f" for {match['key']}" if match["key"] else f" derived from {match['base']}"
        return f"name a class{where}: {match['name'] or 'none is named'}"
    if (match := _REFUSED.search(text)) and not match[1].startswith(
        ("Expected", "Problem", "Parser")
    ):
        return match[1]
    return _wrong_value(text) or f"fix the options: {text[:600]}"


def _wrong_value(text: str) -> str | None:
    """Explains a value of another type than the option's; None for other errors."""
    expected = dict.fromkeys(_WRONG_VALUE.findall(text))
    accepted = [_TYPES.get(e, e) for e in expected if e in _TYPES or "<" not in e]
    keys = _KEY.findall(text)
    if not (accepted and keys):
        return None
    given = _GIVEN.search(text)
    value = (given[2] or given[1])[:40] if given else "another"
    choices = " or ".join(accepted).replace("typing.Literal[", "one of ").replace("]", "")
    return f"set {'.'.join(keys)} to {choices}: got {value}"


def nearest(name: str, known: Collection[str]) -> str:
    """Suggests the nearest of dotted names, as a whole or by its last part."""
    tails = {dotted.rpartition(".")[2]: dotted for dotted in known}
    found = difflib.get_close_matches(name, known, n=1, cutoff=0.5) or [
        tails[tail] for tail in difflib.get_close_matches(name, tails, n=1, cutoff=0.6)
    ]
    return f"; did you mean {found[0]}?" if found else ""


def class_at(path: str) -> type:
    """Returns the class of a dotted path."""
    module, _, name = path.rpartition(".")
    found: type = getattr(importlib.import_module(module), name)
    return found


def _subclasses(base: type) -> list[str]:
    """Short names of the package's classes, which can be given by name."""
    found: list[type] = [base]
    for class_ in found:
        found += class_.__subclasses__()
    ours = {c.__name__ for c in found if not inspect.isabstract(c) and c is not base}
    return sorted(ours)
