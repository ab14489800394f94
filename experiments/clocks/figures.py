"""Draws accuracy against time for both clocks, and error against time; see README.md."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import NullFormatter
from tasks import TASKS

from genprop.plot import COLOURS
from genprop.report.figures.drawing import draw_figures
from genprop.report.figures.figure import Chart, Figure, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
Found = Mapping[str, Any]


def main() -> None:
    """Draw what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=HERE, help="of the results and figures")
    folder: Path = parser.parse_args().folder
    times, truth = (_read(folder / name) for name in ("times.json", "truth.json"))
    runs = {name: _read(folder / "accuracy" / f"{name}.json") for name in TASKS}
    figures = [accuracy({n: r for n, r in runs.items() if r and n in times}, times)]
    figures += [errors(truth)] if truth else []
    for path in draw_figures(figures, folder, ("svg",)):
        print(path)


def accuracy(runs: Mapping[str, Found], times: Found) -> Figure:
    """A panel per task: validation accuracy of each epoch over the time until its end."""
    panels = tuple(
        Panel(
            name,
            (Chart(lambda ax, n=name: _curves(ax, runs[n], times[n]), f"accuracy of {name}"),),
        )
        for name in runs
    )
    caption = "Mean validation accuracy of the runs of each clock against processor time."
    return Figure("accuracy", "Accuracy against time", caption, panels)


def errors(truth: Found) -> Figure:
    """A panel per network: error of hidden weights and delays over the time of a sample."""
    panels = tuple(
        Panel(
            f"{name} network",
            tuple(
                Chart(lambda ax, n=name, r=role: _errors(ax, truth[n], r), f"error of {role}")
                for role in ("weights", "delays")
            ),
        )
        for name in truth
    )
    caption = "Relative error of the gradient (median of the draws) against processor time."
    return Figure("error", "Error against time", caption, panels)


def _curves(ax: Axes, task: Found, times: Found) -> None:
    clocks = list(dict.fromkeys(run["clock"] for run in task["runs"]))
    steps = sorted({float(clock.split()[1]) for clock in clocks})
    for clock in (clock for clock in clocks if clock in times["clocks"]):
        kind, dt = clock.split()
        curves = [run["valid accuracy"] for run in task["runs"] if run["clock"] == clock]
        mean = 100 * np.mean(curves, axis=0)
        spent = times["clocks"][clock]["seconds per epoch"] * (1 + np.arange(len(mean)))
        dashes = ("-", "--", ":", "-.")[steps.index(float(dt))]
        ax.plot(spent, mean, dashes, color=COLOURS[kind == "exact"], label=f"{kind} {dt} ms")
    ax.set(xscale="log", xlabel="time of learning [s]", ylabel="validation accuracy [%]")
    ax.xaxis.set_minor_formatter(NullFormatter())  # decades alone: others would overlap


def _errors(ax: Axes, network: Found, role: str) -> None:
    for kind, colour in zip(("grid", "exact"), COLOURS, strict=False):
        clocks = {c: f for c, f in network["clocks"].items() if c.split()[0] == kind}
        spent = [found["ms per sample"]["median"] for found in clocks.values()]
        error = [found[f"error of {role}"]["median"] for found in clocks.values()]
        ax.plot(spent, error, "o-", color=colour, label=kind)
        for clock, x, y in zip(clocks, spent, error, strict=True):
            ax.annotate(clock.split()[1], (x, y), (3, 3), textcoords="offset points", fontsize=6)
    ax.margins(0.1)
    ax.set(xscale="log", yscale="log", xlabel="time of a sample [ms]")
    ax.set_ylabel(f"error of {role}")


def _read(path: Path) -> Found:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


if __name__ == "__main__":
    main()
