"""One object to hold: a compiled network with its parameters and optimiser state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop._moved import arguments
from genprop.equations.start import Start
from genprop.errors import (
    CheckpointError,
    DataError,
    DescriptionError,
    UnsupportedError,
    did_you_mean,
)
from genprop.runtime.inputs import inputs_of
from genprop.runtime.parameters import Parameters, initial_parameters, topology_of
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
    from genprop.stages.stack import Flow

__all__ = ["Simulator"]

Gradients = dict[str, np.ndarray]
_DAMAGED = "the file is damaged, or was written by a training that had gone astray: take another"


class Simulator:
    """A network that runs, gives gradients and learns.

    Attributes:
        spec: the frozen description.
        program: how it runs in steps.
        parameters: arrays by flat name, in base units; assigning copies and checks.
        settings: the optimiser's numbers by learned parameter:
            ``sim.settings["a->b.weight"]["rate"] = 1e-4``.
        topology: the synapses of every projection.
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
        self.topology: dict[str, Synapses] = topology_of(spec)
        self.stages = Stages(stages, spec, engine.dtype)
        self._start = Start(spec)
        self.parameters = Parameters(spec, initial_parameters(spec, seed, engine.dtype))
        self.settings = {
            name: dict(update.settings) for update in program.updates for name in update.parameters
        }
        self.optimiser = {
            f"{name}/{state}": np.zeros_like(self.parameters[name])
            for update in program.updates
            for name in update.parameters
            for state in update.states
        }
        self.updates = 0
        self._gradients: Gradients | None = None
        self._last: Outcome | None = None

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

    def gradients(self, batch: SpikeBatch) -> tuple[float, Gradients]:
        """Mean loss of the batch, and its gradient for every learned parameter by flat name.

        Gradients have the parameters' shapes and the units 1/parameter; delays per ms.
        Details are in :attr:`last`.

        Raises:
            DataError: for events, labels or targets that do not fit the network.
            DescriptionError: for parameters written in place that are not finite or out of bounds,
                and for those at which a neuron starts, or is after its reset, above its threshold.
            UnsupportedError: for a network compiled without a loss.
        """
        if not self.program.losses:
            raise UnsupportedError(
                "there is no loss to differentiate",
                remedy="compile(net, loss=gp.CrossEntropy(…), …)",
            )
        inputs, flow = self.inputs(batch, True), self._flow()
        outcome, gradients = self.engine.gradients(flow.used, inputs)
        self._last, self._gradients = flow.with_penalties(outcome), flow.back(gradients)
        return self._last.loss, self._gradients

    def run(self, batch: SpikeBatch, record: Sequence[str] = ()) -> Outcome:
        """Forward only, keeping what ``record`` names: ``"pop.spikes"``, ``"pop.state"``.

        Raises:
            DataError: for a batch that does not fit, or something to record that does not exist.
            DescriptionError: for parameters written in place that are not finite or out of bounds,
                and for those at which a neuron starts, or is after its reset, above its threshold.
        """
        self._check_record(record)
        inputs, flow = self.inputs(batch, False), self._flow()
        outcome = self.engine.run(flow.used, inputs, tuple(record))
        self._last = flow.with_penalties(outcome)
        return self._last

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What the network consists of: every array of ``spec.parameters()``, in base units.

        These are the parameters themselves, and what the stages derive from them.
        """
        return self._flow().used

    def step(self, gradients: Mapping[str, np.ndarray] | None = None) -> None:
        """One update of everything learned, from ``gradients`` or those of the last batch.

        Bounds given to ``learn`` hold afterwards.

        Raises:
            UnsupportedError: without gradients or without an optimiser.
        """
        given = self._gradients if gradients is None else gradients
        if given is None or not self.program.updates:
            raise UnsupportedError(
                "there is nothing to update with",
                remedy="call gradients() first, and compile with an optimiser",
            )
        self.updates += 1
        arrays = self.parameters.arrays
        self.engine.update(arrays, given, self.optimiser, self.settings, self.updates)
        self.parameters.clip()
        self.stages.hold(arrays)

    def state(self) -> dict[str, np.ndarray]:
        """Copies of all that is needed to go on bit by bit."""
        state = {f"parameter/{name}": array.copy() for name, array in self.parameters.items()}
        state |= {f"optimiser/{name}": array.copy() for name, array in self.optimiser.items()}
        return state | {"counter/updates": np.asarray(self.updates)} | self.stages.state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back to a :meth:`state`.

        Raises:
            CheckpointError: naming what is missing, unknown, of another shape or no sound number;
                then nothing has changed.
        """
        staged, state = self.stages.split(state)
        own = self.stages.split(self.state())[1]
        findings = [f"{name} is missing" for name in own.keys() - state.keys()]
        findings += [f"{name} is not of this network" for name in state.keys() - own.keys()]
        findings += [
            f"{name} has shape {np.shape(state[name])}, not {own[name].shape}"
            for name in own.keys() & state.keys()
            if np.shape(state[name]) != own[name].shape
        ]
        if findings:
            raise CheckpointError(
                f"this state belongs to another network: {'; '.join(sorted(findings))}",
                remedy="compile the network it was saved from",
            )
        sound = {name: self._sound(name, value) for name, value in state.items()}
        self.stages.restore(staged)
        for name, array in sound.items():
            kind, _, rest = name.partition("/")
            if kind == "parameter":
                self.parameters[rest] = array
            elif kind == "optimiser":
                self.optimiser[rest][...] = array
        self.updates = int(sound["counter/updates"])

    def inputs(self, batch: SpikeBatch, learning: bool = False) -> Inputs:
        """The batch as backends take it: spikes in real time, labels and targets.

        Raises:
            DataError: for events, labels or targets that do not fit the network.
        """
        found = inputs_of(self.program, batch, self.events, learning=learning)
        if found.batch > self.batch:
            raise DataError(
                f"the batch has {found.batch} samples, the simulator was compiled for {self.batch}",
                remedy="compile(…, batch=…) with the largest batch",
            )
        return found

    @arguments(watch="on_rounded")
    def retarget(
        self,
        target: str = "loihi",
        quantise: Quantise | None = None,
        *,
        on_rounded: OnRounded | None = None,
    ) -> Chip:
        """This network, with its present parameters, in the integers of a chip.

        Args:
            target: ``"loihi"``: Loihi 2.
            quantise: how floats become integers; by default 8 bits, the largest weight kept.
            on_rounded: is called with (projection, neurons done, neurons in all) while weights are
                rounded by data, which takes a while for many synapses with delays.

        Raises:
            GenpropError: everything that the chip cannot hold, at once, with remedies.
        """
        from genprop.runtime.retarget import retarget

        return retarget(self, target, quantise, on_rounded)

    def _flow(self) -> Flow:
        """What runs at the present parameters, which are checked first."""
        self.parameters.refuse_unsound()
        flow = self.stages.forward(self.parameters, self.topology)
        self._start.refuse_unsound(flow.used)
        return flow

    def _sound(self, name: str, value: np.ndarray) -> np.ndarray:
        """An array of a state, refused where the network could not hold it."""
        kind, _, rest = name.partition("/")
        try:
            if kind == "parameter":
                return self.parameters.sound(rest, value)
            found = np.asarray(value, float)
        except (DescriptionError, TypeError, ValueError) as error:
            what = error.what if isinstance(error, DescriptionError) else str(error)
            raise CheckpointError(f"{name} cannot be taken: {what}", remedy=_DAMAGED) from error
        if not np.isfinite(found).all() or (kind == "counter" and not found >= 0):
            raise CheckpointError(
                f"{name} holds what is no finite number, or negative", remedy=_DAMAGED
            )
        return found

    def _check_record(self, record: Sequence[str]) -> None:
        known = {
            f"{p.name}.{what}"
            for p in self.program.populations
            if not p.source
            for what in (*p.states, *(("spikes",) if p.guard is not None else ()))
        }
        for name in record:
            if name not in known:
                raise DataError(
                    f"{name!r} cannot be recorded",
                    where="run(record=…)",
                    remedy=did_you_mean(name, known),
                )
