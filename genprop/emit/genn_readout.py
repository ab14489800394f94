"""Readouts in GeNNCode: how a neuron model writes what they read and move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.emit.names import identifier
from genprop.emit.printers import GeNNPrinter, NumpyPrinter
from genprop.emit.readout_view import Place, Target, readout_view, short_name
from genprop.lower.nodes import names_in
from genprop.numerics.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.nodes import Expr
    from genprop.lower.program import PopulationProgram, Program

__all__ = ["TYPES", "host_view", "readout"]

View = dict[str, object]
TYPES = {"value": "scalar", "sum": "double", "count": "int", "instant": "int"}
"""A sum of very many terms, of which the loss sees the end, is in double."""
_NOW = "{0}_{1}[now]"
_BEFORE = "gradient_{1}[now - (num_batch * num_neurons)]"


def readout(loss: LossProgram, p: PopulationProgram, program: Program) -> View:
    """What the templates of a neuron model read of one loss term."""
    duration = repr(program.duration)
    start, end = (_weight(loss, f"time_{moment}", duration) for moment in ("start", "end"))
    places = {
        "begin": Place({"duration": duration}),
        "weight": Place({"t": "time_start", "duration": duration}),
        "delivered": Place({"instant": "step", "weight": start, "arrived": "arrived"}, tape=_NOW),
        "observed": Place({"instant": "step + 1", "weight": end}, tape=_NOW),
        "spiked": Place({"instant": "step + 1"}),
        "end": Place({"duration": duration}),
        "drive": Place(
            {
                "instant": "back_step + 1",
                "weight": end,
                "gradient": "gradient_{1}",
                "gradients": "gradient_{1}[now]",
            },
            tape=_NOW,
        ),
        "jump": Place({"instant": "back_step + 1", "weight": end, "gradient": "gradient_{1}"}),
        "returned": Place(
            {
                "instant": "back_step",
                "weight": start,
                "gradient": "gradient_{1}",
                "gradients": _BEFORE,
            },
            tape=_NOW,
        ),
    }

    def known(weight: Expr) -> float:
        return float(evaluate(weight, {"duration": np.asarray(program.duration)}))

    target = Target(
        lambda names: GeNNPrinter(rename=names),
        places,
        TYPES,
        last="steps",
        sum="(double)({0})",
        known=known,
        branches=True,
    )
    return readout_view(loss, target) | {"active": p.active}


def _weight(loss: LossProgram, time: str, duration: str) -> str:
    """The weight of what is observed at a time, in place: a variable would round it."""
    weight = loss.readout.weight
    printer = GeNNPrinter(rename={"t": time, "duration": duration})
    return "" if weight is None else f"({printer.expression(weight)})"


def host_view(loss: LossProgram, program: Program) -> View:
    """What the program on the host reads of a readout: y of the variables of a neuron model."""
    r, own = loss.readout, identifier(loss.name)
    read = [b.name for b in r.buffers if r.y is not None and b.name in set(names_in(r.y))]
    short = {name: short_name(name) for name in read}
    names = short | {"duration": repr(program.duration)}
    y = NumpyPrinter(rename=names).expression(r.y) if r.y is not None else ""
    return {
        "stepwise": r.stepwise,
        "pooled": r.pooled,
        "buffers": list(short.values()),
        "variables": [f"{name}_{own}" for name in short.values()],
        "y": y,
        "reads_dt": "DT" in y,
    }
