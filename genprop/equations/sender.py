"""The sender's side of a synapse: a small hybrid system whose spikes are those of the sender."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.describe.sender import VALUE
from genprop.equations.algebra import substitute
from genprop.equations.grammar import parse_expression
from genprop.equations.syntax import fault
from genprop.equations.system import HybridSystem, SenderSystem
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ProjectionSpec

__all__ = ["sender_systems"]


def sender_systems(spec: NetworkSpec) -> dict[str, SenderSystem]:
    """The sender's side of every projection that has one, by its name; units are sound.

    Raises:
        UnsupportedError: for a flow that is not linear in the sender's states.
    """
    return {p.name: _system(p, spec) for p in spec.projections if p.sender}


def _system(projection: ProjectionSpec, spec: NetworkSpec) -> SenderSystem:
    sender = projection.sender
    assert sender  # as of every projection that has one
    states = {q.name: sympy.Symbol(q.name, real=True) for q in sender.states}
    parameters = {p.key: sympy.Symbol(p.key, real=True) for p in projection.sender_parameters}
    value = sympy.Symbol(VALUE, real=True)
    scope = {**states, **parameters, VALUE: value}
    now: dict[str, sympy.Expr] = dict(states)
    for line in sender.spike:  # in order, each reading what the lines above it have set
        found = {scope[x]: e for x, e in now.items()}
        now[line.target] = substitute(parse_expression(line, scope), found, at_once=True)
        if value in now[line.target].free_symbols:
            raise fault("value is read before it is set", line, 0, "set it in a line above")
    system = HybridSystem(
        population=projection.pre,
        states=tuple(states.values()),
        flow={states[e.target]: parse_expression(e, scope) for e in sender.flow},
        initial={states[q.name]: sympy.Float(q.value) for q in sender.states},
        guard=None,
        reset={x: now[x.name] for x in states.values() if now[x.name] != x},
        receptors=(),
        parameters={parameters[p.key]: p.name for p in projection.sender_parameters},
        drive={},
    )
    if not system.linear:
        raise UnsupportedError(
            "between spikes the sender's states are carried over in one go, and their flow is not "
            "linear in them",
            where=f"projection {projection.name}",
            remedy="let sender_flow be linear in the sender's states, as dx/dt = (1 - x)/tau; what "
            "sender_spike does may be any function",
        )
    size = spec.population(projection.pre).size
    return SenderSystem(projection.name, projection.pre, size, system, now[VALUE])
