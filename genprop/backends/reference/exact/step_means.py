"""The readout of a loss that is averaged over the steps of a clock, each seen by its mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.exact.quadrature import nodes
from genprop.backends.reference.exact.reading import NeuronReader, Pull
from genprop.lower.clocks.base import integer_steps

if TYPE_CHECKING:
    from genprop.adjoint.closed_forms import ClosedForm
    from genprop.adjoint.observation import Observation
    from genprop.backends.reference.exact.forward import Trial
    from genprop.backends.reference.exact.loss import LossModel, Sample
    from genprop.backends.reference.exact.trajectories import Event
    from genprop.equations.system import HybridSystem

__all__ = ["StepMeans"]


class StepMeans(NeuronReader):
    """The loss is (1/N) Σ_n loss(ȳ_n), ȳ_n = (1/h) ∫ value(x(t)) dt over step n of N, h long.

    So ∂L/∂value is constant in a step, (1/N h) ∂loss/∂ȳ_n. ``observe`` gives the mean of all ȳ_n,
    for scores. ``dt`` is h [ms]; a loss may have one target per step.
    """

    def __init__(
        self,
        observed: Observation,
        form: ClosedForm,
        system: HybridSystem,
        loss: LossModel,
        size: int,
        dt: float,
    ) -> None:
        super().__init__(observed, form, system, loss, size)
        self.edges = np.arange(integer_steps(dt, loss.duration) + 1) * dt

    def observe(self, trial: Trial) -> np.ndarray:
        """The mean over the trial."""
        return self._means(trial).mean(axis=1)

    def value(self, trial: Trial, y: np.ndarray, sample: Sample) -> float:
        """The mean loss of the steps."""
        return float(self.loss.value(self._means(trial), sample, self._middles).mean())

    def gradient(self, trial: Trial, y: np.ndarray, sample: Sample) -> np.ndarray:
        """Zeros: the loss sees more than the mean over the trial."""
        return np.zeros_like(y)

    def pull(self, trial: Trial, gradient: np.ndarray, sample: Sample, scale: float) -> Pull:
        """∂L/∂value in every step."""
        seen = self.loss.gradient(self._means(trial), sample, self._middles)
        rate = scale / trial.duration * seen

        def density(neuron: int, times: np.ndarray) -> np.ndarray:
            return rate[neuron, self._step(times)]

        def across(event: Event) -> float:
            change = self.direction @ (event.before - event.after)
            return float(rate[event.neuron, self._step(np.array([event.time]))[0]] * change)

        return Pull(self.population, self.direction, density, across, self.edges)

    @property
    def _middles(self) -> np.ndarray:
        return 0.5 * (self.edges[:-1] + self.edges[1:])

    def _step(self, times: np.ndarray) -> np.ndarray:
        """The step of each time: t_n itself is in step n, and T in the last one."""
        inside = np.searchsorted(self.edges, times, side="right") - 1
        return np.minimum(inside, len(self.edges) - 2)

    def _means(self, trial: Trial) -> np.ndarray:
        """ȳ, (n, steps)."""
        means = np.empty((self.size, len(self.edges) - 1))
        for j, trajectory in enumerate(trial.trajectories[self.population]):
            edges = np.unique(np.concatenate([trajectory.starts, self.edges]))
            times, weights = nodes(edges[:-1], edges[1:])
            values = weights * (trajectory.at(times) @ self.direction + self.offset)
            means[j] = np.bincount(self._step(times), values, minlength=means.shape[1])
        return means / np.diff(self.edges)
