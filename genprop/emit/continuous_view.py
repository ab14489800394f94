"""One population in continuous time as C++: its constants, and its equations at events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.names import identifier, type_name
from genprop.emit.parts import learned
from genprop.emit.printers import CPrinter
from genprop.lower.clocks.exact import ExactClock
from genprop.lower.continuous import (
    FinalValue,
    FirstSpikeTime,
    HighestValue,
    SpikeNumber,
    StepMean,
)
from genprop.lower.nodes import Number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genprop.lower.continuous import Continuous
    from genprop.lower.nodes import Expr, Statement
    from genprop.lower.program import PopulationProgram, Program

__all__ = ["bounded_row", "continuous_view", "heard", "moved", "parts_of", "read"]

View = dict[str, object]


def bounded_row(parts: Continuous) -> str | None:
    """What must not pass a level unseen: "" for the guard, a loss for its maximum, None for none.

    Where both are, the guard is bounded, and every neuron is looked at closely for its maximum.
    """
    if parts.guard:
        return ""
    return next((v.loss for v in parts.views if isinstance(v, HighestValue)), None)


def moved(parts: Continuous) -> tuple[int, ...]:
    """The components of z that arrivals move, at once or later; those with an adjoint first."""
    size = len(parts.states)
    found = {k for _, e in parts.arrivals for k in range(size) if e[k] != Number(0.0)}
    grown = True
    while grown:
        more = {r for r in range(size) for c in found if parts.flow[r][c] != Number(0.0)}
        grown = not more <= found
        found |= more
    return tuple(sorted(found)) or (0,)


def read(parts: Continuous) -> int:
    """How many of :func:`moved` have an adjoint."""
    return sum(k < parts.adjoint_size for k in moved(parts))


def heard(name: str, program: Program) -> int:
    """For how many parts of steps a spike of a population is heard."""
    longest = max((q.max_delay_steps for q in program.outgoing(name)), default=0)
    return longest * parts_of(program) + 1


def rows(p: PopulationProgram, program: Program) -> int:
    """Parts of steps of a trial, and of what spikes reach beyond its end."""
    longest = max((r.max_delay_steps for r in p.receptors), default=0)
    return (program.steps + longest) * parts_of(program) + 2


def parts_of(program: Program) -> int:
    """Into how many parts steps are divided."""
    assert isinstance(program.clock, ExactClock)  # as of every Program that is printed here
    return program.clock.parts


def continuous_view(p: PopulationProgram, program: Program) -> View:
    """What ``exact/population.hpp.j2`` reads."""
    parts = p.continuous
    assert parts is not None  # as of every population on the exact clock
    lines = _Lines(p)
    components, bounded_by = moved(parts), bounded_row(parts)
    highest = [v for v in parts.views if isinstance(v, HighestValue)]
    bounding = parts.guard or (highest[0].row if highest else ())
    size = len(parts.states)
    return {
        "id": identifier(p.name),
        "type": type_name(p.name),
        "name": p.name,
        "size": p.size,
        "states": list(p.states),
        "components": list(parts.states),
        "adjoints": parts.adjoint_size,
        "each": lines.each,
        "active": p.active,
        "spiking": p.guard is not None,
        "refractory": p.refractory is not None,
        "induced": p.induced is not None,
        "bounded": bounded_by is not None,
        "always": bool(parts.guard and highest),
        "location": None,
        "moved": list(components),
        "read": read(parts),
        "feeds": _mask(_feeds(parts, components[: read(parts)])),
        "steps": _mask(_reached(parts)),
        "bounded_by": _flags(_bounds(parts, bounding, k) for k in range(size)),
        "seen": _flags(bool(bounding) and bounding[k] != Number(0.0) for k in range(size)),
        "bounding": _flags(bool(bounding) and bounding[k] != Number(0.0) for k in components),
        "held": _flags(k in parts.held for k in range(size)),
        "tangents": [[t.parameter, t.state, t.index] for t in parts.tangents],
        "learned": [q.local for q in p.parameters if q.learned] if p.active else [],
        "parameters": [q.local for q in p.parameters],
        "receptors": [identifier(r.name) for r in p.receptors],
        "rows": rows(p, program),
        "heard": heard(p.name, program),
        "finals": [identifier(v.loss) for v in parts.views if isinstance(v, FinalValue)],
        "means": [[v.index, identifier(v.loss)] for v in parts.views if isinstance(v, StepMean)],
        "highest": [identifier(v.loss) for v in highest],
        "first_spikes": _named(parts, FirstSpikeTime),
        "counts": _named(parts, SpikeNumber),
        **lines.events(),
    }


class _Lines:
    """The equations at events, of z, p and the numbers of neuron ``j``."""

    def __init__(self, p: PopulationProgram) -> None:
        self.program = p
        self.each = any(q.per_neuron for q in p.parameters)
        self.numbers = {
            q.local: f"n.parameters.{q.local}[{'j' if q.per_neuron else '0'}]" for q in p.parameters
        }
        self.states = {x: f"z[{k}]" for k, x in enumerate(p.states)}
        self.adjoints = {q: f"p[{k}]" for k, q in enumerate(p.adjoints)}
        self.columns = {a.target: f"at.{a.target}" for a in p.spike_tape}

    def events(self) -> View:
        """What is printed, by what happens."""
        p = self.program
        release = p.refractory
        return {
            "initial": [self.expression(a.value) for a in p.initial],
            "columns": [[a.target, self.expression(a.value)] for a in p.spike_tape],
            "reset": self.lines(p.reset, self.states),
            "jump": self.lines(learned(p, p.jump), self.adjoints),
            "induced_jump": self.lines(
                learned(p, p.induced.jump if p.induced else ()), self.adjoints
            ),
            "count_jump": [
                f"{self.adjoints[a.target]} += {self.expression(a.value)} * gradient;"
                for a in p.count_jump
            ],
            "release_columns": (
                [[a.target, self.expression(a.value)] for a in release.tape] if release else []
            ),
            "release": self._release(),
            "refractory_time": self.numbers[release.duration] if release else "0",
        }

    def _release(self) -> list[str]:
        release = self.program.refractory
        if release is None:
            return []
        names = {a.target: f"at.{a.target}" for a in release.tape}
        lines = self.lines(learned(self.program, release.backward), self.adjoints, names)
        return [
            line.replace("const double released = ", "const double released = moved + ")
            for line in lines
        ]

    def expression(self, e: Expr) -> str:
        """Of states and numbers."""
        return self._printer().expression(e)

    def lines(
        self,
        statements: Iterable[Statement],
        known: dict[str, str],
        more: dict[str, str] | None = None,
    ) -> list[str]:
        """Statements; the names of ``known`` are there already."""
        return self._printer(more).statements(statements, known, "gradients.{0}[j] += {1};")

    def _printer(self, more: dict[str, str] | None = None) -> CPrinter:
        names = self.numbers | self.states | self.adjoints | self.columns | (more or {})
        return CPrinter(real="double", rename=names)


def _named(parts: Continuous, kind: type) -> list[str]:
    return [identifier(v.loss) for v in parts.views if isinstance(v, kind)]


def _reached(parts: Continuous) -> list[list[bool]]:
    """Which entries of exp(A dt), and of what b adds, can differ from zero."""
    size = len(parts.states)
    zero = Number(0.0)
    reach = [[i == j or parts.flow[i][j] != zero for j in range(size)] for i in range(size)]
    for k in range(size):
        for i in range(size):
            for j in range(size):
                reach[i][j] = reach[i][j] or (reach[i][k] and reach[k][j])
    return [[*row, True] for row in reach]


def _feeds(parts: Continuous, components: tuple[int, ...]) -> list[list[bool]]:
    return [[parts.flow[r][c] != Number(0.0) for c in components] for r in components]


def _bounds(parts: Continuous, row: tuple[Expr, ...], column: int) -> bool:
    reached = _reached(parts)
    return any(
        row[r] != Number(0.0) and reached[r][column] for r in range(len(parts.states)) if row
    )


def _flags(flags: Iterable[bool]) -> str:
    return "{" + ", ".join("true" if f else "false" for f in flags) + "}"


def _mask(rows: list[list[bool]]) -> str:
    return "{" + ", ".join(_flags(row) for row in rows) + "}"
