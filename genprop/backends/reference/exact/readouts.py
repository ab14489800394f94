"""How a readout observes a trial, and how ∂L/∂y pulls on it in reverse: a class per closed form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

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
from genprop.backends.reference.exact.quadrature import POINTS, WEIGHTS
from genprop.backends.reference.exact.trajectories import Event, Spike
from genprop.errors import UnsupportedError
from genprop.numerics.callables import jacobian_function, numpy_function

if TYPE_CHECKING:
    from genprop.adjoint.loss import LossAdjoint
    from genprop.adjoint.observation import Observation
    from genprop.backends.reference.exact.forward import Trial
    from genprop.backends.reference.exact.loss import LossModel, Sample
    from genprop.equations.system import HybridSystem

__all__ = ["Pull", "Reader", "reader"]


@dataclass(frozen=True, slots=True)
class Pull:
    """What one loss term does to the adjoint of one population.

    ``direction`` (S,) is ∂value/∂x. ``density(neuron, times)`` is ∂L/∂value per ms, smooth
    between ``breaks``; ``across(event)`` is l⁻ − l⁺, what moving the event costs of a running loss.
    ``points`` are values read at one instant, ``sent`` the ∂L/∂t of spikes, ``count`` (n,) the
    ∂L/∂n of spike counts.
    """

    population: str
    direction: np.ndarray
    density: Callable[[int, np.ndarray], np.ndarray] | None = None
    across: Callable[[Event], float] | None = None
    breaks: np.ndarray = field(default_factory=lambda: np.empty(0))
    points: Sequence[Point] = ()
    sent: Mapping[Spike, float] = field(default_factory=dict[Spike, float])
    count: np.ndarray | None = None


class Reader(Protocol):
    """A readout of one population; ``pooled`` says that the loss sees the batch mean of y."""

    pooled: bool

    def observe(self, trial: Trial) -> np.ndarray:
        """What is observed: y (n,)."""
        ...

    def value(self, trial: Trial, y: np.ndarray, sample: Sample) -> float:
        """The loss of one trial, without its coefficient."""
        ...

    def gradient(self, trial: Trial, y: np.ndarray, sample: Sample) -> np.ndarray:
        """Its ∂L/∂y (n,); zeros where the loss sees more than y."""
        ...

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        """What ``scale`` · ``gradient`` does to the adjoint."""
        ...


class _Plain:
    """A readout whose loss sees one number per neuron. ``value`` is direction·x + offset."""

    def __init__(
        self, observed: Observation, form: ClosedForm, system: HybridSystem, loss: LossModel
    ) -> None:
        states = list(system.states)
        if not observed.value.free_symbols <= set(states):
            raise UnsupportedError(
                f"the exact solver reads states; {observed.value} holds something else",
                where=f"a readout of {observed.population}",
                remedy="read a state of the population",
            )
        zero = np.zeros(len(states))
        self.population = observed.population
        self.loss = loss
        self.direction = jacobian_function([observed.value], states, states)(*zero)[0]
        self.offset = float(numpy_function([observed.value], states)(*zero)[0])
        self.pooled = observed.pooled

    def value(self, trial: Trial, y: np.ndarray, sample: Sample) -> float:
        return float(self.loss.value(y, sample))

    def gradient(self, trial: Trial, y: np.ndarray, sample: Sample) -> np.ndarray:
        return self.loss.gradient(y, sample)


class _WeightedIntegral(_Plain):
    """y = ∫ weight(t) value(x) dt."""

    def __init__(
        self,
        observed: Observation,
        form: WeightedIntegral,
        system: HybridSystem,
        loss: LossModel,
    ) -> None:
        super().__init__(observed, form, system, loss)
        self._weight = numpy_function([form.weight], [TIME, DURATION])

    def weight(self, trial: Trial, times: np.ndarray) -> np.ndarray:
        return self._weight(times, trial.duration)[0]

    def observe(self, trial: Trial) -> np.ndarray:
        def total(neuron: int) -> float:
            trajectory = trial.trajectories[self.population][neuron]
            edges = np.append(trajectory.starts, trial.duration)
            times, weights = _nodes(edges)
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


class _ValueAt(_Plain):
    """y = value(x(time))."""

    def __init__(
        self, observed: Observation, form: ValueAt, system: HybridSystem, loss: LossModel
    ) -> None:
        super().__init__(observed, form, system, loss)
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


class _Highest(_Plain):
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


class _LossOverTime(_Plain):
    """The loss is (1/T) ∫ loss(value(x(t))) dt; ``observe`` gives the time average, for scores."""

    def observe(self, trial: Trial) -> np.ndarray:
        times, weights = _nodes(self._edges(trial))
        return self._values(trial, times) @ weights / trial.duration

    def value(self, trial: Trial, y: np.ndarray, sample: Sample) -> float:
        times, weights = _nodes(self._edges(trial))
        losses = self.loss.value(self._values(trial, times), sample, times)
        return float(losses @ weights) / trial.duration

    def gradient(self, trial: Trial, y: np.ndarray, sample: Sample) -> np.ndarray:
        return np.zeros_like(y)

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        rate = scale / trial.duration

        def density(neuron: int, times: np.ndarray) -> np.ndarray:
            return rate * self.loss.gradient(self._values(trial, times), sample, times)[neuron]

        def across(event: Event) -> float:
            times = np.full(2, event.time)
            y = self._values(trial, times)
            ends = np.array([event.before, event.after])
            y[event.neuron] = ends @ self.direction + self.offset
            before, after = self.loss.value(y, sample, times)
            return float(rate * (before - after))

        return Pull(self.population, self.direction, density, across, self._edges(trial))

    def _values(self, trial: Trial, times: np.ndarray) -> np.ndarray:
        states = [t.at(times) for t in trial.trajectories[self.population]]
        return np.array(states) @ self.direction + self.offset

    def _edges(self, trial: Trial) -> np.ndarray:
        starts = [t.starts for t in trial.trajectories[self.population]]
        return np.unique(np.concatenate([*starts, [0.0, trial.duration]]))


class _FirstSpike(_Plain):
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


class _SpikeCount(_Plain):
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
    LossOverTime: _LossOverTime,
    FirstSpike: _FirstSpike,
    SpikeCount: _SpikeCount,
}


def reader(term: LossAdjoint, system: HybridSystem, loss: LossModel) -> Reader:
    """The readout of one loss term.

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
    return _READERS[type(form)](observed, form, system, loss)


def _nodes(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gauss–Legendre times and weights of the intervals between ``edges``, flat."""
    lengths = np.diff(edges)
    times = edges[:-1, None] + lengths[:, None] * POINTS
    return times.ravel(), (lengths[:, None] * WEIGHTS).ravel()
