"""States and parameters whose names a Program has for something of its own.

Within a population a Program knows things by name alone. Where a parameter is called ``p_v`` and
there is a state v, expressions that read the parameter would read ∂L/∂v.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.errors import DescriptionError
from genprop.lower.delivery import DL_DVALUE, SENT
from genprop.lower.given import COST, FRACTION, crossing_name
from genprop.lower.nodes import Accumulate

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram, Program

__all__ = ["refuse_own_names"]


def refuse_own_names(program: Program) -> None:
    """Refuse states and parameters that are called as something else of their population is.

    Raises:
        DescriptionError: naming the population, its names and what they stand for.
    """
    cells = [(f"population {p.name}", p) for p in program.populations]
    cells += [(f"the sender's side of {s.projection}", s.cell) for s in program.senders]
    for where, cell in cells:
        own = {*cell.states, *(q.local for q in cell.parameters)}
        found: dict[str, str] = {}
        for name, meaning in _derived(cell):
            if name in own:
                found.setdefault(name, meaning)
        if cell.guard is not None:
            for name in {"spikes", "spike_times"} & {*cell.states}:
                found.setdefault(name, "what is recorded of its spikes")
        if found:
            listed = ", ".join(f"{name!r} ({meaning})" for name, meaning in found.items())
            raise DescriptionError(
                f"derived equations have these names for something else: {listed}",
                where=where,
                remedy="give the states or parameters of the model other names",
            )


def _derived(p: PopulationProgram) -> Iterator[tuple[str, str]]:
    """Names of a population that are neither its states nor its parameters, with their meaning."""
    yield from ((name, f"∂L/∂{name.removeprefix('p_')}") for name in p.adjoints)
    yield from ((c.name, "a number made once per batch") for c in p.constants)
    for propagator in p.propagators:
        entries = [*propagator.entries]
        for derivative in propagator.derivatives:
            entries += derivative.entries
        yield from ((name, "an entry of exp(A dt)") for _, _, name in entries)
    release = p.refractory.tape if p.refractory else ()
    yield from ((a.target, "kept at a spike") for a in (*p.spike_tape, *release))
    if p.crossing:
        yield from ((crossing_name(x), f"{x} where it crosses") for x in p.crossing)
        yield FRACTION, "the part of a step before the crossing"
    if p.guard is not None and p.active:
        yield SENT, "∂L/∂t of a spike"
    yield from ((name, "of an arrival") for name in ("arrived", DL_DVALUE, COST))
    for receptor in p.receptors:
        delivery = receptor.delivery
        yield from ((n, "of an arrival") for n in (*delivery.slots, *delivery.names))
    lines = [*p.jump, *(p.refractory.backward if p.refractory else ())]
    lines += [*(p.induced.jump if p.induced else ()), *p.backward_step, *p.backward_held_step]
    for line in lines:
        if not isinstance(line, Accumulate):
            yield line.target, "of the adjoint"
