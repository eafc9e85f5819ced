"""Language models in training: the ordinary learner, checkpoints, accumulation, adapters."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

import sparse_rl as sr
from sparse_rl.errors import CheckpointError, SparseRLError
from sparse_rl.interpreters.prompts import Prompt
from sparse_rl.interpreters.world import WorldExample
from sparse_rl.modules.language_models import (
    Adapters,
    CompletionTask,
    NewModel,
    SpelledWorldTask,
)
from sparse_rl.modules.task import TaskError


def right(answer: str, completion: str) -> float:
    return float(completion == answer)


PROMPTS = [
    Prompt(f"{a}+{b}", f"{a}+{b}=", partial(right, str((a + b) % 3)))
    for a in range(2)
    for b in range(4)
]
SMALL = {"max_tokens": 2}


class Spelled:
    """A world of two letters each: rewarded where they are the question's."""

    action_names = ("a", "ab", "abc", "b")
    symbols = (0, 1, 2, 3)

    def __init__(self, wanted: tuple[int, int]) -> None:
        self.wanted = wanted

    def start(self) -> tuple[int, ...]:
        return ()

    def valid_actions(self, state: tuple[int, ...]) -> tuple[int, ...]:
        return self.symbols

    def step(self, state: tuple[int, ...], action: int) -> tuple[int, ...]:
        return (*state, action)

    def is_terminal(self, state: tuple[int, ...]) -> bool:
        return len(state) == 2

    def reward(self, state: tuple[int, ...]) -> float:
        return float(state == self.wanted)


WORLDS = [
    WorldExample(f"{a} {b}", Spelled((a, b)), (Spelled.action_names[a], Spelled.action_names[b]))
    for a in range(4)
    for b in range(4)
]


def fit(task: Any, folder: Path, estimator: Any = None, **options: Any) -> sr.Run:
    chosen = {"max_epochs": 1, "lr": 3e-3, "log_every_n_steps": 1, "accelerator": "cpu"}
    return sr.fit(task, estimator or sr.Mapo(), folder=folder, **{**chosen, **options})


def test_a_new_model_learns_to_spell(tmp_path: Path) -> None:
    new = NewModel(layers=1, width=32, heads=2, vocabulary=300, context=32)
    task = SpelledWorldTask(new, WORLDS)
    run = fit(task, tmp_path, memory=sr.explore(task, "exhaustive"), max_epochs=25, lr=1e-2)
    assert sr.evaluate(run, "test")["greedy_accuracy"] >= 0.8
    line = run.predictions()[0]
    assert line["question"] == "a a" and set(line["program"].split()) <= set(Spelled.action_names)
    # A new training begins with the weights and the tokenizer.
    more = {"init_from": run.folder, "lr": 0.0, "memory": sr.explore(task, "exhaustive")}
    begun = fit(SpelledWorldTask(new, WORLDS, dropout=0.1), tmp_path, sr.Mml(), **more)
    assert begun.predictions() == run.predictions()
    # Another process knows nothing but the checkpoint.
    again = sr.load(run.checkpoint, SpelledWorldTask(new, WORLDS))
    assert again.predictions() == run.predictions()


@pytest.mark.parametrize(
    "estimator",
    [sr.Mapo(), sr.Gaca(), sr.Mml(), sr.HardEm(), sr.Reinforce(fresh=2, baseline="group")],
    ids=lambda estimator: type(estimator).__name__,
)
def test_every_estimator_trains_completions(
    llama_folder: Path, tmp_path: Path, estimator: Any
) -> None:
    task = CompletionTask(str(llama_folder), PROMPTS, **SMALL)
    learner = {"explore_per_visit": 2, "capacity_c": 4, "beam_width": 2}
    run = fit(task, tmp_path, estimator, learner=learner)
    state = torch.load(run.checkpoint, weights_only=True)["sparse_rl"]
    assert state["executed"] >= 16
    assert state["explored"]["lengths"].numel()
    # Ids of tokens, the end token last, or two without it.
    lengths = state["replay"]["unrewarded"]["lengths"]
    assert lengths.numel() and lengths.max() <= 2
    line = run.predictions()[0]
    assert line["question"] == "0+0=" and line["denotation"] == [line["program"]]


def test_a_resumed_training_is_the_one_that_never_stopped(
    llama_folder: Path, tmp_path: Path
) -> None:
    def run(steps: int, resume: Path | None = None) -> dict[str, Any]:
        task = CompletionTask(str(llama_folder), PROMPTS, dropout=0.1, **SMALL)
        task.data.batch_size = 2
        learner = {"explore_per_visit": 1, "beam_width": 2}
        done = fit(task, tmp_path, max_epochs=-1, max_steps=steps, resume=resume, learner=learner,
                   check_val_every_n_epoch=1)  # fmt: skip
        return {"folder": done.folder, **torch.load(
            done.folder / "checkpoints" / "last.ckpt", weights_only=True)}  # fmt: skip

    straight, stopped = run(8), run(4)
    resumed = run(8, stopped["folder"])
    for name, weights in straight["state_dict"].items():
        assert torch.equal(resumed["state_dict"][name], weights), name
    first, second = (r["sparse_rl"]["replay"] for r in (straight, resumed))
    assert first["ids"] == second["ids"]
    assert all(torch.equal(first["rewarded"][k], second["rewarded"][k]) for k in first["rewarded"])


