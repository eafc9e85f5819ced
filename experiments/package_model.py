"""Puts a trained model of tables into the package: its weights, words and language, nothing else.

    python experiments/package_model.py runs/mml_everyday
    python experiments/calibrate_model.py

The second command fits its confidence, which `ask` uses for these weights only.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import torch

from sparse_rl.checkpoint_file import program_state, read_weights
from sparse_rl.folders import complete_file
from sparse_rl.run_names import PACKAGED, find_checkpoint

KEPT = ("task", "words", "shared_ids", "sizes", "language", "word_vectors", "transformer")


def main() -> None:
    """Writes the packaged checkpoint and prints its size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", help="a checkpoint or a run's folder")
    parser.add_argument("--extra", choices=["minilm"], help="the extra that this model needs")
    parser.add_argument("--out", type=Path, help="another file than the packaged one")
    parser.add_argument("--words", type=int, help="keep the frozen vectors of so many words only")
    options = parser.parse_args()
    out = options.out or PACKAGED["packaged" if options.extra is None else "packaged_minilm"]
    path = find_checkpoint(options.run, "RUN")
    checkpoint = read_weights(path)
    state = program_state(checkpoint, path)
    weights = checkpoint["state_dict"].items()
    content = {
        "state_dict": {name: w.clone() for name, w in weights if name.startswith("policy.")},
        "sparse_rl": {name: state[name] for name in KEPT if name in state},
    }
    if options.words is not None:
        _keep_words(content, options.words)
    with complete_file(out) as partial:
        torch.save(content, partial)
    print(f"Written to {out}: {out.stat().st_size / 1e6:.1f} MB")


def _keep_words(content: dict[str, Any], count: int) -> None:
    """Leaves the frozen vectors of the first words in a checkpoint, the most frequent ones."""
    beside = content["sparse_rl"]["word_vectors"]
    beside["words"] = beside["words"][:count]
    for name, vectors_WE in content["state_dict"].items():
        if name.endswith("table_WE"):
            content["state_dict"][name] = vectors_WE[:count].clone()


if __name__ == "__main__":
    main()
