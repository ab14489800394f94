"""Prints the tables of README.md from results.json, times.json and placement.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import genprop as gp

HERE = Path(__file__).parent
NAMES = {
    "none": "no delays",
    "free": "free, one per synapse",
    "axonal": "axonal, one per neuron",
    "2d": "positions, 2-D",
    "3d": "positions, 3-D",
    "4d": "positions, 4-D",
    "fixed_2d": "fixed random positions, 2-D",
    "shuffled": "those of 2-D, shuffled, fixed",
}
MEASURES = ("modularity", "wiring efficiency")
Case = Mapping[str, Any]


def main() -> None:
    """All that was measured."""
    cases: list[Case] = read(HERE / "results.json") or []
    longest = max((case["epochs"] for case in cases), default=0)
    long, short = ([c for c in cases if (c["epochs"] == longest) == yes] for yes in (True, False))
    free_of_cost = [c for c in short if not (c["l1"] or c["cost"])]
    costly = {(c["hidden"], c["delays"]) for c in short if c["l1"] or c["cost"]}
    print("\nAccuracy\n", accuracies(long), sep="\n")
    print("\nSizes\n", accuracies(free_of_cost), sep="\n")
    beside = [c for c in short if (c["hidden"], c["delays"]) in costly]
    print("\nCost\n", costs(beside), sep="\n")
    cut = [c for c in cases if "removed" in c and (c["epochs"] == longest or c["cost"])]
    print("\nRemoved\n", removed(cut), sep="\n")
    times = read(HERE / "times.json")
    if times:
        print("\nTimes\n", spent(times), sep="\n")
    placements = read(HERE / "placement.json")
    if placements:
        print("\nPlacement\n", placed(placements), sep="\n")


def accuracies(cases: Sequence[Case]) -> str:
    """A row per size and variant."""
    rows = []
    for (hidden, delays), group in grouped(cases, "hidden", "delays").items():
        single = ", ".join(f"{100 * c['test accuracy']:.1f}" for c in group)
        row = [str(hidden), NAMES[delays], str(group[0]["learned delay numbers"])]
        row += [percent(group, "valid accuracy"), percent(group, "test accuracy"), single]
        rows.append([*row, *(beside_nulls(group, key) for key in MEASURES)])
    head = ["H", "recurrent delays", "learned for them", "validation", "test", "single seeds"]
    return gp.experiment.markdown([*head, "modularity (nulls)", "wiring efficiency (nulls)"], rows)


def costs(cases: Sequence[Case]) -> str:
    """A row per size, variant and strength."""
    rows = []
    for (hidden, delays, l1, cost), group in grouped(
        cases, "hidden", "delays", "l1", "cost"
    ).items():
        row = [str(hidden), NAMES[delays], costing(l1, cost), percent(group, "test accuracy")]
        row += [beside_nulls(group, key) for key in MEASURES]
        length = f"{mean(group, 'mean length'):.1f}" if "mean length" in group[0] else ""
        rows.append([*row, length])
    head = ["H", "recurrent delays", "cost", "test", "modularity (nulls)"]
    return gp.experiment.markdown([*head, "wiring efficiency (nulls)", "mean length [ms]"], rows)


def removed(cases: Sequence[Case]) -> str:
    """Test accuracy without parts of the recurrent synapses, by each rule."""
    rows = []
    parts: list[float] = cases[0]["removed"] if cases else []
    keys = ("hidden", "delays", "l1", "cost")
    for (hidden, delays, l1, cost), group in grouped(cases, *keys).items():
        for by, name in (("length", "longest"), ("magnitude", "weakest"), ("chance", "any")):
            key = f"removed by {by}"
            if key in group[0]:
                left = np.mean([case[key] for case in group], axis=0)
                row = [str(hidden), NAMES[delays], costing(l1, cost), name]
                rows.append([*row, *(f"{100 * value:.1f}" for value in left)])
    return gp.experiment.markdown(
        ["H", "recurrent delays", "cost", "removed", *(f"{100 * p:g} %" for p in parts)], rows
    )


def spent(times: Mapping[str, Any]) -> str:
    """A row per size and variant: time of an epoch, and round by round beside free delays."""
    rows = []
    for hidden, size in times.items():
        for name, found in size["found"].items():
            of = found["of free"]
            ratio = f"{of['median']:.2f} ({of['min']:.2f} … {of['max']:.2f})"
            epoch = f"{found['seconds per epoch']:.2f} s"
            rows.append([hidden, NAMES[name], str(size["rounds"]), epoch, ratio])
    head = ["H", "recurrent delays", "rounds", "epoch", "of free delays"]
    return gp.experiment.markdown(head, rows)


def placed(cases: Sequence[Case]) -> str:
    """A row per network and size of cores: hops per spike by each placement."""
    rows = []
    for case in cases:
        for size, hops in case["hops per sample by neurons on a core"].items():
            row = [str(case["hidden"]), costing(0.0, case["cost"]), size]
            each = case["spikes per sample"]
            rows.append([*row, f"{each:.0f}", *(f"{value / each:.2f}" for value in hops.values())])
    head = ["H", "cost", "neurons on a core", "spikes of a sample", "by position", "by index"]
    return gp.experiment.markdown([*head, "by min-cut"], rows)


def grouped(cases: Sequence[Case], *keys: str) -> dict[tuple[Any, ...], list[Case]]:
    """Cases that differ in their seeds alone, in the order of NAMES."""
    order = list(NAMES)
    found: dict[tuple[Any, ...], list[Case]] = {}

    def rank(case: Case) -> tuple[Any, ...]:
        return (case["hidden"], order.index(case["delays"]), case["l1"], case["cost"], case["seed"])

    for case in sorted(cases, key=rank):
        found.setdefault(tuple(case[key] for key in keys), []).append(case)
    return found


def costing(l1: float, cost: float) -> str:
    """What the loss holds besides."""
    return f"L1 {l1:g}" if l1 else f"distance {cost:g}" if cost else "none"


def mean(group: Sequence[Case], key: str) -> float:
    """Of a number."""
    return float(np.mean([case[key] for case in group]))


def percent(group: Sequence[Case], key: str) -> str:
    """Mean ± standard deviation over seeds."""
    values = [100 * case[key] for case in group]
    spread = f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{spread}"


def beside_nulls(group: Sequence[Case], key: str) -> str:
    """A measure's mean, and in brackets that of its nulls."""
    if any(key not in case for case in group):
        return ""
    value, nulls = (np.mean([case[key][part] for case in group]) for part in ("value", "nulls"))
    return f"{value:.3f} ({nulls:.3f})"


def read(path: Path) -> Any:
    """JSON, or None."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    main()
