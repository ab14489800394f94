"""What a backend is: something that runs a Program on a batch, forward and backward."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from genprop.data.timed import TimedEvents, timed
from genprop.describe.drawings import drawings
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.data.steps import StepEvents
    from genprop.describe.drawings import Axes
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.emit.bundle import SourceBundle
    from genprop.errors import GenpropError
    from genprop.lower.clocks.base import Clock, Spikes, StepClock
    from genprop.lower.program import Program

__all__ = [
    "CompilesTopology",
    "Derives",
    "Engine",
    "Inputs",
    "MemoryEstimator",
    "Outcome",
    "Parameters",
    "Part",
    "Recorded",
    "Standalone",
    "Target",
    "mean_terms",
    "refuse_rewiring",
]

Parameters = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Part:
    """Which samples of a batch these are: those of the groups ``first`` … ``last`` − 1.

    Attributes:
        whole: samples of the whole batch; each has the weight 1 / ``whole``.
        first: group, see :mod:`genprop.backends.parts`.
        last: the group after the last one.
        means: by loss, what it observes (n,) on average over the whole batch, where it sees that.
    """

    whole: int
    first: int
    last: int
    means: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])

    def seeing(self, means: Mapping[str, np.ndarray]) -> Part:
        """The same with the means of the whole batch."""
        return replace(self, means=means)


@dataclass(frozen=True, slots=True)
class Inputs:
    """One batch as a backend takes it.

    Attributes:
        events: spikes in real time [ms], by source population; :meth:`on` puts them in steps,
            :meth:`timed` sorts them by their own times.
        batch: number of samples.
        labels: (batch,) int64, −1 where a sample has none.
        targets: None, or float (batch, n) or (batch, steps, n).
        coincident: ``"merge"`` takes events of a channel in one step as one (on the exact clock:
            at exactly the same time), ``"sum"`` counts each.
        part: which samples of a larger batch these are; None where they are all.
    """

    events: Mapping[str, Spikes]
    batch: int
    labels: npt.NDArray[np.int64]
    targets: npt.NDArray[np.floating] | None = None
    coincident: str = "merge"
    part: Part | None = None

    @property
    def whole(self) -> int:
        """Samples of the whole batch."""
        return self.batch if self.part is None else self.part.whole

    def on(self, clock: StepClock) -> dict[str, StepEvents]:
        """The events in the steps of ``clock``."""
        return {name: clock.events(found, self.coincident) for name, found in self.events.items()}

    def timed(self) -> dict[str, TimedEvents]:
        """The events at their real times, for clocks that round none."""
        return {name: timed(found, self.coincident) for name, found in self.events.items()}


Recorded = (
    Sequence[npt.NDArray[np.int32]] | Sequence[npt.NDArray[np.float64]] | npt.NDArray[np.floating]
)
"""What was recorded under one name: spikes sample by sample, or a state."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of one batch gives.

    Attributes:
        loss: mean over the batch, all terms.
        terms: the same per loss term.
        scores: (batch, classes), larger is better; None without a classifying loss.
        spikes: (batch, n) counts per population with neurons that spike.
        recorded: ``"pop.spikes"``: per sample (k, 2), int32 of [step, neuron] on the grid, float64
            of [time [ms], neuron] on the exact clock (``clock.spike_train`` reads both);
            ``"pop.state"``: (batch, steps, n), at t_{n+1} after the resets; ``"pre->post.state"``,
            of the sender's side: (batch, steps, n) of the sending neurons.
        finite: (batch,) whether every state stayed finite; None where the backend cannot tell.
        values: (batch,) float64 per loss term, where the engine tells them.
        clock: what says when recorded spikes happened; a simulator fills it in.
    """

    loss: float
    terms: Mapping[str, float]
    scores: npt.NDArray[np.floating] | None
    spikes: Mapping[str, npt.NDArray[np.int32]]
    recorded: Mapping[str, Recorded] = field(default_factory=dict[str, "Recorded"])
    finite: npt.NDArray[np.bool_] | None = None
    values: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict[str, np.ndarray])
    clock: Clock | None = None

    def plot(self, inputs: SpikeBatch | None = None, *, sample: int = 0) -> list[Axes]:
        """Draw what was recorded of one sample; see :func:`genprop.plot.recorded`.

        Args:
            inputs: the batch, to draw the spikes that went in above the rest.
            sample: which one of the batch.

        Raises:
            DataError: where nothing was recorded, or there is no such sample.
            ConfigurationError: where matplotlib is not installed.
        """
        return drawings().recorded(self, inputs, sample=sample)

    def __repr__(self) -> str:
        arrays = {"scores": self.scores, **self.recorded}
        shown = [f"{name} {np.shape(x)}" for name, x in arrays.items() if isinstance(x, np.ndarray)]
        shown += [
            f"{name} of {len(x)} samples"
            for name, x in self.recorded.items()
            if isinstance(x, list)
        ]
        spikes = [f"{int(np.sum(counts))} spikes of {name}" for name, counts in self.spikes.items()]
        return f"Outcome(loss {self.loss:.4g}, {', '.join([*spikes, *shown])})"


def mean_terms(values: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The mean of each loss term over the samples; 0 without samples, as a part may be."""
    return {name: float(value.mean()) if value.size else 0.0 for name, value in values.items()}


