"""The sender's side in reverse, where spikes are given and each sends a value.

At a spike x⁺ = h(x⁻) and the value is s(x⁻), so with c = ∂L/∂s, summed over what was sent,
p⁻ = (∂h/∂x)ᵀ p⁺ + c ∂s/∂x. The spike's time moves both: p⁺ᵀ((∂h/∂x) f⁻ − f⁺) + c ∂s/∂x·f⁻ is
what these add to ∂L/∂t of the spike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.flow import adjoint_flow
from genprop.adjoint.parameters import parameter_flow
from genprop.adjoint.system import SENT_VALUE, SenderAdjoint, adjoint_symbol
from genprop.equations.algebra import together

if TYPE_CHECKING:
    from genprop.equations.system import SenderSystem

__all__ = ["derive_sender"]


def derive_sender(sender: SenderSystem) -> SenderAdjoint:
    """The adjoint of the sender's side of one projection."""
    system = sender.system
    adjoints = {x: adjoint_symbol(x) for x in system.states}
    reset = {x: system.reset.get(x, x) for x in system.states}
    sent = [(adjoints[x], h) for x, h in reset.items()] + [(SENT_VALUE, sender.value)]

    def through(s: sympy.Symbol) -> sympy.Expr:
        """(∂h/∂s)ᵀ p⁺ + c ∂value/∂s."""
        return sympy.Add(*(q * sympy.diff(e, s) for q, e in sent))

    moved = sympy.Add(*(through(x) * system.flow[x] for x in system.states))
    after = sympy.Add(*(adjoints[x] * system.after_reset(f) for x, f in system.flow.items()))
    by_spike = {s: together(through(s)) for s in system.parameters}
    return SenderAdjoint(
        sender=sender,
        adjoints=adjoints,
        flow=adjoint_flow(system.states, system.flow, adjoints),
        transfer={adjoints[x]: together(through(x)) for x in system.states},
        cost=together(moved - after),
        parameter_flow=parameter_flow(system, system.flow, adjoints),
        parameter_jump={s: e for s, e in by_spike.items() if e != 0},
    )
