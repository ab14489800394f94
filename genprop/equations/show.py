"""The hybrid system of a population, to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import sympy

from genprop.equations.typeset import Equations, Line

if TYPE_CHECKING:
    from genprop.equations.system import HybridSystem, SenderSystem

__all__ = [
    "derivative",
    "sender_equations",
    "sender_sections",
    "system_equations",
    "system_sections",
]

Section = tuple[str, tuple[Line, ...]]


def system_equations(system: HybridSystem) -> Equations:
    """Flow, guard, reset and arrivals of one population."""
    return Equations(f"population {system.population}", tuple(system_sections(system)))


def sender_equations(sender: SenderSystem) -> Equations:
    """What a synapse keeps on the sender's side: flow, value and jumps."""
    return Equations(f"sender of {sender.projection}", tuple(sender_sections(sender)))


def sender_sections(sender: SenderSystem) -> Iterator[Section]:
    """The headings of :func:`sender_equations` with their equations."""
    yield from system_sections(replace(sender.system, reset={}))
    lines = [Line("value", r"\mathrm{value}", sender.value, remark="weights are multiplied by it")]
    lines += [Line(x.name, sympy.latex(x), h) for x, h in sender.system.reset.items()]
    yield f"at a spike of {sender.pre}, all right sides read before it", tuple(lines)


def system_sections(system: HybridSystem) -> Iterator[Section]:
    """The headings of :func:`system_equations` with their equations."""
    kind = "linear" if system.linear else "not linear"
    yield (
        f"flow ({kind})",
        tuple(Line(*derivative(x.name, x), f) for x, f in system.flow.items()),
    )
    if system.guard is not None:
        again = ", and again only after it has fallen" if system.rising else ""
        yield f"spike where this rises through 0{again}", (Line("g", "g", system.guard),)
    if system.reset:
        yield (
            "reset, all right sides read before it",
            tuple(Line(x.name, sympy.latex(x), h) for x, h in system.reset.items()),
        )
    if system.refractory is not None:
        held = ", ".join(x.name for x in system.held)
        yield f"after a spike {held} stands still for", (Line("τ", r"\tau", system.refractory),)
    for receptor in system.receptors:
        if receptor.arrival:
            yield (
                f"arrival at {receptor.name}",
                tuple(
                    Line(x.name, sympy.latex(x), e * sympy.Symbol("w"), "+=")
                    for x, e in receptor.arrival.items()
                ),
            )


def derivative(name: str, symbol: sympy.Symbol, sign: str = "") -> tuple[str, str]:
    """``dv/dt`` as text and as LaTeX."""
    minus = "−" if sign else ""
    return f"{minus}d{name}/dt", rf"{sign}\frac{{d {sympy.latex(symbol)}}}{{dt}}"
