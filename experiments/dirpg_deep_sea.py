"""Direct policy gradients on DeepSea 5x5: epsilon as attitude to risk.

    python experiments/dirpg_deep_sea.py --out docs/results --images docs/images

Four moves: left is free, right costs 1/3, and the last of four rights pays N(1, 1) instead. All
left and all right both have an expected return of 0, everything else less. The reward's noise is
fixed during a search, so epsilon weighs the variance of the return between the trajectories
(Lorberbom et al., 2020, eq. 14): epsilon < 0 settles on one pure path, epsilon > 0 keeps both.

The policy has a logit per cell and action. Searches are complete: they end when no region's bound
is above the best trajectory. The paper has an update after each of 400,000 episodes; here an
update is the mean over `--batch` episodes, whose searches run together, and there are fewer.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from direct_pairs import WorldOutlook, scored_pairs
from sparse_rl.estimators import DirPg
from sparse_rl.exploration.direct import DirectSearch, direct_search
from sparse_rl.exploration.gumbel import GumbelTree, Region, run_together
from sparse_rl.interpreters.toys import DeepSea, DeepSeaState

Array = npt.NDArray[np.float64]
EPSILONS = (-1.0, -0.5, 0.5, 1.0)
SIZE, MOVES = 5, 4
# Steps of the world in one search; the whole tree has 30.
ENOUGH = 1000


class CellPolicy(nn.Module):
    """Logits of left and right for every cell: one policy for each of R runs, all at once."""

    def __init__(self, runs: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(runs, MOVES, MOVES, 2, dtype=torch.float64))

    def table(self) -> Tensor:
        """Log-probabilities, shape (R, depth, rights, 2)."""
        return self.logits.log_softmax(-1)

    def log_probs(self, run_N: Tensor, leaves: Sequence[Region]) -> Tensor:
        """Log pi of finished trajectories, shape (N,), each by the policy of its run."""
        action_NT = torch.tensor([leaf.actions for leaf in leaves]).long().view(-1, MOVES)
        rights_NT = action_NT.cumsum(1) - action_NT
        depth_T = torch.arange(MOVES)
        return self.table()[run_N[:, None], depth_T, rights_NT, action_NT].sum(1)

    @torch.no_grad()
    def pure_paths(self) -> Array:
        """Probabilities of all left and all right, shape (R, 2)."""
        table, depth = self.table(), torch.arange(MOVES)
        pure = torch.stack([table[:, depth, 0, 0].sum(1), table[:, depth, depth, 1].sum(1)], 1)
        return np.array(pure.exp().tolist())


def outlook(world: DeepSea, epsilon: float) -> WorldOutlook:
    """Bounds for the search: upper ones, or lower ones where it looks for what is worse."""
    which = int(epsilon > 0)

    def to_come(state: DeepSeaState) -> float:
        return world.to_come(state)[which]

    return WorldOutlook(world, to_come)


def train(epsilon: float, seeds: int, updates: int, batch: int, lr: float) -> Array:
    """Probabilities of all left and all right after each update, shape (updates, seeds, 2)."""
    # Without the end at the first improvement, a_dir is the argmax.
    options = DirectSearch(epsilon, alpha=1.0, budget=ENOUGH, first_improvement=False)
    estimator = DirPg(**vars(options))
    policy = CellPolicy(seeds)
    adam = torch.optim.Adam(policy.parameters(), lr)
    noises = [random.Random(f"noise {seed}") for seed in range(seeds)]
    # Searches in the order of the seeds, `batch` for each.
    run_B = [run for run in range(seeds) for _ in range(batch)]
    curve = []
    for _ in range(updates):
        worlds = [DeepSea.draw(noises[run], SIZE) for run in run_B]
        trees = [GumbelTree(w, noises[run].random) for w, run in zip(worlds, run_B, strict=True)]
        searches = [
            direct_search(tree, options, outlook(world, epsilon))
            for tree, world in zip(trees, worlds, strict=True)
        ]
        with torch.no_grad():
            table = policy.table().tolist()

        def score(
            requests: Sequence[tuple[int, Region]], table: list[Any] = table
        ) -> list[list[float]]:
            states = ((run_B[number], region.state) for number, region in requests)
            return [table[run][state.depth][state.rights] for run, state in states]

        def log_probs(leaves: Sequence[tuple[int, Region]]) -> Tensor:
            run_N = torch.tensor([run_B[number] for number, _ in leaves]).long()
            return policy.log_probs(run_N, [leaf for _, leaf in leaves])

        loss, _ = estimator.loss(scored_pairs(run_together(searches, score), worlds, log_probs))
        adam.zero_grad()
        # The loss is a mean over all searches, the update of a run the mean over its own.
        (loss * seeds).backward()
        adam.step()
        curve.append(policy.pure_paths())
    return np.stack(curve)


def plot(curves: Array, batch: int, path: Path) -> None:
    """One panel per epsilon: both pure paths of every seed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(EPSILONS), figsize=(12, 2.8), sharey=True)
    time = np.arange(1, curves.shape[1] + 1) * batch
    for axis, epsilon, curve in zip(axes, EPSILONS, curves, strict=True):
        axis.plot(time, curve[..., 0], color="tab:blue", linewidth=0.8)
        axis.plot(time, curve[..., 1], color="tab:red", linewidth=0.8)
        axis.set_title(f"epsilon = {epsilon:g}")
        axis.set_xlabel("episodes")
    axes[0].plot([], [], color="tab:blue", label="P(LLLL)")
    axes[0].plot([], [], color="tab:red", label="P(RRRR)")
    axes[0].legend(loc="center right")
    axes[0].set_ylabel("probability")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def verdict(epsilon: float, runs: list[dict[str, Any]]) -> str:
    """How many runs settled, and how many kept both paths."""
    pure = sum(max(r["left"], r["right"]) > 0.95 for r in runs)
    both = sum(min(r["left"], r["right"]) > 0.25 for r in runs)
    return (
        f"- epsilon {epsilon:g}: one path above 0.95 in {pure} of {len(runs)} runs, "
        f"both above 0.25 in {both}."
    )


