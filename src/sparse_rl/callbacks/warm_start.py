"""Fills the replay memory before training."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytorch_lightning as pl
from pytorch_lightning.utilities import rank_zero_info, rank_zero_warn

from sparse_rl import processes
from sparse_rl.bounds import Amount, Count, Seed, Workers, bounded
from sparse_rl.checkpoint_file import load_policy, program_state, read_weights, restoring
from sparse_rl.checkpoint_parts import memory_states
from sparse_rl.errors import SparseRLError
from sparse_rl.exploration.budget import Budget
from sparse_rl.exploration.program_file import read_programs, replay_programs
from sparse_rl.exploration.search import SearchOptions, SearchResult, search_all
from sparse_rl.exploration.worker_pool import ALONE, WorkerPool
from sparse_rl.folders import cached_folder
from sparse_rl.interpreters.world import Actions
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.task import Task, check_task
from sparse_rl.ray_cluster import EngineName
from sparse_rl.replay.strata import Strata
from sparse_rl.run_names import NEWEST, find_checkpoint
from sparse_rl.seeds import seed_or_run_seed

_ROWS = 1000
"""Records of a search result that are read at once."""


class WarmStartError(SparseRLError):
    """The data do not offer this way to fill the memory."""


class WarmStart(pl.Callback):
    """Finds rewarded programs of the training examples before the first step.

    A training resumed from a checkpoint skips it: the checkpoint has the memory.

    Args:
        method: "exhaustive" finds all rewarded programs;
            "systematic" explores without repetition, by a uniform policy (MAPO Algorithm 1);
            "gumbel" draws from the uniform policy without replacement;
            "file" reads `path`; "data" takes the programs that the data come with (successful
            walks of TextWorld's mazes); "none" begins with an empty memory.
        max_programs: rewarded programs kept per example, 8 to 100: the first ones found, on tables
            the shortest.
        attempts: programs per example ("systematic", "gumbel"); 100 to 50,000.
        workers: search processes; 0 for one per core.
        engine: "local" searches on this machine; "ray" in tasks of Ray, whose work is done again
            where a machine is lost.
        address: the cluster of engine "ray", as Ray has it: "auto" for the one that this machine
            belongs to; null for a Ray of this machine's own.
        path: a JSONL file of programs, as `sparse-rl explore` writes it; or a checkpoint (*.ckpt)
            or the folder of an earlier run, for its rewarded programs ("file"). MAPOX uses a
            checkpoint.
        seed: seed of the draws ("systematic", "gumbel"); null for the run's (seed_everything).
        max_seconds: time limit of the search per example; 0 for none ("exhaustive"). With a
            limit, the programs found depend on the machine.
    """

    @bounded
    def __init__(
        self,
        method: Literal[
            "exhaustive", "systematic", "gumbel", "file", "data", "none"
        ] = "exhaustive",
        max_programs: Count = 16,
        attempts: Count = 1000,
        workers: Workers = 0,
        engine: EngineName = "local",
        address: str | None = None,
        path: str | None = None,
        seed: Seed | None = None,
        max_seconds: Amount = 0.0,
    ) -> None:
        if method == "file" and path is None:
            raise WarmStartError(
                "set warm_start.path to a file of programs, or warm_start.method to another"
            )
        self.method = method
        self.max_programs = max_programs
        self.attempts = attempts
        self.pool = WorkerPool(workers, engine, address)
        self.path = path
        # Exhaustive search draws nothing, so runs of all seeds share one search result.
        self.seed = 0 if method == "exhaustive" else seed_or_run_seed(seed)
        self.budget = Budget(seconds=max_seconds)

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, PolicyLearner)
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        ids = data.ids("train")
        held = processes.total(pl_module.memory.replay.sizes()[0], pl_module.device)
        if held == 0 and self.method != "none":
            begin = time.perf_counter()
            with processes.first_one_first():
                found = self.programs(data, pl_module.task)
            # Direct search then knows that no other program is rewarded. Systematic exploration
            # goes on, as it also looks for unrewarded programs.
            ends = pl_module.estimator.plan.direct is not None
            for result in found:
                id_, complete = result.example_id, result.complete and ends
                if data.shares.is_mine(id_):
                    pl_module.memory.file_found(id_, result.rewarded, complete, result.executed)
            rank_zero_info(f"Warm start took {time.perf_counter() - begin:.1f} s.")
        covered = round(processes.total(pl_module.memory.replay.coverage(ids), pl_module.device))
        message = f"{covered} of {len(ids)} examples have a rewarded program"
        if covered:
            rank_zero_info(f"{message}; training cannot use the other {len(ids) - covered} yet.")
        elif pl_module.estimator.plan.draws:
            rank_zero_warn(f"{message}: training relies on its own draws.")
        else:
            rank_zero_warn(
                "set warm_start.method to exhaustive, or choose an estimator that draws programs: "
                f"{message}, so the loss will be zero"
            )

    def programs(self, data: Any, task: Task[Any, Any]) -> Iterable[SearchResult]:
        """Finds the rewarded programs of the training examples.

        Raises:
            WarmStartError: the data come with no programs.
            SparseRLError: the file or checkpoint cannot be read.
        """
        if self.method == "data":
            return _incomplete(_known_programs(data))
        if self.method == "file":
            assert self.path is not None
            path = Path(self.path)
            if path.suffix == ".ckpt" or path.is_dir() or self.path in NEWEST:
                path = find_checkpoint(self.path, "warm_start.path")
                programs, report = _from_checkpoint(path, data, task)
            else:
                programs, report = read_programs(path, list(data.each("train")), task)
            rank_zero_info(report)
            return _incomplete(programs)
        assert self.method != "none"
        options = SearchOptions(
            self.method, self.max_programs, self.attempts, seed=self.seed, budget=self.budget
        )
        return search_data(data, task, options, self.pool)


def _incomplete(programs: dict[str, list[Actions]]) -> list[SearchResult]:
    """Returns programs that are known, without a search, as its result."""
    return [SearchResult(id_, found, 0, complete=False) for id_, found in programs.items()]


def _known_programs(data: Any) -> dict[str, list[Actions]]:
    if not hasattr(data, "known_programs"):
        raise WarmStartError(
            "set warm_start.method to exhaustive, systematic, gumbel, file or none: "
            f"{type(data).__name__} comes with no programs"
        )
    known: dict[str, list[Actions]] = data.known_programs()
    return known


def _from_checkpoint(
    path: Path, data: Any, task: Task[Any, Any]
) -> tuple[dict[str, list[Actions]], str]:
    """Reads the rewarded programs of a run's memory, with a report for the user.

    Raises:
        CheckpointError: the file is missing or no checkpoint.
        DataError: its programs have another meaning in this task.
    """
    checkpoint = read_weights(path)
    state = program_state(checkpoint, path)
    memory = Strata()
    with restoring(path):
        check_task(state, task)
        task.check_programs(state, str(path))
        # A checkpoint with a damaged policy is not trusted with programs either.
        load_policy(copy.copy(task).restore(state), checkpoint)
        memory.load_state_dict(Strata.union([part["replay"] for part in memory_states(state)]))
    return replay_programs(path, memory.programs(), list(data.each("train")), task)


def search_data(
    data: Any, task: Task[Any, Any], options: SearchOptions, pool: WorkerPool = ALONE
) -> Iterable[SearchResult]:
    """Searches the training examples; only once if the data have a cache."""
    if data.cache is None:
        return list(search_all(data.examples("train"), task, options, pool))
    key = f"{data.fingerprint('train')} {task.fingerprint()} {options}"
    folder = data.cache / f"found-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    return _cached_search(folder, data, task, options, pool)


def _cached_search(
    folder: Path, data: Any, task: Task[Any, Any], options: SearchOptions, pool: WorkerPool
) -> Iterator[SearchResult]:
    """Computes the search result unless its Arrow files are there; yields it from them."""
    import datasets  # Late: it is slow to import.

    def fill(partial: Path) -> None:
        found = search_all(list(data.each("train")), task, options, pool)
        records = [
            {
                "id": f.example_id,
                "programs": f.rewarded,
                "executed": f.executed,
                "complete": f.complete,
            }
            for f in found
        ]
        features = datasets.Features(
            {
                "id": datasets.Value("string"),
                "programs": datasets.List(datasets.List(datasets.Value("int32"))),
                "executed": datasets.Value("int64"),
                "complete": datasets.Value("bool"),
            }
        )
        datasets.Dataset.from_list(records, features=features).save_to_disk(partial)

    cached_folder(folder, fill)
    return _results(datasets.load_from_disk(str(folder)).with_format("arrow")[:])


def _results(records: Any) -> Iterator[SearchResult]:
    """Yields the search results of Arrow records: each process keeps its own only."""
    for part in records.to_batches(_ROWS):
        for row in part.to_pylist():
            programs = list(map(tuple, row["programs"]))
            yield SearchResult(row["id"], programs, row["executed"], row["complete"])
