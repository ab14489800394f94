"""Where in space an input channel is heard, and where a network is active."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop._checks import integer, real
from genprop.analysis.connections import connections
from genprop.errors import DataError, UnsupportedError

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source

__all__ = [
    "SpikeTrains",
    "activity_distance",
    "preferred_positions",
    "receiver_positions",
    "spike_triggered_positions",
]

SpikeTrains: TypeAlias = "Sequence[tuple[np.ndarray, np.ndarray]]"
"""Per sample times (k,) [ms] and neurons (k,), in order of time, as ``sim.spike_trains`` gives."""


def preferred_positions(source: Source, projection: str = "") -> np.ndarray:
    """The position that every sender prefers by its weights, (pre, dims) in units of space.

        P_c = Σ_j |w_cj| x_j / Σ_j |w_cj|

    over its receivers j at x_j; NaN for a sender without weights.

    Args:
        source: a simulator, or connections whose receivers have positions.
        projection: of a simulator.

    Raises:
        UnsupportedError: for receivers without positions.

    Source: arXiv:2511.01632.
    """
    found = connections(source, projection)
    place, size = receiver_positions(found), np.abs(found.weight)
    total = np.bincount(found.pre, size, found.sizes[0])
    moment = [np.bincount(found.pre, size * x[found.post], found.sizes[0]) for x in place.T]
    return _mean(np.stack(moment, axis=1), total)


def spike_triggered_positions(
    senders: SpikeTrains,
    receivers: SpikeTrains,
    channels: int,
    positions: np.ndarray,
    *,
    window: float,
    since: float = 0.0,
    until: float = float("inf"),
) -> np.ndarray:
    """The position that every channel prefers by spikes, (channels, dims) in units of space.

        P_c = Σ n_c(t) x_j / Σ n_c(t),   n_c(t) = number of spikes of c in (t − window, t]

    over all spikes of receivers j at t: the reverse spike-triggered average. NaN for a channel
    that no spike follows.

    Args:
        senders: spikes of the channels, per sample; ``batch.source("input").sample(k)``.
        receivers: of the neurons with positions, per sample; ``sim.spike_trains(outcome, …)``.
        channels: how many there are.
        positions: (n, dims) of the receivers.
        window: how far back senders' spikes count [ms].
        since: receivers' spikes before that do not count [ms].
        until: nor do those from then on [ms].

    Raises:
        DataError: for other numbers of samples, channels or neurons.

    Source: arXiv:2511.01632.
    """
    length = real(window, "window", above=0.0)
    place = np.asarray(positions, np.float64)
    total, moment = np.zeros(channels), np.zeros((channels, place.shape[1]))
    if len(senders) != len(receivers):
        raise DataError(
            f"{len(senders)} samples of senders beside {len(receivers)} of receivers",
            remedy="give the same samples of both",
        )
    for (sent, channel), (times, neuron) in zip(senders, receivers, strict=True):
        _inside(channel, integer(channels, "channels"), "channel")
        _inside(neuron, len(place), "neuron")
        order = np.argsort(sent, kind="stable")
        counted = (times >= since) & (times < until)
        late, own = times[counted], neuron[counted]
        first, last = (np.searchsorted(sent[order], t, "right") for t in (late - length, late))
        number = last - first
        begin = np.repeat(first - np.cumsum(number) + number, number)
        before = channel[order][begin + np.arange(number.sum())]
        total += np.bincount(before, minlength=channels)
        for k, x in enumerate(place.T):
            moment[:, k] += np.bincount(before, np.repeat(x[own], number), channels)
    return _mean(moment, total)


def activity_distance(trains: SpikeTrains, positions: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How far from the centre a network is active over the time of a trial, in units of space.

    The mean of ‖x_j − x̄‖ over the spikes in each bin, x̄ the mean of all positions: activity that
    moves outward makes it rise. NaN in a bin without spikes.

    Args:
        trains: spikes of the neurons, per sample.
        positions: (n, dims).
        edges: (bins + 1,) of the bins of time [ms], ascending; the last holds its upper edge.

    Returns:
        (bins,).

    Raises:
        DataError: for spikes of other neurons.
    """
    place = np.asarray(positions, np.float64)
    far = np.linalg.norm(place - place.mean(axis=0), axis=1)
    times = np.concatenate([np.zeros(0), *(t for t, _ in trains)])
    neuron = np.concatenate([np.zeros(0, np.int64), *(n for _, n in trains)])
    _inside(neuron, len(place), "neuron")
    total, _ = np.histogram(times, edges, weights=far[neuron])
    count, _ = np.histogram(times, edges)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)


def receiver_positions(found: Connections) -> np.ndarray:
    """(post, dims) of the receivers.

    Raises:
        UnsupportedError: where they have none.
    """
    place = found.positions[1]
    if place is None:
        raise UnsupportedError(
            f"the receivers of {found.name} have no positions",
            remedy="population(…, position=…), or connections(…, positions=(None, …))",
        )
    return place


def _mean(moment: np.ndarray, total: np.ndarray) -> np.ndarray:
    """moment/total by row, NaN where total is 0."""
    weight = total[:, None]
    return np.divide(moment, weight, out=np.full(moment.shape, np.nan), where=weight > 0)


def _inside(numbers: np.ndarray, size: int, what: str) -> None:
    if numbers.size and not (numbers.min() >= 0 and numbers.max() < size):
        raise DataError(
            f"a spike of {what} {numbers.max()}, but there are {size}",
            remedy="give spikes and positions of one population",
        )
