"""The adjoint of a population, as a value: everything the backward pass computes, in sympy.

The adjoint is p = ∂L/∂x (so p_V = −τm λV and p_I = −τs λI in the normalisation of Wunderlich and
Pehle 2021). ⁻ is before the event, ⁺ after it; time runs backwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sympy

if TYPE_CHECKING:
    from genprop.adjoint.loss import LossAdjoint
    from genprop.equations.system import HybridSystem, SenderSystem

__all__ = [
    "SEND",
    "SENT_VALUE",
    "AdjointNetwork",
    "AdjointSystem",
    "ReceptorAdjoint",
    "SenderAdjoint",
    "adjoint_symbol",
]

SEND = sympy.Symbol("sent", real=True)
"""S: Σ ∂L/∂t_arr over the arrivals a spike causes, + ∂l_p/∂t_k + l⁻ − l⁺ + the release term."""

SENT_VALUE = sympy.Symbol("dL_dvalue", real=True)
"""c: Σ w ∂L/∂(weight × value) over the arrivals of one spike."""


def adjoint_symbol(state: sympy.Symbol) -> sympy.Symbol:
    """The name of ∂L/∂state: ``p_v`` for ``v``."""
    return sympy.Symbol(f"p_{state.name}", real=True)


@dataclass(frozen=True, slots=True)
class ReceptorAdjoint:
    """What one arrival reads in reverse, per receptor.

    ``weight`` is ∂L/∂w = p·e. ``time`` is ∂L/∂t_arr per unit weight, [p·(f(x) − f(x + W e))]/W,
    where the symbol ``arrived`` stands for W, the summed weight of the instant (it drops out when f
    is affine along e). x is the state before the arrival.
    """

    name: str
    weight: sympy.Expr
    time: sympy.Expr


@dataclass(frozen=True, slots=True)
class AdjointSystem:
    """Flow, jump and gradients of one population. Expressions are of states, parameters, adjoints.

    ``flow`` is −ṗ = (∂f/∂x)ᵀp per adjoint; ``held_flow`` the same while held.

    At a spike, p⁻ = (∂h/∂x)ᵀp⁺ − (∂g/∂x) · cost / rate. ``transfer`` is (∂h/∂x)ᵀp⁺,
    ``guard_gradient`` ∂g/∂x, ``cost`` p⁺ᵀ((∂h/∂x) f⁻ − f⁺) + S and ``rate`` ġ, the speed at which
    the guard is crossed; ``jump`` is the whole, simplified. States are those just before the spike,
    with the guard's own state eliminated by g = 0.

    Where an arrival itself crosses the threshold (possible when ``induced``), p⁻ = ``transfer`` and
    ``induced_cost`` is ∂L/∂t_arr; its states are those before the arrival.

    ``release`` is what the end of refractoriness adds to S: p·(f_held − f) at that instant.
    ``parameter_flow`` integrates over time to dL/dθ (``parameter_held`` while held);
    ``parameter_jump`` (with ``jump``) and ``parameter_induced`` (with ``transfer``) are added at
    each spike, ``parameter_release`` at each release. ``count`` is the heuristic jump of p⁻ per
    unit ∂L/∂n, n a spike count: −1/(∂f/∂I) in λ's normalisation 1.
    """

    system: HybridSystem
    adjoints: Mapping[sympy.Symbol, sympy.Symbol]
    flow: Mapping[sympy.Symbol, sympy.Expr]
    held_flow: Mapping[sympy.Symbol, sympy.Expr]
    transfer: Mapping[sympy.Symbol, sympy.Expr]
    guard_gradient: Mapping[sympy.Symbol, sympy.Expr]
    cost: sympy.Expr
    rate: sympy.Expr
    jump: Mapping[sympy.Symbol, sympy.Expr]
    induced: bool
    induced_cost: sympy.Expr
    release: sympy.Expr
    receptors: tuple[ReceptorAdjoint, ...]
    parameter_flow: Mapping[sympy.Symbol, sympy.Expr]
    parameter_held: Mapping[sympy.Symbol, sympy.Expr]
    parameter_jump: Mapping[sympy.Symbol, sympy.Expr]
    parameter_induced: Mapping[sympy.Symbol, sympy.Expr]
    parameter_release: Mapping[sympy.Symbol, sympy.Expr]
    count: Mapping[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True, slots=True)
class SenderAdjoint:
    """The adjoint of one :class:`SenderSystem`; expressions are of the states before the spike.

    ``flow`` is −ṗ; at a spike p⁻ = ``transfer``, and ``cost`` is added to ∂L/∂t of the spike.
    ``parameter_flow`` integrates over time to dL/dθ, ``parameter_jump`` is added at each spike.
    """

    sender: SenderSystem
    adjoints: Mapping[sympy.Symbol, sympy.Symbol]
    flow: Mapping[sympy.Symbol, sympy.Expr]
    transfer: Mapping[sympy.Symbol, sympy.Expr]
    cost: sympy.Expr
    parameter_flow: Mapping[sympy.Symbol, sympy.Expr]
    parameter_jump: Mapping[sympy.Symbol, sympy.Expr]


@dataclass(frozen=True, slots=True)
class AdjointNetwork:
    """The adjoint of every population with equations, of the loss, and of senders by projection."""

    populations: Mapping[str, AdjointSystem]
    loss: tuple[LossAdjoint, ...]
    senders: Mapping[str, SenderAdjoint] = field(default_factory=dict[str, SenderAdjoint])
