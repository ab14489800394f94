"""The forward pass of a Program in numpy float64, all samples at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from genprop.backends.reference.forward import PopulationRun
from genprop.backends.reference.located_run import LocatedRun

if TYPE_CHECKING:
    import numpy as np

    from genprop.backends.base import Inputs
    from genprop.backends.reference.forward import StepObserver
    from genprop.backends.reference.wiring import Wiring
    from genprop.lower.program import Program

__all__ = ["simulate"]


def simulate(
    program: Program,
    wiring: Wiring,
    parameters: Mapping[str, np.ndarray],
    inputs: Inputs,
    observers: Iterable[StepObserver],
) -> dict[str, PopulationRun]:
    """Run every step.

    Each observer sees (step, phase, runs) after delivery and at t_{n+1} before the reset.
    """
    runs = {
        p.name: (LocatedRun if p.location else PopulationRun)(p, parameters, inputs, program.grid)
        for p in program.populations
        if not p.source
    }
    observers = tuple(observers)
    for step in range(program.steps):
        for name in inputs.events:
            wiring.send(name, step, wiring.events(name, step), runs)
        for run in runs.values():
            run.deliver(step)
            run.note_induced(step)
            run.release(step)
        for observer in observers:
            observer.delivered(step, runs)
        for run in runs.values():
            run.propagate()
        for observer in observers:
            observer.observe(step, runs)
        fired = {name: run.fire(step) for name, run in runs.items()}
        for name, (sample, neuron) in fired.items():
            wiring.send(name, step, (sample, neuron), runs)
        for observer in observers:
            observer.fired(step, runs, fired)
    for run in runs.values():
        run.note_infinite(True)
    return runs