class Engine(Protocol):
    """A runnable Program. Every call starts from cleared states, currents, tapes, adjoints.

    The synapses are those of ``topology``, which may change from one batch to the next.
    """

    dtype: np.dtype[np.floating]

    def reserve(self, batch: int) -> None:
        """Make ready for batches of up to ``batch`` samples."""
        ...

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: Inputs,
        record: tuple[str, ...],
    ) -> Outcome:
        """Forward only."""
        ...

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """Forward and backward: the gradient of the mean loss for every learned parameter."""
        ...

    def update(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray],
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> None:
        """One step of every optimiser, in place.

        ``state`` holds ``"<parameter>/<state>"``; ``settings`` numbers by parameter; ``count`` is 1
        for the first update.
        """
        ...


@runtime_checkable
class Derives(Protocol):
    """An engine that computes some of the Program's derivations itself.

    Where a parameter of ``derives`` is not among what it is given, it is given the leaves that it
    is made of and, by their names, the constants of its stage; and gives the gradients of these
    leaves, as far as they come this way, in its place.
    """

    @property
    def derives(self) -> Collection[str]:
        """The derived parameters, by flat name."""
        ...


class Target(Protocol):
    """A way to run Programs, found by its folder: ``genprop/backends/<name>/target.py``."""

    @property
    def name(self) -> str:
        """The backend's name: its folder."""
        ...

    @property
    def form(self) -> str:
        """Everything about the target that the rendered text depends on."""
        ...

    def check(self, spec: NetworkSpec, clock: Clock) -> list[GenpropError]:
        """Everything about the network that this target cannot run."""
        ...

    def render(self, program: Program) -> SourceBundle | None:
        """The program's text, where the target runs text."""
        ...

    def load(self, program: Program, spec: NetworkSpec, bundle: SourceBundle | None) -> Engine:
        """Build what was rendered and make it runnable."""
        ...


@runtime_checkable
class Standalone(Protocol):
    """A target whose rendered program runs without genprop and reads auxiliary arrays."""

    def auxiliary_arrays(self, topology: Topology) -> Mapping[str, Mapping[str, np.ndarray]]:
        """Arrays that the program reads beside the parameters, by the name of an npz file."""
        ...


@runtime_checkable
class CompilesTopology(Protocol):
    """A target that compiles synapses in, so that other ones are another program."""

    @property
    def compiles_topology(self) -> str:
        """Why, in words."""
        ...


def refuse_rewiring(target: Target, spec: NetworkSpec) -> None:
    """Refuse to learn what moves synapses where each move would be compiled.

    Raises:
        UnsupportedError: for a network with rewired projections on such a target.
    """
    if spec.rewired and isinstance(target, CompilesTopology):
        raise UnsupportedError(
            f"{', '.join(spec.rewired)} would be compiled anew after every batch that rewires: "
            f"{target.compiles_topology}",
            where=f"backend {target.name}",
            remedy="learn on native; once trained, the network runs here like any sparse one",
        )


@runtime_checkable
class MemoryEstimator(Protocol):
    """A target that estimates its own memory, because it lays it out in its own way."""

    def memory_table(self, spec: NetworkSpec, program: Program, batch: int) -> str:
        """A table of what is held for batches of ``batch`` samples, in words."""
        ...
