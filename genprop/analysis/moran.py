"""Moran's I: whether neighbouring cells of an image are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop._checks import is_one_of
from genprop.analysis.connections import connections
from genprop.analysis.null_model import compare, shuffled_channels, shuffled_delays
from genprop.analysis.receptive_field import receptive_fields
from genprop.errors import ConfigurationError, DataError, did_you_mean

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source
    from genprop.analysis.null_model import Compared

__all__ = ["field_grouping", "moran"]

_SHUFFLES = {"delays": shuffled_delays, "channels": shuffled_channels}


def moran(image: npt.ArrayLike) -> np.ndarray:
    """Moran's I of an image, or of each of a stack, in about [−1, 1].

        I = (N/W) Σ_ab (x_a − x̄)(x_b − x̄) / Σ_a (x_a − x̄)²

    over all ordered pairs of cells a, b that have an edge in common (rook's neighbours), of which
    there are W, with N cells: 1 for large patches, −1 for a chequerboard, −1/(N − 1) on average by
    chance.

    Args:
        image: (..., rows, columns), in any unit.

    Returns:
        (...): NaN for an image whose cells are all alike.

    Raises:
        DataError: for fewer than two cells, or numbers that are not finite.

    Source: Moran (1950), doi:10.1093/biomet/37.1-2.17.
    """
    x = np.asarray(image, np.float64)
    if x.ndim < 2 or x.shape[-1] * x.shape[-2] < 2 or not np.isfinite(x).all():
        raise DataError(
            f"an array of shape {x.shape} is no image of finite numbers",
            remedy="give (rows, columns) or a stack of such",
        )
    rows, columns = x.shape[-2:]
    deviation = x - x.mean(axis=(-2, -1), keepdims=True)
    beside = (deviation[..., 1:, :] * deviation[..., :-1, :]).sum(axis=(-2, -1))
    beside = beside + (deviation[..., :, 1:] * deviation[..., :, :-1]).sum(axis=(-2, -1))
    pairs = rows * (columns - 1) + columns * (rows - 1)
    total = np.square(deviation).sum(axis=(-2, -1))
    alike = total <= 1e-24 * rows * columns * np.square(x).max(axis=(-2, -1))
    return np.where(alike, np.nan, rows * columns * beside / (pairs * np.where(alike, 1, total)))


def field_grouping(
    source: Source,
    projection: str = "",
    *,
    shuffled: str = "delays",
    rows: int = 0,
    width: float = 1.0,
    nulls: int = 0,
    seed: int = 0,
) -> Compared:
    """How excitation and inhibition group together in receptive fields: their mean Moran's I.

    The mean is over the receivers whose fields are not all alike; cells without a synapse are 0.

    Args:
        source: a simulator, or connections with delays.
        projection: of a simulator.
        shuffled: what the nulls have in another order: each receiver's ``"delays"``, or its
            ``"channels"``.
        rows: see :func:`receptive_fields`.
        width: of a column [ms].
        nulls: how many there are.
        seed: of the nulls.

    Beside the nulls belongs the same network before training.

    Raises:
        ConfigurationError: for another word.
        UnsupportedError: for a projection without delays.
        DataError: where all fields are alike.

    Source: grouping in channel and delay is a claim of arXiv:2407.18917, which gives no statistic.
    """
    if not is_one_of(shuffled, _SHUFFLES):
        raise ConfigurationError(
            f"shuffled cannot be {shuffled!r:.60}", remedy=did_you_mean(str(shuffled), _SHUFFLES)
        )

    def measure(one: Connections) -> float:
        found = moran(receptive_fields(one, rows=rows, width=width).image)
        if np.isnan(found).all():
            raise DataError(
                f"in every receptive field of {one.name} all cells are alike",
                remedy="give weights of which some differ",
            )
        return float(np.nanmean(found))

    return compare(
        measure,
        connections(source, projection),
        _SHUFFLES[shuffled],
        nulls=nulls,
        seed=seed,
        shuffled=shuffled,
    )
