"""The plan of a comparison: regimes times methods times seeds, as jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sparse_rl.config_files import find_config
from sparse_rl.errors import SparseRLError

FINISHED = "plan_digest"
PLACES = ("data.root", "data.cache")
"""Options that say where the data are on a machine, and nothing about the run."""


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


@dataclass(frozen=True)
class Job:
    """One training: a method with a seed in a regime.

    Attributes:
        method: name of the method.
        regime: name of the regime.
        seed: the run's seed.
        folder: folder of the run.
        arguments: arguments of the training.
        digest: digest of the config and of all options but the folders of data and runs.
        after: job from whose run this one starts.
    """

    method: str
    regime: str
    seed: int
    folder: Path
    arguments: tuple[str, ...]
    digest: str
    after: Job | None

    def __str__(self) -> str:
        return ", ".join(filter(None, (self.regime, self.method, f"seed {self.seed}")))

    @property
    def log(self) -> Path:
        return self.folder.with_suffix(".log")

    @property
    def finished(self) -> bool:
        """Whether the folder has the finished run of these options."""
        mark = self.folder / FINISHED
        return mark.is_file() and mark.read_text(encoding="utf-8") == self.digest

    @property
    def has_checkpoints(self) -> bool:
        """Whether another run can start from this one."""
        checkpoints = [self.folder / "checkpoints" / f"{name}.ckpt" for name in ("best", "last")]
        return self.finished and all(path.is_file() for path in checkpoints)


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
    optional = {"note", "goals", "options", "regimes", "pairs", "against", "keep"}
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


def plan_jobs(plan: Plan, out: Path, extra: Sequence[str]) -> list[Job]:
    """All trainings of a plan, seed by seed, so that a part of it is already fair.

    Args:
        plan: the plan.
        out: folder of its runs.
        extra: arguments of every run.
    """
    found: dict[tuple[str, str, int], Job] = {}
    for seed in plan.seeds:
        for regime in plan.regimes:
            for name, method in plan.methods.items():
                if regime in method.regimes:
                    after = found[method.after, regime, seed] if method.after else None
                    job = _job(plan, name, regime, seed, out, extra, after)
                    found[name, regime, seed] = job
    return list(found.values())


def _job(
    plan: Plan,
    name: str,
    regime: str,
    seed: int,
    out: Path,
    extra: Sequence[str],
    after: Job | None,
) -> Job:
    method = plan.methods[name]
    parts = (plan.options, plan.regimes[regime], method.options, method.regimes[regime])
    options = {key: value for part in parts for key, value in part.items()}
    config = find_config(method.config)
    content = {
        "config": _content(config),
        "options": options,
        "extra": [
            (key, _content(value) if key == "config" else value)
            for key, value in _given(extra)
            if key not in PLACES
        ],
        "seed": seed,
        "after": after and after.digest,
    }
    text = json.dumps(content, sort_keys=True, default=str)
    save_dir = out / slug(regime) if regime else out
    places = {
        "seed_everything": seed,
        "trainer.logger.save_dir": save_dir,
        "trainer.logger.name": slug(name),
        "trainer.logger.version": f"seed_{seed}",
        "trainer.enable_progress_bar": False,
    }
    stands_for = {"{seed}": str(seed), "{after}": str(after.folder) if after else "{after}"}
    arguments = [f"--{key}={_text(value, stands_for)}" for key, value in (options | places).items()]
    return Job(
        name,
        regime,
        seed,
        save_dir / slug(name) / f"seed_{seed}",
        ("--config", config, *extra, *arguments),
        hashlib.sha256(text.encode()).hexdigest()[:16],
        after,
    )


def _content(config: str) -> Any:
    """Content of a config: a comment in it decides nothing."""
    return yaml.safe_load(Path(find_config(config)).read_text(encoding="utf-8"))


def _given(extra: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and values of arguments, of both forms."""
    words = iter(extra)
    for word in words:
        name, equals, value = word.removeprefix("--").partition("=")
        yield name.replace("init_args.", ""), value if equals else next(words, "")


def public_arguments(extra: Sequence[str]) -> str:
    """The arguments as a reader would give them: with no place of this machine."""
    return " ".join(
        f"--{name} {'DIR' if name in PLACES else value}" for name, value in _given(extra)
    )


def _text(value: Any, stands_for: Mapping[str, str]) -> str:
    text = json.dumps(value) if isinstance(value, bool | list | dict | None) else str(value)
    for word, meaning in stands_for.items():
        text = text.replace(word, meaning)
    return text
