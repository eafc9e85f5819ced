"""Jobs of a comparison: a training for every regime, method and seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from comparing.plan import Plan, slug
from sparse_rl.config_files import find_config

FINISHED = "plan_digest"
PLACES = ("data.root", "data.cache")
"""Options that say where the data are on a machine, and nothing about the run."""


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
        human_forms: measure the spurious rate of its B by the logical forms of people.
    """

    method: str
    regime: str
    seed: int
    folder: Path
    arguments: tuple[str, ...]
    digest: str
    after: Job | None
    human_forms: bool = False

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
    config = _found(method.config)
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
        plan.human_forms,
    )


_found = cache(find_config)
"""A plan names one config for hundreds of runs."""


@cache
def _content(config: str) -> Any:
    """Content of a config: a comment in it decides nothing."""
    return yaml.safe_load(Path(_found(config)).read_text(encoding="utf-8"))


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
