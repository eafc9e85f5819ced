"""Puts a trained model of tables into the package: its weights, words and language, nothing else.

    python experiments/package_model.py runs/mml_everyday
    python experiments/calibrate_model.py

The second command fits its confidence, which `ask` uses for these weights only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from sparse_rl.asking.packaged import PACKAGED, PACKAGED_MINILM
from sparse_rl.checkpoint_file import program_state, read_weights
from sparse_rl.folders import complete_file
from sparse_rl.run_names import find_checkpoint

KEPT = ("task", "words", "shared_ids", "sizes", "language", "word_vectors", "transformer")


def main() -> None:
    """Writes the packaged checkpoint and prints its size."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", help="a checkpoint or a run's folder")
    parser.add_argument("--extra", choices=["minilm"], help="the extra that this model needs")
    parser.add_argument("--out", type=Path, help="another file than the packaged one")
    options = parser.parse_args()
    out = options.out or (PACKAGED if options.extra is None else PACKAGED_MINILM)
    path = find_checkpoint(options.run, "RUN")
    checkpoint = read_weights(path)
    state = program_state(checkpoint, path)
    weights = checkpoint["state_dict"].items()
    content = {
        "state_dict": {name: w.clone() for name, w in weights if name.startswith("policy.")},
        "sparse_rl": {name: state[name] for name in KEPT if name in state},
    }
    with complete_file(out) as partial:
        torch.save(content, partial)
    print(f"Written to {out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
