"""How a readout observes a trial, and how ∂L/∂y pulls on it in reverse: a class per closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.adjoint.closed_forms import (
    ClosedForm,
    FirstSpike,
    Highest,
    LossOverTime,
    SpikeCount,
    ValueAt,
    WeightedIntegral,
)
from genprop.adjoint.observation import DURATION, TIME
from genprop.backends.reference.exact.maximum import Point, highest
from genprop.backends.reference.exact.over_time import OverTime
from genprop.backends.reference.exact.quadrature import nodes
from genprop.backends.reference.exact.reading import NeuronReader, Pull, Reader
from genprop.backends.reference.exact.step_means import StepMeans
from genprop.errors import UnsupportedError
from genprop.numerics.callables import numpy_function

if TYPE_CHECKING:
    from genprop.adjoint.loss import LossAdjoint
    from genprop.adjoint.observation import Observation
    from genprop.backends.reference.exact.forward import Trial
    from genprop.backends.reference.exact.loss import LossModel, Sample
    from genprop.backends.reference.exact.trajectories import Event, Spike
    from genprop.equations.system import HybridSystem

__all__ = ["reader"]


class _WeightedIntegral(NeuronReader):
    """y = ∫ weight(t) value(x) dt."""

    def __init__(
        self,
        observed: Observation,
        form: WeightedIntegral,
        system: HybridSystem,
        loss: LossModel,
        size: int,
    ) -> None:
        super().__init__(observed, form, system, loss, size)
        self._weight = numpy_function([form.weight], [TIME, DURATION])

    def weight(self, trial: Trial, times: np.ndarray) -> np.ndarray:
        return self._weight(times, trial.duration)[0]

    def observe(self, trial: Trial) -> np.ndarray:
        def total(neuron: int) -> float:
            trajectory = trial.trajectories[self.population][neuron]
            edges = np.append(trajectory.starts, trial.duration)
            times, weights = nodes(edges[:-1], edges[1:])
            values = trajectory.at(times) @ self.direction + self.offset
            return float(np.sum(weights * self.weight(trial, times) * values))

        return np.array([total(j) for j in range(len(trial.trajectories[self.population]))])

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        def density(neuron: int, times: np.ndarray) -> np.ndarray:
            return scale * gradient[neuron] * self.weight(trial, times)

        def across(event: Event) -> float:
            change = self.direction @ (event.before - event.after)
            return float(density(event.neuron, np.array([event.time]))[0] * change)

        return Pull(self.population, self.direction, density, across)


class _ValueAt(NeuronReader):
    """y = value(x(time))."""

    def __init__(
        self,
        observed: Observation,
        form: ValueAt,
        system: HybridSystem,
        loss: LossModel,
        size: int,
    ) -> None:
        super().__init__(observed, form, system, loss, size)
        self._time = numpy_function([form.time], [DURATION])

    def observe(self, trial: Trial) -> np.ndarray:
        time = self._at(trial)
        states = [t.at(np.array([time]))[0] for t in trial.trajectories[self.population]]
        return np.array(states) @ self.direction + self.offset

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        time = self._at(trial)
        points = [Point(time, j, scale * g) for j, g in enumerate(gradient)]
        return Pull(self.population, self.direction, points=points)

    def _at(self, trial: Trial) -> float:
        return float(self._time(np.asarray(trial.duration))[0])


class _Highest(NeuronReader):
    """y = max over t of value(x)."""

    def observe(self, trial: Trial) -> np.ndarray:
        return np.array([value for value, _ in self._highest(trial)])

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        points = [
            point.pulled(scale * g)
            for g, (_, point) in zip(gradient, self._highest(trial), strict=True)
        ]
        return Pull(self.population, self.direction, points=points)

    def _highest(self, trial: Trial) -> list[tuple[float, Point]]:
        return [
            highest(trajectory, j, self.direction, self.offset, trial.duration)
            for j, trajectory in enumerate(trial.trajectories[self.population])
        ]


class _FirstSpike(NeuronReader):
    """y = the time of the first spike, T where there is none."""

    def observe(self, trial: Trial) -> np.ndarray:
        y = np.full(len(trial.trajectories[self.population]), trial.duration)
        for spike in self._first(trial):
            y[spike.neuron] = spike.time
        return y

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        sent = {s: scale * float(gradient[s.neuron]) for s in self._first(trial)}
        return Pull(self.population, self.direction, sent=sent)

    def _first(self, trial: Trial) -> list[Spike]:
        first: dict[int, Spike] = {}
        for spike in trial.spikes(self.population):
            first.setdefault(spike.neuron, spike)
        return list(first.values())


class _SpikeCount(NeuronReader):
    """y = the number of spikes; in reverse a heuristic stands in for the gradient it lacks."""

    def observe(self, trial: Trial) -> np.ndarray:
        y = np.zeros(len(trial.trajectories[self.population]))
        for spike in trial.spikes(self.population):
            y[spike.neuron] += 1
        return y

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        return Pull(self.population, self.direction, count=scale * gradient)


_READERS: Mapping[type[ClosedForm], Callable[..., Reader]] = {
    WeightedIntegral: _WeightedIntegral,
    ValueAt: _ValueAt,
    Highest: _Highest,
    LossOverTime: OverTime,
    FirstSpike: _FirstSpike,
    SpikeCount: _SpikeCount,
}


def reader(
    term: LossAdjoint, system: HybridSystem, loss: LossModel, size: int, dt: float | None = None
) -> Reader:
    """The readout of one loss term, which observes ``size`` neurons.

    A loss over time is one of continuous time or, with ``dt`` [ms], of the means over such steps.

    Raises:
        UnsupportedError: for a readout that has no form in continuous time.
    """
    observed, form = term.observation, term.observation.closed_form
    if form is None:
        raise UnsupportedError(
            "the readout says only what it does in steps, and the exact solver has none",
            where=f"a readout of {observed.population}",
            remedy="give its Observation a closed_form, or use the reference backend",
        )
    if dt is not None and isinstance(form, LossOverTime):
        return StepMeans(observed, form, system, loss, size, dt)
    return _READERS[type(form)](observed, form, system, loss, size)
