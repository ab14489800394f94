"""Which samples make which batch: a function of seed and epoch alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from genprop._checks import integer, refuse_unlike_all
from genprop.data.parts import entropy
from genprop.errors import DataError

__all__ = ["Batches", "Seed", "drawn"]

Seed = int | tuple[int, int]
Batches = Iterator[tuple[npt.NDArray[np.int64], np.random.Generator | None]]
"""Per batch its samples, and what its augmentation is drawn from; None without a seed."""


def drawn(
    samples: int,
    size: int,
    seed: Seed | None,
    augment: Sequence[object] | None = None,
    *,
    drop_last: bool = False,
    first: int = 0,
) -> Batches:
    """The batches of a data set, see :meth:`~genprop.data.dataset.Dataset.batches`.

    Raises:
        DataError: for a size below 1, a negative seed, or augmentation without a seed.
    """
    if integer(size, "batches(size)") < 1:
        raise DataError(f"a batch of {size} samples cannot be", remedy="give a size of at least 1")
    if augment is not None:
        refuse_unlike_all(augment, "apply", "augment=[…]", "gp.data.Shift(…)", DataError)
    if augment and seed is None:
        raise DataError(
            "augmentation without a seed could not be repeated",
            remedy="give batches(..., seed=(seed, epoch)), or augment=()",
        )
    integer(first, "batches(first=…)")
    count = samples // size if drop_last else math.ceil(samples / size)
    return _drawn(samples, size, entropy(seed), range(first, count))


def _drawn(samples: int, size: int, seed: list[int] | None, numbers: range) -> Batches:
    order = np.arange(samples)
    if seed is not None:
        order = np.random.default_rng([*seed, 0]).permutation(samples)
    for k in numbers:
        rng = None if seed is None else np.random.default_rng([*seed, k + 1])
        yield order[k * size : (k + 1) * size], rng
