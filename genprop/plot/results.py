"""The figure of what a run recorded: spikes above states, on one time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.errors import DataError, InternalError
from genprop.plot.canvas import stacked_axes
from genprop.plot.spikes import raster
from genprop.plot.style import COLOURS, legend
from genprop.plot.traces import states
from genprop.runtime.spike_trains import spike_trains

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.backends.base import Outcome
    from genprop.data.spikes import SpikeBatch

__all__ = ["recorded"]

_SPIKES = (".spikes", ".spike_times")


def recorded(outcome: Outcome, inputs: SpikeBatch | None = None, *, sample: int = 0) -> list[Axes]:
    """Everything that was recorded of one sample: input spikes, spikes of neurons, states.

    Args:
        outcome: what ``sim.run(batch, record=["hidden.spikes", "out.v"])`` gave.
        inputs: the batch, to draw the spikes that went in above the rest.
        sample: which one of the batch.

    Returns the axes, from above.

    Raises:
        DataError: where nothing was recorded, or there is no such sample.
        ConfigurationError: where matplotlib is not installed.
    """
    clock = outcome.clock
    if not outcome.recorded:
        raise DataError(
            "nothing was recorded, so there is nothing to draw",
            remedy='sim.run(batch, record=["hidden.spikes", "out.v"])',
        )
    if clock is None:
        raise InternalError("this outcome does not know its clock")
    populations = [name.rsplit(".", 1)[0] for name in outcome.recorded if name.endswith(_SPIKES)]
    populations = list(dict.fromkeys(populations))
    traces = [name for name in outcome.recorded if not name.endswith(_SPIKES)]
    sources = {} if inputs is None else (dict(inputs.inputs) or {"input": inputs})
    heights = [1.0] * (len(sources) + len(populations)) + [1.3] * len(traces)
    axes = list(stacked_axes(heights))
    rest = iter(axes)
    for name, batch in sources.items():
        raster(
            batch, sample=sample, duration=clock.duration, label=name, colour=COLOURS[0],
            ax=next(rest),
        )  # fmt: skip
    for name in populations:
        trains = spike_trains(clock, outcome, name)
        size = outcome.spikes[name].shape[1]
        raster(
            trains, sample=sample, size=size, duration=clock.duration, label=name,
            colour=COLOURS[1], ax=next(rest),
        )  # fmt: skip
    for name in traces:
        ax = states(outcome, name, sample=sample, ax=next(rest))
        ax.set_xlim(0.0, clock.duration)
        legend(ax)
    for ax in axes:
        ax.label_outer()
    return axes
