"""Delays that are distances: a spike travels from neuron to neuron at a conduction speed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.declaration import Declaration, declare
from genprop.describe.derived import Declared
from genprop.describe.initial import Learn, base_number
from genprop.describe.position import dims_of, position_name
from genprop.describe.spec import QuantitySpec
from genprop.errors import DescriptionError
from genprop.lower.derivation import Derivation, Operand
from genprop.lower.formula import Formula
from genprop.lower.nodes import (
    Add,
    All,
    Assign,
    Call,
    Compare,
    Divide,
    Expr,
    Multiply,
    Name,
    Negate,
    Select,
)
from genprop.lower.nodes import Number as Constant
from genprop.stages.base import Stage
from genprop.stages.expressed import derivation
from genprop.stages.lengths import lengths, position_gradients
from genprop.units import UNITS

if TYPE_CHECKING:
    from genprop.describe.initial import Number, Value
    from genprop.describe.spec import NetworkSpec, ParameterSpec, ProjectionSpec
    from genprop.describe.topology import Synapses, Topology
    from genprop.stages.base import Arrays

__all__ = ["Distance", "DistanceDelay", "distance"]

_SPEED = QuantitySpec("speed", 1.0, minimum=1e-3, doc="conduction speed, units of space per ms")


@dataclass(frozen=True)
class Distance(Stage):
    """d_ij = min(‖x_i − y_j‖₂ / c, longest), x the positions of senders, y of receivers.

    With g = ∂L/∂d where d is not clipped, and 0 elsewhere,

        ∂L/∂x_i += Σ_j g_ij (x_i − y_j)/(c r_ij),   ∂L/∂y_j −= Σ_i g_ij (x_i − y_j)/(c r_ij)
        ∂L/∂c_i = −Σ_j g_ij r_ij/c_i²               r_ij = ‖x_i − y_j‖₂

    A neuron of a population that projects to itself has both roles, and both sums. Where two
    positions coincide, the distance has no slope, and 0 is taken.

    Source: positions as delays are those of arXiv:2511.01632.
    """

    projection: str
    pre: str
    post: str
    longest: float
    speed: Declaration | None = None

    @property
    def name(self) -> str:
        """``"distance <projection>"``."""
        return f"distance {self.projection}"

    @property
    def target(self) -> str:
        """The delay that it computes."""
        return f"{self.projection}.delay"

    @property
    def speed_name(self) -> str:
        """The leaf c."""
        return f"{self.projection}.speed"

    def declare(self, spec: NetworkSpec) -> Declared:
        """The conduction speed, and the delay that is made of it and of positions.

        Raises:
            DescriptionError: without positions, or where the two lie in different spaces.
        """
        places = [self._positions(spec, name) for name in (self.pre, self.post)]
        if dims_of(places[0]) != dims_of(places[1]):
            raise DescriptionError(
                f"{self.pre} lies in {dims_of(places[0])} dimensions, {self.post} in "
                f"{dims_of(places[1])}: there is no distance between them",
                where=self.target,
                remedy="give both positions the same dims",
            )
        reads = tuple(dict.fromkeys(p.name for p in places))
        papers = (("delays as distances", "Delays from neuron positions, arXiv:2511.01632"),)
        return Declared(self._speed_leaf(spec), (self.target,), reads, papers=papers)

    def expression(self, spec: NetworkSpec) -> Derivation | None:
        """The distance and its slopes, as above."""
        apart, pace = Name("apart"), Name("c")
        dims = dims_of(self._positions(spec, self.pre))
        offset = [Add((Name(f"x{k}"), Negate(Name(f"y{k}")))) for k in range(dims)]
        square = Add(tuple(Multiply((o, o)) for o in offset))
        delay: Expr = apart if self.speed is None else Divide(apart, pace)
        along: Expr = apart if self.speed is None else Multiply((apart, pace))
        within = (Compare(">", apart, Constant(0.0)), Compare("<", delay, Constant(self.longest)))

        def slope(value: Expr) -> Expr:
            return Select(All(within), value, Constant(0.0))

        operands = [
            Operand(f"{axis}{k}", position_name(end), at, k)
            for axis, end, at in (("x", self.pre, "pre"), ("y", self.post, "post"))
            for k in range(dims)
        ]
        slopes = [(f"x{k}", slope(Divide(o, along))) for k, o in enumerate(offset)]
        slopes += [(f"y{k}", slope(Negate(Divide(o, along)))) for k, o in enumerate(offset)]
        if self.speed is not None:
            shared = self._speed_leaf(spec)[0].shape == ()
            operands.append(Operand("c", self.speed_name, "one" if shared else "pre"))
            slopes.append(("c", slope(Negate(Divide(apart, Multiply((pace, pace)))))))
        value = Call("min", (delay, Constant(self.longest)))
        lines = [Assign("apart", Call("sqrt", (square,)))]
        return derivation(spec, self.target, Formula(value, tuple(slopes)), operands, lines=lines)

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """The delays [ms]."""
        synapses = topology[self.projection]
        delay = lengths(self._ends, values, synapses)
        if self.speed is not None:
            delay /= self._pace(values, synapses)
        return {self.target: np.minimum(delay, self.longest, out=delay)}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """The gradients of both populations' positions, and of the speed."""
        if self.target not in gradients:
            return {}
        synapses = topology[self.projection]
        apart, pace = lengths(self._ends, values, synapses), self._pace(values, synapses)
        slope, clipped = np.asarray(gradients[self.target], float), apart >= self.longest * pace
        if clipped.any():
            slope = np.where(clipped, 0.0, slope)
        if self.speed is not None:
            slope = slope / pace
        found = position_gradients(self._ends, values, apart, slope, synapses)
        if self.speed is not None:
            own = -synapses.sum_pre(slope * apart / pace)
            found[self.speed_name] = own if np.ndim(values[self.speed_name]) else own.sum()
        return found

    def _positions(self, spec: NetworkSpec, population: str) -> ParameterSpec:
        name = position_name(population)
        found = next((leaf for leaf in spec.leaves if leaf.name == name), None)
        if found is None:
            raise DescriptionError(
                f"{population} has no positions, so there is no distance to or from it",
                where=self.target,
                remedy=f"describe it with population({population!r}, …, "
                "position=gp.learn(gp.uniform(-1, 1), dims=2))",
            )
        return found

    def _speed_leaf(self, spec: NetworkSpec) -> tuple[ParameterSpec, ...]:
        if self.speed is None:
            return ()
        size = spec.population(self.pre).size
        made = self.speed.parameter(self.speed_name, "speed", size, _SPEED)
        return (replace(made, per_neuron=True),)

    @property
    def _ends(self) -> tuple[str, str]:
        return self.pre, self.post

    def _pace(self, values: Mapping[str, np.ndarray], synapses: Synapses) -> np.ndarray:
        """The speed at every synapse, which broadcasts."""
        if self.speed is None:
            return np.ones(())
        given = np.asarray(values[self.speed_name], np.float64)
        return synapses.of_pre(given) if given.ndim else given


