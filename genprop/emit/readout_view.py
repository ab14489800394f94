"""A readout as printed lines: one view that every target prints, each with names of its own.

The lines follow from the Program's statements alone. A target only says how buffers, adjoints, the
instant, the gradient and the rest are written at each place of its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop.emit.names import identifier
from genprop.lower.nodes import (
    Add,
    AddTo,
    Assign,
    Multiply,
    Name,
    Number,
    Select,
    names_in,
    rewritten,
)

if TYPE_CHECKING:
    from genprop.emit.printers import CPrinter
    from genprop.lower.loss_program import BufferProgram, LossProgram
    from genprop.lower.nodes import Condition, Expr, Move

__all__ = ["Place", "Target", "readout_view", "short_name"]

View = dict[str, object]
_WEIGHT = "readout.weight"


@dataclass(frozen=True, slots=True)
class Place:
    """How names are written at one place of generated code, {0} being a name and {1} the loss.

    ``buffer`` is for buffers, ``tape`` for what is kept of every step, ``adjoint`` for adjoints;
    ``names`` for ``instant``, ``weight``, ``gradient``, ``arrived``, ``t`` and ``duration``, and
    ``gradients`` for the gradient of a stepwise readout.
    """

    names: Mapping[str, str]
    buffer: str = "{0}_{1}"
    tape: str = "{0}_{1}"
    adjoint: str = "{0}"


@dataclass(frozen=True, slots=True)
class Target:
    """How a target prints readouts.

    ``places`` are those of the forward run (``begin``, ``delivered``, ``observed``, ``spiked``,
    ``end``) and of the reverse (``drive`` at t_{n+1}, ``jump`` at a spike, ``returned`` at t_n);
    ``weight`` is where the weight of an instant is computed.
    ``types`` go by the kind of a buffer, ``last`` is N of t_N = T, ``sum`` is how a term is written
    that goes into a long sum. ``known`` gives the weight of an integral that is the same at all
    times, to be printed as a number. ``branches`` prints ``x = c ? a : x`` as a branch, for code
    that runs neuron by neuron.
    """

    printer: Callable[[Mapping[str, str]], CPrinter]
    places: Mapping[str, Place]
    types: Mapping[str, str]
    last: str
    sum: str = "{0}"
    known: Callable[[Expr], float] | None = None
    branches: bool = False


def readout_view(loss: LossProgram, target: Target) -> View:
    """What the templates of a population read of one loss term."""
    r, lines = loss.readout, _Lines(loss, target)
    end_of_step = (*r.observed, *r.tape_observed)
    start_of_step = (*r.delivered, *r.tape_delivered)
    costs = [e for e in (r.arrival, *(e for _, e in r.arrivals)) if e is not None]
    returned = [*(s.value for s in r.drive_delivered), *costs]
    return {
        "id": identifier(loss.name),
        "name": loss.name,
        "stepwise": r.stepwise,
        "pooled": r.pooled,
        "weight": lines.expression("weight", r.weight),
        "buffers": lines.buffers(r.buffers),
        "value": lines.expression("observed", r.value),
        "after_reset": lines.expression("observed", r.after_reset),
        "delivered": lines.moves("delivered", r.delivered),
        "observed": lines.moves("observed", r.observed),
        "spiked": lines.moves("spiked", r.spiked),
        "tapes": [lines.tape(a) for a in r.taped],
        "tape_delivered": lines.moves("delivered", r.tape_delivered),
        "tape_observed": lines.moves("observed", r.tape_observed),
        "y": "" if r.y == Name("readout.y") else lines.expression("end", r.y),
        "drive": lines.moves("drive", r.drive),
        "drive_when": lines.expression("drive", r.drive_when),
        "drive_delivered": lines.moves("returned", r.drive_delivered),
        "spike": lines.expression("jump", r.spike),
        "count": lines.expression("jump", r.count),
        "arrival": lines.expression("returned", r.arrival),
        "arrivals": {receptor: lines.added("returned", e) for receptor, e in r.arrivals},
        "reads_arrived": r.reads("readout.arrived"),
        "weighs_start": lines.reads(_WEIGHT, (s.value for s in start_of_step)),
        "weighs_end": lines.reads(_WEIGHT, (s.value for s in end_of_step)),
        "timed": lines.weighs,
        "weighs_drive": lines.reads(_WEIGHT, (s.value for s in r.drive)),
        "weighs_returned": lines.reads(_WEIGHT, returned),
        "gradient_returned": lines.reads("readout.gradient", returned),
        "moving": lines.used((*start_of_step, *end_of_step)),
        "returned": lines.used(r.drive_delivered, costs),
    }


class _Lines:
    """One readout's statements as text, place by place."""

    def __init__(self, loss: LossProgram, target: Target) -> None:
        self.readout, self.target, self.own = loss.readout, target, identifier(loss.name)
        self.sums = {b.name for b in loss.readout.buffers if b.kind == "sum"}
        weight = self.readout.weight
        steady = weight is not None and "t" not in set(names_in(weight))
        self.known = target.known(weight) if steady and target.known and weight else None
        self.weighs = weight is not None and self.known is None
        self._printers = {name: self._printer(place) for name, place in target.places.items()}

    def expression(self, place: str, e: Expr | None) -> str:
        """One expression, or nothing."""
        return "" if e is None else self._printers[place].expression(self._folded(e))

    def added(self, place: str, e: Expr) -> str:
        """An expression as it is added: `` + e`` or `` - e``."""
        return self.expression(place, Add((Name(""), e)))

    def moves(self, place: str, moves: Iterable[Move]) -> list[str]:
        """Statements that assign and add."""
        if not self.target.branches:
            return [self._move(place, s) for s in moves]
        lines: list[str] = []
        for condition, together in _branches(tuple(moves)):
            inner = [self._move(place, s) for s in together]
            if condition is None:
                lines += inner
                continue
            where = self.expression(place, condition)
            lines += [f"if ({where}) {{", *(f"    {line}" for line in inner), "}"]
        return lines

    def _move(self, place: str, s: Move) -> str:
        target, value = self.expression(place, Name(s.target)), self.expression(place, s.value)
        if isinstance(s, AddTo):
            value = self.target.sum.format(value) if s.target in self.sums else value
            return f"{target} += {value};"
        return f"{target} = {value};"

    def buffers(self, buffers: Iterable[BufferProgram]) -> list[View]:
        """Name, type and value at the start of buffers."""
        return [
            {
                "name": short_name(b.name),
                "type": self.target.types[b.kind],
                "initial": self.expression("begin", b.initial),
            }
            for b in buffers
        ]

    def tape(self, column: Assign) -> str:
        """What a column of the tape of steps is called."""
        return f"{short_name(column.target)}_{self.own}"

    def used(self, moves: Iterable[Move], others: Iterable[Expr] = ()) -> View:
        """The buffers, and the columns of the tape of steps, that lines read or move."""
        moves = tuple(moves)
        read = {n for e in (*(s.value for s in moves), *others) for n in names_in(e)}
        read |= {s.target for s in moves}
        r = self.readout
        columns = [a for a in r.taped if a.target in read]
        return {
            "buffers": self.buffers(b for b in r.buffers if b.name in read),
            "tapes": [self.tape(a) for a in columns],
        }

    def reads(self, name: str, expressions: Iterable[Expr]) -> bool:
        """Whether any of some expressions reads ``name``, as printed."""
        return any(name in set(names_in(self._folded(e))) for e in expressions)

    def _folded(self, e: Expr) -> Expr:
        return e if self.known is None else rewritten(e, self._fold)

    def _fold(self, e: Expr) -> Expr:
        match e:
            case Name(id) if id == _WEIGHT and self.known is not None:
                return Number(self.known)
            case Multiply((Number(a), Number(b), *rest)):
                return Multiply((Number(a * b), *rest)) if rest else Number(a * b)
            case _:
                return e

    def _printer(self, place: Place) -> CPrinter:
        r, own = self.readout, self.own
        names = {f"readout.{n}": text.format("", own) for n, text in place.names.items()}
        if r.stepwise and "readout.gradients" in names:
            names["readout.gradient"] = names["readout.gradients"]
        names["readout.last"] = self.target.last
        names |= {b.name: place.buffer.format(short_name(b.name), own) for b in r.buffers}
        columns = r.taped
        names |= {a.target: place.tape.format(short_name(a.target), own) for a in columns}
        names |= {s.target: place.adjoint.format(s.target) for s in (*r.drive, *r.drive_delivered)}
        names |= {n: names[f"readout.{n}"] for n in ("t", "duration") if f"readout.{n}" in names}
        return self.target.printer(names)


def _branches(moves: tuple[Move, ...]) -> Iterator[tuple[Condition | None, tuple[Move, ...]]]:
    """Moves one after the other; those that move their target on one condition only, together.

    All of a branch but its last leave alone what its condition reads.
    """
    while moves:
        condition, _ = _moved_where(moves[0])
        if condition is None:
            yield None, moves[:1]
            moves = moves[1:]
            continue
        read = set(names_in(condition))
        together: list[Move] = []
        for s in moves:
            where, moved = _moved_where(s)
            if where != condition or (together and together[-1].target in read):
                break
            together.append(moved)
        yield condition, tuple(together)
        moves = moves[len(together) :]


def _moved_where(s: Move) -> tuple[Condition | None, Move]:
    """``x = c ? a : x`` as the condition c and ``x = a``."""
    match s:
        case Assign(target, Select(condition, then, Name(other))) if other == target:
            return condition, Assign(target, then)
        case _:
            return None, s


def short_name(name: str) -> str:
    """The name of a buffer or column without what keeps it apart from the states."""
    return name.removeprefix("readout.")
