"""Chosen samples: input spikes above the hidden activity above the outputs, on one time axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.plot.spikes import raster
from genprop.plot.style import COLOURS, class_name
from genprop.plot.traces import states
from genprop.report.figures.figure import Chart, Figure, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.report.figures.run_data import RunData
    from genprop.report.figures.samples import Raster, SampleView, Trace

__all__ = ["plot_outputs", "raster_figure"]


def raster_figure(data: RunData) -> Iterator[Figure]:
    """One panel per chosen sample."""
    if data.samples:
        yield Figure(
            "samples",
            f"Samples of the {data.split} set",
            "Input spikes above the spikes of the network above what the loss looks at. "
            "Chosen by number or, if none was requested, the first of up to three classes and the "
            "first that is taken for a wrong one.",
            tuple(_panel(view, data.classes) for view in data.samples),
        )


def plot_outputs(ax: Axes, trace: Trace, view: SampleView, classes: tuple[str, ...]) -> None:
    """The label's output in colour, the prediction's if it is another, the rest in grey."""
    chosen = {view.prediction: (COLOURS[3], "prediction"), view.label: (COLOURS[2], "label")}
    if _right(view):
        chosen[view.label] = (COLOURS[2], "label and prediction")
    named = {
        k: (colour, f"{class_name(k, classes)} ({role})")
        for k, (colour, role) in chosen.items()
        if k is not None
    }
    unit = "" if trace.unit == "1" else f" [{trace.unit}]"
    name = f"{trace.population}.{trace.state}{unit}"
    states(trace.values, name, dt=view.dt, chosen=named, ax=ax)
    ax.set_xlim(0.0, view.duration)


def _panel(view: SampleView, classes: tuple[str, ...]) -> Panel:
    charts = [_raster(r, view, COLOURS[0], 0.6) for r in view.inputs]
    charts += [_raster(r, view, COLOURS[1], 0.75) for r in view.hidden]
    charts += [_outputs(trace, view, classes) for trace in view.outputs]
    title = f"Sample {view.index}"
    if view.label is not None:
        title += f": label {class_name(view.label, classes)}"
    if view.prediction is not None:
        verdict = "" if view.label is None else (", correct" if _right(view) else ", wrong")
        title += f", prediction {class_name(view.prediction, classes)}{verdict}"
    return Panel(title, tuple(charts))


def _raster(found: Raster, view: SampleView, colour: str, height: float) -> Chart:
    name = found.population
    kind = "channel" if found.source else "neuron"
    label = f"{name} {kind}" if len(name) <= 8 else name

    def draw(ax: Axes) -> None:
        train = (found.times, found.neurons)
        raster(train, size=found.size, duration=view.duration, label=label, colour=colour, ax=ax)

    return Chart(
        draw,
        f"{len(found.times)} spikes of {name}, {found.size} neurons, in {view.duration:g} ms",
        height,
    )


def _outputs(trace: Trace, view: SampleView, classes: tuple[str, ...]) -> Chart:
    return Chart(
        lambda ax: plot_outputs(ax, trace, view, classes),
        f"{trace.state} of the {trace.values.shape[1]} neurons of {trace.population} over time",
        height=0.8,
    )


def _right(view: SampleView) -> bool:
    return view.label == view.prediction
