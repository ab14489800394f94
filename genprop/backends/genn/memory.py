"""How much memory a network holds, from its Program: what GeNN allocates, and what stays here.

GeNN allocates every array once (on a GPU once more on the host, as the place it is copied from).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.topology import beginning
from genprop.emit.genn_storage import tapes, variables

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.program import PopulationProgram, Program, ProjectionProgram

__all__ = ["FIRST_TAPE", "memory_rows", "memory_text"]

FIRST_TAPE = 16
"""Places on a spike tape before need has shown itself."""
_WORD = 4
_EVENTS = 64
"""Places for the events of a source before need has shown itself."""
_BYTES = {"int": 4, "uint8_t": 1, "double": 8}

Row = tuple[str, int]


def memory_text(
    spec: NetworkSpec, program: Program, device: str, precision: str, tape: int | None, batch: int
) -> str:
    """A table of what is held for batches of ``batch`` samples."""
    rows = list(memory_rows(spec, program, device, precision, tape, batch))
    width = max(len(what) for what, _ in rows)
    lines = [f"{what.ljust(width)} {size / 1e6:10.3f} MB" for what, size in rows]
    total = sum(size for _, size in rows)
    lines.append(
        f"{total / 1e6:.1f} MB" + ("" if device == "cpu" else f" on {device} and the host")
    )
    lines += _derived(spec, program)
    if tape is None:
        lines.append(f"Spike tapes begin with {FIRST_TAPE} places and grow with need.")
    return "\n".join(lines)


def memory_rows(
    spec: NetworkSpec, program: Program, device: str, precision: str, tape: int | None, batch: int
) -> Iterator[Row]:
    """(what, bytes): synapses, variables, delay lines, tapes, and the simulator's own arrays."""
    size = 4 if precision == "float" else 8
    copies = 1 if device == "cpu" else batch
    for projection in program.projections:
        yield from _projection(spec, projection, program, size, copies)
    for population in program.populations:
        if population.source:
            places = population.size * copies * (3 * _WORD + size + 1 + 2 * _WORD)
            yield f"sources of {population.name}", places + _EVENTS * _WORD
        else:
            yield from _population(population, program, size, copies, tape or FIRST_TAPE)
    yield from _own(spec, program, size)


def _derived(spec: NetworkSpec, program: Program) -> Iterator[str]:
    """Where derived parameters are computed, and why some are not on the device."""
    made = {d.target: d for d in program.derivations}
    for name in spec.derived:
        if name in made:
            leaves = ", ".join(s.name for s in made[name].sources)
            yield f"{name} is computed on the device from {leaves}; gradients go back there."
        else:
            yield (
                f"{name} is computed on the host and sent with every batch: its stage is no "
                "expression of leaves for each synapse."
            )


def _projection(
    spec: NetworkSpec, q: ProjectionProgram, program: Program, size: int, copies: int
) -> Iterator[Row]:
    pattern = spec.projection(q.name).pattern
    pre, post = program.population(q.pre).size, program.population(q.post).size
    rows = np.diff(beginning(pattern, pre, post).row_start)
    stride = post if q.connectivity == "dense" else int(rows.max(initial=0))
    synapses = pre * stride
    longest = min(q.max_delay_steps, program.steps)
    index = (1 if longest < 256 else 2) if q.delay else 0
    indices = _WORD * (synapses + pre) if q.connectivity != "dense" else 0
    yield f"synapses of {q.name}", synapses * (size + index) + indices
    updates = [u for u in program.updates for name in (q.weight, q.delay) if name in u.parameters]
    learned = max(q.learn_weight + q.learn_delay, len(updates))
    if learned:
        yield f"gradients of {q.name}", learned * synapses * size * (copies + 1)
    moments = sum(len(u.states) for u in updates) + any(q.delay in u.parameters for u in updates)
    if moments:
        yield f"optimiser of {q.name}", moments * synapses * size
    for d in program.derivations:
        if d.projection == q.name and d.learned:
            summed = any(o.at != "element" for o in d.learned)
            held = sum(o.at == "element" for o in d.operands) + sum(
                o.at == "element" for o in d.learned
            )
            places = _WORD if summed and q.connectivity != "dense" else 0
            yield f"derivation of {d.target}", synapses * (8 * summed + size * held + places)
    slots = longest + 1 if q.delay else 0
    yield f"delay line of {q.name}", copies * size * ((slots + 1) * post + pre)


def _population(
    p: PopulationProgram, program: Program, size: int, copies: int, places: int
) -> Iterator[Row]:
    losses = [x for x in program.losses if x.population == p.name]
    delays = [min(q.max_delay_steps, program.steps) for q in program.incoming(p.name) if q.delay]
    slots = max(delays, default=-2) + 2
    held = 0
    for variable in variables(p, losses, program):
        name = str(variable["name"])
        queued = slots > 1 and name.startswith(("dL_dw_", "dL_dt_"))
        shared = variable["access"] == "READ_ONLY"
        each = _BYTES.get(str(variable["type"]), size)
        held += each * p.size * (1 if shared else copies) * (slots if queued else 1)
    yield f"variables of {p.name}", held + copies * _WORD * (2 * p.size + 2)
    rows = {"spike": places, "step": program.steps, "instant": program.steps + 1}
    for per, what in (("spike", "spikes"), ("step", "every step"), ("instant", "every instant")):
        taped = [str(t["type"]) for t in tapes(p, losses, program) if t["per"] == per]
        wide = sum(_BYTES.get(kind, size) for kind in taped)
        if wide:
            yield f"tape of {p.name}, {what}", wide * rows[per] * copies * p.size
    if p.guard is not None:
        words = program.steps * copies * math.ceil(p.size / 32)
        yield f"record of spikes of {p.name}", _WORD * words


def _own(spec: NetworkSpec, program: Program, size: int) -> Iterator[Row]:
    """What the simulator itself holds beside the model."""
    sizes: Mapping[str, int] = {
        p.name: math.prod(p.shape) for p in (*spec.parameters(), *spec.leaves)
    }
    learned = sum(math.prod(p.shape) for p in spec.parameters() if p.learned)
    yield "parameters, on the host", size * sum(sizes.values())
    yield "gradients, on the host", size * learned
    moments = sum(len(u.states) * sum(sizes[n] for n in u.parameters) for u in program.updates)
    if moments:
        yield "states of the optimisers, on the host", size * moments
