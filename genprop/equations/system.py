"""The hybrid system of one population: what its equations mean.

State x, flow ẋ = f(x), guard g(x) > 0 with reset x⁺ = h(x⁻), arrivals x → x + w·e. Neuron and
receptor states stand in one vector; the neuron's inputs are already replaced by receptor outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy

from genprop.equations.algebra import substitute
from genprop.errors import DescriptionError, did_you_mean

__all__ = ["TIME", "HybridNetwork", "HybridSystem", "Receptor", "SenderSystem"]


TIME = sympy.Symbol("time", real=True)
"""The time t [ms] since the trial began: where equations read it, a state that rises by 1."""


@dataclass(frozen=True, slots=True)
class Receptor:
    """Where spikes arrive: the receptor's name and each state's jump per unit weight."""

    name: str
    arrival: Mapping[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True, slots=True)
class HybridSystem:
    """One population as flow, guard, reset and receptors, in sympy.

    ``states`` are ordered neuron first, receptors after. ``reset`` maps only the states that jump.
    ``held`` are the states held for ``refractory`` (a parameter symbol, or None) after a spike.
    ``parameters`` maps each symbol to the parameter's flat name. ``drive`` is the total input to
    the neuron (its ``I``) as an expression of receptor states, by input name.
    """

    population: str
    states: tuple[sympy.Symbol, ...]
    flow: Mapping[sympy.Symbol, sympy.Expr]
    initial: Mapping[sympy.Symbol, sympy.Expr]
    guard: sympy.Expr | None
    reset: Mapping[sympy.Symbol, sympy.Expr]
    receptors: tuple[Receptor, ...]
    parameters: Mapping[sympy.Symbol, str]
    drive: Mapping[str, sympy.Expr]
    held: tuple[sympy.Symbol, ...] = ()
    refractory: sympy.Symbol | None = None

    @property
    def vector(self) -> sympy.Matrix:
        """The flow as a column in the order of ``states``."""
        return sympy.Matrix([self.flow[x] for x in self.states])

    @property
    def held_flow(self) -> Mapping[sympy.Symbol, sympy.Expr]:
        """The flow during refractoriness: held states stand still."""
        return {x: sympy.Integer(0) if x in self.held else f for x, f in self.flow.items()}

    @property
    def jacobian(self) -> sympy.Matrix:
        """∂f/∂x."""
        return self.vector.jacobian(sympy.Matrix(self.states))

    @property
    def rising(self) -> bool:
        """Whether the reset leaves the guard as it is, so that each rise through 0 is one spike."""
        guard = self.guard
        return guard is not None and not guard.free_symbols & set(self.reset)

    @property
    def linear(self) -> bool:
        """Whether f is affine in x, so that a matrix exponential solves it exactly."""
        return not (self.jacobian.free_symbols & set(self.states))

    def state(self, name: str) -> sympy.Symbol:
        """The state called ``name``.

        Raises:
            DescriptionError: when the population has no such state.
        """
        for x in self.states:
            if x.name == name:
                return x
        raise DescriptionError(
            f"there is no state {name!r} to read",
            where=f"population {self.population}",
            remedy=did_you_mean(name, (x.name for x in self.states)),
        )

    def after_reset(self, expression: sympy.Expr) -> sympy.Expr:
        """``expression`` at x⁺ = h(x⁻)."""
        return substitute(expression, self.reset, at_once=True)


@dataclass(frozen=True, slots=True)
class SenderSystem:
    """States of each neuron of ``pre`` that scale what it sends through ``projection``.

    ``system`` has no guard: it jumps by ``system.reset`` at each spike of ``pre``, whose weight is
    multiplied by ``value``, an expression of the states just before that spike.
    """

    projection: str
    pre: str
    size: int
    system: HybridSystem
    value: sympy.Expr


@dataclass(frozen=True, slots=True)
class HybridNetwork:
    """The hybrid system of every population that has equations, by name.

    ``senders`` are the sender's sides of synapses, by projection.
    """

    populations: Mapping[str, HybridSystem]
    senders: Mapping[str, SenderSystem] = field(default_factory=dict[str, SenderSystem])
