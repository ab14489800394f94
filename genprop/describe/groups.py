"""Groups of neurons: a partition, and the connections between a population and its groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer
from genprop.describe.pattern import sparse
from genprop.errors import DescriptionError, refuse_if

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from genprop.describe.pattern import Pattern

__all__ = ["Groups", "groups"]

_MOST_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """A partition of ``len(of)`` neurons into ``count`` groups; each neuron is in one of them.

    Attributes:
        of: (n,) int64, the group of every neuron.
        count: how many groups there are.
    """

    of: NDArray[np.int64]
    count: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", int(self.of.max()) + 1)
        self.of.setflags(write=False)

    def __repr__(self) -> str:
        return f"Groups({len(self.of)} neurons in {self.count} groups)"

    @property
    def sizes(self) -> NDArray[np.int64]:
        """(groups,) how many neurons each has."""
        return np.bincount(self.of, minlength=self.count)

    @property
    def gather(self) -> Pattern:
        """Connects every neuron to its group: ``connect(atoms, norms, …, pattern=g.gather)``."""
        return sparse(pairs=np.stack([np.arange(len(self.of)), self.of], axis=1))

    @property
    def spread(self) -> Pattern:
        """Connects every group to its neurons: ``connect(norms, atoms, …, pattern=g.spread)``."""
        return sparse(pairs=np.stack([self.of, np.arange(len(self.of))], axis=1))


def groups(neurons: int, members: int | Sequence[Sequence[int]]) -> Groups:
    """A partition of ``neurons`` neurons: neighbours in groups of one size, or listed groups.

    ``gp.groups(256, 8)``; ``gp.groups(5, [[0, 2], [1, 3, 4]])``.

    Args:
        neurons: how many there are.
        members: the size of every group, or the neurons of each.

    Raises:
        DescriptionError: for groups that overlap, are empty, leave a neuron out or name one that is
            not there, all at once.
    """
    n = integer(neurons, "groups(neurons, …)", least=1, fault=DescriptionError)
    if not isinstance(members, Sequence):
        size = integer(members, "groups(…, size)", least=1, fault=DescriptionError)
        if n % size:
            raise DescriptionError(
                f"{n} neurons cannot be divided into groups of {size}: {n % size} would be left "
                "out",
                where="groups(neurons, size)",
                remedy="give a size that divides their number, or list the groups",
            )
        return Groups(np.arange(n, dtype=np.int64) // size)
    listed = [_indices(k, group) for k, group in enumerate(members)]
    refuse_if(_findings(n, listed))
    of = np.zeros(n, np.int64)
    for k, group in enumerate(listed):
        of[group] = k
    return Groups(of)


def _indices(k: int, group: Sequence[int]) -> NDArray[np.int64]:
    found = np.asarray(group)
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise DescriptionError(
            f"group {k} is {group!r:.60}, no list of neurons",
            where="groups(neurons, members)",
            remedy="give the numbers of its neurons: [[0, 2], [1, 3]]",
        )
    return found.astype(np.int64)


def _findings(n: int, listed: Sequence[NDArray[np.int64]]) -> Iterator[DescriptionError]:
    where = "groups(neurons, members)"
    every = np.concatenate([np.zeros(0, np.int64), *listed])
    if outside := sorted({int(i) for i in every if not 0 <= i < n}):
        yield DescriptionError(
            f"{_named(outside)} {_is(outside)} in a group and not among the {n} neurons",
            where=where,
            remedy=f"neurons are numbered from 0 to {n - 1}",
        )
    counts = np.bincount(every[(every >= 0) & (every < n)], minlength=n)
    if twice := np.flatnonzero(counts > 1).tolist():
        holding = [k for k, group in enumerate(listed) if twice[0] in group]
        yield DescriptionError(
            f"groups overlap: {_named(twice)} {_is(twice)} in more than one place "
            f"({twice[0]} in groups {', '.join(map(str, holding))})",
            where=where,
            remedy="give every neuron one group: sparse codes of overlapping groups are another "
            "problem",
        )
    if left := np.flatnonzero(counts == 0).tolist():
        yield DescriptionError(
            f"{_named(left)} {_is(left)} in no group",
            where=where,
            remedy="give every neuron a group; one of its own where it has none",
        )
    if empty := [k for k, group in enumerate(listed) if not len(group)]:
        yield DescriptionError(
            f"group {empty[0]} is empty", where=where, remedy="leave it out of the list"
        )


def _named(neurons: Sequence[int]) -> str:
    shown = ", ".join(map(str, neurons[:_MOST_SHOWN]))
    more = f" and {len(neurons) - _MOST_SHOWN} more" if len(neurons) > _MOST_SHOWN else ""
    return f"neuron{'s' if len(neurons) > 1 else ''} {shown}{more}"


def _is(neurons: Sequence[int]) -> str:
    return "are" if len(neurons) > 1 else "is"
