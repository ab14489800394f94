"""The figures of a search: the best value so far, what matters, and every setting's values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.plot.style import COLOURS, GREY
from genprop.report.figures.figure import Chart, Figure, Panel
from genprop.train.metrics import is_better

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.experiment.studies import Trial

__all__ = ["best_so_far", "plot_history", "plot_importance", "search_figures"]


def search_figures(
    trials: Sequence[Trial], metric: str, importance: Mapping[str, float]
) -> list[Figure]:
    """History, importance and, setting by setting, what the finished trials gave.

    Args:
        trials: of the search.
        metric: what was best.
        importance: by setting, the fraction of the variance; may be empty.
    """
    history = Chart(
        lambda ax: plot_history(ax, trials, metric),
        f"{metric} of every trial that finished, by its number, and the best so far as a line",
    )
    panels = [Panel("History", (history,), f"{len(trials)} trials")]
    if importance:
        message = ", ".join(f"{name} {fraction:.0%}" for name, fraction in importance.items())
        bars = Chart(
            lambda ax: plot_importance(ax, importance), f"importance of the settings: {message}"
        )
        panels.append(Panel("Importance", (bars,), "fraction of the variance (fANOVA)"))
    caption = (
        "Every trial that finished as a dot and the best so far as a line; trials that were "
        "stopped early are crosses at their last value. Importance is the fraction of the metric's "
        "variance over finished trials that one setting explains."
    )
    names = list(dict.fromkeys(name for trial in trials for name in trial.settings))
    found = Figure("search", "Search", caption, tuple(panels))
    slices = Figure(
        "settings",
        "Settings",
        f"{metric} of every trial that finished over the value of each setting.",
        tuple(_slice(trials, metric, name) for name in names),
    )
    return [found, slices]


def best_so_far(values: Sequence[float], metric: str) -> list[float]:
    """The best of the values up to each of them; NaN is none."""
    found: list[float] = []
    for value in values:
        best = found[-1] if found and not math.isnan(found[-1]) else None
        found.append(
            value if is_better(metric, value, best) else math.nan if best is None else best
        )
    return found


def plot_history(ax: Axes, trials: Sequence[Trial], metric: str) -> None:
    """A dot per trial, and the best so far.

    Args:
        ax: where they are drawn.
        trials: of the search.
        metric: what was best.
    """
    numbers = [trial.number for trial in trials]
    values = [math.nan if trial.value is None else trial.value for trial in trials]
    stopped = [t for t in trials if t.state == "stopped" and t.curve]
    lasts = [t.curve[max(t.curve)] for t in stopped]
    ax.plot([t.number for t in stopped], lasts, "x", color=GREY, label="stopped early")
    ax.plot(numbers, values, "o", color=COLOURS[1], label="finished")
    ax.plot(numbers, best_so_far(values, metric), color=COLOURS[0], label="best so far")
    ax.set(xlabel="trial", ylabel=metric, xlim=(-0.5, max(numbers, default=0) + 0.5))
    ax.locator_params(axis="x", integer=True)


def plot_importance(ax: Axes, importance: Mapping[str, float]) -> None:
    """A bar per setting, the largest above.

    Args:
        ax: where they are drawn.
        importance: by setting, from 0 to 1.
    """
    ordered = sorted(importance.items(), key=lambda pair: pair[1])
    places = np.arange(len(ordered))
    ax.barh(places, [100 * fraction for _, fraction in ordered], color=COLOURS[0], height=0.6)
    ax.set_yticks(places, [name.removeprefix("options.") for name, _ in ordered])
    ax.set(xlabel="importance [%]", xlim=(0, 100))


def _slice(trials: Sequence[Trial], metric: str, name: str) -> Panel:
    """The metric over one setting."""
    done = [
        (t.settings[name], t.value) for t in trials if t.value is not None and name in t.settings
    ]
    numbers = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x, _ in done)
    shown = [(x if numbers else str(x), y) for x, y in done]
    wide = numbers and bool(done) and _orders([float(x) for x, _ in done]) > 1.5

    def draw(ax: Axes) -> None:
        ax.plot([x for x, _ in shown], [y for _, y in shown], "o", color=COLOURS[0], alpha=0.7)
        ax.set(xlabel=name.removeprefix("options."), ylabel=metric)
        ax.margins(x=0.05)
        if wide:
            ax.set_xscale("log")

    chart = Chart(draw, f"{metric} over {name}")
    return Panel(name.removeprefix("options."), (chart,))


def _orders(values: Sequence[float]) -> float:
    """How many orders of magnitude the values span; none where some are not above zero."""
    return math.log10(max(values) / min(values)) if min(values) > 0 else 0.0
