"""The numbers of a population, computed in numpy from its parameters, as printed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.names import identifier
from genprop.emit.printers import NumpyPrinter
from genprop.lower.constants import constant_names

if TYPE_CHECKING:
    from genprop.lower.nodes import Expr
    from genprop.lower.program import PopulationProgram, Propagator

__all__ = ["constants_view"]

View = dict[str, object]
Matrix = tuple[tuple["Expr", ...], ...]


def constants_view(p: PopulationProgram) -> View:
    """What ``genn/constants.py.j2`` reads: parameters, constants and propagators."""
    printer = NumpyPrinter()
    return {
        "name": p.name,
        "id": identifier(p.name),
        "size": p.size,
        "parameters": [[q.local, q.name] for q in p.parameters],
        "constants": [[c.name, printer.expression(c.value)] for c in p.constants],
        "propagators": [_propagator(q, printer) for q in p.propagators],
        "names": [n for n, _ in constant_names(p)],
        "refractory": p.refractory.duration if p.refractory else "",
    }


def _propagator(q: Propagator, printer: NumpyPrinter) -> View:
    """A matrix and its entries; the last row and column only where there is a drift."""
    entries = [e for part in (q, *q.derivatives) for e in part.entries]
    last = len(q.matrix) - 1
    size = last + any(column == last for _, column, _ in entries)
    return {
        "drift": size > last,
        "matrix": _rows(q.matrix, size, printer),
        "entries": [list(e) for e in q.entries],
        "derivatives": [
            {"matrix": _rows(d.matrix, size, printer), "entries": [list(e) for e in d.entries]}
            for d in q.derivatives
        ],
    }


def _rows(matrix: Matrix, size: int, printer: NumpyPrinter) -> list[str]:
    return [", ".join(printer.expression(e) for e in row[:size]) for row in matrix[:size]]
