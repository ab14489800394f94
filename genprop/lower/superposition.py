"""What a network must be for the exact clock: flows whose solutions superpose, read in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.equations.algebra import symbols
from genprop.errors import GenpropError, UnsupportedError

if TYPE_CHECKING:
    import sympy

    from genprop.adjoint.observation import Observation
    from genprop.adjoint.system import AdjointNetwork
    from genprop.equations.system import HybridNetwork, HybridSystem

__all__ = ["beyond_exact"]

_REMEDY = "compile(…, clock='grid')"


def beyond_exact(network: HybridNetwork, adjoint: AdjointNetwork) -> list[GenpropError]:
    """Everything about the network that the exact clock cannot run; empty where it can.

    Flows and guards must be affine in the states, what a readout reads too, and arrivals free of
    parameters, which would get no gradient there.
    """
    populations = network.populations
    found = [finding for system in populations.values() for finding in _population(system)]
    for term in adjoint.loss:
        found += _readout(term.observation, populations[term.observation.population])
    return found


def _population(system: HybridSystem) -> Iterator[GenpropError]:
    where = f"population {system.population}"
    if not system.linear:
        yield UnsupportedError(
            "its flow is not linear in the states, which the exact clock needs",
            where=where,
            remedy=_REMEDY,
        )
    if system.guard is not None and not _affine(system.guard, system):
        yield UnsupportedError(
            "its threshold is not linear in the states, which the exact clock needs",
            where=where,
            remedy=_REMEDY,
        )
    parameters = set(system.parameters)
    for receptor in system.receptors:
        scaling = {x.name for e in receptor.arrival.values() for x in symbols(e) & parameters}
        if scaling:
            yield UnsupportedError(
                f"arrivals are scaled by {', '.join(sorted(scaling))}, which the exact clock gives "
                "no gradient there",
                where=f"receptor {receptor.name} of {where}",
                remedy="write the arrival without parameters (I = I + w) and scale the output, "
                f"or {_REMEDY}",
            )


def _readout(observed: Observation, system: HybridSystem) -> Iterator[GenpropError]:
    where = f"a readout of {observed.population}"
    if observed.closed_form is None:
        yield UnsupportedError(
            "the readout says only what it does in steps, and the exact clock has none",
            where=where,
            remedy=f"give its Observation a closed_form, or {_REMEDY}",
        )
    elif not (symbols(observed.value) <= set(system.states) and _affine(observed.value, system)):
        yield UnsupportedError(
            f"the exact clock reads sums of states; {observed.value} is none",
            where=where,
            remedy=f"read a state of the population, or {_REMEDY}",
        )


def _affine(e: sympy.Expr, system: HybridSystem) -> bool:
    states = set(system.states)
    return not any(symbols(e.diff(x)) & states for x in system.states)
