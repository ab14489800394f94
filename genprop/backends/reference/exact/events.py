"""The exact event-driven solver of networks whose flows are linear, in float64.

No clock: spikes, arrivals and releases happen at their exact times, and the gradient is that of the
stated loss to about 1e-12. It is the measure of every clocked solver and backend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.exact.adjoint import Reverse
from genprop.backends.reference.exact.adjoint_cells import AdjointModel
from genprop.backends.reference.exact.cells import CellModel, Cells
from genprop.backends.reference.exact.forward import InputSpikes, Trial, run_trial
from genprop.backends.reference.exact.loss import LossModel, Sample
from genprop.backends.reference.exact.readouts import reader
from genprop.backends.reference.exact.senders import SenderModel
from genprop.backends.reference.exact.wiring import ExactWiring
from genprop.describe.topology import initial_topology
from genprop.equations.start import Start
from genprop.numerics.continuous import refuse_many_pieces
from genprop.numerics.losses import one_hot

if TYPE_CHECKING:
    from genprop.adjoint.loss import LossAdjoint
    from genprop.adjoint.system import AdjointNetwork
    from genprop.backends.reference.exact.reading import Pull, Reader
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.equations.system import HybridNetwork

__all__ = ["EventSimulator", "ExactResult", "solve"]

_MOST_PIECES = 1e5
"""Of a neuron in a sample, each a polynomial that stays in memory: some seconds, and 50 MB."""


@dataclass(frozen=True, slots=True)
class ExactResult:
    """What a batch gave.

    Attributes:
        loss: the mean loss of the batch.
        terms: the loss term by term, with coefficients.
        observed: per loss term the observed vector, (batch, n); time averages for traces.
        scores: (batch, n) of the first term that classifies, larger is better; None without one.
        spikes: per population and sample, exact times [ms] and neurons, in order.
        gradients: by flat name, in the parameters' shapes; empty when none were requested.
        values: per loss term the loss of each sample, (batch,), with the coefficient.
        each: per loss term what each sample gave, (batch, n); ``observed`` holds its mean over the
            batch where the loss sees that.
        trials: per sample all that happened.
    """

    loss: float
    terms: tuple[float, ...]
    observed: tuple[np.ndarray, ...]
    scores: np.ndarray | None
    spikes: Mapping[str, Sequence[tuple[np.ndarray, np.ndarray]]]
    gradients: Mapping[str, np.ndarray]
    values: tuple[np.ndarray, ...]
    each: tuple[np.ndarray, ...]
    trials: Sequence[Trial] = field(repr=False)


class EventSimulator:
    """A network ready to be solved exactly, for any parameters and input.

    Args:
        spec: the description.
        network: its hybrid systems.
        adjoint: their adjoint and the loss; without it there is neither loss nor gradient.
        duration: T [ms].
        topology: the synapses; by default those that the description begins with.
        dt: of the clock [ms] on whose steps losses over time are defined, each seen by its mean; by
            default they are integrals over continuous time.

    Raises:
        UnsupportedError: when a flow or a guard is not linear in the states.
    """

    reverse: type[Reverse] = Reverse

    def __init__(
        self,
        spec: NetworkSpec,
        network: HybridNetwork,
        adjoint: AdjointNetwork | None = None,
        *,
        duration: float,
        topology: Topology | None = None,
        dt: float | None = None,
    ) -> None:
        self.spec, self.duration, self._start = spec, duration, Start(spec)
        self._dt = dt
        self._topology = initial_topology(spec) if topology is None else topology
        self._cells = {name: CellModel(system) for name, system in network.populations.items()}
        populations = adjoint.populations if adjoint is not None else {}
        self._adjoints = {name: AdjointModel(system) for name, system in populations.items()}
        backwards = adjoint.senders if adjoint is not None else {}
        self._senders = {
            name: SenderModel(sender, backwards.get(name))
            for name, sender in network.senders.items()
        }
        self._terms = [
            self._term(term, network) for term in (adjoint.loss if adjoint is not None else ())
        ]

    def forward(self, parameters: Mapping[str, np.ndarray], inputs: InputSpikes) -> Trial:
        """One trial: events and trajectories."""
        return run_trial(self._bind(parameters), self._wire(parameters), inputs, self.duration)

    def solve(
        self,
        parameters: Mapping[str, np.ndarray],
        inputs: Sequence[InputSpikes],
        labels: np.ndarray | None = None,
        targets: np.ndarray | None = None,
        *,
        gradient: bool = True,
        topology: Topology | None = None,
        whole: int = 0,
        means: Sequence[np.ndarray | None] = (),
    ) -> ExactResult:
        """Spikes, loss and gradient of a batch, or of some samples of a larger one.

        Args:
            parameters: by flat name, in base units and the shapes of the spec.
            inputs: per sample, per source population, spike times [ms] and channels.
            labels: (batch,) class of each sample.
            targets: (batch, n) targets of the observed neurons, for losses over the steps of a
                clock also (batch, steps, n); the label's one-hot where absent.
            gradient: whether to run the reverse pass.
            topology: the synapses; by default those given before.
            whole: samples of the larger batch, by which gradients are divided; 0 where it is this.
            means: per loss term what it observes (n,) on average over the larger batch; None where
                the loss does not see that, or the batch is this one.

        Returns:
            The mean loss and its gradient with respect to every parameter.
        """
        cells, wiring = self._bind(parameters), self._wire(parameters, topology)
        trials = [run_trial(cells, wiring, given, self.duration) for given in inputs]
        seen = means or [None] * len(self._terms)
        views = [
            _View(*term, trials, labels, targets, whole or len(trials), mean)
            for term, mean in zip(self._terms, seen, strict=True)
        ]
        gradients = _zeros(parameters) if gradient and self._terms else {}
        if gradients:
            for k, trial in enumerate(trials):
                pulls = [view.pull(k, trial) for view in views]
                self.reverse(self.spec, cells, self._adjoints, trial, pulls, gradients).run()
        return ExactResult(
            loss=sum(view.loss for view in views),
            terms=tuple(view.loss for view in views),
            observed=tuple(view.y for view in views),
            scores=next((s for view in views if (s := view.scores()) is not None), None),
            spikes={name: [_raster(trial, name) for trial in trials] for name in cells},
            gradients=gradients,
            values=tuple(view.values for view in views),
            each=tuple(view.each for view in views),
            trials=trials,
        )

    def _term(self, term: LossAdjoint, network: HybridNetwork) -> tuple[LossModel, Reader]:
        loss = LossModel(term, self.duration)
        population = term.observation.population
        size = self.spec.population(population).size
        return loss, reader(term, network.populations[population], loss, size, self._dt)

    def _bind(self, parameters: Mapping[str, np.ndarray]) -> dict[str, Cells]:
        self._start.refuse_unsound(parameters)
        found = {
            name: Cells.bind(model, self.spec.population(name).size, parameters)
            for name, model in self._cells.items()
        }
        for name, cells in found.items():
            refuse_many_pieces(name, 1 / cells.reach, self.duration, _MOST_PIECES)
        return found

    def _wire(
        self, parameters: Mapping[str, np.ndarray], topology: Topology | None = None
    ) -> ExactWiring:
        chosen = self._topology if topology is None else topology
        return ExactWiring.bind(self.spec, chosen, parameters, self._senders)


class _View:
    """One loss term over a batch: y (batch, n), the mean loss, and the pull on each trial."""

    def __init__(
        self,
        model: LossModel,
        look: Reader,
        trials: Sequence[Trial],
        labels: np.ndarray | None,
        targets: np.ndarray | None,
        whole: int,
        mean: np.ndarray | None,
    ) -> None:
        self._model, self._look, self._batch = model, look, whole
        shape = (len(trials), look.size)
        self.each = np.array([look.observe(trial) for trial in trials]).reshape(shape)
        self.y = self.each
        if look.pooled and trials:
            self.y = np.broadcast_to(self.each.mean(axis=0) if mean is None else mean, shape)
        self._samples = [_sample(k, look.size, labels, targets) for k in range(len(trials))]
        seen = list(zip(trials, self.y, self._samples, strict=True))
        self.values = model.coefficient * np.array([look.value(*one) for one in seen])
        self.loss = float(self.values.mean()) if trials else 0.0
        self._gradient = np.array([look.gradient(*one) for one in seen]).reshape(shape)

    def pull(self, index: int, trial: Trial) -> Pull:
        scale = self._model.coefficient / self._batch
        return self._look.pull(trial, self._gradient[index], self._samples[index], scale)

    def scores(self) -> np.ndarray | None:
        rows = [self._model.score(y, s) for y, s in zip(self.y, self._samples, strict=True)]
        if self._model.classifies:
            return np.array(rows).reshape(self.y.shape)
        return None


def solve(
    spec: NetworkSpec,
    network: HybridNetwork,
    adjoint: AdjointNetwork,
    parameters: Mapping[str, np.ndarray],
    inputs: Sequence[InputSpikes],
    *,
    duration: float,
    labels: np.ndarray | None = None,
    targets: np.ndarray | None = None,
) -> ExactResult:
    """Solve one batch exactly; see :meth:`EventSimulator.solve`."""
    simulator = EventSimulator(spec, network, adjoint, duration=duration)
    return simulator.solve(parameters, inputs, labels, targets)


def _sample(index: int, size: int, labels: np.ndarray | None, targets: np.ndarray | None) -> Sample:
    own = np.array([-1]) if labels is None else np.asarray(labels[index : index + 1])
    is_label = one_hot(own, size)[0]
    return Sample(is_label, is_label if targets is None else np.asarray(targets[index], float))


def _zeros(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.zeros(np.shape(value)) for name, value in parameters.items()}


def _raster(trial: Trial, population: str) -> tuple[np.ndarray, np.ndarray]:
    spikes = trial.spikes(population)
    return np.array([s.time for s in spikes]), np.array([s.neuron for s in spikes], dtype=np.int64)
