"""A backend on the exact clock beside the bare event-driven solver, network by network.

::

    from genprop.testing.exact_clock import compare
    from genprop.testing.random_networks import KINDS

    for one in compare(MyBackend(), KINDS[3], dt=1.0, draws=range(4)):
        assert not one.faults(DOUBLE), one

Spike counts must be equal, spike times, losses and gradients within a tolerance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from genprop.adjoint.derive import derive
from genprop.backends.reference.exact.events import EventSimulator
from genprop.equations.analyse import understand
from genprop.runtime.compile import compile
from genprop.testing.random_networks import DURATION, RandomNetwork

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.backends.reference.exact.events import ExactResult
    from genprop.runtime.simulator import Simulator

__all__ = ["DOUBLE", "FLOAT", "Comparison", "Tolerances", "compare", "solution", "solver"]


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Largest deviations that are allowed.

    Of spike times [ms]; of the loss, relative to it where it is above 1; of gradients, relative to
    the largest entry of the parameter.
    """

    times: float
    loss: float
    gradients: float


DOUBLE, FLOAT = Tolerances(1e-9, 1e-10, 1e-8), Tolerances(1e-3, 1e-4, 1e-4)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One network on one clock.

    Attributes:
        network: the kind, its readout and the draw, in words.
        dt: of the clock [ms].
        counts: spikes per neuron and sample that differ, of all populations.
        spikes: how many there are.
        times: the largest difference of spike times [ms]; infinite where counts differ.
        loss: difference, relative to the loss where it is above 1.
        gradients: by flat name, the largest difference relative to the parameter's largest entry
            (to a millionth of the network's, of the loss or of 1, where that is more).
    """

    network: str
    dt: float
    counts: int
    spikes: int
    times: float
    loss: float
    gradients: Mapping[str, float]

    @property
    def worst(self) -> float:
        """The largest error of a gradient."""
        return max(self.gradients.values())

    def faults(self, allowed: Tolerances) -> list[str]:
        """What is beyond the tolerances, in words."""
        found = [f"{self.counts} spike counts differ"] if self.counts else []
        if not self.times <= allowed.times:
            found.append(f"spike times differ by {self.times:.2g} ms")
        if not self.loss <= allowed.loss:
            found.append(f"the loss differs by {self.loss:.2g}")
        for name, error in self.gradients.items():
            if not error <= allowed.gradients:
                found.append(f"the gradient of {name} differs by {error:.2g}")
        return found

    def __str__(self) -> str:
        return (
            f"{self.network} at {self.dt:g} ms: {self.spikes} spikes, {self.counts} counts differ, "
            f"times {self.times:.1e} ms, loss {self.loss:.1e}, gradients {self.worst:.1e}"
        )


def compare(
    backend: str | Target,
    network: RandomNetwork,
    dt: float,
    draws: Iterable[int],
    clock: str = "exact",
) -> list[Comparison]:
    """The draws of ``network`` on ``backend``'s ``clock`` of ``dt`` [ms], one comparison each."""
    sim = compile(
        network.network(),
        loss=network.loss,
        dt=dt,
        duration=DURATION,
        batch=2,
        backend=backend,
        clock=clock,
    )
    return [_compare(sim, network, draw) for draw in draws]


def solution(network: RandomNetwork, dt: float, draw: int) -> ExactResult:
    """What the event-driven solver gives, computed once per session."""
    return _solution(network, dt if network.readout == "trace" else None, draw)


@cache
def solver(network: RandomNetwork, dt: float | None) -> EventSimulator:
    """The event-driven solver of ``network``; losses over time are those of steps of ``dt``."""
    spec = network.network().freeze(network.loss)
    described = understand(spec)
    return EventSimulator(spec, described, derive(described, spec), duration=DURATION, dt=dt)


@cache
def _solution(network: RandomNetwork, dt: float | None, draw: int) -> ExactResult:
    given = network.draw(draw)
    inputs = [{"inp": sample} for sample in given.inputs]
    return solver(network, dt).solve(given.parameters, inputs, given.labels, given.targets)


def _compare(sim: Simulator, network: RandomNetwork, draw: int) -> Comparison:
    given, due = network.draw(draw), solution(network, sim.dt, draw)
    sim.parameters.update(given.parameters)
    batch = given.batch()
    loss, gradients = sim.gradients(batch)
    names = [f"{name}.spikes" for name in sim.last.spikes]
    outcome = sim.run(batch, record=names)
    trains = {name: sim.spike_trains(outcome, name) for name in outcome.spikes}
    counts, times = 0, 0.0
    for name, samples in trains.items():
        for own, exact in zip(samples, due.spikes[name], strict=True):
            differ, late = _trains(own, exact, sim.spec.population(name).size)
            counts, times = counts + differ, max(times, late)
    return Comparison(
        network=f"{network}, draw {draw}",
        dt=sim.dt,
        counts=counts,
        spikes=sum(len(t) for name in trains for t, _ in due.spikes[name]),
        times=times,
        loss=abs(loss - due.loss) / max(1.0, abs(due.loss)),
        gradients=_errors(gradients, due.gradients, due.loss),
    )


def _trains(own: Sequence[np.ndarray], due: Sequence[np.ndarray], size: int) -> tuple[int, float]:
    """How many neurons spike another number of times, and the largest difference of times."""
    counts = [np.bincount(neurons, minlength=size) for _, neurons in (own, due)]
    differ = int(np.count_nonzero(counts[0] != counts[1]))
    if differ:
        return differ, float("inf")
    ordered = [times[np.lexsort((times, neurons))] for times, neurons in (own, due)]
    return 0, float(np.abs(ordered[0] - ordered[1]).max(initial=0.0))


def _errors(
    found: Mapping[str, np.ndarray], due: Mapping[str, np.ndarray], loss: float
) -> dict[str, float]:
    """The largest difference of each gradient, relative to its largest entry.

    What is below a millionth of the network's largest gradient, or of its loss, is zero but for
    rounding, and is measured by that millionth.
    """
    largest = {name: float(np.abs(due[name]).max(initial=0.0)) for name in found}
    least = 1e-6 * max(1.0, abs(loss), *largest.values())
    return {
        name: float(np.abs(np.asarray(g, np.float64) - due[name]).max(initial=0.0))
        / max(largest[name], least)
        for name, g in found.items()
    }
