"""Draws accuracy, structure against cost, and pruning, from results.json; see README.md."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tables import NAMES, costing, grouped, read

from genprop.plot import COLOURS
from genprop.report.figures.drawing import draw_figures
from genprop.report.figures.figure import Chart, Figure, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
Case = Mapping[str, Any]


def main() -> None:
    """Draw what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE, help="of results.json and figures")
    folder: Path = parser.parse_args().folder
    for path in draw_figures(figures(read(folder / "results.json") or []), folder, ("svg",)):
        print(path)


def figures(cases: Sequence[Case]) -> list[Figure]:
    """Those for which there are results."""
    costly = [case for case in cases if case["l1"] or case["cost"]]
    longest = max((case["epochs"] for case in cases), default=0)
    cut = [c for c in cases if "removed" in c and (c["epochs"] == longest or c["cost"])]
    return ([structure(costly)] if costly else []) + ([pruning(cut)] if cut else [])


def structure(cases: Sequence[Case]) -> Figure:
    """Test accuracy, modularity and wiring efficiency over the strength of the cost."""
    keys = ("test accuracy", "modularity", "wiring efficiency")
    panels = tuple(
        Panel(title, tuple(Chart(lambda ax, t=t, k=k: _measure(ax, cases, t, k), k) for k in keys))
        for t, title in (("l1", "L1"), ("cost", "distance cost"))
    )
    return Figure("structure", "Structure against cost", "Dashed: nulls, shuffled weights.", panels)


def pruning(cases: Sequence[Case]) -> Figure:
    """Test accuracy without the longest, the weakest, or any synapses; a panel per variant."""
    groups = grouped(cases, "hidden", "delays", "l1", "cost")
    panels = tuple(
        Panel(
            f"H {hidden}, {NAMES[delays]}" + (f", cost {costing(l1, cost)}" if l1 or cost else ""),
            (Chart(lambda ax, g=g: _removed(ax, g), f"pruning of {delays}"),),
        )
        for (hidden, delays, l1, cost), g in groups.items()
    )
    return Figure("pruning", "Accuracy after removal", "Mean over seeds.", panels)


def _measure(ax: Axes, cases: Sequence[Case], term: str, key: str) -> None:
    chosen = [case for case in cases if case[term]]
    for colour, ((delays,), group) in zip(COLOURS, grouped(chosen, "delays").items(), strict=False):
        ordered = [g for _, g in sorted(grouped(group, term).items()) if key in g[0]]
        strength = [g[0][term] for g in ordered]
        values = [np.mean([_value(case[key]) for case in g]) for g in ordered]
        ax.plot(strength, values, "o-", color=colour, label=NAMES[delays])
        if ordered and isinstance(ordered[0][0][key], dict):
            nulls = [np.mean([case[key]["nulls"] for case in g]) for g in ordered]
            ax.plot(strength, nulls, "--", color=colour)
    ax.set(xscale="log", xlabel="strength", ylabel=key)
    ax.margins(0.1)


def _removed(ax: Axes, group: Sequence[Case]) -> None:
    rules = {"length": "longest", "magnitude": "weakest", "chance": "any"}
    for colour, (by, name) in zip(COLOURS, rules.items(), strict=False):
        if f"removed by {by}" in group[0]:
            left = 100 * np.mean([case[f"removed by {by}"] for case in group], axis=0)
            ax.plot(100 * np.array(group[0]["removed"]), left, "o-", color=colour, label=name)
    ax.set(xlabel="recurrent synapses removed [%]", ylabel="test accuracy [%]", ylim=(0, 90))


def _value(found: Any) -> float:
    return found["value"] if isinstance(found, dict) else found


if __name__ == "__main__":
    main()
