"""Runs the compiled library: numpy arrays in, numpy arrays out."""

from __future__ import annotations

import ctypes
import math
import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.base import Inputs, Part
from genprop.backends.native.call import Call, Computed
from genprop.backends.native.continuous_call import ContinuousCall
from genprop.backends.native.failures import refuse_failed, refuse_other_layout
from genprop.backends.native.layout import PHASES, batch_type
from genprop.backends.native.tapes import keeps_tapes, sent_bytes, tape_bytes
from genprop.backends.parts import batch_means, nodes_of
from genprop.build.compile import load_library
from genprop.emit.layout import GROUPS, layout_digest
from genprop.emit.names import identifier
from genprop.lower.clocks.exact import ExactClock
from genprop.lower.update_program import COUNT

if TYPE_CHECKING:
    from genprop.backends.base import Outcome, Parameters
    from genprop.backends.parts import Node
    from genprop.build.compile import Artifact
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.lower.program import Program

__all__ = ["NativeEngine"]

_NONE = np.zeros((0, 2), np.int32)


class NativeEngine:
    """One loaded library; see :class:`~genprop.backends.parts.Divisible`."""

    groups = GROUPS

    locates = True  # spikes inside steps, where their flow is not linear

    def __init__(
        self,
        program: Program,
        spec: NetworkSpec,
        artifact: Artifact,
        precision: str,
        threads: int,
        memory: float = math.inf,
    ) -> None:
        self.program, self.spec, self.artifact, self.threads = program, spec, artifact, threads
        self.memory = memory
        self.dtype: np.dtype[np.floating] = np.dtype(
            np.float32 if precision == "float" else np.float64
        )
        self._library = load_library(artifact.path)
        self._library.genprop_create.restype = ctypes.c_void_p
        self._library.genprop_destroy.argtypes = [ctypes.c_void_p]
        self._library.genprop_run.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self._library.genprop_layout.restype = ctypes.c_char_p
        due = layout_digest(program, precision)
        refuse_other_layout(self._library.genprop_layout().decode(), due, artifact.sources)
        self._engine = ctypes.c_void_p(self._library.genprop_create())
        weakref.finalize(self, self._library.genprop_destroy, self._engine)
        self._batch = batch_type(program)
        self._computed: dict[str, Computed] = {}

    def reserve(self, batch: int) -> None:
        """Buffers grow as batches come."""

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: Inputs,
        record: tuple[str, ...] = (),
    ) -> Outcome:
        """Forward only."""
        call = self._call(parameters, topology, inputs)
        for name in record:
            call.record(*name.rsplit(".", 1))
        self._run(call, learning=False)
        return call.outcome(self._spikes(call, inputs.batch))

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """Forward and backward: the gradient of the mean loss."""
        if inputs.part is None and self.runs_in_chunks(inputs):
            means = batch_means([self.observations(parameters, topology, inputs)])
            inputs = replace(inputs, part=Part(inputs.batch, 0, self.groups, means))
        call = self._call(parameters, topology, inputs)
        call.want_gradients()
        self._run(call, learning=True)
        return call.outcome({}), call.gradients()

    def observations(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> dict[str, np.ndarray]:
        """What the samples gave of losses that see its mean over the batch."""
        if not keeps_tapes(self.program):
            return {}
        call = self._call(parameters, topology, inputs)
        call.batch.phase = PHASES.index("observe")
        self._run(call, learning=False)
        return call.observed()

    def partials(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[Node, dict[str, np.ndarray]]]:
        """The outcome of a part of a batch, and the sums of its branches."""
        part = inputs.part or Part(inputs.batch, 0, self.groups)
        call = self._call(parameters, topology, replace(inputs, part=part))
        nodes = nodes_of(part, self.groups)
        call.want_sums(len(nodes))
        self._run(call, learning=True)
        return call.outcome({}), dict(zip(nodes, call.sums(), strict=True))

    def total(
        self, parameters: Parameters, topology: Topology, sums: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """The gradients from the sums over all groups."""
        call = self._call(parameters, topology, Inputs({}, 0, np.zeros(0, np.int64)))
        call.give_sums(sums)
        self._run(call, learning=True)
        return call.gradients()

    def update(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray],
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> None:
        """One step of every optimiser, in place."""
        for index, update in enumerate(self.program.updates):
            own = f"{update.name.lower()}_{index}"
            for name in update.parameters:
                if name not in gradients:
                    continue
                x = parameters[name]
                g = np.ascontiguousarray(gradients[name], self.dtype)
                moments = [state[f"{name}/{s}"] for s in update.states]
                numbers = np.array([settings[name][s] for s, _ in update.settings])
                slots = ctypes.c_void_p * max(1, len(moments))
                pointers = slots(*(m.ctypes.data for m in moments))
                counts = state.get(f"{name}/{COUNT}")
                counted = "counted_" if counts is not None else ""
                status = self._library[f"genprop_update_{counted}{own}"](
                    ctypes.c_void_p(x.ctypes.data),
                    ctypes.c_void_p(g.ctypes.data),
                    pointers,
                    ctypes.c_void_p(numbers.ctypes.data),
                    ctypes.c_double(count)
                    if counts is None
                    else ctypes.c_void_p(counts.ctypes.data),
                    ctypes.c_int64(x.size),
                    ctypes.c_int64(self.threads if x.size > 50_000 else 1),
                )
                refuse_failed(status, self.program.name, self.threads)

    def runs_in_chunks(self, inputs: Inputs) -> bool:
        """Whether the tapes of all samples at once would take more memory than they may."""
        each = tape_bytes(self.program, self.dtype.itemsize)
        sent = sent_bytes(self.program, self.dtype.itemsize, inputs.events)
        return keeps_tapes(self.program) and inputs.batch * each + sent > self.memory

    def _call(self, parameters: Parameters, topology: Topology, inputs: Inputs) -> Call:
        batch = self._batch()
        kind = Call if self.program.clock.rounds else ContinuousCall
        call = kind(self.program, self.spec, batch, self.dtype, parameters, topology, inputs)
        call.point_numbers(self._computed)
        return call

    def _run(self, call: Call, *, learning: bool) -> None:
        call.batch.threads = self.threads
        call.batch.learning = int(learning)
        status = self._library.genprop_run(self._engine, ctypes.addressof(call.batch))
        refuse_failed(status, self.program.name, self.threads)

    def _spikes(self, call: Call, samples: int) -> dict[str, list[np.ndarray]]:
        found: dict[str, list[np.ndarray]] = {}
        for population, what in call.spikes_wanted:
            function = self._library[f"genprop_spikes_{identifier(population)}"]
            function.restype = ctypes.c_int64
            lists: list[np.ndarray] = []
            for sample in range(samples):
                pairs = ctypes.POINTER(ctypes.c_int32)()
                count = function(self._engine, ctypes.c_int64(sample), ctypes.byref(pairs))
                own = np.ctypeslib.as_array(pairs, (count, 2)).copy() if count else _NONE
                lists.append(own)
            if what == "spike_times" or not self.program.clock.rounds:
                lists = self._timed(population, lists)
            found[f"{population}.{what}"] = lists
        return found

    def _timed(self, population: str, pairs: list[np.ndarray]) -> list[np.ndarray]:
        """Pairs of step and neuron as pairs of time [ms] and neuron."""
        clock = self.program.clock
        dt = clock.divided.dt if isinstance(clock, ExactClock) else clock.dt
        function = self._library[f"genprop_late_{identifier(population)}"]
        function.restype = ctypes.POINTER(ctypes.c_double)
        lists: list[np.ndarray] = []
        for sample, found in enumerate(pairs):
            times = np.array(found, np.float64)
            times[:, 0] *= dt
            if len(found):
                late = function(self._engine, ctypes.c_int64(sample))
                times[:, 0] += np.ctypeslib.as_array(late, (len(found),))
            lists.append(times)
        return lists
