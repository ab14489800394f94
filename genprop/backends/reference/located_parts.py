"""Steps by parts in reverse, in numpy float64; see :mod:`genprop.lower.event_location`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.located import Kind, Part
from genprop.numerics.routines import formula, routine

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram

__all__ = ["SpikeAdjoint", "reverse_parts"]

Values = dict[str, np.ndarray]


@dataclass(slots=True)
class SpikeAdjoint:
    """What a spike of a step by parts reads in reverse, and what it gives.

    ``sent`` is S and ``count`` ∂L/∂n; ``cost`` is ∂L/∂t of the arrivals that caused it, of summed
    weight ``kick``.
    """

    columns: Mapping[str, np.ndarray]
    sent: float
    count: float
    kick: float
    cost: float = 0.0


def reverse_parts(
    program: PopulationProgram,
    numbers: Mapping[str, np.ndarray],
    parts: Sequence[Part],
    spikes: Sequence[SpikeAdjoint],
    adjoints: Values,
    wait: float,
    accumulate: Callable[[str, np.ndarray], None],
) -> tuple[Values, float]:
    """The adjoints, and that of ``wait``, from the end of a step to its start."""
    location = program.location
    assert location is not None
    rest, left = 0.0, list(spikes)
    for part in reversed(parts):
        values = {**numbers, **part.start, **adjoints, location.length: np.asarray(part.length)}
        if part.spikes:
            spike = left.pop()
            values[location.dL_dwait] = np.asarray(wait)
            if part.kind is Kind.INDUCED:
                _induced_jump(program, values, spike, accumulate)
            else:
                rest -= spike.sent
                _jump(program, values, part, spike, rest, accumulate)
            wait = 0.0
        if part.kind is Kind.CLIMB:
            values[location.dL_delapsed] = np.asarray(-rest)
            routine(location.climb.reverse)(values, accumulate)
        elif part.kind is not Kind.INDUCED:
            flow = location.held if part.held and location.held else location.free
            routine(flow.reverse)(values, accumulate)
        if part.kind is Kind.REST:
            rest = float(values[location.dL_dlength]) - (wait if part.held else 0.0)
        elif part.kind is Kind.WAIT:
            wait = float(values[location.dL_dlength]) - rest
        adjoints = {p: values[p] for p in program.adjoints}
    return adjoints, wait


def _jump(
    program: PopulationProgram,
    values: Values,
    part: Part,
    spike: SpikeAdjoint,
    rest: float,
    accumulate: Callable[[str, np.ndarray], None],
) -> None:
    """Across the spike at the end of ``part``; states are left as they were at its start."""
    location = program.location
    assert location is not None
    end = dict(values)
    if part.kind is Kind.CROSSING:
        routine(location.free.motion)(end, None)
        values |= {m: end[m] for m in location.motion}
    routine((location.climb if part.kind is Kind.CLIMB else location.free).advance)(end, None)
    values |= {x: end[x] for x in program.states}
    routine(location.reset)(values, accumulate)
    if part.kind is Kind.CROSSING:
        values["sent"] = np.asarray(-rest)
        routine(location.crossing)(values, accumulate)
    for seed in program.count_jump:
        values[seed.target] = values[seed.target] + spike.count * formula(seed.value)(values)
    values |= part.start


def _induced_jump(
    program: PopulationProgram,
    values: Values,
    spike: SpikeAdjoint,
    accumulate: Callable[[str, np.ndarray], None],
) -> None:
    """Across a spike that an arrival caused at the start of the step."""
    assert program.induced is not None
    assert program.location is not None
    values |= {**spike.columns, "sent": np.asarray(spike.sent)}
    routine(program.induced.jump)(values, accumulate)
    if program.refractory is not None:
        accumulate(program.refractory.duration, values[program.location.dL_dwait])
    spike.cost = float(values["induced_cost"])
