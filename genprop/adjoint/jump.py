"""At a spike: p⁻ = (∂h/∂x)ᵀp⁺ − (∂g/∂x)/ġ · [p⁺ᵀ((∂h/∂x) f⁻ − f⁺) + S].

The spike's time moves by δt = −(∂g/∂x·δx)/ġ when the state before it moves; ``cost`` is what a
later spike costs. While refractory f⁺ is the held flow, and the refractory-release term
at t_k + τ_ref adds p·(f_held − f) to S, because its time moves with the spike's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import sympy

from genprop.adjoint.system import SEND
from genprop.equations.algebra import substitute, together

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem

__all__ = ["SpikeAdjoint", "guard_state", "spike_adjoint"]

Expressions = Mapping[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True, slots=True)
class SpikeAdjoint:
    """The pieces of the jump; see :class:`~genprop.adjoint.system.AdjointSystem`."""

    transfer: Expressions
    guard_gradient: Expressions
    cost: sympy.Expr
    rate: sympy.Expr
    jump: Expressions
    induced_cost: sympy.Expr
    release: sympy.Expr
    parameter_jump: Expressions
    parameter_induced: Expressions
    parameter_release: Expressions


def guard_state(system: HybridSystem) -> tuple[sympy.Symbol, sympy.Expr | None]:
    """The state that g = 0 determines, and its value at the spike (``v`` and ``v_th`` for a LIF).

    Where the guard is affine in no state, as of a lower and an upper threshold, the first that it
    reads, and None.
    """
    guard = cast("sympy.Expr", system.guard)  # of a population that spikes
    read_by_it = [x for x in system.states if x in guard.free_symbols]
    for x in read_by_it:
        slope = sympy.diff(guard, x)
        if not slope.free_symbols & set(system.states):
            return x, sympy.expand(x - guard / slope)
    return read_by_it[0], None


def spike_adjoint(
    system: HybridSystem, adjoints: Mapping[sympy.Symbol, sympy.Symbol]
) -> SpikeAdjoint:
    """The jump of p at a spike and what it adds to parameter gradients, simplified."""
    states = system.states
    before = [system.flow[x] for x in states]
    after_flow = system.held_flow if system.refractory is not None else system.flow
    after = [system.after_reset(after_flow[x]) for x in states]
    reset = [system.reset.get(x, x) for x in states]
    p = [adjoints[x] for x in states]

    carried = [
        sympy.Add(*(sympy.diff(h, x) * f for x, f in zip(states, before, strict=True)))
        for h in reset
    ]
    moved = zip(p, carried, after, strict=True)
    induced_cost = sympy.expand(sympy.Add(*(q * (c - a) for q, c, a in moved)))
    rate = sympy.Add(
        *(sympy.diff(system.guard, x) * f for x, f in zip(states, before, strict=True))
    )
    transfer = {
        adjoints[x]: sympy.Add(*(sympy.diff(h, x) * q for h, q in zip(reset, p, strict=True)))
        for x in states
    }
    state, value = guard_state(system)
    at_guard = {} if value is None else {state: value}
    rate = together(substitute(rate, at_guard))
    cost = together(substitute(induced_cost, at_guard)) + SEND
    guard_gradient = {adjoints[x]: sympy.diff(system.guard, x) for x in states}
    jump = {
        q: together(substitute(e - guard_gradient[q] * cost / rate, at_guard))
        for q, e in transfer.items()
    }
    by_reset = {
        s: sympy.Add(*(sympy.diff(h, s) * q for h, q in zip(reset, p, strict=True)))
        for s in system.parameters
    }
    release = sympy.Add(*(-adjoints[x] * system.flow[x] for x in system.held))
    return SpikeAdjoint(
        transfer={q: together(substitute(e, at_guard)) for q, e in transfer.items()},
        guard_gradient=guard_gradient,
        cost=cost,
        rate=rate,
        jump=jump,
        induced_cost=together(induced_cost) + SEND,
        release=together(release),
        parameter_jump=_present(
            {
                s: together(substitute(e - sympy.diff(system.guard, s) * cost / rate, at_guard))
                for s, e in by_reset.items()
            }
        ),
        parameter_induced=_present(by_reset),
        parameter_release=_present(
            {system.refractory: together(release)} if system.refractory else {}
        ),
    )


def _present(expressions: Expressions) -> dict[sympy.Symbol, sympy.Expr]:
    return {s: e for s, e in expressions.items() if e != 0}
