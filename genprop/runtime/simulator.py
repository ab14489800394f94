"""One object to hold: a compiled network with its parameters and optimiser state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import enough_memory
from genprop._moved import arguments
from genprop.backends.base import Derives, refuse_rewiring
from genprop.backends.distributed import DistributedEngine
from genprop.describe.drawings import drawings
from genprop.describe.topology import initial_topology
from genprop.equations.start import Start
from genprop.errors import DataError, UnsupportedError
from genprop.runtime.copying import parts_of
from genprop.runtime.counted import initial_states
from genprop.runtime.divergence import refuse_divergence
from genprop.runtime.elsewhere import elsewhere
from genprop.runtime.inputs import inputs_of
from genprop.runtime.parameters import Parameters, initial_parameters
from genprop.runtime.recordable import recordable, refuse_unrecordable
from genprop.runtime.rewiring import rewire
from genprop.runtime.spike_times import run_recording
from genprop.runtime.spike_trains import SpikeTrains, spike_trains
from genprop.runtime.state import restore_state, state_of
from genprop.runtime.update import update
from genprop.stages.candidates import with_candidates
from genprop.stages.rewire import Rewired
from genprop.stages.stack import Stages

if TYPE_CHECKING:
    from genprop.backends.base import Engine, Inputs, Outcome, Target
    from genprop.backends.loihi.mapping.compensate import OnRounded
    from genprop.backends.loihi.mapping.options import Quantise
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Synapses
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.program import Program
    from genprop.runtime.retarget import Chip
    from genprop.stages.base import Stage
    from genprop.stages.flow import Flow
    from genprop.units import Quantity

__all__ = ["Simulator"]

Gradients = dict[str, np.ndarray]

_FEWER = "fewer samples, a shorter trial, or fewer states to record"


class Simulator:
    """A network that runs, gives gradients and learns.

    Attributes:
        spec: the frozen description.
        program: how it runs in steps.
        parameters: arrays by flat name, in base units; assigning copies and checks.
        settings: the optimiser's numbers by learned parameter:
            ``sim.settings["a->b.weight"]["rate"] = 1e-4``.
        topology: the synapses of every projection; :meth:`rewire` gives one others.
        stages: what stands between the parameters and the arrays that run.
        batch: samples per batch, at most.
        target: the backend that runs it.
        bundle: the generated text, where the backend runs text.
        last: the outcome of the last :meth:`gradients` or :meth:`run`.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        program: Program,
        engine: Engine,
        *,
        batch: int,
        seed: int,
        events: str = "merge",
        target: Target,
        bundle: SourceBundle | None = None,
        stages: Sequence[Stage] = (),
    ) -> None:
        self.spec, self.program, self.engine = spec, program, engine
        self.batch, self.seed, self.events = batch, seed, events
        self.target, self.bundle = target, bundle
        engine.reserve(batch)
        self.topology: dict[str, Synapses] = initial_topology(spec)
        self.stages = Stages(stages, spec, engine.dtype)
        self._start = Start(spec)
        self.parameters = Parameters(spec, initial_parameters(spec, seed, engine.dtype))
        self.settings = {
            name: dict(update.settings) for update in program.updates for name in update.parameters
        }
        self.optimiser = initial_states(program, spec, self.parameters)
        self.updates = 0
        self._gradients: Gradients | None = None
        self._last: Outcome | None = None

    def __repr__(self) -> str:
        leaves = (p for p in self.spec.leaf_parameters() if p.learned)
        learned = sum(self.parameters[p.name].size for p in leaves)
        return (
            f"Simulator({self.spec.name!r}, backend {self.target.name!r}, "
            f"{self.program.clock.name} clock, dt {self.dt:g} ms, "
            f"duration {self.duration:g} ms, batch {self.batch}, {learned} learned parameters)"
        )

    def _repr_html_(self) -> str:
        return drawings().network_html(self)

    def __reduce__(self) -> tuple[object, ...]:
        return parts_of(self)

    @property
    def dt(self) -> float:
        """Length of a step [ms]."""
        return self.program.dt

    @property
    def duration(self) -> float:
        """Length of a trial [ms]."""
        return self.program.duration

    @property
    def last(self) -> Outcome:
        """The outcome of the last batch.

        Raises:
            UnsupportedError: before any batch has run.
        """
        if self._last is None:
            raise UnsupportedError("no batch has run yet", remedy="call gradients() or run() first")
        return self._last

    @enough_memory("this batch", _FEWER)
    def gradients(self, batch: SpikeBatch) -> tuple[float, Gradients]:
        """Mean loss of the batch, and its gradient for every learned parameter by flat name.

        Gradients have the parameters' shapes and the units 1/parameter; delays per ms.
        Details are in :attr:`last`.

        Raises:
            DataError: for events, labels or targets that do not fit the network.
            DescriptionError: for parameters written in place that are not finite or out of bounds,
                and for those at which a neuron starts, or is after its reset, above its threshold.
            DivergenceError: where a state, the loss or a gradient leaves the finite numbers.
            UnsupportedError: for a network compiled without a loss.
        """
        refuse_rewiring(self.target, self.spec)
        if not self.program.losses:
            raise UnsupportedError(
                "there is no loss to differentiate",
                remedy="compile(net, loss=gp.CrossEntropy(…), …)",
            )
        self._gradients = None
        inputs, flow = self.inputs(batch, True), self._flow()
        candidates = self.stages.candidates(self.parameters, self.topology)
        outcome, found = with_candidates(
            candidates, flow, lambda given, there: self.engine.gradients(given, there, inputs)
        )
        outcome, gradients = flow.with_penalties(outcome), flow.back(found)
        refuse_divergence(self, lambda: flow.used, batch, outcome, gradients)
        self._last, self._gradients = outcome, gradients
        return outcome.loss, gradients

    @enough_memory("this batch", _FEWER)
    def run(self, batch: SpikeBatch, record: Sequence[str] = ()) -> Outcome:
        """Forward; ``record``: ``"pop.spikes"``, ``.spike_times``, ``.state``, ``"pre->post.u"``.

        Raises:
            DataError: for a batch that does not fit, or something to record that does not exist.
            DescriptionError: for parameters written in place that are not finite or out of bounds,
                and for those at which a neuron starts, or is after its reset, above its threshold.
            DivergenceError: where a state leaves the finite numbers.
        """
        refuse_unrecordable(recordable(self.program), record)
        inputs, flow = self.inputs(batch, False), self._flow()
        outcome = run_recording(self, flow.given, inputs, record)
        refuse_divergence(self, lambda: flow.used, batch, outcome)
        self._last = flow.with_penalties(outcome)
        return self._last

    def spike_trains(self, outcome: Outcome, population: str) -> SpikeTrains:
        """Recorded spikes, per sample times (k,) [ms] and neurons (k,), whatever the clock."""
        return spike_trains(self.program.clock, outcome, population)

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What the network consists of: every array of ``spec.parameters()``, in base units.

        These are the parameters themselves, and what the stages derive from them.
        """
        return self._flow().used

    def step(self, gradients: Mapping[str, np.ndarray] | None = None) -> None:
        """One update of everything learned, from ``gradients`` or those of the last batch.

        Bounds given to ``learn`` hold afterwards.

        Raises:
            TrainingError: for gradients that are not finite, and where a parameter or a state of
                its optimiser would not be; then nothing has changed.
            UnsupportedError: without gradients or without an optimiser.
        """
        if update(self, self._gradients if gradients is None else gradients):
            self._gradients = None

    def rewire(
        self, projection: str, synapses: Synapses, values: Mapping[str, np.ndarray] | None = None
    ) -> None:
        """Give a sparse projection other synapses, as many as before.

        Those that stay keep their parameters and the optimiser's states; new ones begin at zero, or
        at ``values``: (nnz,) by flat name of a parameter, in the order of ``synapses``.

        Raises:
            DescriptionError: for another number of synapses, or a projection that is dense.
        """
        self._gradients = None
        rewire(self, projection, Rewired(synapses, values or {}))

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all that is needed to go on bit by bit."""
        return state_of(self)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back to a :meth:`state`.

        Raises:
            CheckpointError: naming what is missing, unknown or unsound; nothing has changed then.
        """
        restore_state(self, state)

    def inputs(self, batch: SpikeBatch, learning: bool = False) -> Inputs:
        """The batch as backends take it: spikes in real time, labels and targets.

        Raises:
            DataError: for events, labels or targets that do not fit the network.
        """
        parted = isinstance(self.engine, DistributedEngine)
        found = inputs_of(self.program, batch, self.events, learning=learning, distributed=parted)
        if found.whole > self.batch:
            raise DataError(
                f"the batch has {found.whole} samples, the simulator was compiled for {self.batch}",
                remedy="compile(…, batch=…) with the largest batch",
            )
        return found

    def on(
        self,
        *,
        clock: str | None = None,
        dt: Quantity | float | None = None,
        backend: str | Target | None = None,
    ) -> Simulator:
        """This network, with its present state, compiled for another clock, dt or backend.

        Raises:
            GenpropError: for what the backend or the clock cannot run.
        """
        return elsewhere(self, Simulator, clock, dt, backend)

    @arguments(watch="on_rounded")
    def retarget(
        self,
        target: str = "loihi",
        quantise: Quantise | None = None,
        *,
        on_rounded: OnRounded | None = None,
    ) -> Chip:
        """This network, with its present parameters, in the integers and steps of a chip.

        Args:
            target: ``"loihi"``: Loihi 2.
            quantise: how floats become integers; by default 8 bits, the largest weight kept.
            on_rounded: is called with (projection, neurons done, neurons in all) while rounding.

        Raises:
            GenpropError: everything that the chip cannot hold, at once, with remedies.
        """
        from genprop.runtime.retarget import retarget

        return retarget(self, target, quantise, on_rounded)

    def refuse_unsound(self) -> None:
        """Refuse to go on with parameters at which the network does not run.

        Raises:
            DescriptionError: what :meth:`run` would raise at the present parameters.
        """
        self._flow()

    def _flow(self) -> Flow:
        """What runs at the present parameters, which are checked first."""
        self.parameters.refuse_unsound()
        elsewhere = self.engine.derives if isinstance(self.engine, Derives) else ()
        flow = self.stages.forward(self.parameters, self.topology, elsewhere=elsewhere)
        self._start.refuse_unsound(flow.given)
        return flow
