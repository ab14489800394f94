"""Other synapses for a projection: what stays keeps its values, what is new begins at zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from genprop.describe.topology import Synapses

__all__ = ["Rewired", "carry"]


@dataclass(frozen=True, slots=True)
class Rewired:
    """The synapses of a projection from now on, as many as before.

    Attributes:
        synapses: who is connected to whom.
        values: by flat name of a parameter, (nnz,) in the order of ``synapses``: its values, where
            they are not those of before with zeros for what is new.
    """

    synapses: Synapses
    values: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])


def carry(
    projection: str,
    old: Synapses,
    new: Synapses,
    *tables: Mapping[str, np.ndarray],
) -> None:
    """Bring every array of a projection's synapses in ``tables``, in place, from old to new order.

    These are the arrays (nnz,) whose flat names begin with the projection's.

    Raises:
        DescriptionError: for another number of synapses, or a projection that is dense.
    """
    if (
        old.dense
        or new.dense
        or old.shape != new.shape
        or (old.pre, old.post) != (new.pre, new.post)
    ):
        raise DescriptionError(
            f"{projection} has {' × '.join(map(str, old.shape))} synapses of {old.pre} and "
            f"{old.post} neurons, and cannot be given {' × '.join(map(str, new.shape))} of "
            f"{new.pre} and {new.post}",
            remedy="rewire sparse projections, and keep the number of their synapses",
        )
    places = new.places_in(old)
    for table in tables:
        for name, array in table.items():
            if name.startswith(f"{projection}.") and array.shape == old.shape:
                array[...] = np.where(places >= 0, array[places], 0)
