"""`sparse-rl ensemble`: averages several checkpoints by answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch
from tqdm import tqdm

from sparse_rl.checkpoint_file import load_weights, read_weights, restoring
from sparse_rl.commands.arguments import Arguments, out_file
from sparse_rl.commands.programs import instantiate
from sparse_rl.folders import write_text
from sparse_rl.modules.ensemble import vote


def main(args: Sequence[str]) -> None:
    """Averages the beams of checkpoints by answer; prints the accuracies of each and of all.

    Raises:
        CheckpointError: a checkpoint is missing or cannot be read.
    """
    parser = Arguments(
        "ensemble",
        "Averages checkpoints by answer; further --model.* and --data.* options apply.",
    )
    parser.add_argument("checkpoints", nargs="+", metavar="CKPT")
    parser.add_argument("--config", required=True, help="config of the checkpoints' training")
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--out", type=out_file, help="JSONL file for the programs of the ensemble")
    options, rest = parser.parse_known_args(args)
    cli = instantiate([f"--config={options.config}", *rest])
    cli.datamodule.prepare_data()
    examples = cli.datamodule.examples(options.split)
    beams = []
    for path in options.checkpoints:
        beams.append(_beams(cli, path, examples))
        print(f"{_accuracy([programs[0] for programs in beams[-1]]):.1%}  {path}")
    voted = [vote(programs) for programs in zip(*beams, strict=True)]
    asked = f"{len(voted)} questions of {options.split}"
    print(f"{_accuracy(voted):.1%}  ensemble of {len(beams)}, {asked}")
    if options.out is not None:
        lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in voted]
        write_text(options.out, "".join(lines))


@torch.inference_mode()
def _beams(cli: Any, path: str, examples: Sequence[Any]) -> list[list[dict[str, Any]]]:
    """Beams of one checkpoint."""
    checkpoint = read_weights(path)
    learner, size = cli.model, cli.datamodule.eval_batch_size
    with restoring(path):
        learner.on_load_checkpoint(checkpoint)
        load_weights(learner, checkpoint["state_dict"])
    learner.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    batches = [examples[start : start + size] for start in range(0, len(examples), size)]
    return [beam for batch in tqdm(batches, desc=path) for beam in learner.predictions(batch)]


def _accuracy(lines: Sequence[dict[str, Any]]) -> float:
    """Share of right answers; a question without a known answer counts as wrong."""
    return sum(bool(line["reward"]) for line in lines) / max(len(lines), 1)
