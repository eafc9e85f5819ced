"""DirPG on MiniGrid's MultiRoom: what the order of the search is worth, and its rivals.

    python experiments/dirpg_minigrid.py --config experiments/minigrid/n2.yaml --jobs 2 \
        --runs runs/minigrid_n2 --out docs/results --images docs/images

The agent sees 7 x 7 cells before it, has no memory, and gets new rooms in every update. DirPG
searches with the priority G + epsilon (gained + alpha * bound); the bound is what doors and goal
would pay if the agent went the Manhattan distance by way of the unopened doors. What counts is
interactions, the steps of the environment that a method trains on, without those that measure it.

A run that lies in the folder `--runs` is not run again, so an interrupted comparison goes on.
"""

from __future__ import annotations

import itertools
import json
import math
import random
import re
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from functools import partial
from pathlib import Path

import jsonargparse
import numpy as np
import torch

from multiroom_methods import Method, by_action, by_rank, by_walk, direct, draw, drawn
from multiroom_policy import Policy
from sparse_rl.analysis.results_page import write_section
from sparse_rl.estimators import DirPg
from sparse_rl.interpreters.rooms.multiroom import MultiRoomWorld, RoomDrawer

ALPHAS = (0.0, 0.1, 0.3, 0.5, 1.0)
RIVALS = ("REINFORCE, walk", "REINFORCE, action", "cross-entropy")
# Rooms to learn from are numbered from 0, run by run; those that measure lie beyond them all.
TEST_SEED, SEEDS_A_RUN = 2**31, 10**7


@dataclass(frozen=True)
class Settings:
    """An experiment.

    Attributes:
        rooms: number of rooms.
        size: greatest width and height of a room, walls included.
        max_steps: length of a walk that does not reach the goal.
        door_reward: reward of a door's first opening; the goal pays 1 - 0.9 time / max_steps.
        interactions: steps of the environment for each run.
        searches: searches in an update of DirPG, each in rooms of its own.
        epsilon: weight of the reward in DirPG's search.
        budget: steps of one search of DirPG.
        first_improvement: DirPG's search stops at the first improvement.
        walks: walks in an update of REINFORCE and cross-entropy, all in the same rooms.
        elite: best walks of an update, which cross-entropy learns from.
        lr: learning rate of Adam, for all methods.
        points: measurements of a run after the first.
        test_layouts: rooms of a measurement, the same for all, with one walk in each.
        methods: names to run, DirPG with its alpha.
        seeds: runs of each method.
    """

    rooms: int = 2
    size: int = 4
    max_steps: int = 40
    door_reward: float = 0.5
    interactions: int = 150_000
    searches: int = 4
    epsilon: float = 5.0
    budget: int = 1200
    first_improvement: bool = True
    walks: int = 30
    elite: int = 3
    lr: float = 3e-3
    points: int = 15
    test_layouts: int = 100
    methods: tuple[str, ...] = (*(f"DirPG {alpha:g}" for alpha in ALPHAS), *RIVALS)
    seeds: tuple[int, ...] = (0, 1, 2)

    def world(self, drawer: RoomDrawer, seed: int) -> MultiRoomWorld:
        return MultiRoomWorld(drawer.draw(seed), self.max_steps, self.door_reward)

    def method(self, name: str) -> tuple[int, Method]:
        """Layouts of an update, and the method of a name.

        Raises:
            ValueError: there is none of this name.
        """
        weigh = dict(zip(RIVALS, (by_walk, by_action, partial(by_rank, self.elite)), strict=True))
        if name in weigh:
            return 1, partial(drawn, self.walks, weigh[name])
        if not name.startswith("DirPG "):
            raise ValueError(f"choose methods among DirPG ALPHA, {', '.join(RIVALS)}: got {name!r}")
        alpha = float(name.removeprefix("DirPG "))
        estimator = DirPg(self.epsilon, alpha, self.budget, self.first_improvement)
        return self.searches, partial(direct, estimator)


