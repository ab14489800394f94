"""The figure of spikes: a stroke for each, neurons over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError
from genprop.plot.canvas import axes_for
from genprop.plot.style import GREY

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes

    Train: TypeAlias = "tuple[npt.ArrayLike, npt.ArrayLike]"
    """Times (k,) [ms] and neurons (k,)."""

__all__ = ["raster"]


def raster(
    spikes: SpikeBatch | Sequence[Train] | Train,
    *,
    sample: int = 0,
    size: int | None = None,
    duration: float | None = None,
    label: str = "neuron",
    colour: str = GREY,
    ax: Axes | None = None,
) -> Axes:
    """A stroke per spike, 0.7 rows high but never too small to see.

    Args:
        spikes: a batch; or what ``sim.spike_trains(…)`` gave; or one pair of times (k,) [ms] and
            neurons (k,).
        sample: which of several is drawn.
        size: of the population; by default that of the batch, else as many as spiked.
        duration: of the trial [ms]; by default that of the batch, else until the last spike.
        label: what the rows are.
        colour: of the strokes.
        ax: where they are drawn; by default on new axes.

    Raises:
        DataError: for a sample that is not there, and spikes of another form.
        ConfigurationError: where matplotlib is not installed.
    """
    if isinstance(spikes, SpikeBatch):
        size = spikes.channels_total if size is None else size
        duration = spikes.duration if duration is None else duration
    times, neurons = _train(spikes, sample)
    size = int(neurons.max(initial=0)) + 1 if size is None else size
    duration = float(times.max(initial=1.0)) if duration is None else duration
    ax = axes_for(ax)
    gap = np.full(len(neurons), np.nan)
    ends = np.stack([neurons - 0.35, neurons + 0.35, gap], axis=1)
    ax.plot(np.repeat(times, 3), ends.ravel(), color=colour, solid_capstyle="projecting")
    ax.grid(False)
    ax.set(xlim=(0.0, duration), ylim=(-0.5, size - 0.5), xlabel="time [ms]", ylabel=label)
    ax.locator_params(axis="y", nbins=4, integer=True)
    return ax


def _train(
    spikes: SpikeBatch | Sequence[Train] | Train, sample: int
) -> tuple[np.ndarray, np.ndarray]:
    """Times and neurons of one sample."""
    try:
        if isinstance(spikes, SpikeBatch):
            found = spikes.sample(sample) if 0 <= sample < len(spikes) else None
        elif isinstance(spikes, tuple):
            found = spikes
        else:
            found = spikes[sample] if 0 <= sample < len(spikes) else None
        if found is None:
            raise DataError(
                f"there is no sample {sample}", remedy=f"choose from 0 to {len(spikes) - 1}"
            )
        times, neurons = (np.asarray(values, np.float64) for values in found)
    except (TypeError, ValueError):
        times, neurons = np.zeros(0), np.zeros(1)
    if times.ndim != 1 or times.shape != neurons.shape:
        raise DataError(
            f"{spikes!r:.60} are no spikes",
            where="plot.raster(spikes, …)",
            remedy="give a SpikeBatch, what sim.spike_trains(…) gave, or (times, neurons)",
        )
    return times, neurons
