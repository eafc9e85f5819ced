"""`sparse-rl ensemble`: averages several checkpoints by answer, of one task or of several."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from sparse_rl.commands.arguments import Arguments, out_file
from sparse_rl.commands.early_options import check_options
from sparse_rl.folders import write_text
from sparse_rl.narrow import narrow
from sparse_rl.run_names import find_checkpoint


def main(args: Sequence[str]) -> None:
    """Averages the beams of checkpoints by answer; prints the accuracies of each and of all.

    Raises:
        CheckpointError: a checkpoint is missing or cannot be read.
    """
    parser = Arguments(
        "ensemble",
        "Averages checkpoints by answer; further --model.* and --data.* options apply.",
    )
    parser.add_argument(
        "checkpoints", nargs="+", metavar="CKPT", help="checkpoints, or runs for their best ones"
    )
    parser.add_argument(
        "--config",
        required=True,
        help="config of the data and of the checkpoints' training; a run of another task is read "
        "by the config in its own folder",
    )
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--out", type=out_file, help="JSONL file for the programs of the ensemble")
    options, rest = parser.parse_known_args(args)
    training = [f"--config={options.config}", *rest]
    check_options(training)
    # Late: --help and a mistyped option must not wait for torch.
    from sparse_rl.commands.programs import instantiate
    from sparse_rl.modules.ensemble import vote

    cli = instantiate(training)
    cli.datamodule.prepare_data()
    examples = cli.datamodule.examples(options.split)
    learners = {type(cli.model.task).__name__: cli.model}
    beams = []
    for path in [find_checkpoint(name, "CKPT") for name in options.checkpoints]:
        name, task = _task_of(path.parent.parent / "config.yaml")
        if name and name not in learners:
            learners[name] = instantiate([*training, f"--model.task={json.dumps(task)}"]).model
            learners[name].task.attach(cli.datamodule)
        learner = learners.get(name, cli.model)
        beams.append(_beams(learner, cli.datamodule.eval_batch_size, path, examples))
        print(f"{_accuracy([programs[0] for programs in beams[-1]])}  {path}")
    voted = [vote(programs) for programs in zip(*beams, strict=True)]
    scored = sum(line["reward"] is not None for line in voted)
    asked = f"{scored} questions of {options.split}"
    if scored < len(voted):
        asked += f"; {len(voted) - scored} without an answer are predicted, not scored"
    print(narrow(f"{_accuracy(voted)}  ensemble of {len(beams)}, {asked}"))
    if options.out is not None:
        lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in voted]
        write_text(options.out, "".join(lines))


def _task_of(config: Path) -> tuple[str, dict[str, Any]]:
    """Name and options of a run's task; no name without a config of the command line."""
    if not config.is_file():
        return "", {}
    task = yaml.safe_load(config.read_text(encoding="utf-8"))["model"]["task"]
    return (task["class_path"].rpartition(".")[2], task) if isinstance(task, dict) else ("", {})


def _beams(
    learner: Any, size: int, path: Path, examples: Sequence[Any]
) -> list[list[dict[str, Any]]]:
    """Beams of one checkpoint, in batches of `size` examples."""
    import torch

    from sparse_rl.commands.restored import restore

    restore(learner, path)
    batches = [examples[start : start + size] for start in range(0, len(examples), size)]
    shown = tqdm(batches, desc=str(path))
    with torch.inference_mode():
        return [beam for batch in shown for beam in learner.predictions(batch)]


def _accuracy(lines: Sequence[dict[str, Any]]) -> str:
    """Share of right answers among the questions with a known answer."""
    rewards = [bool(line["reward"]) for line in lines if line["reward"] is not None]
    return f"{sum(rewards) / len(rewards):.1%}" if rewards else "not scored"