@dataclass
class Curve:
    """What a run was like over its interactions; every list has an entry for each measurement.

    Attributes:
        steps: interactions so far.
        updates: updates so far.
        returns: mean return of the environment itself, without the reward of doors.
        success: share of the walks that reach the goal.
        useful: share of the layouts since the last measurement that gave a gradient.
        seconds: processor time of the whole run.
    """

    steps: list[int] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    success: list[float] = field(default_factory=list)
    useful: list[float] = field(default_factory=list)
    seconds: float = 0.0


def train(settings: Settings, name: str, seed: int) -> Curve:
    """One run of a method."""
    torch.set_num_threads(1)
    began = time.process_time()
    drawer, policy = RoomDrawer(settings.rooms, settings.size), Policy(settings.lr, seed)
    (layouts, method), noise = settings.method(name), random.Random(seed)
    test = [settings.world(drawer, TEST_SEED + n) for n in range(settings.test_layouts)]
    numbers = itertools.count(seed * SEEDS_A_RUN)
    curve, steps, updates, useful = Curve(), 0, 0, []
    while True:
        if steps * settings.points >= len(curve.steps) * settings.interactions:
            walks = [leaf.state for leaf in draw(test, policy, random.Random(seed))]
            goals = [w.at_goal(state) for w, state in zip(test, walks, strict=True)]
            pairs = zip(test, walks, goals, strict=True)
            curve.returns.append(float(np.mean([w.goal_reward(s.time) * g for w, s, g in pairs])))
            curve.success.append(float(np.mean(goals)))
            curve.steps.append(steps)
            curve.updates.append(updates)
            curve.useful.append(float(np.mean(useful)) if useful else 0.0)
            useful = []
        if steps >= settings.interactions:
            break
        worlds = [settings.world(drawer, next(numbers)) for _ in range(layouts)]
        found = method(worlds, policy, noise)
        if found.loss is not None:
            policy.descend(found.loss)
        steps += found.steps
        updates += 1
        useful.append(found.useful)
    curve.seconds = time.process_time() - began
    return curve


def run(settings: Settings, folder: Path, name: str, seed: int) -> Curve:
    """A run, or what the folder holds of it.

    Raises:
        SystemExit: the folder holds a run with other options.
    """
    path = folder / f"{re.sub('[^a-z0-9.]+', '_', name.lower())}-{seed}.json"
    options = {k: v for k, v in asdict(settings).items() if k not in ("methods", "seeds")}
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        if known["options"] != options:
            raise SystemExit(f"choose another folder for --runs: {path} has other options")
        return Curve(**known["curve"])
    curve = train(settings, name, seed)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"options": options, "curve": asdict(curve)})
    path.write_text(text, encoding="utf-8")
    print(f"{name}, seed {seed}: return {curve.returns[-1]:.3f}, {curve.seconds:.0f} s", flush=True)
    return curve


def to_success(curve: Curve, goal: float) -> float:
    """Interactions until the first measurement at or above a success, or infinity."""
    there = (s for s, share in zip(curve.steps, curve.success, strict=True) if share >= goal)
    return next(there, math.inf)


