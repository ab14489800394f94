"""Steps by parts of a population as printed lines of C++; see ``lower/event_location.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.emit.parts import assigned, expressions, learned, numbers
from genprop.emit.printers import CPrinter
from genprop.lower.event_location import FINEST, MOST_PARTS, SHORTEST_CLIMB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genprop.lower.event_location import EventLocation, SubStep
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.nodes import Statement
    from genprop.lower.program import PopulationProgram

__all__ = ["located_view"]

View = dict[str, object]
_ADD = "gradients.{0}[neuron] += double({1});"


def located_view(
    p: PopulationProgram, location: EventLocation, losses: Sequence[LossProgram]
) -> View:
    """What the templates in ``kernels/located`` read."""
    refractory = p.refractory.duration if p.refractory else ""
    per_neuron = any(q.per_neuron for q in p.parameters if q.local == refractory)
    held = CPrinter(rename={n: f"{n}_held" for n in (*p.states, *assigned(location.held_step))})
    return {
        "longest": repr(location.longest),
        "finest": repr(FINEST),
        "most_parts": MOST_PARTS,
        "shortest_climb": repr(SHORTEST_CLIMB),
        "length": location.length,
        "accurate": location.accurate,
        "dL_dlength": location.dL_dlength,
        "dL_delapsed": location.dL_delapsed,
        "dL_dwait": location.dL_dwait,
        "motions": list(zip(p.states, location.motion, strict=True)),
        "held_step": held.statements(location.held_step, p.states),
        "observed": numbers(p, [e for x in losses for e in x.readout.steps()]),
        **_at_spikes(p, location, losses),
        "refractory": f"{refractory}[walk.neuron]" if per_neuron else refractory,
        "refractory_name": refractory,
        "learns_refractory": any(q.learned for q in p.parameters if q.local == refractory),
        **_sub_steps(p, location),
    }


def _sub_steps(p: PopulationProgram, location: EventLocation) -> View:
    flows: list[tuple[str, str, SubStep]] = [("free", "A sub-step", location.free)]
    if location.held is not None:
        flows.append(("held", "A sub-step while refractory", location.held))
    forward = [
        _part(p, f"step_{name}", about, flow.advance, p.states) for name, about, flow in flows
    ]
    climb = "Part of the way to the threshold"
    forward.append(
        _part(p, "climb", climb, location.climb.advance, p.states) | {"elapsed": location.elapsed}
    )
    reverse = [
        _part(p, f"{name}_reverse", about, flow.reverse, p.adjoints) for name, about, flow in flows
    ]
    return {
        "forward": forward,
        "reverse": reverse,
        "motion": _part(p, "motion_of", "", location.free.motion, ()),
        "climb_reverse": _part(p, "climb_reverse", climb, location.climb.reverse, p.adjoints),
        "reset_reverse": _part(p, "reset_reverse", "A reset", location.reset, p.adjoints),
        "crossing_reverse": _part(
            p, "crossing_reverse", "The moment of a crossing", location.crossing, p.adjoints
        ),
    }


def _part(
    p: PopulationProgram,
    name: str,
    about: str,
    statements: Sequence[Statement],
    known: Sequence[str],
) -> View:
    wanted = learned(p, statements)
    return numbers(p, expressions(wanted)) | {
        "name": name,
        "about": about,
        "elapsed": "",
        "lines": CPrinter().statements(wanted, known, _ADD),
    }


def _at_spikes(
    p: PopulationProgram, location: EventLocation, losses: Sequence[LossProgram]
) -> View:
    """The numbers that what happens at spikes reads, piece by piece."""
    readouts = [x.readout for x in losses]
    taped = list(expressions(p.spike_tape)) if p.active else []
    for readout in readouts:
        taped += expressions(readout.spiked)
        if readout.after_reset is not None:
            taped += [readout.value, readout.after_reset]
    counts = [*expressions(p.count_jump), *(r.count for r in readouts if r.count is not None)]
    read = {
        "guard": [p.guard] if p.guard is not None else [],
        "resets": expressions(p.reset),
        "spike": taped,
        "cost": [r.spike for r in readouts if r.spike is not None],
        "counting": counts,
        "induced": expressions(learned(p, p.induced.jump)) if p.induced is not None else [],
    }
    assert location.rise is not None
    rise = location.rise
    view: View = {name: numbers(p, found) for name, found in read.items()}
    return view | {"rise": numbers(p, [rise]) | {"text": CPrinter().expression(rise)}}
