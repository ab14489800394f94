"""Draws accuracy against sparsity, beside the published model, and grouping; see README.md."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tables import MORAN, STRUCTURES, read, trainings

from genprop.plot import COLOURS
from genprop.report.figures.drawing import draw_figures
from genprop.report.figures.figure import Chart, Figure, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
DASHES = {"fixed": "--", "learned": "-"}
Case = Mapping[str, Any]


def main() -> None:
    """Draw what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE, help="of the results and figures")
    folder: Path = parser.parse_args().folder
    cases = read(folder / "results.json") or []
    baseline = trainings(folder / "dcls.json")
    for path in draw_figures([accuracy(cases, baseline), grouping(cases)], folder, ("svg",)):
        print(path)


def accuracy(cases: Sequence[Case], baseline: Mapping[str, Sequence[Case]]) -> Figure:
    """Test accuracy over the halvings of density: without and with Dale's law, and published."""
    shown = [
        ("signs per synapse", [c for c in cases if not c["dale"]], "test accuracy"),
        ("Dale's law", [c for c in cases if c["dale"]], "test accuracy"),
    ]
    for length, own in baseline.items():
        chosen = [c for c in own if not c["dale"]]
        shown.append((f"published model (DCLS), {length}", chosen, "test.accuracy"))
    panels = tuple(
        Panel(title, (Chart(lambda ax, o=own, k=key: _curves(ax, o, k), f"accuracy: {title}"),))
        for title, own, key in shown
        if own
    )
    caption = "Mean test accuracy over seeds at sparsity 1 − 2^−k; dashed: delays fixed."
    return Figure("accuracy", "Accuracy against sparsity", caption, panels)


def grouping(cases: Sequence[Case]) -> Figure:
    """Moran's I of receptive fields after training over that of their nulls."""
    chart = Chart(lambda ax: _groups(ax, [c for c in cases if c["after"]]), "grouping")
    caption = "Moran's I of fields, RigL with learned delays, beside nulls and before training."
    return Figure(
        "grouping", "Excitation and inhibition in groups", caption, (Panel("", (chart,)),)
    )


def _curves(ax: Axes, cases: Sequence[Case], key: str) -> None:
    for colour, rule in zip(COLOURS, STRUCTURES, strict=False):
        for delays, dashes in DASHES.items():
            own = [c for c in cases if (c["delays"], c["structure"]) == (delays, rule)]
            at = sorted({c["halvings"] for c in own})
            values = [[100 * c[key] for c in own if c["halvings"] == k] for k in at]
            label = STRUCTURES[rule] if delays == "learned" else None
            means = [float(np.mean(v)) for v in values]
            errors = [float(np.std(v, ddof=1)) if len(v) > 1 else 0.0 for v in values]
            ax.errorbar(at, means, errors, fmt=f"o{dashes}", color=colour, label=label)
    ax.set(xlabel="k", ylabel="test accuracy [%]")
    ax.margins(0.05)


def _groups(ax: Axes, cases: Sequence[Case]) -> None:
    want = {"delays": "learned", "structure": "rigl", "dale": False}
    own = [c for c in cases if want.items() <= c.items() and c["before"]]
    at = sorted({c["halvings"] for c in own})
    lines = {
        "after": lambda c: c["after"][MORAN],
        "before training": lambda c: c["before"][MORAN],
        "shuffled delays": lambda c: c["after"]["with shuffled delays"],
        "shuffled channels": lambda c: c["after"]["with shuffled channels"],
    }
    for colour, (label, of) in zip(COLOURS, lines.items(), strict=False):
        means = [float(np.mean([of(c) for c in own if c["halvings"] == k])) for k in at]
        ax.plot(at, means, "o-", color=colour, label=label)
    ax.set(xlabel="k", ylabel=MORAN)
    ax.margins(0.05)


if __name__ == "__main__":
    main()
