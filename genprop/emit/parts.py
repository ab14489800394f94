"""What the views of a population have in common, whatever language they are printed in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from genprop.lower.constants import constant_names
from genprop.lower.nodes import Accumulate, Name, Number, names_in

if TYPE_CHECKING:
    from genprop.emit.printers import CPrinter
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.nodes import Expr, Statement
    from genprop.lower.program import PopulationProgram

__all__ = [
    "adjoints_of_held",
    "assigned",
    "constants_of",
    "everything",
    "expressions",
    "factor",
    "learned",
    "names_of",
    "numbers",
    "states_of",
    "times",
]


def expressions(statements: Iterable[Statement]) -> list[Expr]:
    """What statements evaluate."""
    return [s.value for s in statements]


def names_of(found: Iterable[Expr]) -> set[str]:
    """Every name that some expressions read."""
    return {n for e in found for n in names_in(e)}


def assigned(statements: Iterable[Statement]) -> set[str]:
    """The names that statements assign."""
    return {s.target for s in statements if not isinstance(s, Accumulate)}


def constants_of(p: PopulationProgram, found: Iterable[Expr]) -> tuple[list[str], list[str]]:
    """The numbers some expressions read: those of all neurons, and those of each neuron."""
    read = names_of(found)
    used = [(n, each) for n, each in constant_names(p) if n in read]
    return [n for n, each in used if not each], [n for n, each in used if each]


def numbers(p: PopulationProgram, found: Iterable[Expr]) -> dict[str, object]:
    """The same by name, as templates read it: ``shared`` and ``each``."""
    shared, each = constants_of(p, found)
    return {"shared": shared, "each": each}


def states_of(p: PopulationProgram, found: Iterable[Expr]) -> list[str]:
    """The states some expressions read, in their order."""
    read = names_of(found)
    return [x for x in p.states if x in read]


def learned(p: PopulationProgram, statements: Iterable[Statement]) -> list[Statement]:
    """``statements`` without gradients of parameters that are not learned."""
    wanted = {q.local for q in p.parameters if q.learned}
    return [s for s in statements if not isinstance(s, Accumulate) or s.parameter in wanted]


def adjoints_of_held(p: PopulationProgram) -> list[str]:
    """The adjoints of the states that stand still while refractory."""
    held = p.refractory.held if p.refractory is not None else ()
    return [q for x, q in zip(p.states, p.adjoints, strict=True) if x in held]


def factor(e: Expr, printer: CPrinter) -> str:
    """An expression as a factor, in brackets unless it is a name or a number."""
    text = printer.expression(e)
    return text if isinstance(e, Number | Name) else f"({text})"


def times(e: Expr, printer: CPrinter) -> str:
    """`` * e``, or nothing for one."""
    return "" if e == Number(1.0) else f" * {factor(e, printer)}"


def everything(p: PopulationProgram, losses: Sequence[LossProgram]) -> Iterator[Expr]:
    """Every expression of a population and its losses that runs; backwards where it is active."""
    statements: list[Statement] = [*p.initial, *p.step, *p.held_step, *p.reset]
    for receptor in p.receptors:
        yield from (a.value for a in receptor.delivery.arrival)
    if p.guard is not None:
        yield p.guard
    for readout in (x.readout for x in losses):
        yield from readout.forward()
    if p.active:
        statements += [*p.spike_tape, *p.backward_step, *p.backward_held_step]
        statements += [*p.jump, *p.count_jump]
        for receptor in p.receptors:
            yield from (a.value for a in receptor.delivery.exposed)
        if p.refractory:
            statements += [*p.refractory.tape, *p.refractory.backward]
        if p.induced:
            yield p.induced.condition
            statements += p.induced.jump
        for readout in (x.readout for x in losses):
            yield from readout.reverse()
    yield from expressions(statements)
