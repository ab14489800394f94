"""What the exact solver asks of a readout: what it observes, and how ∂L/∂y pulls in reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop.backends.reference.exact.trajectories import Event, Spike
from genprop.errors import UnsupportedError
from genprop.numerics.callables import jacobian_function, numpy_function

if TYPE_CHECKING:
    from genprop.adjoint.closed_forms import ClosedForm
    from genprop.adjoint.observation import Observation
    from genprop.backends.reference.exact.forward import Trial
    from genprop.backends.reference.exact.loss import LossModel, Sample
    from genprop.backends.reference.exact.maximum import Point
    from genprop.equations.system import HybridSystem

__all__ = ["NeuronReader", "Pull", "Reader"]


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
    """A readout of one population of ``size`` neurons.

    ``pooled`` says that the loss sees the batch mean of y.
    """

    pooled: bool
    size: int

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


class NeuronReader:
    """A readout whose loss sees one number per neuron. ``value`` is direction·x + offset."""

    def __init__(
        self,
        observed: Observation,
        form: ClosedForm,
        system: HybridSystem,
        loss: LossModel,
        size: int,
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
        self.loss, self.size = loss, size
        self.direction = jacobian_function([observed.value], states, states)(*zero)[0]
        self.offset = float(numpy_function([observed.value], states)(*zero)[0])
        self.pooled = observed.pooled

    def value(self, trial: Trial, y: np.ndarray, sample: Sample) -> float:
        """The loss of y."""
        return float(self.loss.value(y, sample))

    def gradient(self, trial: Trial, y: np.ndarray, sample: Sample) -> np.ndarray:
        """Its ∂L/∂y."""
        return self.loss.gradient(y, sample)
