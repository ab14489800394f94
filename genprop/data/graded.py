"""Batches of values instead of spikes: one number per channel, constant or anew in every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from genprop.data.batch_rules import integer_labels
from genprop.data.spikes import SpikeBatch
from genprop.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from genprop.data.batch_rules import Floats, Integers
    from genprop.data.quantity import Time

__all__ = ["GradedBatch"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GradedBatch(SpikeBatch):
    """Samples that are values, for networks with sources ``gp.graded()``; made by :meth:`of`.

    It has no events. As a :class:`SpikeBatch` it can be the samples of a :class:`Dataset`.

    Attributes:
        graded: float (batch, n), the same in every step, or (batch, steps, n); by the name of the
            source where a network has several.
    """

    graded: Mapping[str, Floats] = field(default_factory=lambda: dict[str, "Floats"]())

    @classmethod
    def of(
        cls,
        values: npt.ArrayLike | Mapping[str, npt.ArrayLike],
        *,
        labels: npt.ArrayLike | None = None,
        targets: npt.ArrayLike | None = None,
    ) -> GradedBatch:
        """A batch of ``values`` (batch, n), (batch, steps, n), or several by source.

        Raises:
            DataError: for arrays of another form, or that are not finite, and sources that differ
                in the number of samples.
        """
        given = values if isinstance(values, Mapping) else {"": values}
        arrays = {name: _sound(name, array) for name, array in given.items()}
        sizes = {name: len(array) for name, array in arrays.items()}
        if len(set(sizes.values())) != 1:
            raise DataError(
                f"the sources differ in their number of samples: {sizes}" if sizes else "no values",
                remedy="give every source the same samples",
            )
        batch = next(iter(sizes.values()))
        return cls(
            start=np.zeros(batch + 1, np.int64),
            times=np.zeros(0, np.float32),
            channels=np.zeros(0, np.int32),
            channels_total=next(iter(arrays.values())).shape[-1],
            duration=1.0,
            labels=None if labels is None else integer_labels(np.asarray(labels)),
            targets=None if targets is None else np.asarray(targets, np.float64),
            graded=arrays,
        )

    def __str__(self) -> str:
        shapes = ", ".join(f"{name}{x.shape}" for name, x in self.graded.items())
        return f"GradedBatch of {len(self)} samples, values {shapes}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def values_of(self, source: str) -> Floats:
        """What the source population ``source`` sends: its values, or all if they are alone.

        Raises:
            DataError: where the batch has several sources and none of that name.
        """
        if [*self.graded] == [""]:
            return self.graded[""]
        if source not in self.graded:
            raise DataError(
                f"the batch has no values for the population {source!r}",
                remedy=did_you_mean(source, self.graded),
            )
        return self.graded[source]

    def replaced(self, source: str, values: Floats) -> GradedBatch:
        """The same samples with other values of one source."""
        key = "" if [*self.graded] == [""] else source
        return self._like({**self.graded, key: values}, self.labels, self.targets)

    def select(self, indices: Integers | Sequence[int]) -> GradedBatch:
        """The batch of the samples ``indices``, in that order."""
        chosen = np.atleast_1d(np.asarray(indices))
        SpikeBatch.select(self, chosen)  # refuses what is no sample
        labels = None if self.labels is None else self.labels[chosen]
        targets = None if self.targets is None else self.targets[chosen]
        return self._like({n: x[chosen] for n, x in self.graded.items()}, labels, targets)

    def crop(self, duration: Time) -> GradedBatch:
        """The same: values have no duration of their own."""
        return self

    def _like(
        self, graded: Mapping[str, Floats], labels: npt.ArrayLike | None, targets: Floats | None
    ) -> GradedBatch:
        return GradedBatch.of(graded, labels=labels, targets=targets)


def _sound(name: str, given: npt.ArrayLike) -> Floats:
    where = f"values of {name}" if name else "values"
    try:
        found = np.asarray(given)
    except ValueError as error:
        raise DataError("values are no array", where=where, remedy="give (batch, n)") from error
    if found.dtype.kind not in "iuf" or found.ndim not in (2, 3):
        raise DataError(
            f"values of shape {found.shape} and type {found.dtype}",
            where=where,
            remedy="give numbers of shape (batch, n) or (batch, steps, n)",
        )
    if not np.isfinite(found).all():
        sample = int(np.argwhere(~np.isfinite(found))[0][0])
        raise DataError("a value is not finite", where=f"{where}, sample {sample}")
    return found.astype(np.float32 if found.dtype == np.float32 else np.float64, copy=False)
