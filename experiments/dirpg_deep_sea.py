"""Direct policy gradients on DeepSea 5x5: epsilon as attitude to risk.

    python experiments/dirpg_deep_sea.py --out docs/results --images docs/images

Four moves: left is free, right costs 1/3, and the last of four rights pays N(1, 1) instead. All
left and all right both have an expected return of 0, everything else less. The reward's noise is
fixed during a search, so epsilon weighs the variance of the return between the trajectories
(Lorberbom et al., 2020, eq. 14): epsilon < 0 settles on one pure path, epsilon > 0 keeps both.

There are 16 trajectories, so their Gumbel noise is drawn for all of them at once, which has the law
of the lazy process, and the search is an argmax. All values of epsilon and all seeds are one batch.
Adam, one update per episode, as in the paper.
"""

from __future__ import annotations

import argparse
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
EPSILONS = (-1.0, -0.5, 0.5, 1.0)
MOVES = 4
PATHS = list(itertools.product((0, 1), repeat=MOVES))
LEFT, RIGHT = PATHS.index((0,) * MOVES), PATHS.index((1,) * MOVES)


def cells() -> list[tuple[int, int]]:
    """Depth and rights so far: the cells of the triangle where a move is made."""
    return [(depth, rights) for depth in range(MOVES) for rights in range(depth + 1)]


def path_matrices() -> tuple[Array, Array]:
    """1 where a path (K) takes an action in a cell (2 S), and where it passes a cell (S)."""
    index = {cell: place for place, cell in enumerate(cells())}
    taken, passed = np.zeros((len(PATHS), len(index), 2)), np.zeros((len(PATHS), len(index)))
    for k, path in enumerate(PATHS):
        for depth, action in enumerate(path):
            cell = index[depth, sum(path[:depth])]
            taken[k, cell, action] = passed[k, cell] = 1.0
    return taken, passed


def costs() -> Array:
    """Return of each path without what the last of four rights pays."""
    rights = np.array([sum(path) for path in PATHS], np.float64)
    rights[RIGHT] -= 1.0
    return -rights / 3.0


def train(epsilons: Array, episodes: int, seed: int, every: int, lr: float = 1e-3) -> Array:
    """Probabilities of all left and all right: (points, R, 2) for R values of epsilon."""
    rng = np.random.default_rng(seed)
    taken, passed = path_matrices()
    paths, size = len(PATHS), passed.shape[1]
    flat_taken = taken.reshape(paths, 2 * size).T.copy()
    reward = costs()
    runs = np.arange(len(epsilons))
    logits = np.zeros((len(epsilons), size, 2))
    mean, square = np.zeros_like(logits), np.zeros_like(logits)
    curve = []
    for start in range(0, episodes, every):
        number = min(every, episodes - start)
        noise = rng.gumbel(size=(number, len(runs), paths))
        pay = rng.normal(1.0, 1.0, (number, len(runs)))
        for n in range(number):
            log_p = logits - np.logaddexp(logits[..., :1], logits[..., 1:])
            log_path = log_p.reshape(len(runs), -1) @ flat_taken
            perturbed = log_path + noise[n]
            opt = perturbed.argmax(1)
            perturbed += epsilons[:, None] * reward
            perturbed[:, RIGHT] += epsilons * pay[n]
            best = perturbed.argmax(1)
            # grad log pi(path) = taken - passed * pi; eq. 10 divides by epsilon.
            gradient = taken[best] - taken[opt]
            gradient -= (passed[best] - passed[opt])[..., None] * np.exp(log_p)
            gradient /= epsilons[:, None, None]
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            step = start + n + 1
            scale = lr * np.sqrt(1.0 - 0.999**step) / (1.0 - 0.9**step)
            logits += scale * mean / (np.sqrt(square) + 1e-8)
        log_p = logits - np.logaddexp(logits[..., :1], logits[..., 1:])
        curve.append(np.exp(log_p.reshape(len(runs), -1) @ flat_taken)[:, [LEFT, RIGHT]])
    return np.stack(curve)


def plot(curve: Array, episodes: int, seeds: int, path: Path) -> None:
    """One panel per epsilon: both pure paths of every seed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(EPSILONS), figsize=(12, 2.8), sharey=True)
    time = np.linspace(0, episodes, len(curve) + 1)[1:]
    for place, (axis, epsilon) in enumerate(zip(axes, EPSILONS, strict=True)):
        part = curve[:, place * seeds : (place + 1) * seeds]
        axis.plot(time, part[..., 0], color="tab:blue", linewidth=0.8)
        axis.plot(time, part[..., 1], color="tab:red", linewidth=0.8)
        axis.set_title(f"epsilon = {epsilon:g}")
        axis.set_xlabel("episodes")
    axes[0].plot([], [], color="tab:blue", label="P(LLLL)")
    axes[0].plot([], [], color="tab:red", label="P(RRRR)")
    axes[0].legend(loc="center right")
    axes[0].set_ylabel("probability")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def table(rows: list[dict[str, Any]], episodes: int) -> str:
    """The results page."""
    lines = [
        "# DirPG on DeepSea 5x5",
        "",
        "`python experiments/dirpg_deep_sea.py --out docs/results --images docs/images` makes this",
        f"page: {episodes:,} episodes for each epsilon and seed, one update each, Adam with 1e-3.",
        "The probabilities are means over the last tenth of the episodes.",
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
        "All left is safe, all right has variance 1; both have mean 0. Below 0, epsilon settles",
        "on one of them; above 0 it keeps both: then returns differ most from path to path.",
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
    parser.add_argument("--episodes", type=int, default=400_000, help="per epsilon and seed")
    parser.add_argument("--seeds", type=int, default=5, help="runs per epsilon")
    parser.add_argument("--out", type=Path, help="folder of the results page; none without it")
    parser.add_argument("--images", type=Path, help="folder of the plot; none without it")
    options = parser.parse_args()
    epsilons = np.repeat(EPSILONS, options.seeds)
    points = min(100, options.episodes)
    curve = train(epsilons, options.episodes, seed=0, every=options.episodes // points)
    final = curve[-max(len(curve) // 10, 1) :].mean(0)
    rows = [
        {"epsilon": e, "seed": n % options.seeds, "left": left, "right": right}
        for n, (e, (left, right)) in enumerate(zip(epsilons, final.tolist(), strict=True))
    ]
    if options.images:
        plot(curve, options.episodes, options.seeds, options.images / "dirpg_deep_sea.png")
    if options.out:
        page = table(rows, options.episodes)
        (options.out / "dirpg_deep_sea.md").write_text(page, encoding="utf-8")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
