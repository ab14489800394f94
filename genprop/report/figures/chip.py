"""The figures of a network on a chip, each beside the float network it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.plot.confusions import confusion
from genprop.plot.distributions import activity, distribution
from genprop.plot.spikes import raster
from genprop.plot.style import COLOURS, class_name
from genprop.plot.traces import states
from genprop.report.figures.figure import Chart, Figure, Panel, drawing, square

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ChipData", "ChipSample", "ChipWeights", "chip_figures", "plot_readouts"]

_BINS = 40


Spikes = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class ChipSample:
    """One sample in both networks, the float one first.

    Attributes:
        index: its number in the dataset.
        label: its class, or None.
        predictions: of both, or None.
        spikes: by population, of both the times (k,) [ms] and neurons (k,).
        readouts: by ``"population.state"``, (steps, n) of both in the model's unit.
    """

    index: int
    label: int | None
    predictions: tuple[int, int] | None
    spikes: Mapping[str, tuple[Spikes, Spikes]]
    readouts: Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class ChipWeights:
    """The weights of a projection, (n,): ``exact``, and the ``rounded`` ones of the chip."""

    name: str
    exact: np.ndarray
    rounded: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class ChipData:
    """A network on the chip, as figures need it.

    Attributes:
        dt: length of a step [ms].
        duration: of a trial [ms].
        split: which samples were run.
        sizes: of every population.
        classes: names of the classes; empty where the dataset gives none.
        predictions: (samples,) of both; None without scores.
        rates: by population, spikes per neuron and trial of both, (n,).
        weights: of every projection.
        samples: the chosen ones.
    """

    dt: float
    duration: float
    split: str
    sizes: Mapping[str, int]
    classes: tuple[str, ...]
    predictions: tuple[np.ndarray, np.ndarray] | None
    rates: Mapping[str, tuple[np.ndarray, np.ndarray]]
    weights: tuple[ChipWeights, ...]
    samples: tuple[ChipSample, ...]


def chip_figures(data: ChipData) -> list[Figure]:
    """Every figure there is something for, in the order of the page."""
    makers = (_samples, _predictions, _activity, _weights)
    return [figure for make in makers for figure in make(data)]


def plot_readouts(
    ax: Axes,
    dt: float,
    exact: np.ndarray,
    ours: np.ndarray,
    shown: Mapping[int, str],
) -> None:
    """Readouts of the float network and, dashed, of the chip; others than those shown in grey.

    Args:
        ax: where they are drawn.
        dt: length of a step [ms].
        exact: (steps, n) of the float network.
        ours: (steps, n) of the chip, in the same unit.
        shown: by number, the name of each output that is shown in colour.
    """
    one = {k: (COLOURS[2 * p % 4], f"{word}, float") for p, (k, word) in enumerate(shown.items())}
    other = {
        place: (COLOURS[(2 * place + 1) % 4], f"{word}, chip")
        for place, word in enumerate(shown.values())
    }
    states(exact, dt=dt, chosen=one, others="others, float", ax=ax)
    states(ours[:, list(shown)], dt=dt, chosen=other, dashed=True, ax=ax)


def _samples(data: ChipData) -> Iterator[Figure]:
    if data.samples:
        yield Figure(
            "samples",
            f"Samples of the {data.split} set",
            "Spikes of the float network above those of the chip, and below them what is read out: "
            "of the chip brought back to the unit of the model. Chosen by number or, if none was "
            "requested, the first of up to three classes and the first with two predictions.",
            tuple(_sample(data, view) for view in data.samples),
        )


def _sample(data: ChipData, view: ChipSample) -> Panel:
    charts = [
        _raster(data, name, spikes, side)
        for name, both in view.spikes.items()
        for side, spikes in enumerate(both)
    ]
    charts += [_readout(data, view, name, *both) for name, both in view.readouts.items()]
    title = f"Sample {view.index}"
    if view.label is not None:
        title += f": label {class_name(view.label, data.classes)}"
    if view.predictions is not None:
        first, second = (class_name(k, data.classes) for k in view.predictions)
        title += f", predicted as {first}" + (f" and {second}" if first != second else "")
    return Panel(title, tuple(charts))


def _raster(data: ChipData, name: str, spikes: Spikes, side: int) -> Chart:
    times, neurons = spikes
    who = ("float", "chip")[side]
    return Chart(
        drawing(
            raster,
            (times, neurons),
            size=data.sizes[name],
            duration=data.duration,
            label=f"{name}, {who}",
            colour=COLOURS[side],
        ),
        f"{len(times)} spikes of {name}, {who} network",
        height=0.6,
    )


def _readout(
    data: ChipData, view: ChipSample, name: str, exact: np.ndarray, ours: np.ndarray
) -> Chart:
    """The outputs of the label and of both predictions in colour."""
    wanted = {k for k in (view.label, *(view.predictions or ())) if k is not None}
    chosen = [k for k in sorted(wanted) if k < exact.shape[1]] or [0]
    shown = {k: class_name(k, data.classes) for k in chosen}

    def draw(ax: Axes) -> None:
        plot_readouts(ax, data.dt, exact, ours, shown)
        ax.set(xlim=(0.0, data.duration), xlabel="time [ms]", ylabel=name)

    return Chart(draw, f"{name} of the float network and of the chip over time", height=0.8)


def _predictions(data: ChipData) -> Iterator[Figure]:
    """Predictions of the float network against those of the chip."""
    if data.predictions is None:
        return
    one, other = data.predictions
    size = max(len(data.classes), int(max(one.max(), other.max())) + 1)
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (one, other), 1)
    same = int(np.trace(counts))
    named = len(data.classes) == size
    names = data.classes if named else tuple(map(str, range(size)))
    columns, rows = "prediction of the chip", "prediction of the float network"
    chart = Chart(
        drawing(confusion, counts, names, columns=columns, rows=rows),
        f"Predictions of both networks: {same} of {len(one)} samples on the diagonal",
        square(names),
    )
    yield Figure(
        "predictions",
        "Predictions of both",
        f"The {data.split} samples by the predictions of both networks, correct or not. Colour "
        "is the square root of the fraction of the row.",
        (Panel(f"{same} of {len(one)} the same", (chart,)),),
    )


def _activity(data: ChipData) -> Iterator[Figure]:
    panels = tuple(_rates(name, *both) for name, both in data.rates.items())
    if panels:
        yield Figure("activity", "Activity", f"Mean over the {data.split} samples.", panels)


def _rates(name: str, exact: np.ndarray, ours: np.ndarray) -> Panel:
    draw = drawing(activity, {"float": exact, "chip": ours}, bins=_BINS, mean="mean on the chip")
    says = f"{name}: mean {exact.mean():.3g} spikes in float, {ours.mean():.3g} on the chip"
    silent = [int(np.count_nonzero(rate == 0)) for rate in (exact, ours)]
    return Panel(
        name,
        (Chart(draw, says),),
        f"Silent: {silent[0]} in float, {silent[1]} on the chip of {len(ours)} neurons; "
        f"largest difference {np.abs(ours - exact).max():.3g} spikes.",
    )


def _weights(data: ChipData) -> Iterator[Figure]:
    yield Figure(
        "weights",
        "Weights before and after rounding",
        "In the unit of the model; the chip's are its integers brought back to it.",
        tuple(_rounding(entry) for entry in data.weights if entry.exact.size),
    )


def _rounding(entry: ChipWeights) -> Panel:
    both = {"float": entry.exact, "chip": entry.rounded}
    draw = drawing(distribution, both, label="weight", count="synapses", bins=_BINS)
    values = len(np.unique(entry.rounded))
    says = f"{entry.name}: {entry.exact.size} weights, {values} values on the chip"
    zero = int(np.count_nonzero((entry.rounded == 0) & (entry.exact != 0)))
    note = f"{values} different values; {zero} weights became 0."
    return Panel(entry.name, (Chart(draw, says),), note)
