"""The synapses of a moment: who is connected to whom, as state that may change between batches."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop.describe.digest import digest_of
from genprop.describe.spec import Drawn, PatternSpec
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genprop.describe.spec import NetworkSpec

__all__ = ["Synapses", "Topology", "beginning", "digest_with_synapses", "initial_topology"]


PAIR_BY_PAIR = 2**26
"""So many pairs of neurons at most are drawn one by one."""


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
        row: (nnz,) int64, the sender of every synapse; empty where dense.
    """

    pre: int
    post: int
    row_start: NDArray[np.int64] = field(default_factory=_none)
    column: NDArray[np.int64] = field(default_factory=_none)
    dense: bool = True
    row: NDArray[np.int64] = field(default_factory=_none)

    @classmethod
    def sparse(cls, pre: int, post: int, row_start: np.ndarray, column: np.ndarray) -> Synapses:
        """Some of all pairs, in row order (CSR); the arrays are copied.

        Raises:
            DescriptionError: for indices that are no such list.
        """
        with np.errstate(invalid="ignore"):
            start, ends = (np.array(indices, np.int64) for indices in (row_start, column))
        if not (np.array_equal(start, row_start) and np.array_equal(ends, column)):
            raise DescriptionError(
                "row_start or column holds what is no integer", remedy="give arrays of int64"
            )
        if start.shape != (pre + 1,) or ends.ndim != 1 or start[0] != 0 or start[-1] != ends.size:
            raise DescriptionError(
                f"row_start of shape {start.shape} and column of shape {ends.shape} "
                f"are no synapses of {pre} neurons",
                remedy=f"give {pre + 1} places from 0 to the number of synapses",
            )
        row = np.repeat(np.arange(pre), np.diff(start)) if _ascends(start) else ends
        cell = row * post + ends
        outside = ends.size and (ends.min() < 0 or ends.max() >= post)
        if outside or not _ascends(start) or np.any(np.diff(cell) <= 0):
            raise DescriptionError(
                "the synapses are not in order, stand twice or lead beyond the population",
                remedy=f"give receivers from 0 to {post - 1}, ascending for each sender",
            )
        for indices in (start, ends, row):
            indices.setflags(write=False)
        return cls(pre, post, start, ends, dense=False, row=row)

    @classmethod
    def of_pairs(cls, pre: int, post: int, pairs: np.ndarray) -> Synapses:
        """Those of ``pairs`` (nnz, 2), in any order; see :meth:`sparse`."""
        rows, columns = np.asarray(pairs, np.int64).reshape(-1, 2).T
        order = np.lexsort((columns, rows))
        start = np.searchsorted(rows[order], np.arange(pre + 1))
        return cls.sparse(pre, post, start, columns[order])

    @classmethod
    def of_numbers(cls, pre: int, post: int, numbers: np.ndarray) -> Synapses:
        """Those of ``numbers`` = sender · ``post`` + receiver, (nnz,), ascending."""
        start = np.searchsorted(numbers, np.arange(pre + 1) * post)
        return cls.sparse(pre, post, start, numbers % post)

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Sender · post + receiver of every synapse, (nnz,), ascending; sparse ones only."""
        return self.row * self.post + self.column

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of weights and delays: ``(pre, post)``, or ``(nnz,)`` in row order."""
        return (self.pre, self.post) if self.dense else (int(self.column.size),)

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

    def all_pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sender and receiver of every synapse, (k,) each, dense ones in row order too."""
        start, column = self.compressed()
        return np.repeat(np.arange(self.pre), np.diff(start)), column

    def compressed(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row starts (pre + 1,) and columns (k,), dense ones too."""
        if self.dense:
            return np.arange(self.pre + 1) * self.post, np.tile(np.arange(self.post), self.pre)
        return self.row_start, self.column

    def places_in(self, other: Synapses) -> NDArray[np.int64]:
        """(nnz,): where each of these synapses stands in ``other``, −1 where it is not there."""
        mine, theirs = self.numbers, other.numbers
        found = np.searchsorted(theirs, mine)
        there = found < theirs.size
        there[there] = theirs[found[there]] == mine[there]
        return np.where(there, found, -1)

    def digest(self) -> str:
        """sha256 of who is connected to whom, as hex."""
        hasher = hashlib.sha256(f"{self.pre} {self.post} {self.dense}".encode())
        for indices in (self.row_start, self.column):
            hasher.update(np.ascontiguousarray(indices, np.int64).tobytes())
        return hasher.hexdigest()


Topology: TypeAlias = Mapping[str, Synapses]
"""The synapses of every projection, by its name."""


def beginning(pattern: PatternSpec, pre: int, post: int) -> Synapses:
    """The synapses that a pattern begins with.

    Each pair has one with the pattern's probability, whatever the others have. Up to
    :data:`PAIR_BY_PAIR` pairs are drawn one by one; of more the gaps between those that have one
    are drawn, which takes time and memory for the synapses alone.
    """
    if pattern.kind == "dense":
        return Synapses(pre, post)
    if not isinstance(pattern.drawn, Drawn):
        return Synapses.sparse(pre, post, pattern.row_start, pattern.column)
    rng = np.random.default_rng([pattern.drawn.seed, pre, post])
    if pre * post > PAIR_BY_PAIR:
        return Synapses.of_numbers(pre, post, _by_gaps(rng, pre * post, pattern.drawn.probability))
    rows = [np.flatnonzero(rng.random(post) < pattern.drawn.probability) for _ in range(pre)]
    start = np.concatenate([[0], np.cumsum([row.size for row in rows])])
    return Synapses.sparse(pre, post, start, np.concatenate(rows) if rows else _none())


def _by_gaps(rng: np.random.Generator, pairs: int, probability: float) -> NDArray[np.int64]:
    """Which of ``pairs`` are drawn, (nnz,) ascending: gaps are geometric."""
    if probability <= 0:
        return _none()
    found: list[NDArray[np.int64]] = []
    last = -1
    while last < pairs:
        some = int(1.01 * probability * (pairs - last)) + 100
        gaps = np.minimum(rng.geometric(probability, some), pairs + 1)  # no sum runs over
        found.append(last + np.cumsum(gaps))
        last = int(found[-1][-1])
    numbers = np.concatenate(found)
    return numbers[: np.searchsorted(numbers, pairs)]


def initial_topology(spec: NetworkSpec) -> dict[str, Synapses]:
    """The synapses that every projection begins with, by its name."""
    size = {p.name: p.size for p in spec.populations}
    return {p.name: beginning(p.pattern, size[p.pre], size[p.post]) for p in spec.projections}


def digest_with_synapses(spec: NetworkSpec) -> str:
    """:meth:`NetworkSpec.digest` as it was when descriptions held their synapses."""
    start = initial_topology(spec)
    listed = (
        PatternSpec(p.pattern.kind, start[p.name].row_start, start[p.name].column)
        for p in spec.projections
    )
    projections = (replace(p, pattern=q) for p, q in zip(spec.projections, listed, strict=True))
    return digest_of(replace(spec, projections=tuple(projections)), state=True)


def _ascends(start: NDArray[np.int64]) -> bool:
    return bool(np.all(np.diff(start) >= 0))
