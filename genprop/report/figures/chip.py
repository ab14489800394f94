"""The figures of a network on a chip, each beside the float network it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from genprop.report.figures.chart import (
    MUTED,
    Axis,
    Bars,
    Chart,
    Dots,
    Figure,
    Heat,
    Line,
    Panel,
    Rule,
)
from genprop.report.figures.scales import span

__all__ = ["ChipPortrait", "ChipSample", "Kept", "chip_figures"]

_BINS = 40
_FLOAT, _CHIP = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class ChipSample:
    """One sample in both networks, the float one first.

    Attributes:
        index: its number in the dataset.
        label: its class, or None.
        answers: of both, or None.
        spikes: by population, (steps, neurons) of both as (k, 2) of step and neuron.
        readouts: by ``"population.state"``, (steps, n) of both in the model's unit.
    """

    index: int
    label: int | None
    answers: tuple[int, int] | None
    spikes: Mapping[str, tuple[np.ndarray, np.ndarray]]
    readouts: Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """The weights of a projection, (n,): ``exact``, and what the chip ``kept`` of them."""

    name: str
    exact: np.ndarray
    kept: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class ChipPortrait:
    """A network on the chip, as figures need it.

    Attributes:
        dt: length of a step [ms].
        duration: of a trial [ms].
        split: which samples were run.
        sizes: of every population.
        classes: names of the classes; empty where the dataset gives none.
        answers: (samples,) of both; None without scores.
        rates: by population, spikes per neuron and trial of both, (n,).
        weights: of every projection.
        samples: the chosen ones.
    """

    dt: float
    duration: float
    split: str
    sizes: Mapping[str, int]
    classes: tuple[str, ...]
    answers: tuple[np.ndarray, np.ndarray] | None
    rates: Mapping[str, tuple[np.ndarray, np.ndarray]]
    weights: tuple[Kept, ...]
    samples: tuple[ChipSample, ...]


def chip_figures(portrait: ChipPortrait) -> list[Figure]:
    """Every figure there is something for, in the order of the page."""
    makers = (_samples, _answers, _activity, _weights)
    return [figure for make in makers for figure in make(portrait)]


def _samples(portrait: ChipPortrait) -> Iterator[Figure]:
    if portrait.samples:
        yield Figure(
            "samples",
            f"Samples of the {portrait.split} set",
            "Spikes of the float network above those of the chip, and below them what is read out: "
            "of the chip brought back to the unit of the model. Chosen by number or, if none was "
            "asked for, the first of up to three classes and the first with two answers.",
            tuple(_sample(portrait, view) for view in portrait.samples),
        )


def _sample(portrait: ChipPortrait, view: ChipSample) -> Panel:
    charts = [
        _raster(portrait, name, spikes, side)
        for name, both in view.spikes.items()
        for side, spikes in enumerate(both)
    ]
    charts += [_readout(portrait, view, name, *both) for name, both in view.readouts.items()]
    title = f"Sample {view.index}"
    if view.label is not None:
        title += f": label {_class(view.label, portrait)}"
    if view.answers is not None:
        first, second = (_class(k, portrait) for k in view.answers)
        title += f", both answer {first}" if first == second else f", answers {first} and {second}"
    return Panel(title, tuple(charts))


def _raster(portrait: ChipPortrait, name: str, spikes: np.ndarray, side: int) -> Chart:
    steps, neurons = np.asarray(spikes).reshape(-1, 2).T
    who = ("float", "chip")[side]
    return Chart(
        Axis("time [ms]", 0.0, portrait.duration),
        Axis(f"{name}, {who}", -0.5, portrait.sizes[name] - 0.5, whole=True),
        f"{len(steps)} spikes of {name}, {who} network",
        dots=(Dots((steps + 1) * portrait.dt, neurons, side),),
        height=0.6,
    )


def _readout(
    portrait: ChipPortrait, view: ChipSample, name: str, exact: np.ndarray, ours: np.ndarray
) -> Chart:
    """The outputs of the label and of both answers in colour, the others in grey."""
    times = (np.arange(len(exact)) + 1) * portrait.dt
    wanted = {k for k in (view.label, *(view.answers or ())) if k is not None}
    shown = [k for k in sorted(wanted) if k < exact.shape[1]] or [0]
    lines = [
        Line(times, exact[:, k], "others, float" if first else "", MUTED)
        for first, k in _firsts(k for k in range(exact.shape[1]) if k not in shown)
    ]
    for colour, k in enumerate(shown):
        word = _class(k, portrait)
        lines.append(Line(times, exact[:, k], f"{word}, float", 2 * colour))
        lines.append(Line(times, ours[:, k], f"{word}, chip", 2 * colour + 1, dashed=True))
    return Chart(
        Axis("time [ms]", 0.0, portrait.duration),
        Axis(name, *span(exact, ours[:, shown])),
        f"{name} of the float network and of the chip over time",
        lines=tuple(lines),
        height=0.8,
    )


def _firsts(numbers: Iterator[int]) -> Iterator[tuple[bool, int]]:
    for place, k in enumerate(numbers):
        yield place == 0, k


def _answers(portrait: ChipPortrait) -> Iterator[Figure]:
    """What the float network answered, and what the chip."""
    if portrait.answers is None:
        return
    one, other = portrait.answers
    size = max(len(portrait.classes), int(max(one.max(), other.max())) + 1)
    counts = np.zeros((size, size), np.int64)
    np.add.at(counts, (one, other), 1)
    same = int(np.trace(counts))
    named = len(portrait.classes) == size
    names = portrait.classes if named else tuple(map(str, range(size)))
    short = max(map(len, names)) * size <= 40
    numbers = tuple(map(str, range(size)))
    chart = Chart(
        Axis("answer of the chip", -0.5, size - 0.5, names=names if short else numbers),
        Axis("answer of the float network", size - 0.5, -0.5, names=names),
        f"Answers of both networks: {same} of {len(one)} samples on the diagonal",
        heat=Heat(counts),
    )
    yield Figure(
        "answers",
        "Answers of both",
        f"The {portrait.split} samples by what each network took them for, right or wrong. Colour "
        "is the square root of the share of the row.",
        (Panel(f"{same} of {len(one)} the same", (chart,)),),
    )


def _activity(portrait: ChipPortrait) -> Iterator[Figure]:
    panels: list[Panel] = []
    for name, (exact, ours) in portrait.rates.items():
        high = max(float(exact.max()), float(ours.max())) or 1.0
        edges = np.linspace(0.0, high, _BINS + 1)
        bars = _two(edges, exact, ours)
        chart = Chart(
            Axis("spikes per neuron and trial", 0.0, 1.02 * high),
            Axis("neurons", 0.0, _top(bars), whole=True),
            f"{name}: mean {exact.mean():.3g} spikes in float, {ours.mean():.3g} on the chip",
            bars=bars,
            rules=(Rule(float(ours.mean()), f"mean on the chip {ours.mean():.3g}"),),
        )
        silent = [int(np.count_nonzero(rate == 0)) for rate in (exact, ours)]
        worst = float(np.abs(ours - exact).max())
        note = f"Silent: {silent[0]} in float, {silent[1]} on the chip of {len(ours)} neurons; "
        panels.append(Panel(name, (chart,), f"{note}largest difference {worst:.3g} spikes."))
    if panels:
        yield Figure(
            "activity", "Activity", f"Mean over the {portrait.split} samples.", tuple(panels)
        )


def _weights(portrait: ChipPortrait) -> Iterator[Figure]:
    yield Figure(
        "weights",
        "Weights before and after rounding",
        "In the unit of the model; the chip's are its whole numbers brought back to it.",
        tuple(_kept(entry) for entry in portrait.weights if entry.exact.size),
    )


def _kept(entry: Kept) -> Panel:
    low, high = span(entry.exact, entry.kept)
    bars = _two(np.linspace(low, high, _BINS + 1), entry.exact, entry.kept)
    values = len(np.unique(entry.kept))
    chart = Chart(
        Axis("weight", low, high),
        Axis("synapses", 0.0, _top(bars), whole=True),
        f"{entry.name}: {entry.exact.size} weights, {values} values on the chip",
        bars=bars,
    )
    zero = int(np.count_nonzero((entry.kept == 0) & (entry.exact != 0)))
    return Panel(entry.name, (chart,), f"{values} different values; {zero} weights became 0.")


def _two(edges: np.ndarray, exact: np.ndarray, ours: np.ndarray) -> tuple[Bars, Bars]:
    first, second = (np.histogram(v, edges)[0] for v in (exact, ours))
    return Bars(edges, first, "float", _FLOAT), Bars(edges, second, "chip", _CHIP, filled=False)


def _top(bars: tuple[Bars, ...]) -> float:
    return 1.06 * max(1.0, *(float(b.heights.max()) for b in bars))


def _class(k: int, portrait: ChipPortrait) -> str:
    return portrait.classes[k] if k < len(portrait.classes) else str(k)
