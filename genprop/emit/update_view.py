"""One optimiser as printed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.emit.printers import CPrinter
    from genprop.lower.program import UpdateProgram

__all__ = ["update_view"]

View = dict[str, object]


def update_view(update: UpdateProgram, printer: CPrinter, index: int) -> View:
    """What ``kernels/update.hpp.j2`` reads; ``index`` tells updates of one kind apart."""
    return {
        "id": f"{update.name.lower()}_{index}",
        "name": update.name,
        "settings": [name for name, _ in update.settings],
        "states": list(update.states),
        "constants": printer.statements(update.constants, ()),
        "body": printer.statements(update.body, ("x", *update.states)),
    }
