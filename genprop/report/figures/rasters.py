"""Chosen samples: input spikes above the hidden activity above the outputs, on one time axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from genprop.report.figures.chart import MUTED, Axis, Chart, Dots, Figure, Line, Panel
from genprop.report.figures.scales import span

if TYPE_CHECKING:
    from genprop.report.figures.portrait import Portrait
    from genprop.report.figures.samples import Raster, SampleView, Trace

__all__ = ["raster_figure"]

_INPUT, _HIDDEN = 0, 1
_MOST_OTHERS = 40


def raster_figure(portrait: Portrait) -> Iterator[Figure]:
    """One panel per chosen sample."""
    if portrait.samples:
        yield Figure(
            "samples",
            f"Samples of the {portrait.split} set",
            "Input spikes above the spikes of the network above what the loss looks at. "
            "Chosen by number or, if none was asked for, the first of up to three classes and the "
            "first that is taken for a wrong one.",
            tuple(_panel(view, portrait.classes) for view in portrait.samples),
        )


def _panel(view: SampleView, classes: tuple[str, ...]) -> Panel:
    charts = [_raster(r, view, _INPUT, 0.55) for r in view.inputs]
    charts += [_raster(r, view, _HIDDEN, 0.75) for r in view.hidden]
    charts += [_outputs(trace, view, classes) for trace in view.outputs]
    title = f"Sample {view.index}"
    if view.label is not None:
        title += f": label {_class(view.label, classes)}"
    if view.answer is not None:
        verdict = "" if view.label is None else (", right" if _right(view) else ", wrong")
        title += f", answer {_class(view.answer, classes)}{verdict}"
    return Panel(title, tuple(charts))


def _right(view: SampleView) -> bool:
    return view.label == view.answer


def _class(k: int, classes: tuple[str, ...]) -> str:
    return classes[k] if k < len(classes) else str(k)


def _time(view: SampleView) -> Axis:
    return Axis("time [ms]", 0.0, view.duration)


def _raster(raster: Raster, view: SampleView, colour: int, height: float) -> Chart:
    kind = "channel" if raster.source else "neuron"
    label = f"{raster.population} {kind}" if len(raster.population) <= 8 else raster.population
    return Chart(
        _time(view),
        Axis(label, -0.5, raster.size - 0.5, whole=True),
        f"{len(raster.times)} spikes of {raster.population}, {raster.size} neurons, "
        f"in {view.duration:g} ms",
        dots=(Dots(raster.times, raster.neurons, colour),),
        height=height,
    )


def _outputs(trace: Trace, view: SampleView, classes: tuple[str, ...]) -> Chart:
    """The label's output in colour, the answer's if it is another, the rest in grey."""
    values = trace.values
    times = (np.arange(len(values)) + 1) * view.dt
    coloured = {view.answer: "answer", view.label: "label"}
    others = [k for k in range(values.shape[1]) if k not in coloured][:_MOST_OTHERS]
    lines = [Line(times, values[:, k], "others" if k == others[0] else "", MUTED) for k in others]
    for colour, (k, role) in zip((3, 2), coloured.items(), strict=False):
        if k is not None and k < values.shape[1]:
            said = "label and answer" if _right(view) else role
            name = f"{_class(k, classes)} ({said})"
            lines.append(Line(times, values[:, k], name, 2 if k == view.label else colour))
    low, high = span(values)
    unit = "" if trace.unit == "1" else f" [{trace.unit}]"
    return Chart(
        _time(view),
        Axis(f"{trace.population}.{trace.state}{unit}", low, high),
        f"{trace.state} of the {values.shape[1]} neurons of {trace.population} over time",
        lines=tuple(lines),
        height=0.8,
    )
