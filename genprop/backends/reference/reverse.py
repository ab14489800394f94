"""The backward pass of a Program in numpy float64."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.backward import PopulationReverse
from genprop.backends.reference.located_reverse import LocatedReverse
from genprop.backends.reference.located_run import LocatedRun

if TYPE_CHECKING:
    from genprop.backends.reference.forward import PopulationRun
    from genprop.backends.reference.observe import Observer
    from genprop.backends.reference.wiring import Wiring
    from genprop.lower.program import Program

__all__ = ["reverse"]


def _backward(run: PopulationRun, steps: int) -> PopulationReverse:
    if isinstance(run, LocatedRun):
        return LocatedReverse(run.program, run, steps)
    return PopulationReverse(run.program, run, steps)


def reverse(
    program: Program,
    wiring: Wiring,
    runs: Mapping[str, PopulationRun],
    observers: Sequence[Observer],
) -> dict[str, PopulationReverse]:
    """Run every step backwards; gradients are left in the wiring and in what is returned."""
    reverses = {
        name: _backward(run, program.steps) for name, run in runs.items() if run.program.active
    }
    without_adjoint = {
        name: run
        for name, run in runs.items()
        if not run.program.active and run.program.guard is not None
    }
    for step in reversed(range(program.steps)):
        for name, back in reverses.items():
            own = [o for o in observers if o.loss.population == name]
            _spikes_of(step, name, back, wiring, reverses, own)
            for observer in own:
                observer.drive(step, back.adjoints, back.run.numbers, at_end=True)
        for name, back in reverses.items():
            own = [o for o in observers if o.loss.population == name]
            back.propagate(step)
            for observer in own:
                observer.drive(step, back.adjoints, back.run.numbers, at_end=False)
            back.release(step)
            back.expose(step, own)
        for source in wiring.sources:
            wiring.gather(source, step, wiring.events(source, step), reverses)
        for name, run in without_adjoint.items():
            spikes = run.tape.spikes[step]
            wiring.gather(name, step, (spikes.sample, spikes.neuron), reverses)
    return reverses


def _spikes_of(
    step: int,
    name: str,
    back: PopulationReverse,
    wiring: Wiring,
    reverses: Mapping[str, PopulationReverse],
    observers: Sequence[Observer],
) -> None:
    if back.program.guard is None:
        return
    spikes = back.run.tape.spikes[step]
    sample, neuron = spikes.sample, spikes.neuron
    sent = wiring.gather(name, step, (sample, neuron), reverses)
    counts = np.zeros(len(sample))
    for observer in observers:
        sent = sent + observer.spike_cost(step, sample, neuron, spikes.columns, back.run.numbers)
        counts = counts + observer.count_gradient(step, sample, neuron)
    back.jump(step, sent, counts)
