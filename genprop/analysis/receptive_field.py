"""Receptive fields: what a neuron hears, by channel and delay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer, real, within_memory
from genprop.analysis.connections import connections
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source

__all__ = ["ReceptiveFields", "average_field", "receptive_fields"]


@dataclass(frozen=True, slots=True, eq=False)
class ReceptiveFields:
    """R[j, channel, delay] of every receiver j.

    Attributes:
        image: (post, rows, columns), the sum of the weights in each cell, in base units.
        channel_edges: (rows + 1,) the first sender of each row, and how many there are.
        delay_edges: (columns + 1,) [ms].
    """

    image: np.ndarray
    channel_edges: np.ndarray
    delay_edges: np.ndarray


def receptive_fields(
    source: Source,
    projection: str = "",
    *,
    rows: int = 0,
    width: float = 1.0,
) -> ReceptiveFields:
    """The weights onto each receiver as images, signed.

        R_j[c, b] = Σ w_k over the synapses k onto j from a sender in row c with a delay in column b

    Args:
        source: a simulator, or connections with delays.
        projection: of a simulator.
        rows: neighbouring senders are put together into so many, i into row ⌊i rows/pre⌋; by
            default each has its own.
        width: of a column [ms]; columns begin at 0, each holds its lower edge.

    Raises:
        UnsupportedError: for a projection without delays, and images beyond this machine's memory.

    Source: signed images of channel and delay are those of arXiv:2407.18917.
    """
    found = connections(source, projection)
    if found.delay.size != found.weight.size:
        raise UnsupportedError(
            f"{found.name} has no delays, so its receptive fields have one column",
            remedy="connect(…, delay=…), or connections(weights, delay=…)",
        )
    count = min(integer(rows, "rows") or found.sizes[0], found.sizes[0])
    channels = -(-np.arange(count + 1) * found.sizes[0] // count)
    step = real(width, "width", above=0.0)
    columns = int(min(found.delay.max(initial=0.0) // step, 2.0**50)) + 1
    within_memory(
        float(found.sizes[1]) * count * columns,
        f"the receptive fields of {found.name}",
        "give fewer rows or wider columns",
    )
    return ReceptiveFields(
        _images(found, count, step, columns), channels, step * np.arange(columns + 1)
    )


def average_field(fields: ReceptiveFields, *, align: bool = True, least: float = 0.0) -> np.ndarray:
    """The mean image of all receivers, each moved so that its centre stands in the middle.

    The centre is that of |R|, rounded to a cell; a receiver without weights does not count. Cells
    that too few images reach are NaN.

    Args:
        fields: of a projection.
        align: whether images are moved, in (2 rows − 1, 2 columns − 1) cells; else the mean of
            cells as they stand, (rows, columns).
        least: the fraction of the images that has to reach a cell; one does in any case.
    """
    images = fields.image[np.abs(fields.image).sum(axis=(1, 2)) > 0]
    rows, columns = fields.image.shape[1:]
    if not align:
        return images.mean(axis=0) if len(images) else np.full((rows, columns), np.nan)
    total = np.zeros((2 * rows - 1, 2 * columns - 1))
    count = np.zeros(total.shape)
    for image in images:
        size = np.abs(image)
        at = [size.sum(axis=1 - k) @ np.arange(size.shape[k]) / size.sum() for k in (0, 1)]
        first = (rows - 1 - round(float(at[0])), columns - 1 - round(float(at[1])))
        window = tuple(slice(a, a + n) for a, n in zip(first, (rows, columns), strict=True))
        total[window] += image
        count[window] += 1
    enough = count >= max(1.0, real(least, "least", most=1.0) * len(images))
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=enough)


def _images(found: Connections, rows: int, width: float, columns: int) -> np.ndarray:
    row = found.pre * rows // found.sizes[0]
    column = np.minimum((found.delay // width).astype(np.int64), columns - 1)
    cell = (found.post * rows + row) * columns + column
    shape = (found.sizes[1], rows, columns)
    return np.bincount(cell, found.weight, int(np.prod(shape))).reshape(shape)
