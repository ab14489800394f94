"""A batch with other events in its samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop._checks import integer
from genprop.data.order import bounds, ordered
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch

__all__ = ["last_moment", "masked", "pooled", "rebuilt", "refuse_inputs"]

Channels = npt.NDArray[np.int32]
Floats = npt.NDArray[np.floating]


def masked(
    batch: SpikeBatch,
    keep: npt.NDArray[np.bool_],
    times: Floats | None = None,
    channels: Channels | None = None,
    duration: float | None = None,
) -> SpikeBatch:
    """The batch with the events to keep, their order unchanged; what is given takes the place."""
    return replace(
        batch,
        start=bounds(keep)[batch.start],
        times=(batch.times if times is None else times)[keep],
        channels=(batch.channels if channels is None else channels)[keep],
        duration=batch.duration if duration is None else duration,
    )


def rebuilt(batch: SpikeBatch, owner: Channels, times: Floats, channels: Channels) -> SpikeBatch:
    """The batch with other events, which need no order."""
    counts = np.bincount(owner, minlength=len(batch))
    times, channels = ordered(owner, times, channels)
    return replace(batch, start=bounds(counts), times=times, channels=channels)


def pooled(batch: SpikeBatch, pool: int) -> SpikeBatch:
    """The batch with ``pool`` neighbouring channels as one, which has the events of all."""
    refuse_inputs("pooled", batch)
    by = integer(pool, "pooled(pool)", least=1, fault=DataError)
    return replace(
        batch,
        channels=batch.channels // np.int64(by),
        channels_total=-(-batch.channels_total // by),
    )


def last_moment(batch: SpikeBatch) -> float:
    """The largest time below the duration that the batch's type can hold [ms]."""
    kind = batch.times.dtype.type
    moment = kind(batch.duration)
    return float(moment if moment < batch.duration else np.nextafter(moment, kind(0)))


def refuse_inputs(what: object, batch: SpikeBatch) -> None:
    """Refuse a batch of several sources; ``what`` acts on one."""
    if batch.inputs:
        raise DataError(
            f"{what} acts on a batch with one source, this one has {len(batch.inputs)}",
            remedy="change the sources before joining them",
        )
