"""An engine whose batches are divided among ranks, with the bits of one that runs alone.

Every rank has the network, its parameters and the optimiser's states; it runs the groups of samples
that are its own. What the groups add is summed by the fixed tree of
:mod:`genprop.backends.parts`: each rank sums the branches that its groups fill, sends the c-th part
of these arrays to rank c, which finishes the tree for that part of the arrays, and receives what
all have finished. So a rank sends about twice the size of the sums, however many ranks there are,
and all have the same gradient in the end, and the same parameters after the same update.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from genprop._ranks import ALONE, Ranks
from genprop.backends.parts import (
    Divisible,
    Node,
    batch_means,
    divide,
    joined,
    nodes_of,
    take,
    tree_of,
)
from genprop.data.parts import ends
from genprop.errors import DataError

if TYPE_CHECKING:
    from genprop.backends.base import Inputs, Outcome, Parameters
    from genprop.describe.topology import Topology

__all__ = ["DistributedEngine", "ranks_of"]

Sums = dict[str, np.ndarray]


class DistributedEngine:
    """Runs the groups of this rank; see :class:`~genprop.backends.base.Engine`.

    Every call is made on all ranks, with the same parameters. The inputs are those of the whole
    batch, or with a ``part`` the samples of this rank.

    Attributes:
        inner: the engine of this rank.
        ranks: among which batches are divided.
    """

    def __init__(self, inner: Divisible, ranks: Ranks) -> None:
        self.inner, self.ranks = inner, ranks
        self.dtype: np.dtype[np.floating] = inner.dtype
        self.locates = bool(getattr(inner, "locates", False))

    def reserve(self, batch: int) -> None:
        """Make ready for batches of up to ``batch`` samples."""
        self.inner.reserve(batch)

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: Inputs,
        record: tuple[str, ...] = (),
    ) -> Outcome:
        """Forward only."""
        mine = self._seeing(parameters, topology, inputs)
        found = self.ranks.together(lambda: self.inner.run(parameters, topology, mine, record))
        return joined(found)

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """Forward and backward: the gradient of the mean loss of the whole batch."""
        mine = self._seeing(parameters, topology, inputs)
        own: dict[Node, Sums] = {}

        def learn() -> Outcome:
            outcome, found = self.inner.partials(parameters, topology, mine)
            own.update(found)
            return outcome

        outcomes = self.ranks.together(learn)
        total = self._total(own, mine.whole)
        return joined(outcomes), self.inner.total(parameters, topology, total)

    def update(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray],
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> None:
        """One step of every optimiser, in place; the same on all ranks."""
        self.inner.update(parameters, gradients, state, settings, count)

    def _seeing(self, parameters: Parameters, topology: Topology, inputs: Inputs) -> Inputs:
        """The samples of this rank, with what losses see of the whole batch."""
        groups, ranks = self.inner.groups, self.ranks
        part = divide(inputs.whole, groups, ranks.size)[ranks.rank]
        mine = inputs
        if inputs.part is None:
            mine = take(inputs, part, groups)
        elif (inputs.part.first, inputs.part.last) != (part.first, part.last):
            raise DataError(
                "these are the samples of another rank", remedy="give every rank its own batches"
            )
        if any(loss.readout.pooled for loss in self.inner.program.losses):
            found = ranks.together(lambda: self.inner.observations(parameters, topology, mine))
            part = part.seeing(batch_means(found))
        return replace(mine, part=part)

    def _total(self, own: Mapping[Node, Sums], whole: int) -> Sums:
        """The sums over all groups from the branches of every rank.

        Rank c sums the c-th part of the numbers of every array, end to end.
        """
        ranks, groups = self.ranks, self.inner.groups
        kinds = [_Kind(own, dtype, ranks.size) for dtype in _dtypes(own)]
        parts = divide(whole, groups, ranks.size)
        mine = [len(nodes_of(part, groups)) for part in parts]
        sent = [np.concatenate([kind.piece(c) for kind in kinds]) for c in range(ranks.size)]
        here = sum(kind.bytes(ranks.rank) for kind in kinds)
        found = ranks.swap(sent, [count * here for count in mine])
        finished: list[np.ndarray] = []
        for kind in kinds:
            nodes: dict[Node, Sums] = {}
            for r, part in enumerate(parts):
                size = kind.bytes(ranks.rank) * mine[r]
                pieces, found[r] = found[r][:size].view(kind.dtype), found[r][size:]
                for node, piece in zip(
                    nodes_of(part, groups), np.split(pieces, mine[r]), strict=True
                ):
                    nodes[node] = {"": piece}
            finished.append(tree_of(nodes, groups)[""].view(np.uint8))
        lengths = [sum(kind.bytes(c) for kind in kinds) for c in range(ranks.size)]
        every = ranks.spread(np.concatenate(finished), lengths)
        return _taken_apart(np.split(every, np.cumsum(lengths)[:-1]), kinds)


class _Kind:
    """The arrays of one type in the branches of a rank, end to end, and how ranks divide them."""

    def __init__(self, own: Mapping[Node, Sums], dtype: np.dtype, size: int) -> None:
        self.dtype = dtype
        arrays = next(iter(own.values()))
        self.shapes = {n: a.shape for n, a in arrays.items() if a.dtype == dtype}
        self._flat = [np.concatenate([a[n].ravel() for n in self.shapes]) for a in own.values()]
        self._ends = ends(self._flat[0].size, size)

    def bytes(self, c: int) -> int:
        """What rank c sums, of one branch."""
        return (self._ends[c + 1] - self._ends[c]) * self.dtype.itemsize

    def piece(self, c: int) -> np.ndarray:
        """What rank c sums, of all branches here, as bytes."""
        mine = slice(self._ends[c], self._ends[c + 1])
        return np.concatenate([flat[mine] for flat in self._flat]).view(np.uint8)


def _dtypes(own: Mapping[Node, Sums]) -> list[np.dtype]:
    """The types of the arrays, in the order of their names, widest first."""
    found = {array.dtype for array in next(iter(own.values())).values()}
    return sorted(found, key=lambda dtype: (-dtype.itemsize, dtype.str))


def _taken_apart(every: list[np.ndarray], kinds: list[_Kind]) -> Sums:
    """The named arrays from what the ranks have summed, each a part of every type as bytes."""
    total: Sums = {}
    for kind in kinds:
        pieces: list[np.ndarray] = []
        for c, array in enumerate(every):
            pieces.append(array[: kind.bytes(c)])
            every[c] = array[kind.bytes(c) :]
        flat = np.concatenate(pieces).view(kind.dtype)
        edges = np.cumsum([int(np.prod(shape)) for shape in kind.shapes.values()])
        for (name, shape), piece in zip(
            kind.shapes.items(), np.split(flat, edges[:-1]), strict=True
        ):
            total[name] = piece.reshape(shape)
    return total


def ranks_of(engine: object) -> Ranks:
    """The ranks that run an engine's batches together."""
    return engine.ranks if isinstance(engine, DistributedEngine) else ALONE
