"""The sender's side of a projection in a Program: what a spike does there, and its reverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.equations.algebra import substitute
from genprop.lower.continuous_population import continuous
from genprop.lower.convert import assignments, convert
from genprop.lower.given import COST
from genprop.lower.nodes import Accumulate, Assign
from genprop.lower.program import PopulationProgram, SenderProgram, UsedParameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.adjoint.system import SenderAdjoint
    from genprop.describe.spec import ProjectionSpec
    from genprop.lower.nodes import Statement

__all__ = ["lower_sender"]


def lower_sender(
    projection: ProjectionSpec, adjoint: SenderAdjoint, *, post_active: bool, feedback: bool
) -> SenderProgram:
    """The sender's side of ``projection``.

    Args:
        projection: one that keeps states there.
        adjoint: of these.
        post_active: whether the receiving population has an adjoint.
        feedback: whether spikes get back what they cause.
    """
    sender = adjoint.sender
    system = sender.system
    learned = {p.name for p in projection.sender_parameters if p.learned and post_active}
    per_neuron = {p.name for p in projection.sender_parameters if p.shape}
    taught = [s for s, name in system.parameters.items() if name in learned]
    tape = {x: sympy.Symbol(f"spike_{x.name}", real=True) for x in system.states}
    cell = PopulationProgram(
        name=f"->{projection.name}",
        size=sender.size,
        source=False,
        active=feedback or bool(taught),
        states=tuple(x.name for x in system.states),
        parameters=tuple(
            UsedParameter(name, s.name, name in per_neuron, name in learned)
            for s, name in system.parameters.items()
        ),
        initial=tuple(Assign(x.name, convert(e)) for x, e in system.initial.items()),
        reset=assignments(system.reset),
        spike_tape=tuple(Assign(c.name, convert(x)) for x, c in tape.items()),
        adjoints=tuple(q.name for q in adjoint.adjoints.values()),
        jump=_jump(adjoint, taught, tape),
        continuous=continuous(system, taught, (), {}),
    )
    return SenderProgram(projection.name, sender.pre, cell, convert(sender.value))


def _jump(
    adjoint: SenderAdjoint,
    taught: list[sympy.Symbol],
    tape: Mapping[sympy.Symbol, sympy.Symbol],
) -> tuple[Statement, ...]:
    statements: list[Statement] = [Assign(COST, convert(substitute(adjoint.cost, tape)))]
    for s in taught:
        if s in adjoint.parameter_jump:
            value = substitute(adjoint.parameter_jump[s], tape)
            statements.append(Accumulate(s.name, convert(value)))
    moved = {q: substitute(e, tape) for q, e in adjoint.transfer.items()}
    return (*statements, *assignments(moved))
