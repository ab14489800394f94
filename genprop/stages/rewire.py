"""Other synapses for a projection: what stays keeps its values, what is new begins at zero."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genprop.describe.topology import Synapses

__all__ = ["Candidates", "Rewired", "carry"]


@dataclass(frozen=True, slots=True)
class Rewired:
    """The synapses of a projection from now on, as many as before.

    Attributes:
        synapses: who is connected to whom.
        values: by flat name of a parameter, (nnz,) in the order of ``synapses``: its values, where
            they are not those of before with zeros for what is new.
        restarted: (nnz,) bool, those that begin anew though they were there before; None: no one.
    """

    synapses: Synapses
    values: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    restarted: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Dormant synapses of a projection that might be regrown.

    Attributes:
        pairs: (k,) int64, pre · post_size + post of each, ascending.
        values: by flat name of a parameter, (k,): what it would be there; weights are zero.
    """

    pairs: NDArray[np.int64]
    values: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])


def carry(
    projection: str,
    names: Collection[str],
    old: Synapses,
    new: Rewired,
    *tables: Mapping[str, np.ndarray],
) -> None:
    """Bring every array of a projection's synapses in ``tables``, in place, from old to new order.

    These are the arrays of the parameters ``names``, and of what optimisers keep of them
    (``"<name>/<state>"``). What is new or begins anew is zero.

    Raises:
        DescriptionError: for another number of synapses, or a projection that is dense.
    """
    there = new.synapses
    if (
        old.dense
        or there.dense
        or old.shape != there.shape
        or (old.pre, old.post) != (there.pre, there.post)
    ):
        raise DescriptionError(
            f"{projection} has {' × '.join(map(str, old.shape))} synapses of {old.pre} and "
            f"{old.post} neurons, and cannot be given {' × '.join(map(str, there.shape))} of "
            f"{there.pre} and {there.post}",
            remedy="rewire sparse projections, and keep the number of their synapses",
        )
    places = there.places_in(old)
    if new.restarted is not None:
        places = np.where(new.restarted, -1, places)
    for table in tables:
        for name, array in table.items():
            if name.partition("/")[0] in names:
                array[...] = np.where(places >= 0, array[places], 0)
