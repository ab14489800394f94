"""Optimisers as printed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.emit.printers import CPrinter
    from genprop.lower.program import Program, UpdateProgram

__all__ = ["updates_view"]

View = dict[str, object]


def updates_view(program: Program, printer: CPrinter) -> list[View]:
    """What ``kernels/update.hpp.j2`` reads."""
    sparse = any(q.connectivity != "dense" for q in program.projections)
    return [_update(u, printer, k, sparse) for k, u in enumerate(program.updates)]


def _update(update: UpdateProgram, printer: CPrinter, index: int, sparse: bool) -> View:
    """``index`` tells updates of one kind apart; synapses that are regrown count their own."""
    return {
        "counted": sparse and update.reads_count,
        "id": f"{update.name.lower()}_{index}",
        "name": update.name,
        "settings": [name for name, _ in update.settings],
        "states": list(update.states),
        "constants": printer.statements(update.constants, ()),
        "body": printer.statements(update.body, ("x", *update.states)),
    }
