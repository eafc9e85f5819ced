"""The Python interface: explore, fit, evaluate, load. A thin layer over Lightning's Trainer."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
import yaml
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.utilities import rank_zero_warn

from sparse_rl.analysis.report import read_page, render
from sparse_rl.callbacks.checkpoint_io import AtomicCheckpointIO
from sparse_rl.callbacks.checkpoints import BestCheckpoint, LastCheckpoint
from sparse_rl.callbacks.clock import TrainingClock
from sparse_rl.callbacks.predictions import PredictionWriter
from sparse_rl.callbacks.random_state import RandomState
from sparse_rl.callbacks.run_folder import claim_run_folder
from sparse_rl.callbacks.warm_start import search_data
from sparse_rl.checkpoint_file import (
    load_weights,
    program_state,
    read_weights,
    restoring,
)
from sparse_rl.errors import CheckpointError, DataError, SparseRLError
from sparse_rl.estimators.base import Estimator
from sparse_rl.exploration.program_file import replay_programs
from sparse_rl.exploration.search import Method, SearchOptions
from sparse_rl.exploration.worker_pool import WorkerPool
from sparse_rl.folders import write_json, write_text
from sparse_rl.modules.evaluation import summary_of_test
from sparse_rl.modules.learner import PolicyLearner
from sparse_rl.modules.task import Task, check_task
from sparse_rl.quiet import set_quiet
from sparse_rl.ray_cluster import EngineName
from sparse_rl.replay.memory import Memory
from sparse_rl.run_names import find_checkpoint

AnyTask = Task[Any, Any]
MACHINE = ("accelerator", "devices", "num_nodes", "strategy", "precision")
"""Options of the Trainer that say where and how it computes."""


@dataclass(frozen=True)
class Run:
    """A trained policy with its data and files.

    Attributes:
        learner: the learner with the policy of `checkpoint`.
        data: the data module of its examples.
        folder: folder of metrics, checkpoints, predictions and the report.
        checkpoint: the best checkpoint on dev.
        machine: options of the Trainer that `evaluate` needs too, such as `devices`.
    """

    learner: PolicyLearner
    data: pl.LightningDataModule
    folder: Path
    checkpoint: Path
    machine: Mapping[str, Any] = field(default_factory=dict)

    def predictions(self, split: str = "test") -> list[dict[str, Any]]:
        """Returns the most probable program of every example, as lines of `predictions.jsonl`."""
        data: Any = self.data
        size = data.eval_batch_size
        examples = data.examples(split)
        self.learner.eval()
        batches = [examples[start : start + size] for start in range(0, len(examples), size)]
        with torch.inference_mode():
            return [line for batch in batches for line in self.learner.predict_step(batch, 0)]

    def report(self, *others: Run) -> Path:
        """Writes an HTML page that reports this run and compares it with `others`.

        Raises:
            DataError: a run has no training files, or a file is broken.
        """
        path = self.folder / "report.html"
        page = render(read_page([self.folder, *(run.folder for run in others)]))
        write_text(path, page)
        return path


def explore(
    task: AnyTask,
    method: Method = "systematic",
    *,
    data: pl.LightningDataModule | None = None,
    attempts: int = 1000,
    max_programs: int = 16,
    seed: int = 0,
    workers: int = 1,
    engine: EngineName = "local",
    address: str | None = None,
) -> Memory:
    """Searches for rewarded programs of the training examples, without a policy.

    Args:
        task: the task, for its worlds.
        method: "systematic" walks at random without repetition, "gumbel" draws without
            replacement, "exhaustive" finds all.
        data: the examples; the task's own by default.
        attempts: programs per example ("systematic", "gumbel").
        max_programs: rewarded programs kept per example ("exhaustive"): the first ones found, on
            tables the shortest.
        seed: seed of the walks.
        workers: number of processes; 0 for one per core.
        engine: "local" for processes of this machine, "ray" for tasks of Ray.
        address: the cluster of engine "ray", as Ray has it; None for a Ray of this machine's own.

    Returns:
        A memory for `fit`.

    Raises:
        SparseRLError: there are no data, or there is no Ray.
    """
    pool = WorkerPool(workers, engine, address)
    module: Any = _data_of(task, data)
    task.attach(module)
    options = SearchOptions(method, max_programs, attempts, seed=seed)
    memory = Memory()
    for result in search_data(module, task, options, pool):
        memory.file_found(result.example_id, result.rewarded, executed=result.executed)
    return memory


def fit(
    task: AnyTask,
    estimator: Estimator | None = None,
    *,
    data: pl.LightningDataModule | None = None,
    memory: Memory | None = None,
    max_epochs: int = 5,
    lr: float = 1e-3,
    seed: int = 0,
    folder: str | Path = "runs",
    name: str | None = None,
    resume: str | Path | None = None,
    init_from: str | Path | None = None,
    learner: Mapping[str, Any] | None = None,
    callbacks: Sequence[pl.Callback] | None = None,
    **trainer: Any,
) -> Run:
    """Trains a policy, and keeps its best checkpoint on dev.

    Args:
        task: worlds and policy.
        estimator: the credit assignment; GACA by default.
        data: the examples; the task's own by default.
        memory: rewarded programs to start with, which are checked in the worlds and copied; none
            by default.
        max_epochs: passes over the training examples, each followed by a validation.
        lr: Adam's learning rate.
        seed: seed of weights, order and draws.
        folder: folder of all runs.
        name: the run's name in `folder`; estimator and task by default.
        resume: a run's folder, or a checkpoint such as `run.folder / "checkpoints/last.ckpt"`, to
            resume exactly. Weights, optimiser with its learning rate, sizes of the policy, memory
            and what the estimator has learned come from there.
        init_from: a run's folder or a checkpoint, whose weights and vocabulary alone the new
            training begins with.
        learner: further options of `PolicyLearner`, such as `explore_per_visit`.
        callbacks: callbacks of Lightning beside the run's own.
        trainer: further options of Lightning's Trainer, such as `accelerator` or `max_steps`.

    Raises:
        SparseRLError: there are no data, or training ended before its first validation.
    """
    module = _data_of(task, data)
    if memory is not None and resume is not None:
        raise SparseRLError("leave out memory or resume: a resumed run goes on with its own memory")
    if init_from is not None and resume is not None:
        raise SparseRLError("leave out init_from or resume: a resumed run has its own weights")
    if not (estimator is None or isinstance(estimator, Estimator)):
        raise SparseRLError(f"pass an estimator object, such as Gaca(): got {estimator!r}")
    pl.seed_everything(seed, verbose=False)
    # A copy: priors and auxiliary rewards learn, and the next run must not start from that.
    policy_learner = PolicyLearner(
        task, copy.deepcopy(estimator), lr=lr, seed=seed, **(learner or {})
    )
    if init_from is not None:
        policy_learner.init_from = str(find_checkpoint(init_from, "init_from"))
    if memory is not None:
        _begin_with(policy_learner.memory, memory, task, module)
    kind = type(policy_learner.estimator).__name__
    name = name or f"{kind}_{type(task).__name__}".lower()
    best = BestCheckpoint("val/greedy_accuracy", "max")
    made = _trainer(
        CSVLogger(str(folder), name),
        callbacks=[best, LastCheckpoint(), RandomState(), TrainingClock(), *(callbacks or ())],
        max_epochs=max_epochs,
        **trainer,
    )
    claim_run_folder(made)
    made.fit(policy_learner, datamodule=module, ckpt_path=_resumed(resume))
    if not best.best_model_path:
        raise CheckpointError("let training reach a validation: there is no checkpoint yet")
    # The callback's folder is the same in all processes.
    run_folder = Path(best.dirpath or folder).parent
    config = {
        "seed_everything": seed,
        "model": {"estimator": {"class_path": kind}, "task": type(task).__name__, "lr": lr},
        "trainer": {"max_epochs": max_epochs, "logger": {"init_args": {"name": name}}},
    }
    checkpoint = run_folder / "checkpoints" / "best.ckpt"
    if made.is_global_zero:
        write_text(run_folder / "config.yaml", yaml.safe_dump(config))
        if not checkpoint.is_file():
            # The resumed run's is still the best.
            shutil.copy(find_checkpoint(best.best_model_path), checkpoint)
    made.strategy.barrier()
    machine = {name: value for name, value in trainer.items() if name in MACHINE}
    run = Run(policy_learner, module, run_folder, checkpoint, machine)
    _restore(policy_learner, run.checkpoint)
    return run


def evaluate(run: Run, split: str = "test") -> dict[str, float]:
    """Evaluates the best checkpoint; "test" also writes predictions and `test_metrics.json`.

    Args:
        run: a run of `fit` or `load`.
        split: "test" or "dev".

    Returns:
        `greedy_accuracy` and `beam_accuracy`; on test also `answerable` and `undecided`, the
        shares of examples with a rewarded program, and of examples undecided within the budget.

    Raises:
        ValueError: there is no such split.
        DataError: no example of the split has an answer.
    """
    if split not in ("dev", "test"):
        raise ValueError(f'set split to "dev" or "test": got {split!r}')
    scored: Any = getattr(run.data, "scored", None)
    if split == "test" and scored is not None and not scored("test"):
        raise DataError('use run.predictions("test"): no test example has an answer')
    writer = [PredictionWriter(announce=False)] if split == "test" else []
    trainer = _trainer(False, callbacks=writer, default_root_dir=run.folder, **run.machine)
    act = trainer.test if split == "test" else trainer.validate
    (metrics,) = act(run.learner, datamodule=run.data, verbose=False)
    found = {key.partition("/")[2]: float(value) for key, value in metrics.items()}
    if split == "test" and trainer.is_global_zero:
        data: Any = run.data
        count = len(data.examples("test") if scored is None else scored("test"))
        summary = summary_of_test(metrics, count)
        report = {**found, **summary, "checkpoint": str(run.checkpoint)}
        write_json(run.folder / "test_metrics.json", report)
    return found


def load(checkpoint: str | Path, task: AnyTask, data: pl.LightningDataModule | None = None) -> Run:
    """Loads the run of a checkpoint, to evaluate it or to use its policy.

    Args:
        checkpoint: a checkpoint file, or a run's folder for its best checkpoint.
        task: a task of the class that it was trained with.
        data: the examples; the task's own by default.

    Raises:
        CheckpointError: there is no such checkpoint, or it is another task's.
    """
    path = find_checkpoint(checkpoint)
    learner = PolicyLearner(task)
    _restore(learner, path)
    in_a_run = path.parent.name == "checkpoints"
    folder = path.parent.parent if in_a_run else path.parent
    return Run(learner, _data_of(task, data), folder, path)


def _begin_with(mine: Memory, found: Memory, task: AnyTask, data: Any) -> None:
    """Copies the programs that are rewarded in these worlds; says how many are not.

    Raises:
        SparseRLError: the memory is of other worlds.
    """
    task.attach(data)
    examples = data.examples("train")
    known = {example.id for example in examples}
    programs = {id_: p for id_, p in found.replay.programs().items() if id_ in known}
    if found.replay.sizes()[0] and not any(programs.values()):
        raise SparseRLError("pass a memory of these worlds: it has programs of other ids only")
    kept, report = replay_programs(Path("memory"), programs, examples, task)
    if sum(map(len, kept.values())) < sum(map(len, programs.values())):
        rank_zero_warn(report)
    for id_, actions in kept.items():
        mine.file_found(id_, actions)


def _resumed(resume: str | Path | None) -> str | None:
    """The checkpoint to resume; of a run's folder its last."""
    if resume is None:
        return None
    path = Path(resume)
    return str(path / "checkpoints" / "last.ckpt" if path.is_dir() else path)


def _restore(learner: PolicyLearner, path: Path) -> None:
    """Restores a checkpoint's policy in the learner."""
    checkpoint = read_weights(path)
    state = program_state(checkpoint, path)
    check_task(state, learner.task)
    with restoring(path):
        learner.policy = learner.task.restore(state)
        load_weights(learner, checkpoint["state_dict"])
    learner.eval()


def _data_of(task: AnyTask, data: pl.LightningDataModule | None) -> pl.LightningDataModule:
    found: pl.LightningDataModule | None = data or getattr(task, "data", None)
    if found is None:
        raise SparseRLError(f"pass data=…: {type(task).__name__} has no examples of its own")
    return found


def _trainer(logger: Any, **options: Any) -> pl.Trainer:
    set_quiet(True)
    quiet = {"enable_progress_bar": False, "enable_model_summary": False}
    fixed = {"use_distributed_sampler": False, "num_sanity_val_steps": 0}
    chosen = {"gradient_clip_val": 5.0, "log_every_n_steps": 10, "accelerator": "auto"}
    return pl.Trainer(
        logger=logger, plugins=[AtomicCheckpointIO()], **{**quiet, **fixed, **chosen, **options}
    )
