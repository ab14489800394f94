"""The synapses of a moment: who is connected to whom, as state that may change between batches."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Synapses", "Topology"]


def _none() -> NDArray[np.int64]:
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Synapses:
    """The synapses of one projection, in the order of its weights.

    Attributes:
        pre: neurons that send.
        post: neurons that receive.
        row_start: (pre + 1,) int64, where each sender's synapses begin; empty where dense.
        column: (nnz,) int64, the receivers, ascending for each sender; empty where dense.
        dense: whether everyone is connected to everyone; then arrays are (pre, post).
    """

    pre: int
    post: int
    row_start: NDArray[np.int64] = field(default_factory=_none)
    column: NDArray[np.int64] = field(default_factory=_none)
    dense: bool = True

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of weights and delays: ``(pre, post)``, or ``(nnz,)`` in row order."""
        return (self.pre, self.post) if self.dense else (int(self.column.size),)

    @property
    def row(self) -> NDArray[np.int64]:
        """The sender of every synapse, (nnz,); sparse ones only."""
        return np.repeat(np.arange(self.pre), np.diff(self.row_start))

    def of_pre(self, values: np.ndarray) -> np.ndarray:
        """What senders (pre,) have, at their synapses; broadcasts to :attr:`shape`."""
        return values[:, None] if self.dense else values[self.row]

    def of_post(self, values: np.ndarray) -> np.ndarray:
        """What receivers (post,) have, at their synapses; broadcasts to :attr:`shape`."""
        return values[None, :] if self.dense else values[self.column]

    def sum_pre(self, values: np.ndarray) -> np.ndarray:
        """Σ over the synapses of each sender, (pre,): the transpose of :meth:`of_pre`."""
        if self.dense:
            return values.sum(axis=1)
        return np.bincount(self.row, values, self.pre)

    def sum_post(self, values: np.ndarray) -> np.ndarray:
        """Σ over the synapses of each receiver, (post,): the transpose of :meth:`of_post`."""
        if self.dense:
            return values.sum(axis=0)
        return np.bincount(self.column, values, self.post)

    def digest(self) -> str:
        """sha256 of who is connected to whom, as hex."""
        hasher = hashlib.sha256(f"{self.pre} {self.post} {self.dense}".encode())
        for indices in (self.row_start, self.column):
            hasher.update(np.ascontiguousarray(indices, np.int64).tobytes())
        return hasher.hexdigest()


Topology: TypeAlias = Mapping[str, Synapses]
"""The synapses of every projection, by its name."""
