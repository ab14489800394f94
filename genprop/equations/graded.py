"""What the equations of graded neurons mean: the flow of their states and the values they send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sympy

from genprop.describe.text import CLOCK
from genprop.equations.dimensions import check
from genprop.equations.grammar import parse_expression
from genprop.errors import DescriptionError, GenpropError, refuse_if

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, PopulationSpec

__all__ = ["GradedSystem", "understand_graded"]


@dataclass(frozen=True, slots=True)
class GradedSystem:
    """One population: ẋ = f(x, I), values v = s(x, I), in sympy.

    ``initial`` are the states at the start, ``input_bounds`` the declared maxima of the inputs;
    ``parameters`` maps each symbol to its flat name.
    """

    population: str
    states: tuple[sympy.Symbol, ...]
    inputs: tuple[sympy.Symbol, ...]
    input_bounds: tuple[float | None, ...]
    flow: Mapping[sympy.Symbol, sympy.Expr]
    values: Mapping[str, sympy.Expr]
    initial: tuple[float, ...]
    parameters: Mapping[sympy.Symbol, str]


def understand_graded(spec: NetworkSpec) -> dict[str, GradedSystem]:
    """The system of every population that has equations, by name.

    Raises:
        DescriptionError: every unknown name and unit that disagrees, all at once.
    """
    findings: list[GenpropError] = []
    for population in spec.populations:
        if population.neuron is not None:
            findings += check(population.neuron)
    refuse_if(dict.fromkeys(findings))
    return {p.name: _system(p) for p in spec.populations if p.neuron is not None}


def _system(population: PopulationSpec) -> GradedSystem:
    neuron = population.neuron
    assert neuron is not None
    quantities = (*neuron.states, *neuron.inputs, *neuron.parameters)
    names = {q.name: sympy.Symbol(q.name, real=True) for q in quantities}
    for equation in (*neuron.flow, *neuron.send):
        time = sympy.Symbol(CLOCK, real=True)
        if time in parse_expression(equation, {**names, CLOCK: time}).free_symbols:
            raise DescriptionError(
                f"{equation.target} depends on the time itself, and a graded network runs to a "
                "fixed point",
                where=f"neuron {neuron.name}",
                remedy="give what changes in time as a stepwise input: GradedBatch of "
                "(batch, steps, n)",
            )
    return GradedSystem(
        population=population.name,
        states=tuple(names[q.name] for q in neuron.states),
        inputs=tuple(names[q.name] for q in neuron.inputs),
        input_bounds=tuple(q.maximum for q in neuron.inputs),
        flow={names[e.target]: parse_expression(e, names) for e in neuron.flow},
        values={e.target: parse_expression(e, names) for e in neuron.send},
        initial=tuple(q.value for q in neuron.states),
        parameters={names[p.key]: p.name for p in population.parameters},
    )
