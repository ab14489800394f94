"""The synapses of a projection as measures read them: who, how strong, how late, how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop.describe.position import position_name
from genprop.describe.topology import Synapses, initial_topology
from genprop.errors import DataError, UnsupportedError, did_you_mean
from genprop.runtime.simulator import Simulator

if TYPE_CHECKING:
    import numpy.typing as npt

    from genprop.describe.spec import ProjectionSpec
    from genprop.train.surface import Trainable

__all__ = ["Connections", "Source", "all_connections", "connections"]


def _none() -> np.ndarray:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """The k synapses of one projection.

    Attributes:
        pre: (k,) the sender of every synapse.
        post: (k,) its receiver.
        sizes: of the two populations.
        weight: (k,) in base units.
        delay: (k,) [ms]; empty where the projection has none.
        positions: of senders (pre, dims) and receivers (post, dims), each None where it has none.
        recurrent: whether senders and receivers are the same neurons.
        name: of the projection.
        unmoved: the part of the first synapses that is still there; None where it is not rewired.

    Raises:
        DataError: for arrays that do not fit each other, hold neurons beyond the populations, or
            numbers that are not finite.
    """

    pre: np.ndarray
    post: np.ndarray
    sizes: tuple[int, int]
    weight: np.ndarray
    delay: np.ndarray = field(default_factory=_none)
    positions: tuple[np.ndarray | None, np.ndarray | None] = (None, None)
    recurrent: bool = False
    name: str = "the connections"
    unmoved: float | None = None

    def __post_init__(self) -> None:
        count = len(self.weight)
        shapes = {self.pre.shape, self.post.shape, self.weight.shape}
        if shapes != {(count,)} or self.delay.shape not in ((count,), (0,)):
            raise self._fault("pre, post, weight and delay are not one number per synapse")
        ends = zip((self.pre, self.post), self.sizes, strict=True)
        if count and any(neuron.min() < 0 or neuron.max() >= size for neuron, size in ends):
            raise self._fault(f"a synapse leads beyond populations of {self.sizes} neurons")
        found = zip(self.positions, self.sizes, strict=True)
        places = [(place, size) for place, size in found if place is not None]
        if any(place.ndim != 2 or len(place) != size for place, size in places):
            raise self._fault("positions are not one row per neuron")
        numbers = (self.weight, self.delay, *(place for place, _ in places))
        if not all(np.isfinite(found).all() for found in numbers):
            raise self._fault("weights, delays and positions must be finite")

    @property
    def places(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The :attr:`positions` of both where both have some in one space, else None."""
        x, y = self.positions
        if x is None or y is None or x.shape[1] != y.shape[1]:
            return None
        return x, y

    @property
    def distance(self) -> np.ndarray:
        """(k,) ‖x_pre − x_post‖₂ of every synapse, in units of space.

        Raises:
            UnsupportedError: without positions.
        """
        places = self.places
        if places is None:
            raise UnsupportedError(
                f"the neurons of {self.name} have no positions",
                remedy="population(…, position=…), or connections(…, positions=…)",
            )
        x, y = places
        return np.sqrt(np.square(x[self.pre] - y[self.post]).sum(axis=1))

    @property
    def length(self) -> np.ndarray:
        """(k,) :attr:`distance` where there are positions, else the delay.

        Raises:
            UnsupportedError: where there is neither.
        """
        if self.places is None and self.delay.size == self.weight.size:
            return self.delay
        return self.distance

    def matrix(self, values: np.ndarray | None = None) -> np.ndarray:
        """(pre, post) float64: ``values`` (k,), by default the weights; 0 without a synapse."""
        found = np.zeros(self.sizes)
        found[self.pre, self.post] = self.weight if values is None else values
        return found

    def _fault(self, what: str) -> DataError:
        return DataError(what, where=self.name, remedy="see gp.analysis.Connections")


Source: TypeAlias = "Simulator | Connections | npt.ArrayLike"
"""What measures take: a simulator (then with a projection), connections, weights (pre, post)."""


def connections(
    source: Source,
    projection: str = "",
    *,
    delay: npt.ArrayLike | None = None,
    positions: npt.ArrayLike | tuple[npt.ArrayLike | None, npt.ArrayLike | None] | None = None,
) -> Connections:
    """The synapses of a projection of a network, or of a matrix.

    Args:
        source: a simulator; or weights (pre, post), where each pair is a synapse and a square
            matrix is taken as recurrent; connections are given back.
        projection: its name, ``"hidden->hidden"``, of a simulator with more than one.
        delay: (pre, post) [ms], beside weights.
        positions: (n, dims) beside square weights; or a pair, the senders' and the receivers', of
            which either may be None.

    Raises:
        DataError: for a projection that is not there, and arrays that do not fit each other.
    """
    if isinstance(source, Connections):
        return source
    if isinstance(source, Simulator):
        return _of_projection(source, _chosen(source, projection))
    weight = _matrix(source, "weights")
    pre, post = Synapses(*weight.shape).all_pairs()
    late = _none() if delay is None else _matrix(delay, "delays").ravel()
    pair = positions if isinstance(positions, tuple) else (positions, positions)
    places = tuple(None if one is None else _matrix(one, "positions") for one in pair)
    sizes = (weight.shape[0], weight.shape[1])
    square = sizes[0] == sizes[1] and not isinstance(positions, tuple)
    return Connections(pre, post, sizes, weight.ravel(), late, (places[0], places[1]), square)


def all_connections(sim: Trainable) -> tuple[Connections, ...]:
    """Those of every projection; none of a simulator without a description."""
    if not isinstance(sim, Simulator):
        return ()
    return tuple(_of_projection(sim, p) for p in sim.spec.projections)


def _of_projection(sim: Simulator, p: ProjectionSpec) -> Connections:
    used, synapses = sim.arrays(), sim.topology[p.name]
    pre, post = synapses.all_pairs()
    ends = [sim.parameters.get(position_name(end)) for end in (p.pre, p.post)]
    places = [None if end is None else np.asarray(end, float) for end in ends]
    rewired = p.name in sim.spec.rewired
    there = synapses.places_in(initial_topology(sim.spec)[p.name]) >= 0 if rewired else None
    return Connections(
        pre,
        post,
        (synapses.pre, synapses.post),
        np.ravel(used[p.weight.name]).astype(np.float64),
        _none() if p.delay is None else np.ravel(used[p.delay.name]).astype(np.float64),
        (places[0], places[1]),
        p.pre == p.post,
        p.name,
        None if there is None else float(there.mean()),
    )


def _chosen(sim: Simulator, projection: str) -> ProjectionSpec:
    found: Sequence[ProjectionSpec] = [
        p for p in sim.spec.projections if p.name == projection or not projection
    ]
    if len(found) != 1:
        raise DataError(
            f"there is no projection {projection!r}" if projection else "which projection?",
            where=f"the network {sim.spec.name}",
            remedy=did_you_mean(projection, [p.name for p in sim.spec.projections]),
        )
    return found[0]


def _matrix(given: npt.ArrayLike, what: str) -> np.ndarray:
    try:
        found = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        found = _none()
    if found.ndim != 2:
        raise DataError(
            f"{what} cannot be {given!r:.60}", remedy="give an array of two dimensions"
        ) from None
    return found
