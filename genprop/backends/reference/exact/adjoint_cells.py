"""The derived adjoint of a population as functions of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.adjoint.system import SEND
from genprop.errors import UnsupportedError
from genprop.numerics.callables import jacobian_function, numpy_function

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointSystem
    from genprop.numerics.callables import Arguments, NumpyFunction, Terms

__all__ = ["AdjointModel", "ParameterTerms"]


class ParameterTerms:
    """Contributions to parameter gradients: one expression per parameter that has one."""

    def __init__(
        self,
        system: AdjointSystem,
        terms: Terms,
        arguments: Arguments,
    ) -> None:
        self.names = [system.system.parameters[s] for s in terms]
        self._evaluate: NumpyFunction = numpy_function(list(terms.values()), arguments)

    def __call__(self, *values: float | np.ndarray) -> list[tuple[str, np.ndarray]]:
        """Pairs of flat name and value."""
        return list(zip(self.names, self._evaluate(*values), strict=True)) if self.names else []


class AdjointModel:
    """The functions of one population's adjoint, made once per network.

    Except for ``flow`` they take states, parameters, adjoints and S, in this order.
    ``flow[h](*parameters)`` is the matrix B (S, S, …) of −ṗ = B p, free (0) and held (1).
    ``arrival`` maps a receptor to what an arrival through it pulls on its weight and on its time,
    per unit of weight.

    Raises:
        UnsupportedError: when an arrival is scaled by a parameter, which would get no gradient.
    """

    def __init__(self, system: AdjointSystem) -> None:
        _refuse_scaled_arrivals(system)
        states = list(system.system.states)
        adjoints = [system.adjoints[x] for x in states]
        parameters = list(system.system.parameters)
        arguments = [*states, *parameters, *adjoints, SEND]

        def vector(terms: Terms) -> NumpyFunction:
            return numpy_function([terms.get(q, q * 0) for q in adjoints], arguments)

        def terms(terms: Terms) -> ParameterTerms:
            return ParameterTerms(system, terms, arguments)

        self.held = np.array([x in system.system.held for x in states])
        self.flow = tuple(
            jacobian_function([flow[q] for q in adjoints], adjoints, parameters)
            for flow in (system.flow, system.held_flow)
        )
        self.jump, self.transfer = vector(system.jump), vector(system.transfer)
        self.induced_cost = numpy_function([system.induced_cost], arguments)
        self.release = numpy_function([system.release], arguments)
        self.arrival = {
            p.name: numpy_function([p.weight, p.time], arguments) for p in system.receptors
        }
        self.count = vector(system.count)
        self.over_time = (terms(system.parameter_flow), terms(system.parameter_held))
        self.at_jump = terms(system.parameter_jump)
        self.at_induced = terms(system.parameter_induced)
        self.at_release = terms(system.parameter_release)


def _refuse_scaled_arrivals(system: AdjointSystem) -> None:
    parameters = set(system.system.parameters)
    for receptor in system.system.receptors:
        scaling = {str(s) for e in receptor.arrival.values() for s in e.free_symbols & parameters}
        if scaling:
            raise UnsupportedError(
                f"arrivals are scaled by {', '.join(sorted(scaling))}, which has no gradient there",
                where=f"receptor {receptor.name} of population {system.system.population}",
                remedy="write the arrival without parameters (I = I + w) and scale the output",
            )