def table(rows: list[dict[str, Any]], updates: int, batch: int, lr: float) -> str:
    """The results page."""
    lines = [
        "# DirPG on DeepSea 5x5",
        "",
        "`python experiments/dirpg_deep_sea.py --out docs/results --images docs/images` makes this",
        f"page: {updates * batch:,} episodes for each epsilon and seed, {updates:,} updates of",
        f"{batch} episodes each, Adam with {lr:g}. The paper has 400,000 episodes with an update",
        "after each and 1e-3. The probabilities are means over the last tenth of the updates.",
        "",
        "| epsilon | seed | P(LLLL) | P(RRRR) | greater of the two |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {r['epsilon']:g} | {r['seed']} | {r['left']:.3f} | {r['right']:.3f} "
        f"| {max(r['left'], r['right']):.3f} |"
        for r in rows
    ]
    lines += [
        "",
        "All left is safe, all right has variance 1; both have mean 0. By the objective, epsilon",
        "below 0 settles on one of them, and epsilon above 0 keeps both: then returns differ most",
        "from path to path.",
        "",
        *(verdict(epsilon, [r for r in rows if r["epsilon"] == epsilon]) for epsilon in EPSILONS),
        "",
        "![Probabilities of the pure paths](../images/dirpg_deep_sea.png)",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description="DirPG on DeepSea 5x5 for four values of epsilon.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--updates", type=int, default=1000, help="per epsilon and seed")
    parser.add_argument("--batch", type=int, default=16, help="episodes of an update")
    parser.add_argument("--lr", type=float, default=0.02, help="Adam's learning rate")
    parser.add_argument("--seeds", type=int, default=5, help="runs per epsilon")
    parser.add_argument("--out", type=Path, help="folder of the results page; none without it")
    parser.add_argument("--images", type=Path, help="folder of the plot; none without it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    sizes = (options.seeds, options.updates, options.batch, options.lr)
    curves = np.stack([train(e, *sizes) for e in EPSILONS])
    final = curves[:, -max(options.updates // 10, 1) :].mean(1)
    rows = [
        {"epsilon": epsilon, "seed": seed, "left": left, "right": right}
        for epsilon, runs in zip(EPSILONS, final.tolist(), strict=True)
        for seed, (left, right) in enumerate(runs)
    ]
    if options.images:
        plot(curves, options.batch, options.images / "dirpg_deep_sea.png")
    if options.out:
        page = table(rows, options.updates, options.batch, options.lr)
        (options.out / "dirpg_deep_sea.md").write_text(page, encoding="utf-8")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