def early_cost(curve: Curve) -> float:
    """Interactions of an update in the first fifth of a run."""
    there = max(len(curve.steps) // 5, 1)
    return curve.steps[there] / curve.updates[there]


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Mean ± standard deviation over runs."""
    deviation = f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else ""
    return f"{np.mean(values):.{digits}f}{deviation}"


def reached(curves: Sequence[Curve], goal: float) -> str:
    """Thousands of interactions until a success, of the runs that come to it."""
    there = [steps / 1000 for steps in (to_success(c, goal) for c in curves) if steps < math.inf]
    missing = f" ({len(there)} of {len(curves)} runs)" if len(there) < len(curves) else ""
    return spread(there, 0) + missing if there else "–"


def table(curves: dict[str, list[Curve]]) -> str:
    """A line for each method."""
    lines = [
        "| method | return over the run | return at the end | success at the end "
        "| thousands of interactions to 80 % | useful | interactions of an early update | updates "
        "| CPU seconds |",
        "|" + "---|" * 9,
    ]
    for name, runs in curves.items():
        cells = (
            name,
            spread([float(np.mean(c.returns)) for c in runs]),
            spread([c.returns[-1] for c in runs]),
            spread([c.success[-1] for c in runs], 2),
            reached(runs, 0.8),
            f"{np.mean([np.mean(c.useful[1:]) for c in runs]):.2f}",
            f"{np.mean([early_cost(c) for c in runs]):.0f}",
            f"{np.mean([c.updates[-1] for c in runs]):.0f}",
            f"{np.mean([c.seconds for c in runs]):.0f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def figures(settings: Settings, curves: dict[str, list[Curve]]) -> str:
    """The table and what it was made with."""
    options = ", ".join(f"{k} {v}" for k, v in asdict(settings).items() if k != "methods")
    return "\n".join(
        [
            "Mean ± standard deviation over seeds. Return and success are those of one walk of the",
            f"policy in each of {settings.test_layouts} rooms that no run learns from; return is",
            "the environment's own, without the reward of doors. *Useful* is the share of searches",
            "with an improvement, or of rooms whose walks gave a gradient. *Early* is the first",
            "fifth of a run. CPU seconds include the measurements.",
            "",
            table(curves),
            "",
            "![Return over interactions](../images/dirpg_minigrid.png)",
            "",
            "The band goes from the worst to the best seed.",
            "",
            f"Options: {options}.",
        ]
    )


def plot(settings: Settings, curves: dict[str, list[Curve]], path: Path) -> None:
    """Mean return over interactions, with the band from the worst to the best run."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 3.8), sharey=True)
    grid = np.linspace(0, settings.interactions / 1000, settings.points + 1)
    for name, runs in curves.items():
        axis = axes[int(name in RIVALS)]
        values = np.array([np.interp(1000 * grid, c.steps, c.returns) for c in runs])
        (line,) = axis.plot(grid, values.mean(0), label=name, linewidth=1.2)
        axis.fill_between(grid, values.min(0), values.max(0), color=line.get_color(), alpha=0.1)
    for axis in axes:
        axis.set_xlabel("thousands of interactions")
        axis.legend(fontsize="small", loc="upper left")
    axes[0].set_ylabel("return of the environment")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = jsonargparse.ArgumentParser(description="DirPG and rivals on MiniGrid's MultiRoom.")
    parser.add_argument("--config", action="config", help="a YAML file of the options below")
    parser.add_class_arguments(Settings, as_group=False)
    parser.add_argument("--runs", type=Path, required=True, help="folder of the finished runs")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time")
    parser.add_argument("--out", type=Path, help="folder of the results page; none without it")
    parser.add_argument("--images", type=Path, help="folder of the plot; none without it")
    options = parser.parse_args()
    settings = Settings(**{f.name: getattr(options, f.name) for f in fields(Settings)})
    # Seed by seed, so that a part of the comparison is already fair.
    todo = [(name, seed) for seed in settings.seeds for name in settings.methods]
    start = partial(run, settings, options.runs)
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as pool:
            done = list(pool.map(start, *zip(*todo, strict=True)))
    else:
        done = [start(*job) for job in todo]
    curves: dict[str, list[Curve]] = {name: [] for name in settings.methods}
    for (name, _), curve in zip(todo, done, strict=True):
        curves[name].append(curve)
    if options.images:
        plot(settings, curves, options.images / "dirpg_minigrid.png")
    if options.out:
        write_section(options.out / "dirpg_minigrid.md", "Figures", figures(settings, curves))
    print(table(curves))


if __name__ == "__main__":
    main()
