"""The samples of a batch that one of several processes has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.data.spikes import SpikeBatch

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["PartialBatch"]


@dataclass(frozen=True, slots=True, eq=False)
class PartialBatch(SpikeBatch):
    """Neighbouring samples of a batch, and the labels of all; ``len`` counts those that are here.

    Attributes:
        samples: of the whole batch.
        first: which of them is the first one here.
        groups: which groups of the batch these samples are: the first, and the one after the last.
        every_label: (samples,) the labels of the whole batch.
    """

    samples: int = 0
    first: int = 0
    groups: tuple[int, int] = (0, 0)
    every_label: npt.NDArray[np.int64] | None = None

    @property
    def whole_size(self) -> int:
        """Samples of the whole batch."""
        return self.samples

    @property
    def whole_labels(self) -> npt.NDArray[np.int64] | None:
        """Labels of the whole batch."""
        return self.every_label
