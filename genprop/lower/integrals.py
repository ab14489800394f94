"""Integrals that readouts look at, as states of the population: then their adjoint derives itself.

∫₀ᵀ ρ₀ e^{ct} x dt = ρ₀ e^{cT} y(T) where ẏ = −c y + x and y(0) = 0: a linear flow again. So a loss
of an integral is one of a state at the end of the trial, and neither spikes nor arrivals need a
rule of their own for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.closed_forms import LossOverTime, WeightedIntegral
from genprop.adjoint.observation import DURATION, TIME
from genprop.equations.algebra import simplified, substitute, symbols
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.equations.system import HybridSystem
    from genprop.lower.clocks.base import Clock

__all__ = ["Integral", "with_integrals"]


@dataclass(frozen=True, slots=True)
class Integral:
    """The state ``symbol`` times ``scale`` is what a readout integrates."""

    symbol: sympy.Symbol
    scale: float


def with_integrals(
    system: HybridSystem, observed: Iterable[tuple[str, Observation]], clock: Clock
) -> tuple[HybridSystem, dict[str, Integral]]:
    """The population with a state for each integral, and those by the name of their loss.

    Raises:
        UnsupportedError: for a weight in time that is no exponential.
    """
    found: dict[str, Integral] = {}
    flow, initial = dict(system.flow), dict(system.initial)
    for loss, o in observed:
        form = o.closed_form
        if not isinstance(form, WeightedIntegral | LossOverTime):
            continue
        symbol = _unused(system, len(found))
        if isinstance(form, WeightedIntegral):
            rate, scale = _exponential(form.weight, clock.duration, loss)
            flow[symbol] = o.value - rate * symbol
        else:
            scale = 1.0
            flow[symbol] = o.value / sympy.Float(clock.dt)  # so that it ends as the mean
        initial[symbol] = sympy.S.Zero
        found[loss] = Integral(symbol, scale)
    states = (*system.states, *(i.symbol for i in found.values()))
    return replace(system, states=states, flow=flow, initial=initial), found


def _exponential(weight: sympy.Expr, duration: float, loss: str) -> tuple[float, float]:
    """The c and ρ₀ e^{cT} of a weight ρ₀ e^{ct}."""
    at = substitute(sympy.sympify(weight), {DURATION: sympy.Float(duration)})
    rate = simplified(sympy.diff(at, TIME) / at)
    if symbols(rate):
        raise UnsupportedError(
            f"the exact clock integrates over time with weights c·exp(a·t), not {weight}",
            where=f"loss term {loss}",
            remedy="compile(…, clock='grid')",
        )
    return float(rate), float(substitute(at, {TIME: sympy.Float(duration)}))


def _unused(system: HybridSystem, count: int) -> sympy.Symbol:
    taken = {s.name for s in (*system.states, *system.parameters)}
    name = f"integral_{count + 1}"
    while name in taken:
        name += "_"
    return sympy.Symbol(name, real=True)
