"""Who is connected to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from genprop._checks import integer, real, within_memory
from genprop.describe.spec import Drawn, PatternSpec
from genprop.describe.topology import beginning
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Pattern", "dense", "one_to_one", "sparse"]


@runtime_checkable
class Pattern(Protocol):
    """Connections between two populations: the same sizes always begin with the same ones."""

    def resolve(self, pre: int, post: int) -> PatternSpec:
        """The pattern for ``pre`` and ``post`` neurons, with its list if it is one."""
        ...

    def shape(self, spec: PatternSpec, pre: int, post: int) -> tuple[int, ...]:
        """The shape of the weights: ``(pre, post)``, or ``(nnz,)`` in row order."""
        ...


@dataclass(frozen=True, slots=True)
class Dense:
    """Everyone to everyone."""

    def resolve(self, pre: int, post: int) -> PatternSpec:
        """No list is needed."""
        return PatternSpec("dense", np.zeros(0, np.int64), np.zeros(0, np.int64))

    def shape(self, spec: PatternSpec, pre: int, post: int) -> tuple[int, ...]:
        """``(pre, post)``."""
        return pre, post


@dataclass(frozen=True, slots=True)
class _Sparse:
    """Common to patterns with some of all pairs."""

    def shape(self, spec: PatternSpec, pre: int, post: int) -> tuple[int, ...]:
        """``(nnz,)``."""
        return beginning(spec, pre, post).shape


@dataclass(frozen=True, slots=True)
class Random(_Sparse):
    """Each pair independently with one probability, the same for the same seed."""

    probability: float
    seed: int

    def resolve(self, pre: int, post: int) -> PatternSpec:
        """The probability and the seed."""
        none = np.zeros(0, np.int64)
        return PatternSpec("sparse", none, none, Drawn(self.probability, self.seed))


@dataclass(frozen=True, slots=True, eq=False)
class Pairs(_Sparse):
    """A list of (pre, post) pairs, in any order; weights follow the sorted one."""

    pairs: NDArray[np.int64]

    def resolve(self, pre: int, post: int) -> PatternSpec:
        """Sorted by row, then column.

        Raises:
            DescriptionError: for pairs out of range or given twice.
        """
        rows, columns = self.pairs[:, 0], self.pairs[:, 1]
        outside = (rows < 0) | (rows >= pre) | (columns < 0) | (columns >= post)
        if outside.any():
            worst = tuple(int(i) for i in self.pairs[outside][0])
            raise DescriptionError(
                f"{int(outside.sum())} of the pairs are out of range, the first is {worst}",
                remedy=f"rows go from 0 to {pre - 1}, columns from 0 to {post - 1}",
            )
        order = np.lexsort((columns, rows))
        rows, columns = rows[order], columns[order]
        twice = (np.diff(rows) == 0) & (np.diff(columns) == 0)
        if twice.any():
            k = int(np.flatnonzero(twice)[0])
            raise DescriptionError(
                f"the pair {(int(rows[k]), int(columns[k]))} is given twice",
                remedy="give every pair once (add the weights, or connect a second time)",
            )
        start = np.searchsorted(rows, np.arange(pre + 1))
        return _csr(start.astype(np.int64), columns.astype(np.int64))


@dataclass(frozen=True, slots=True)
class OneToOne(_Sparse):
    """Neuron i to neuron i."""

    def resolve(self, pre: int, post: int) -> PatternSpec:
        """The diagonal.

        Raises:
            DescriptionError: for populations of different sizes.
        """
        if pre != post:
            raise DescriptionError(
                f"one-to-one needs populations of one size, these have {pre} and {post}",
                remedy="use gp.sparse(pairs=…) or equal sizes",
            )
        within_memory(2.0 * pre, f"one-to-one: {pre} synapses", "smaller populations")
        return _csr(np.arange(pre + 1, dtype=np.int64), np.arange(pre, dtype=np.int64))


def dense() -> Pattern:
    """Everyone to everyone."""
    return Dense()


def one_to_one() -> Pattern:
    """Neuron i to neuron i, of two populations of one size."""
    return OneToOne()


def sparse(
    probability: float | None = None,
    *,
    pairs: NDArray[np.integer] | Sequence[tuple[int, int]] | None = None,
    seed: int = 0,
) -> Pattern:
    """Some pairs only: each with a probability (and seed), or those listed.

    Args:
        probability: of each pair, in [0, 1].
        pairs: ``(k, 2)`` integers, (pre, post) each.
        seed: of the draw; the same seed and sizes give the same pairs.

    Raises:
        DescriptionError: unless exactly one of the two is given, and is sound.
    """
    if (probability is None) == (pairs is None):
        raise DescriptionError("sparse takes a probability or pairs", remedy="give one of the two")
    number = integer(seed, "sparse(seed=…)", fault=DescriptionError)
    if probability is not None:
        probability = real(
            probability, "sparse(probability)", least=0.0, most=1.0, fault=DescriptionError
        )
        return Random(probability, number)
    listed = np.asarray(pairs)
    if listed.size == 0:
        listed = np.zeros((0, 2), np.int64)
    if listed.ndim != 2 or listed.shape[1] != 2 or not np.issubdtype(listed.dtype, np.integer):
        raise DescriptionError(
            f"sparse: pairs of shape {listed.shape} and type {listed.dtype}",
            remedy="give integers of shape (k, 2): (pre, post) each",
        )
    return Pairs(listed.astype(np.int64))


def _csr(row_start: NDArray[np.int64], column: NDArray[np.int64]) -> PatternSpec:
    row_start.setflags(write=False)
    column.setflags(write=False)
    return PatternSpec("sparse", row_start, column)
