"""Times of recorded spikes [ms], where a backend knows them better than by their step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.base import Engine, Inputs, Outcome
    from genprop.describe.topology import Synapses
    from genprop.lower.program import Program

__all__ = ["SPIKE_TIMES", "run_recording"]

SPIKE_TIMES = "spike_times"


class Runs(Protocol):
    """A simulator, as far as it runs forward."""

    program: Program
    engine: Engine
    topology: dict[str, Synapses]


def run_recording(
    sim: Runs, arrays: Mapping[str, np.ndarray], inputs: Inputs, record: Sequence[str]
) -> Outcome:
    """Run forward; ``spike_times`` are recorded as times [ms] and neurons, sorted by time."""
    locates = getattr(sim.engine, "locates", False)
    names = tuple(dict.fromkeys(_requested(sim.program, name, locates) for name in record))
    outcome = sim.engine.run(arrays, sim.topology, inputs, names)
    recorded = dict(outcome.recorded)
    for name in record:
        if name.endswith(f".{SPIKE_TIMES}"):
            found = recorded[_requested(sim.program, name, locates)]
            recorded[name] = [_timed(sim.program, np.asarray(one)) for one in found]
    return replace(
        outcome, recorded={name: recorded[name] for name in record}, clock=sim.program.clock
    )


def _requested(program: Program, name: str, locates: bool) -> str:
    population, what = name.rsplit(".", 1)
    if what != SPIKE_TIMES:
        return name
    located = locates and program.population(population).location is not None
    return name if located else f"{population}.spikes"


def _timed(program: Program, spikes: np.ndarray) -> np.ndarray:
    if np.issubdtype(spikes.dtype, np.integer):
        spikes = np.stack(program.clock.spike_train(spikes), axis=1)
    return spikes[np.argsort(spikes[:, 0], kind="stable")]
