"""The page of the study of causal confusion, from its records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import mean, stdev
from typing import Any

from sparse_rl.control.causal.demonstrations import INPUTS

Record = dict[str, Any]
Of = Callable[[Record], float]

DAGGER = (10, 20, 50, 100)
"""Queries of DAgger's rows."""


def execution_return(record: Record, episodes: int) -> float:
    """Mean return of the masks chosen after so many episodes, over the repeats."""
    return mean(return_of(record, masks[episodes - 1]) for masks in record["execution"])


def query_return(record: Record, queries: int, states: str = "drawn") -> float:
    """Mean return of the masks chosen by so many queries, over the repeats."""
    return mean(return_of(record, mask) for mask in record["queries"][states][str(queries)])


def dagger_return(record: Record, queries: int) -> float:
    """Return of DAgger after so many queries."""
    return float(dict(map(tuple, record["dagger"]))[queries])


def return_of(record: Record, mask: str) -> float:
    """Return of a mask's policy."""
    return float(record["masks"][mask]["return"])


def plain(record: Record, name: str, figure: str = "return") -> float:
    """A figure of the clone without masks."""
    return float(record["plain"][name][figure])


def methods() -> dict[str, Of]:
    """Returns of a record, by method."""
    found: dict[str, Of] = {
        "expert": lambda r: r["expert"],
        "cloning, original": lambda r: plain(r, "original"),
        "cloning, confounded": lambda r: plain(r, "confounded"),
        "dropout of inputs": lambda r: return_of(r, "111"),
        "policy execution, 20 episodes": lambda r: execution_return(r, 20),
        "expert queries, 50": lambda r: query_return(r, 50),
        "expert queries, 50 of the greatest disagreement": lambda r: query_return(
            r, 50, "greatest"
        ),
    }
    for queries in DAGGER:
        found[f"DAgger, {queries} queries"] = lambda r, q=queries: dagger_return(r, q)  # type: ignore[misc]
    return found


def text(records: Sequence[Record], machine: str, command: str) -> str:
    """The page, from its title on."""
    seeds = ", ".join(str(record["seed"]) for record in records)
    minutes = sum(record["cpu_minutes"] for record in records)
    repeats = len(records[0]["execution"])
    return f"""\
# MountainCar-v0: causal confusion in imitation

300 steps of an expert are imitated. In the *original* data noise stands in the place of the
previous action, in the *confounded* data the previous action itself. Returns are means of 500
episodes from the usual starts, ± standard deviation over {len(records)} seeds ({seeds}).
Interventions were repeated {repeats} times per seed, with other draws; their returns are means over
the repeats.

{_returns(records)}

"Gap closed" is the share of the difference between the two clones.

## What was to be shown

{_aims(records)}

## All masks

The policies that one graph-parameterised network has learned from the confounded data.

{_masks(records)}

## Choices

The mask that each intervention chose (position, velocity, previous action): with the run's own
draws, and how many of the {repeats} repeats chose one that sees the velocity and not the previous
action.

{_choices(records)}

## Figures

![Returns](../images/causal_mountaincar.png)

As the paper's figures 4, 7 and 8. Left: a point is a seed. Middle and right: means over seeds, the
band goes from the least to the greatest.

The options of the interventions were chosen on seeds 100 to 103.

Machine: {machine}. CPU minutes: {minutes:.0f}. Command: `{command}`. Records:
`data/causal_mountaincar.jsonl`.
"""


def _returns(records: Sequence[Record]) -> str:
    rows = [
        "| method | held-out accuracy | return | worst seed | gap closed |",
        "|---|---|---|---|---|",
    ]
    accuracies = {
        "cloning, original": [100 * plain(r, "original", "accuracy") for r in records],
        "cloning, confounded": [100 * plain(r, "confounded", "accuracy") for r in records],
        "dropout of inputs": [100 * r["masks"]["111"]["accuracy"] for r in records],
    }
    for name, of in methods().items():
        found = [of(record) for record in records]
        accuracy = _spread(accuracies[name]) if name in accuracies else "–"
        cells = [name, accuracy, _spread(found), f"{min(found):.1f}"]
        cells.append(f"{100 * closed(records, of):.0f} %" if name != "expert" else "–")
        rows.append(_row(cells))
    return "\n".join(rows)


def closed(records: Sequence[Record], of: Of) -> float:
    """Share of the gap between the clones that a method closes, of the means over seeds."""
    low = mean(plain(record, "confounded") for record in records)
    high = mean(plain(record, "original") for record in records)
    return (mean(map(of, records)) - low) / (high - low)


def _aims(records: Sequence[Record]) -> str:
    def gained(figure: str) -> float:
        return mean(plain(r, "confounded", figure) - plain(r, "original", figure) for r in records)

    best = [max(r["masks"], key=lambda mask: return_of(r, mask)) for r in records]
    apart = sum(mask[2] == "0" for mask in best)
    found = sum(_is_causal(r["execution"][0][-1]) for r in records)
    executed = closed(records, methods()["policy execution, 20 episodes"])
    asked = closed(records, methods()["expert queries, 50"])
    seeds = len(records)
    enough = 4 * seeds <= 5 * found
    rows = [
        (
            "confounded cloning is at least as accurate",
            f"{100 * gained('accuracy'):+.1f} points",
            gained("accuracy") >= 0,
        ),
        (
            "and its return is lower by 20 or more",
            f"{gained('return'):+.1f}",
            gained("return") <= -20,
        ),
        ("the best mask excludes the previous action", f"{apart} of {seeds} seeds", apart == seeds),
        ("20 episodes find such a mask, on 4 of 5 seeds", f"{found} of {seeds} seeds", enough),
        ("and close 80 % of the gap", f"{100 * executed:.0f} %", executed >= 0.8),
        ("50 queries close 50 % of the gap", f"{100 * asked:.0f} %", asked >= 0.5),
    ]
    head = ["| aim | measured | met |", "|---|---|---|"]
    return "\n".join(head + [_row([aim, got, "yes" if met else "no"]) for aim, got, met in rows])


def _masks(records: Sequence[Record]) -> str:
    rows = [_row([*INPUTS, "held-out accuracy", "return"]), "|---|---|---|---|---|"]
    for mask in records[0]["masks"]:
        sees = ["sees" if there == "1" else "" for there in mask]
        accuracy = _spread([100 * r["masks"][mask]["accuracy"] for r in records])
        rows.append(_row([*sees, accuracy, _spread([return_of(r, mask) for r in records])]))
    return "\n".join(rows)


def _choices(records: Sequence[Record]) -> str:
    rows = ["| seed | 20 episodes | repeats | 50 queries | repeats |", "|---|---|---|---|---|"]
    for record in records:
        executed = [masks[-1] for masks in record["execution"]]
        asked = record["queries"]["drawn"]["50"]
        cells = [str(record["seed"])]
        for masks in (executed, asked):
            cells += [f"`{masks[0]}`", f"{sum(map(_is_causal, masks))} of {len(masks)}"]
        rows.append(_row(cells))
    return "\n".join(rows)


def _is_causal(mask: str) -> bool:
    return mask[1:] == "10"


def _spread(values: Sequence[float]) -> str:
    return f"{mean(values):.1f} ± {stdev(values) if len(values) > 1 else 0:.1f}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
