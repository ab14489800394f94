"""One loss term as printed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.names import identifier
from genprop.lower.nodes import names_in

if TYPE_CHECKING:
    from genprop.emit.printers import CPrinter
    from genprop.lower.loss_program import LossProgram, ReductionProgram

__all__ = ["loss_view"]

View = dict[str, object]


def loss_view(loss: LossProgram, printer: CPrinter) -> View:
    """What ``kernels/loss.hpp.j2`` reads."""
    everything = [loss.total, loss.gradient, *(r.each for r in (*loss.reductions, *loss.backward))]
    read = {n for e in everything for n in names_in(e)}
    return {
        "name": loss.name,
        "id": identifier(loss.name),
        "population": identifier(loss.population),
        "stepwise": loss.readout.stepwise,
        "coefficient": repr(loss.coefficient),
        "reductions": [_reduction(r, printer) for r in loss.reductions],
        "total": printer.expression(loss.total),
        "backward": [_reduction(r, printer) for r in loss.backward],
        "gradient": printer.expression(loss.gradient),
        "reads_label": "is_label" in read or "target" in read,
        "reads_target": "target" in read,
    }


def _reduction(reduction: ReductionProgram, printer: CPrinter) -> View:
    return {
        "name": reduction.name,
        "operation": reduction.operation,
        "each": printer.expression(reduction.each),
    }
