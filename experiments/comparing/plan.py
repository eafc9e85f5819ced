"""The plan of a comparison: regimes, methods, seeds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sparse_rl.errors import SparseRLError

MEASURES = ("accuracy", "return")
"""What the runs of a plan are measured by: programs by accuracy, control by return."""


class PlanError(SparseRLError):
    """A plan, or the chosen part of it, cannot be run."""


@dataclass(frozen=True)
class Method:
    """A method of a plan.

    Attributes:
        config: name or path of its config.
        options: options in every regime.
        regimes: regimes that it runs in, with its options there.
        after: method from whose run, of the same regime and seed, it starts.
    """

    config: str
    options: Mapping[str, Any]
    regimes: Mapping[str, Mapping[str, Any]]
    after: str | None


@dataclass(frozen=True)
class Plan:
    """Content of a plan's file; without `regimes:` there is one regime, without a name."""

    title: str
    note: str
    seeds: Sequence[int]
    goals: Sequence[float]
    options: Mapping[str, Any]
    regimes: Mapping[str, Mapping[str, Any]]
    methods: Mapping[str, Method]
    pairs: Sequence[tuple[str, str]]
    keep: bool
    human_forms: bool
    measure: str


def read_plan(path: Path) -> Plan:
    """Reads the plan of a comparison.

    Raises:
        PlanError: the file is missing or is no plan.
    """
    if not path.is_file():
        raise PlanError(f"give the file of a comparison: no {path}")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise PlanError(f"fix {path}: {' '.join(str(error).split())}") from error
    needed = {"title", "seeds", "methods"}
    if not isinstance(content, dict) or not needed <= content.keys():
        raise PlanError(f"give {path} a title, seeds and methods")
    optional = {"note", "goals", "options", "regimes", "pairs", "against", "keep", "human_forms"}
    optional.add("measure")
    _refuse(content, needed | optional, str(path))
    regimes = {name: how or {} for name, how in content.get("regimes", {"": {}}).items()}
    methods: dict[str, Method] = {}
    for name, how in content["methods"].items():
        methods[name] = _method(name, how, regimes, methods, path)
    _need_distinct(methods, path)
    _need_distinct(regimes, path)
    against = content.get("against")
    pairs = [(name, against) for name in methods if against not in (None, name)]
    pairs += [tuple(pair) for pair in content.get("pairs", ())]
    if any(len(pair) != 2 for pair in pairs):
        raise PlanError(f"name two methods in each of the pairs of {path}")
    choose([name for pair in pairs for name in pair], methods, f"pairs or against in {path}")
    return Plan(
        title=content["title"],
        note=content.get("note", ""),
        seeds=content["seeds"],
        goals=content.get("goals", ()),
        options=content.get("options", {}),
        regimes=regimes,
        methods=methods,
        pairs=pairs,
        keep=content.get("keep", False),
        human_forms=content.get("human_forms", False),
        measure=choose([content.get("measure", MEASURES[0])], MEASURES, f"measure in {path}")[0],
    )


def _method(
    name: str,
    how: Mapping[str, Any],
    regimes: Mapping[str, Any],
    before: Mapping[str, Method],
    path: Path,
) -> Method:
    if "config" not in how:
        raise PlanError(f"give method {name} in {path} a config")
    _refuse(how, {"config", "options", "regimes", "after"}, f"method {name} in {path}")
    own = how.get("regimes", regimes)
    chosen = choose(own, regimes, f"regimes of method {name} in {path}")
    own_options = {
        r: (own[r] or {}) if "regimes" in how and isinstance(own, dict) else {} for r in chosen
    }
    after = how.get("after")
    if after is not None and not (after in before and set(chosen) <= before[after].regimes.keys()):
        raise PlanError(
            f"let method {name} in {path} come after one that stands before it and has its "
            f"regimes: {after}"
        )
    return Method(how["config"], how.get("options", {}), own_options, after)


def _refuse(given: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(given.keys() - known)
    if unknown:
        raise PlanError(f"remove {unknown[0]!r} from {where}: known are {', '.join(sorted(known))}")


def _need_distinct(names: Collection[str], path: Path) -> None:
    if len(set(map(slug, names))) < len(names):
        raise PlanError(f"give the folders of {path} distinct names: {', '.join(names)}")


def choose(names: Iterable[Any], known: Collection[Any], where: str) -> list[Any]:
    """Returns the names as a list.

    Raises:
        PlanError: one is not known.
    """
    chosen = list(names)
    for name in chosen:
        if name not in known:
            raise PlanError(f"set {where} to some of {', '.join(map(str, known))}: no {name!r}")
    return chosen


def slug(name: str) -> str:
    """Name of a folder."""
    return "".join(c if c.isalnum() else "_" for c in name.lower())
