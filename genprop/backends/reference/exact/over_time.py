"""The readout of a loss that is averaged over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.exact.quadrature import nodes
from genprop.backends.reference.exact.reading import NeuronReader, Pull

if TYPE_CHECKING:
    from genprop.backends.reference.exact.forward import Trial
    from genprop.backends.reference.exact.loss import Sample
    from genprop.backends.reference.exact.trajectories import Event

__all__ = ["OverTime"]


class OverTime(NeuronReader):
    """The loss is (1/T) ∫ loss(value(x(t))) dt; ``observe`` gives the time average, for scores."""

    def observe(self, trial: Trial) -> np.ndarray:
        """The time average."""
        times, weights = self._nodes(trial)
        return self._values(trial, times) @ weights / trial.duration

    def value(self, trial: Trial, y: np.ndarray, sample: Sample) -> float:
        """The average loss."""
        times, weights = self._nodes(trial)
        losses = self.loss.value(self._values(trial, times), sample, times)
        return float(losses @ weights) / trial.duration

    def gradient(self, trial: Trial, y: np.ndarray, sample: Sample) -> np.ndarray:
        """Zeros: the loss sees more than the average."""
        return np.zeros_like(y)

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        """∂l/∂x at every time."""
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

    def _nodes(self, trial: Trial) -> tuple[np.ndarray, np.ndarray]:
        edges = self._edges(trial)
        return nodes(edges[:-1], edges[1:])
