"""A small causal language model writes the quickstart's programs as text, from a random start.

    python experiments/quickstart_lm.py --seeds 0 1 2

A seed is one training: questions are generated, all programs of up to four expressions are searched
for rewarded ones, a new model reads prompts followed by the shortest of these, and GACA trains it
further as a policy. What has run is a line of `docs/results/data/quickstart_lm.jsonl` and is not
run again; `--report-only` writes the page alone.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

import sparse_rl as sr
from quickstart.pre_training import PreTraining, pre_train, texts
from sparse_rl.analysis.results_page import machine, write_section
from sparse_rl.datamodules.quickstart import QuickstartDataModule
from sparse_rl.modules.decoding import beam
from sparse_rl.modules.language_models import NewModel
from sparse_rl.modules.tables.spelled_task import SpelledTableTask

RESULTS = Path(__file__).resolve().parents[1] / "docs" / "results"
MODEL = NewModel(layers=2, width=96, heads=4, vocabulary=1500, context=512)


@dataclass(frozen=True)
class Setting:
    """What is trained, and for how long.

    Attributes:
        questions: training questions.
        steps: steps of pre-training, 16 texts each.
        gaca_steps: steps of GACA, 16 questions each; 0 for none.
        gaca_lr: Adam's learning rate at the start of GACA.
    """

    questions: int
    steps: int
    gaca_steps: int
    gaca_lr: float


def main() -> None:
    """Trains the seeds that are missing, and writes the page."""
    options = parser().parse_args()
    torch.set_num_threads(1)
    file = options.results / "data" / "quickstart_lm.jsonl"
    setting = Setting(options.questions, options.steps, options.gaca_steps, options.gaca_lr)
    if not options.report_only:
        known = [(line["setting"], line["seed"]) for line in read(file)]
        for seed in options.seeds:
            if (asdict(setting), seed) not in known:
                line = json.dumps(trained(setting, seed, options.out, options.cache))
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(f"{line}\n")
                print(line, flush=True)
    write_section(options.results / "quickstart_lm.md", "Runs", table(read(file)))


def parser() -> argparse.ArgumentParser:
    """Options of the script."""
    found = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    found.add_argument("--seeds", type=int, nargs="*", default=range(3))
    found.add_argument("--questions", type=int, default=13_200)
    found.add_argument("--steps", type=int, default=1_600, help="of pre-training")
    found.add_argument("--gaca-steps", type=int, default=100)
    found.add_argument("--gaca-lr", type=float, default=3e-4)
    found.add_argument("--out", type=Path, default=Path("runs/quickstart_lm"), help="models, runs")
    found.add_argument("--cache", help="folder of the generated data")
    found.add_argument("--results", type=Path, default=RESULTS)
    found.add_argument("--report-only", action="store_true", help="train nothing")
    return found


def read(file: Path) -> list[dict[str, Any]]:
    """Reads the lines of the results file; none if there is no file."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def trained(setting: Setting, seed: int, out: Path, cache: str | None) -> dict[str, Any]:
    """Trains one seed, and evaluates on dev and test after each part."""
    pl.seed_everything(seed, verbose=False)
    data = QuickstartDataModule(batch_size=16, questions=setting.questions, seed=seed, cache=cache)
    data.prepare_data()
    clock = Clock()
    task = SpelledTableTask(MODEL)
    memory = sr.explore(task, "exhaustive", data=data)
    policy = task.build(data)
    clock.end("search")
    pre_train(
        policy,
        texts(policy, task, data.examples("train"), memory),
        PreTraining(steps=setting.steps),
        seed,
    )
    folder = out / f"model_{setting.questions}_{setting.steps}_{seed}"
    policy.model.save_pretrained(folder)
    task.tokenizer.save_pretrained(folder)
    clock.end("pre_training")
    answerable = {
        split: {e.id for e in data.examples(split) if task.exhaustive(e, 1).programs}
        for split in ("dev", "test")
    }
    found = {"pre_trained": accuracies(policy, task, data, answerable)}
    clock.begin()
    if setting.gaca_steps:
        run = _with_gaca(setting, seed, folder, data, memory, out)
        clock.end("gaca")
        found["gaca"] = accuracies(run.learner.policy, run.learner.task, data, answerable)
    return {
        "setting": asdict(setting),
        "seed": seed,
        "parameters": sum(weights.numel() for weights in policy.parameters()),
        "machine": machine(),
        **found,
        "seconds": clock.seconds,
    }


class Clock:
    """Seconds of the parts of a training: of the processor, and of the wall.

    Attributes:
        seconds: both, by part.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, tuple[float, float]] = {}
        self.begin()

    def begin(self) -> None:
        """Begins the next part."""
        self._last = (time.process_time(), time.monotonic())

    def end(self, part: str) -> None:
        """Ends a part and begins the next."""
        now = (time.process_time(), time.monotonic())
        processor, wall = (round(b - a, 1) for a, b in zip(self._last, now, strict=True))
        self.seconds[part] = (processor, wall)
        self._last = now


def _with_gaca(
    setting: Setting,
    seed: int,
    folder: Path,
    data: QuickstartDataModule,
    memory: Any,
    out: Path,
) -> Any:
    estimator = sr.Gaca(
        reading="credit", clip_low=1.0, baseline="none", fresh=0, replay_c=0, enumerate_up_to=16
    )
    return sr.fit(
        SpelledTableTask(str(folder)),
        estimator,
        data=data,
        memory=memory,
        max_epochs=-1,
        max_steps=setting.gaca_steps,
        val_check_interval=setting.gaca_steps,
        lr=setting.gaca_lr,
        learner={"lr_end": 0.1},
        seed=seed,
        folder=out,
        gradient_clip_val=1.0,
        num_sanity_val_steps=0,
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def accuracies(
    policy: Any, task: Any, data: Any, answerable: dict[str, set[str]]
) -> dict[str, tuple[int, int]]:
    """Returns right answers and answerable questions of dev and test, decoded greedily."""
    found = {}
    policy.eval()
    for split, ids in answerable.items():
        asked = [example for example in data.examples(split) if example.id in ids]
        right = 0
        for start in range(0, len(asked), 100):
            part = asked[start : start + 100]
            with torch.inference_mode():
                best = beam(policy, policy.encode(part), [task.world(e) for e in part], 1)
            right += sum(hypotheses[0].trajectory.reward > 0 for hypotheses in best)
        found[split] = (right, len(asked))
    policy.train()
    return found


def table(lines: list[dict[str, Any]]) -> str:
    """Returns the table of all runs."""
    rows = [
        "| questions | steps | GACA's steps | seed | after pre-training: dev | test | "
        "after GACA: dev | test | processor min | wall min |",
        "|" + "--:|" * 10,
    ]
    for line in lines:
        setting = line["setting"]
        shares = [
            _share(line[part][split]) if part in line else "–"
            for part in ("pre_trained", "gaca")
            for split in ("dev", "test")
        ]
        minutes = [sum(pair[n] for pair in line["seconds"].values()) / 60 for n in (0, 1)]
        sizes = (setting["questions"], setting["steps"], setting["gaca_steps"], line["seed"])
        cells = [*map(str, sizes), *shares, *(f"{m:.1f}" for m in minutes)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _share(pair: tuple[int, int]) -> str:
    return f"{pair[0] / pair[1]:.1%} ({pair[0]}/{pair[1]})"


if __name__ == "__main__":
    sys.exit(main())
