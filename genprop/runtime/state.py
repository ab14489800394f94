"""Everything that a simulator needs to go on bit by bit, as arrays by path.

::

    parameter/<name>            optimiser/<name>/<state>      counter/updates
    topology/<projection>/row_start, column, digest           of sparse projections
    stage/<name>/<key>          what stages keep
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop._checks import refuse_unlike
from genprop.describe.topology import Synapses, initial_topology
from genprop.errors import CheckpointError, DescriptionError
from genprop.runtime.counted import Counting, count_as_in, restored_counts

if TYPE_CHECKING:
    from genprop.describe.topology import Topology
    from genprop.stages.stack import Stages

__all__ = ["restore_state", "state_of"]

Arrays = dict[str, np.ndarray]

_SYNAPSES = "topology/"
_DAMAGED = "the file is damaged, or was written by a training that had gone astray: take another"
_ELSEWHERE = "compile the network it was saved from"


class Stateful(Counting, Protocol):
    """A simulator, as far as its state goes."""

    topology: dict[str, Synapses]
    stages: Stages


def state_of(sim: Stateful) -> Arrays:
    """Copies of all that ``sim`` needs to go on bit by bit."""
    state = {f"parameter/{name}": array.copy() for name, array in sim.parameters.items()}
    state |= {f"optimiser/{name}": array.copy() for name, array in sim.optimiser.items()}
    state |= {"counter/updates": np.asarray(sim.updates)} | _topology_state(sim.topology)
    return state | sim.stages.state()


def restore_state(sim: Stateful, state: Mapping[str, np.ndarray]) -> None:
    """Put ``state`` into ``sim``: the synapses that it holds, or, where none, those at first.

    Raises:
        CheckpointError: naming what is missing, unknown, damaged or of another shape; then nothing
            has changed.
    """
    refuse_unlike(state, "keys items", "restore(state)", "what sim.state() gave", CheckpointError)
    staged, state = sim.stages.split(state)
    topology = _read_topology(sim, state)
    count_as_in(sim, state)
    if "counter/updates" in state:
        state = {**restored_counts(sim.optimiser, state, state["counter/updates"]), **state}
    own = sim.stages.split(state_of(sim))[1]
    needed = {name for name in own if not name.startswith(_SYNAPSES)}
    findings = [f"{name} is missing" for name in needed - state.keys()]
    findings += [f"{name} is not of this network" for name in state.keys() - own.keys()]
    findings += [
        f"{name} has shape {np.shape(state[name])}, not {own[name].shape}"
        for name in needed & state.keys()
        if np.shape(state[name]) != own[name].shape
    ]
    findings += [
        f"{name} has {theirs.column.size} synapses, not {ours.column.size}"
        for name, theirs in topology.items()
        if theirs.shape != (ours := sim.topology[name]).shape
    ]
    if findings:
        raise CheckpointError(
            f"this state belongs to another network: {'; '.join(sorted(findings))}",
            remedy=_ELSEWHERE,
        )
    sound = {
        name: _sound(sim, name, value)
        for name, value in state.items()
        if not name.startswith(_SYNAPSES)
    }
    sim.stages.restore(staged)
    sim.topology.update(topology)
    for name, array in sound.items():
        kind, _, rest = name.partition("/")
        if kind == "parameter":
            sim.parameters[rest] = array
        elif kind == "optimiser":
            sim.optimiser[rest][...] = array
    sim.updates = int(sound["counter/updates"])


def _sound(sim: Stateful, name: str, value: np.ndarray) -> np.ndarray:
    """An array of a state, refused where the network could not hold it."""
    kind, _, rest = name.partition("/")
    try:
        if kind == "parameter":
            return sim.parameters.sound(rest, value)
        found = np.asarray(value, float)
    except (DescriptionError, TypeError, ValueError) as error:
        what = error.what if isinstance(error, DescriptionError) else str(error)
        raise CheckpointError(f"{name} cannot be taken: {what}", remedy=_DAMAGED) from error
    if not np.isfinite(found).all() or (kind == "counter" and not _is_count(found)):
        raise CheckpointError(
            f"{name} holds what is no finite number, or no count", remedy=_DAMAGED
        )
    return found


def _is_count(value: np.ndarray) -> bool:
    return value.ndim == 0 and 0 <= float(value) < 2**53 and float(value).is_integer()


def _topology_state(topology: Topology) -> Arrays:
    found: Arrays = {}
    for name, synapses in topology.items():
        if not synapses.dense:
            found[f"{_SYNAPSES}{name}/row_start"] = synapses.row_start
            found[f"{_SYNAPSES}{name}/column"] = synapses.column
            found[f"{_SYNAPSES}{name}/digest"] = _bytes(synapses)
    return found


def _read_topology(sim: Stateful, state: Mapping[str, np.ndarray]) -> dict[str, Synapses]:
    """The sparse synapses in a state; states of before hold none, and never moved them."""
    if not any(name.startswith(_SYNAPSES) for name in state):
        return {name: s for name, s in initial_topology(sim.spec).items() if not s.dense}
    return {name: _read(name, s, state) for name, s in sim.topology.items() if not s.dense}


def _read(name: str, own: Synapses, state: Mapping[str, np.ndarray]) -> Synapses:
    try:
        start, column, digest = (
            state[f"{_SYNAPSES}{name}/{what}"] for what in ("row_start", "column", "digest")
        )
        found = Synapses.sparse(own.pre, own.post, start, column)
    except (KeyError, DescriptionError) as fault:
        lack = fault.what if isinstance(fault, DescriptionError) else f"{fault} is missing"
        raise CheckpointError(
            f"the synapses of {name} cannot be read: {lack}", remedy=_ELSEWHERE
        ) from fault
    if not np.array_equal(_bytes(found), digest):
        raise CheckpointError(
            f"the synapses of {name} are not those that were saved (their digests differ)",
            remedy="take another checkpoint, for example best.h5 beside last.h5",
        )
    return found


def _bytes(synapses: Synapses) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(synapses.digest()), np.uint8)
