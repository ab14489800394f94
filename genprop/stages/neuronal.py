"""One delay per presynaptic (axonal) or postsynaptic neuron (dendritic)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.declaration import Declaration, declare
from genprop.describe.derived import Declared
from genprop.describe.initial import Learn
from genprop.describe.spec import QuantitySpec
from genprop.errors import DescriptionError
from genprop.lower.derivation import Derivation, Operand
from genprop.lower.formula import Formula
from genprop.lower.nodes import Name, Number
from genprop.stages.base import Stage
from genprop.stages.expressed import derivation
from genprop.units import UNITS

if TYPE_CHECKING:
    from genprop.describe.initial import Value
    from genprop.describe.spec import NetworkSpec, ParameterSpec, ProjectionSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

__all__ = ["NeuronDelay", "PerNeuronDelay", "axonal", "dendritic"]

_DOC = {
    "axonal_delay": "time from a spike to its arrival, one per presynaptic neuron",
    "dendritic_delay": "time from a spike to its arrival, one per postsynaptic neuron",
}


@dataclass(frozen=True)
class NeuronDelay(Stage):
    """d_ij = a_i (``axonal_delay``) or d_ij = b_j (``dendritic_delay``).

    ∂L/∂a_i = Σ_j ∂L/∂d_ij, ∂L/∂b_j = Σ_i ∂L/∂d_ij.
    """

    projection: str
    population: str
    key: str
    delay: Declaration

    @property
    def name(self) -> str:
        """``"axonal_delay <projection>"``."""
        return f"{self.key} {self.projection}"

    @property
    def target(self) -> str:
        """The delay that it computes."""
        return f"{self.projection}.delay"

    @property
    def leaf_name(self) -> str:
        """The leaf, (n,)."""
        return f"{self.projection}.{self.key}"

    @property
    def dendritic(self) -> bool:
        """Whether the delay is the postsynaptic neuron's."""
        return self.key == "dendritic_delay"

    def declare(self, spec: NetworkSpec) -> Declared:
        """The delays of the neurons, and those of the synapses that they are."""
        size = spec.population(self.population).size
        made = self.delay.parameter(self.leaf_name, "delay", size, _like(self.key))
        return Declared((replace(made, per_neuron=True),), (self.target,))

    def expression(self, spec: NetworkSpec) -> Derivation | None:
        """The neuron's delay."""
        own = Operand("own", self.leaf_name, "post" if self.dendritic else "pre")
        formula = Formula(Name("own"), (("own", Number(1.0)),))
        return derivation(spec, self.target, formula, [own])

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """The delays of the synapses [ms]."""
        synapses, own = topology[self.projection], np.asarray(values[self.leaf_name])
        each = synapses.of_post(own) if self.dendritic else synapses.of_pre(own)
        return {self.target: np.broadcast_to(each, synapses.shape)}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """The sums over the synapses of each neuron."""
        if self.target not in gradients:
            return {}
        synapses, given = topology[self.projection], np.asarray(gradients[self.target], np.float64)
        own = synapses.sum_post(given) if self.dendritic else synapses.sum_pre(given)
        return {self.leaf_name: own}


@dataclass(frozen=True, slots=True)
class PerNeuronDelay:
    """What :func:`axonal` and :func:`dendritic` give: a delay as ``connect`` takes it."""

    key: str
    delay: Declaration
    longest: float

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> Learn:
        """A delay up to the longest one."""
        return Learn(0.0, maximum=self.longest)

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> NeuronDelay:
        """The stage."""
        population = projection.post if self.key == "dendritic_delay" else projection.pre
        return NeuronDelay(projection.name, population, self.key, self.delay)


def axonal(delay: Value | Learn) -> PerNeuronDelay:
    """One delay per presynaptic neuron: ``delay=gp.axonal(gp.learn(20*ms, max=62*ms))``.

    It is the parameter ``"<projection>.axonal_delay"``, (pre,) [ms].

    Raises:
        DescriptionError: for delays below 0, or without a longest one.
    """
    return _per_neuron("axonal_delay", delay)


def dendritic(delay: Value | Learn) -> PerNeuronDelay:
    """One delay per postsynaptic neuron, ``"<projection>.dendritic_delay"``; see :func:`axonal`.

    Raises:
        DescriptionError: for delays below 0, or without a longest one.
    """
    return _per_neuron("dendritic_delay", delay)


def _like(key: str) -> QuantitySpec:
    return QuantitySpec(key, 0.0, UNITS["ms"].dimension, minimum=0.0, doc=_DOC[key])


def _per_neuron(key: str, given: Value | Learn) -> PerNeuronDelay:
    found = declare(given, _like(key), 1.0, key, shared=False)
    longest = found.extent()[1] if found.maximum is None else found.maximum
    if not np.isfinite(longest):
        raise DescriptionError(
            f"{key}: the longest delay is not bounded", remedy="give learn(…, max=62*ms)"
        )
    return PerNeuronDelay(key, replace(found, maximum=longest), longest)
