"""The C structures of the generated interface, as ctypes, in the order the template writes them."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from genprop.emit.names import identifier
from genprop.lower.constants import constant_names
from genprop.lower.continuous import FinalValue

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram, Program

__all__ = [
    "PHASES",
    "batch_type",
    "continuous_numbers_type",
    "numbers_type",
    "sender_numbers_type",
]

PHASES = ("everything", "observe", "apart", "given")
"""``enum class Phase`` of ``layout.j2``."""

_INTEGER, _POINTER = ctypes.c_int64, ctypes.c_void_p
Fields = list[tuple[str, type]]


def batch_type(program: Program) -> type[ctypes.Structure]:
    """``struct Batch`` of ``layout.j2``."""
    fields: Fields = [
        (n, _INTEGER) for n in ("samples", "threads", "learning", "target_stride", "target_size")
    ]
    fields += [(n, _INTEGER) for n in ("whole", "first_group", "last_group", "phase")]
    fields += [("labels", _POINTER), ("targets", _POINTER), ("finite", _POINTER)]
    timed = not program.clock.rounds
    for p in program.populations:
        if p.source:
            names = ("start", "step", "channel", "value", *(("part",) if timed else ()))
            fields += [(f"{identifier(p.name)}_{n}", _POINTER) for n in names]
    for q in program.projections:
        names = ("weight", "delay", *(("late",) if timed else ()), "row_start", "column")
        names += ("dL_dweight", "dL_ddelay", "sums")
        fields += [(f"{identifier(q.name)}_{n}", _POINTER) for n in names]
    for s in program.senders:
        own = identifier(s.cell.name)
        learned = [q.local for q in s.cell.parameters if q.learned] if s.cell.active else []
        names = ("numbers", *(f"dL_d{x}" for x in learned))
        names += tuple(f"record_{x}" for x in s.cell.states)
        fields += [(f"{own}_{n}", _POINTER) for n in names]
    for p in program.populations:
        if not p.source:
            fields += _population(p, program)
    return type("Batch", (ctypes.Structure,), {"_fields_": fields})


def numbers_type(population: PopulationProgram, real: type) -> type[ctypes.Structure]:
    """``struct <Population>Numbers`` of ``record.hpp.j2``."""
    fields: Fields = [
        (name, _POINTER if each else real) for name, each in constant_names(population)
    ]
    if population.refractory is not None:
        fields.append(("refractory_steps", _POINTER))
    return type("Numbers", (ctypes.Structure,), {"_fields_": fields})


def sender_numbers_type(cell: PopulationProgram) -> type[ctypes.Structure]:
    """``struct <Sender>Numbers`` of ``senders.hpp.j2``."""
    names = [f"parameter_{q.local}" for q in cell.parameters] + ["start", "flow", "norm"]
    return type("Numbers", (ctypes.Structure,), {"_fields_": [(name, _POINTER) for name in names]})


def continuous_numbers_type(population: PopulationProgram) -> type[ctypes.Structure]:
    """``struct <Population>Numbers`` of ``exact/population.hpp.j2``."""
    parts = population.continuous
    assert parts is not None  # as of every population on the exact clock
    names = [f"parameter_{q.local}" for q in population.parameters]
    names += ["start", "flow", "held_flow", "norm", "guard", "seen"]
    names += [f"row_{identifier(v.loss)}" for v in parts.views if isinstance(v, FinalValue)]
    names += ["guard_path", "curvature", "step", "low", "high", "bounded", "lifting", "feeding"]
    fields: Fields = [(name, _POINTER) for name in names]
    for receptor in population.receptors:
        own = identifier(receptor.name)
        fields += [(f"{n}_{own}", _POINTER) for n in ("jump", "coefficients", "excess")]
        fields += [(f"{n}_{own}", _INTEGER) for n in ("degree", "grows")]
    return type("Numbers", (ctypes.Structure,), {"_fields_": fields})


def _population(p: PopulationProgram, program: Program) -> Fields:
    own = identifier(p.name)
    fields: Fields = [
        (f"{own}_numbers", _POINTER),
        (f"{own}_counts", _POINTER),
        (f"{own}_keep_spikes", _INTEGER),
    ]
    if p.active:
        fields += [(f"{own}_dL_d{q.local}", _POINTER) for q in p.parameters if q.learned]
    fields += [(f"{own}_record_{x}", _POINTER) for x in p.states]
    for loss in program.losses:
        if loss.population == p.name:
            names = ("y", "value", *(("mean",) if loss.readout.pooled else ()))
            fields += [(f"{identifier(loss.name)}_{n}", _POINTER) for n in names]
    return fields
