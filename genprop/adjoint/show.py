"""The adjoint of a population and of a loss, to read: the equations that are run backwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.system import SEND, SENT_VALUE
from genprop.equations.show import derivative, sender_sections, system_sections
from genprop.equations.typeset import Equations, Line, formula

if TYPE_CHECKING:
    from genprop.adjoint.loss import LossAdjoint
    from genprop.adjoint.observation import Observation
    from genprop.adjoint.system import AdjointSystem, SenderAdjoint

__all__ = ["adjoint_equations", "loss_equations", "sender_adjoint_equations"]

Section = tuple[str, tuple[Line, ...]]
_COST = sympy.Symbol("κ", real=True)
_RATE = sympy.Symbol("ġ", real=True)
_SENT = sympy.Symbol("S", real=True)
_WEIGHT = sympy.Symbol("w", real=True)


def adjoint_equations(adjoint: AdjointSystem, title: str = "") -> Equations:
    """Forward and backward equations of one population, p = ∂L/∂x.

    ⁺ is after an event and ⁻ before it; time runs backwards, so ⁺ is known first. At a spike
    p⁻ = (∂h/∂x)ᵀ p⁺ − (∂g/∂x) κ/ġ, and S is ∂L/∂t_spike without the jump: Σ ∂L/∂t of the
    arrivals that the spike causes, and what losses and the refractory-release term add.
    """
    name = title or f"population {adjoint.system.population}"
    return Equations(name, (*system_sections(adjoint.system), *_sections(adjoint)))


def sender_adjoint_equations(adjoint: SenderAdjoint) -> Equations:
    """The sender's side of a synapse forwards and backwards; c is ∂L/∂value of a spike."""
    sender, c = adjoint.sender, sympy.Symbol("c", real=True)
    flow = tuple(Line(*derivative(p.name, p, "-"), f) for p, f in adjoint.flow.items())
    spike = [
        Line("c", "c", _WEIGHT * sympy.Symbol("dL_dw"), "+=", "per arrival, at value 1"),
        *(
            Line(f"{p.name}⁻", f"{sympy.latex(p)}^{{-}}", e.subs(SENT_VALUE, c))
            for p, e in adjoint.transfer.items()
        ),
        Line("S", "S", adjoint.cost.subs(SENT_VALUE, c), "+=", "∂L/∂t of the spike"),
    ]
    at_spikes = {s: e.subs(SENT_VALUE, c) for s, e in adjoint.parameter_jump.items()}
    return Equations(
        f"sender of {sender.projection}",
        (
            *sender_sections(sender),
            ("adjoint p = ∂L/∂x, backwards in time", flow),
            ("at a spike, from after (+) to before (−) it", tuple(spike)),
            *_gradients("parameters, ∫ dt", adjoint.parameter_flow),
            *_gradients("parameters, at each spike", at_spikes),
        ),
    )


def loss_equations(name: str, loss: LossAdjoint) -> Equations:
    """What one term of the loss observes, its value and its gradient, summed over neurons j."""
    observation, function = loss.observation, loss.function
    rows = list(_observed(observation))
    rows += [_reduction(r.name, r.operation, r.each) for r in function.reductions]
    backward = [_reduction(r.name, r.operation, r.each) for r in loss.backward]
    backward.append(Line("∂L/∂y", r"\frac{\partial L}{\partial y}", loss.gradient))
    return Equations(
        f"{loss.coefficient:g} × {name}",
        (
            ("observed", tuple(rows)),
            ("L, summed over neurons", (Line("L", "L", function.value),)),
            ("its gradient", tuple(backward)),
        ),
    )


def _observed(observation: Observation) -> Iterator[Line]:
    if observation.value == 0:
        yield Line("y", "y", sympy.Symbol(observation.about))
        return
    seen = observation.value * (observation.density if observation.density != 0 else 1)
    yield Line("y", "y", seen, remark=observation.about)


def _sections(adjoint: AdjointSystem) -> Iterator[Section]:
    system = adjoint.system
    yield (
        "adjoint p = ∂L/∂x, backwards in time",
        tuple(Line(*derivative(p.name, p, "-"), f) for p, f in adjoint.flow.items()),
    )
    if system.refractory is not None:
        yield (
            "while refractory",
            tuple(Line(*derivative(p.name, p, "-"), f) for p, f in adjoint.held_flow.items()),
        )
    if system.guard is not None:
        yield "at a spike, from after (+) to before (−) it", tuple(_spike(adjoint))
    if adjoint.induced:
        cost = adjoint.induced_cost.subs(SEND, _SENT)
        yield (
            "where an arrival itself lifts the state over the threshold",
            (Line("∂L/∂t", r"\frac{\partial L}{\partial t}", cost),),
        )
    if adjoint.release != 0:
        yield "at the end of refractoriness", (Line("S", "S", adjoint.release, "+="),)
    for receptor in adjoint.receptors:
        yield (
            f"at an arrival of weight w at {receptor.name}",
            (
                Line("dL/dw", r"\frac{dL}{dw}", receptor.weight, "+="),
                Line(
                    "∂L/∂t", r"\frac{\partial L}{\partial t}", _WEIGHT * receptor.time, "=", "dL/dd"
                ),
            ),
        )
    yield from _parameters(adjoint)


def _spike(adjoint: AdjointSystem) -> Iterator[Line]:
    """The crossing speed, the cost, and p⁻ of every state that the spike changes."""
    yield Line("ġ", r"\dot{g}", adjoint.rate, remark="the speed at which the threshold is crossed")
    yield Line("κ", r"\kappa", adjoint.cost.subs(SEND, _SENT))
    for p in adjoint.adjoints.values():
        before = adjoint.transfer[p] - adjoint.guard_gradient[p] * _COST / _RATE
        yield Line(f"{p.name}⁻", f"{sympy.latex(p)}^{{-}}", before)


def _parameters(adjoint: AdjointSystem) -> Iterator[Section]:
    """The gradient of every parameter, by where it collects."""
    held = "" if adjoint.system.refractory is None else " outside refractoriness"
    yield from _gradients(f"parameters, ∫ dt{held}", adjoint.parameter_flow)
    if held:
        yield from _gradients("parameters, ∫ dt while refractory", adjoint.parameter_held)
    by_name = {s: _per_spike(adjoint, s) for s in adjoint.parameter_jump}
    yield from _gradients("parameters, at each spike", by_name)
    yield from _gradients("parameters, at each end of refractoriness", adjoint.parameter_release)


def _per_spike(adjoint: AdjointSystem, parameter: sympy.Symbol) -> sympy.Expr:
    """(∂h/∂θ)·p⁺ − (∂g/∂θ) κ/ġ."""
    reset = adjoint.parameter_induced.get(parameter, sympy.S.Zero)
    guard = sympy.diff(adjoint.system.guard, parameter)
    return reset - guard * _COST / _RATE


def _gradients(heading: str, found: Mapping[sympy.Symbol, sympy.Expr]) -> Iterator[Section]:
    if found:
        yield (
            heading,
            tuple(
                Line(f"dL/d{formula(s)}", rf"\frac{{dL}}{{d {sympy.latex(s)}}}", e, "+=")
                for s, e in found.items()
            ),
        )


def _reduction(name: sympy.Symbol, operation: str, each: sympy.Expr) -> Line:
    mark, command = ("Σ_j", r"\sum_j") if operation == "sum" else ("max_j", r"\max_j")
    return Line(f"{formula(name)} = {mark}", f"{sympy.latex(name)} = {command}", each, ":")
