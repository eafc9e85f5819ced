"""Fills the replay memory before training."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
from pytorch_lightning.utilities import rank_zero_info, rank_zero_warn

from sparse_rl import processes
from sparse_rl.checkpoint_file import read_checkpoint
from sparse_rl.errors import DataError, SparseRLError
from sparse_rl.exploration.explored import prefix_key
from sparse_rl.exploration.search import SearchOptions, search_all
from sparse_rl.exploration.tables.exhaustive import NO_LIMIT, Budget
from sparse_rl.exploration.tables.program_file import read_programs, replay_programs
from sparse_rl.folders import complete_folder
from sparse_rl.interpreters.tables.example import Example
from sparse_rl.interpreters.tables.language import Language
from sparse_rl.interpreters.tables.triggers import NO_TRIGGERS, triggers_from
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.replay.strata import Strata
from sparse_rl.seeds import seed_or_run_seed

Programs = dict[str, list[tuple[int, ...]]]


class WarmStartError(SparseRLError):
    """A way to fill the memory that the data do not offer."""


class WarmStart(pl.Callback):
    """Finds rewarded programs of the training questions before the first step.

    Nothing is done when training resumes from a checkpoint: the memory is in it.

    Args:
        method: "exhaustive" finds all rewarded programs of up to the language's length;
            "systematic" walks without repeating, by a uniform policy (MAPO Algorithm 1);
            "gumbel" draws from it without replacement;
            "file" reads `path`; "data" takes what the data come with, which for TextWorld's mazes
            are successful walks; "none" begins with an empty memory.
        max_programs: rewarded programs kept per question, shortest first; 8 to 100.
        attempts: programs per question ("systematic", "gumbel"); 100 to 50,000.
        workers: processes; 0 for one per core.
        path: a JSONL file of programs, as `sparse-rl explore` writes it, or a checkpoint (*.ckpt)
            of an earlier run, whose rewarded programs are taken ("file"). MAPOX is the latter.
        seed: of the walks ("systematic", "gumbel"); null for the run's (seed_everything).
        trigger_words: "default" for MAPO's, a YAML file of the same form, or null. With it, a
            question's programs of functions that lack a trigger are only taken where it has no
            others ("exhaustive"): on WikiTableQuestions most of these are right by chance.
        max_seconds: for the search of one question; 0 for no limit ("exhaustive"). What a limit
            cuts off depends on the machine.
    """

    def __init__(
        self,
        method: Literal[
            "exhaustive", "systematic", "gumbel", "file", "data", "none"
        ] = "exhaustive",
        max_programs: int = 16,
        attempts: int = 1000,
        workers: int = 0,
        path: str | None = None,
        seed: int | None = None,
        trigger_words: str | None = None,
        max_seconds: float = 0.0,
    ) -> None:
        if method == "file" and path is None:
            raise ValueError('set path to a file of programs, or method to something but "file"')
        self.method = method
        self.max_programs = max_programs
        self.attempts = attempts
        self.workers = workers or os.cpu_count() or 1
        self.path = path
        # Exhaustive search draws nothing: runs of all seeds take what one of them has found.
        self.seed = 0 if method == "exhaustive" else seed_or_run_seed(seed)
        self.triggers = triggers_from(trigger_words)
        self.budget = Budget(seconds=max_seconds)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, PolicyLearner)
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        examples = data.examples("train")
        ids = [example.id for example in examples]
        held = processes.total(pl_module.memory.replay.sizes()[0], pl_module.device)
        if held == 0 and self.method != "none":
            begin = time.perf_counter()
            with processes.first_one_first():
                found = self._programs(data)
            for id_, programs in found.items():
                if processes.is_mine(id_):
                    pl_module.memory.replay.add_rewarded(id_, programs)
                    # A search then knows that nothing else is rewarded.
                    if self.finds_all(programs) and pl_module.estimator.plan.direct is not None:
                        pl_module.memory.explored.add(prefix_key(id_, ()))
            rank_zero_info(f"Warm start took {time.perf_counter() - begin:.1f} s.")
        covered = round(processes.total(pl_module.memory.replay.coverage(ids), pl_module.device))
        message = f"{covered} of {len(ids)} questions have a rewarded program"
        if covered:
            rank_zero_info(
                f"{message}; nothing is learned from the other {len(ids) - covered} yet."
            )
        elif pl_module.estimator.plan.draws:
            rank_zero_warn(f"{message}: all depends on what is drawn while training.")
        else:
            rank_zero_warn(
                f"{message}: the loss will be zero because nothing was found. Set "
                "warm_start.method to exhaustive, or choose an estimator that draws programs."
            )

    def finds_all(self, programs: list[tuple[int, ...]]) -> bool:
        """Whether these are all rewarded programs of their question."""
        return (
            self.method == "exhaustive"
            and len(programs) < self.max_programs
            and self.budget == NO_LIMIT
            and self.triggers == NO_TRIGGERS
        )

    def _programs(self, data: Any) -> Programs:
        tables = hasattr(data, "language")
        if tables == (self.method == "data"):
            wanted = "exhaustive, systematic, gumbel or file" if tables else "data"
            raise WarmStartError(
                f"set warm_start.method to {wanted}, or to none: {type(data).__name__} has no "
                f"programs by {self.method!r}"
            )
        if self.method == "data":
            known: Programs = data.known_programs()
            return known
        examples = data.examples("train")
        if self.method == "file":
            assert self.path is not None
            read = _from_checkpoint if Path(self.path).suffix == ".ckpt" else read_programs
            programs, report = read(Path(self.path), examples, data.language)
            rank_zero_info(report)
            return programs
        assert self.method != "none"
        search = SearchOptions(
            self.method,
            self.max_programs,
            self.attempts,
            seed=self.seed,
            budget=self.budget,
            triggers=self.triggers,
        )
        key = f"{data.fingerprint('train')} {data.language.state_dict()} {search.describe()}"
        folder = data.cache / f"programs-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
        return cached_search(folder, data, search, self.workers)


def _from_checkpoint(
    path: Path, examples: Sequence[Example], language: Language
) -> tuple[Programs, str]:
    """The rewarded programs of a run's memory, and a report of what was read.

    Raises:
        CheckpointError: the file is missing or no checkpoint.
        DataError: its programs are of another language.
    """
    state = read_checkpoint(path)["sparse_rl"]
    if state["language"] != language.state_dict():
        raise DataError(
            f"train with the language of {path}: its programs have {state['language']}, and this "
            f"run has {language.state_dict()}"
        )
    memory = Strata()
    memory.load_state_dict(state["replay"])
    return replay_programs(path, memory.programs(), examples, language)


def cached_search(folder: Path, data: Any, search: SearchOptions, workers: int) -> Programs:
    """The rewarded programs of the training questions, searched once and kept as Arrow files."""
    import datasets  # Late: it is slow to import.

    if not folder.is_dir():
        found = search_all(data.examples("train"), data.language, search, workers)
        records = [{"id": f.example_id, "programs": f.rewarded} for f in found]
        features = datasets.Features(
            {
                "id": datasets.Value("string"),
                "programs": datasets.List(datasets.List(datasets.Value("int16"))),
            }
        )
        with complete_folder(folder) as partial:
            datasets.Dataset.from_list(records, features=features).save_to_disk(partial)
    rows = datasets.load_from_disk(str(folder)).to_list()
    return {row["id"]: [tuple(actions) for actions in row["programs"]] for row in rows}