class Gradients(pl.Callback):
    """Keeps the gradient of the first step."""

    def __init__(self) -> None:
        self.first: list[Tensor] = []

    def on_before_optimizer_step(self, trainer: Any, learner: Any, optimizer: Any) -> None:
        if not self.first:
            self.first = [w.grad.clone() for w in learner.parameters() if w.grad is not None]


def test_accumulated_gradients_are_those_of_one_large_batch(
    llama_folder: Path, tmp_path: Path
) -> None:
    """With draws, walks and both strata: all are the examples' own."""
    kept = []
    for batch_size, accumulated in ((8, 1), (2, 4)):
        task = CompletionTask(str(llama_folder), PROMPTS, **SMALL)
        task.data.batch_size = batch_size
        kept.append(Gradients())
        fit(task, tmp_path, sr.Gaca(), callbacks=[kept[-1]], gradient_clip_val=0,
            accumulate_grad_batches=accumulated, learner={"explore_per_visit": 2})  # fmt: skip
    assert len(kept[0].first) > 10
    for large, small in zip(kept[0].first, kept[1].first, strict=True):
        torch.testing.assert_close(small, large, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    ("dtype", "precision"), [("float32", "bf16-mixed"), ("bfloat16", "32-true")]
)
def test_training_in_half_the_bits(
    llama_folder: Path, tmp_path: Path, dtype: Any, precision: Any
) -> None:
    task = CompletionTask(str(llama_folder), PROMPTS, dtype=dtype, recompute=True, **SMALL)
    run = fit(task, tmp_path, precision=precision)
    assert {w.dtype for w in run.learner.policy.parameters()} == {getattr(torch, dtype)}
    figures = sr.evaluate(run, "test")
    # Which prompts have a rewarded completion that the beam does not find, nobody looks for.
    assert figures["answerable"] + figures["undecided"] == pytest.approx(1.0)


def test_adapters_alone_are_trained_and_saved(llama_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    folder = shutil.copytree(llama_folder, tmp_path / "model")

    def task(**options: Any) -> CompletionTask:
        more = {"adapters": Adapters(rank=2), "relative_to": "start", **SMALL, **options}
        return CompletionTask(str(folder), PROMPTS, **more)

    run = fit(task(), tmp_path, sr.Reinforce(fresh=4, entropy_weight=0.1))
    saved = torch.load(run.checkpoint, weights_only=True)
    assert saved["state_dict"] and all("lora_" in name for name in saved["state_dict"])
    assert len(saved["optimizer_states"][0]["state"]) == len(saved["state_dict"])
    assert sr.load(run.checkpoint, task()).predictions() == run.predictions()

    resumed = fit(task(), tmp_path, sr.Reinforce(fresh=4), resume=run.folder, max_epochs=2)
    assert resumed.folder != run.folder
    with pytest.raises(CheckpointError, match=r"set model\.task\.adapters to"):
        fit(task(adapters=Adapters(rank=3)), tmp_path, resume=run.folder, max_epochs=2)

    weights = next(iter(folder.glob("*.safetensors")))
    model = CompletionTask(str(folder), PROMPTS, **SMALL)._loaded()
    with torch.no_grad():
        next(model.parameters()).add_(1.0)
    weights.unlink()
    model.save_pretrained(folder)
    with pytest.raises(TaskError, match=r"restore .* to the model that this policy was trained"):
        sr.load(run.checkpoint, task())


def test_the_start_of_adapters_has_no_divergence(llama_folder: Path) -> None:
    """With recomputation, too, which takes no cache."""
    pytest.importorskip("peft")
    from sparse_rl.interpreters.world import replay_actions

    task = CompletionTask(
        str(llama_folder), PROMPTS, adapters=Adapters(), relative_to="start", recompute=True,
        **SMALL,
    )  # fmt: skip
    policy = task.build(task.data)
    program = replay_actions(task.world(PROMPTS[0]), (3, 0))
    _, divergence = policy.score(policy.encode(PROMPTS), [program], [0])
    torch.testing.assert_close(divergence, torch.zeros(1), atol=1e-5, rtol=0.0)


def test_a_new_model_has_no_start_to_stay_close_to() -> None:
    for options in ({"relative_to": "start"}, {"adapters": Adapters()}):
        with pytest.raises(TaskError, match="a new model starts at random"):
            CompletionTask(NewModel(), PROMPTS, **options)  # type: ignore[arg-type]
    with pytest.raises(TaskError, match="set width to a multiple of 8"):
        NewModel(width=90)


def test_a_new_model_completes_what_its_tokenizer_made(tmp_path: Path) -> None:
    """Its tokens are bytes and what they join to: every text has tokens, and comes back."""
    task = CompletionTask(NewModel(layers=1, width=32, heads=2, context=64), PROMPTS)
    with pytest.raises(TaskError, match="attach the task to its data first"):
        task.world(PROMPTS[0])
    task.attach(task.data)
    for text in ("0+1=", " naïve ≥ 3 €\n", "", "<|x|>"):
        assert task._decode(task.tokenizer(text)["input_ids"]) == text


def test_what_is_checked(llama_folder: Path) -> None:
    with pytest.raises(SparseRLError, match="set max_tokens to 1 or more"):
        CompletionTask(str(llama_folder), PROMPTS, max_tokens=0)
    with pytest.raises(SparseRLError, match="WorldTask is for examples of WorldExample"):
        SpelledWorldTask(str(llama_folder)).attach(CompletionTask("x", PROMPTS).data)