@dataclass(frozen=True, slots=True)
class DistanceDelay:
    """What :func:`distance` gives: a delay as ``connect`` takes it."""

    longest: float
    speed: Declaration | None

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> Learn:
        """A delay up to the longest one."""
        return Learn(0.0, maximum=self.longest)

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> Distance:
        """The stage."""
        ends = projection.pre, projection.post
        return Distance(projection.name, *ends, projection.max_delay, self.speed)


def distance(*, max: Number, speed: Value | Learn | None = None) -> DistanceDelay:
    """Delays that are distances: ``connect(…, delay=gp.distance(max=62*ms))``.

    Both populations have positions (``population(…, position=…)``), and a unit of space is crossed
    in 1 ms unless a speed is given. Delays are clipped at ``max``, where they have no slope;
    bounds of the positions keep neurons within reach.

    Args:
        max: the longest delay there may be; numbers are ms.
        speed: in units of space per ms, at least 0.001: a number for the projection, an initialiser
            or array for one per presynaptic neuron; inside ``gp.learn(…)`` it is learned, as
            ``"<projection>.speed"``.

    Raises:
        DescriptionError: for a longest delay or a speed that cannot be.

    Source: arXiv:2511.01632.
    """
    longest = base_number(max, UNITS["ms"].dimension, 1.0, "distance(max=…)")
    if not (np.isfinite(longest) and longest > 0):
        raise DescriptionError(
            f"distance(max={longest:g} ms): the longest delay is above 0", remedy="give max=62*ms"
        )
    pace = None if speed is None else declare(speed, _SPEED, 1.0, "distance(speed=…)")
    return DistanceDelay(longest, pace)
