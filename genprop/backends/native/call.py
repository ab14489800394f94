"""One call of the generated library: the arrays of a batch, and what comes back."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.base import Inputs, Outcome, Parameters, Part, mean_terms
from genprop.backends.native.layout import PHASES, numbers_type, sender_numbers_type
from genprop.emit.layout import GROUPS, vector_width
from genprop.emit.names import identifier
from genprop.lower.constants import constant_names
from genprop.numerics.constants import numbers, refractory_steps
from genprop.numerics.continuous import free_flow

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.lower.program import PopulationProgram, Program, ProjectionProgram

__all__ = ["Call", "Computed"]

Computed = tuple[tuple[tuple[object, ...], ...], ctypes.Structure, list[object]]
"""The parameters of a population, its numbers from them, and the arrays that these point to."""

_LANES = 8  # per-neuron numbers are padded to whole blocks of at most this many


class Call:
    """Fills the generated ``struct Batch``; keeps every array alive that it points to."""

    def __init__(
        self,
        program: Program,
        spec: NetworkSpec,
        batch: ctypes.Structure,
        dtype: np.dtype[np.floating],
        parameters: Parameters,
        topology: Topology,
        inputs: Inputs,
    ) -> None:
        self.program, self.spec, self.batch, self.dtype = program, spec, batch, dtype
        self.parameters, self.topology, self.inputs = parameters, topology, inputs
        self.spikes_wanted: list[tuple[str, str]] = []
        self._alive: list[object] = []
        self._states: dict[str, np.ndarray] = {}
        self._gradients: dict[str, np.ndarray] = {}
        self._populations = [p for p in program.populations if not p.source]
        self._cells = [*self._populations, *(s.cell for s in program.senders)]
        part = inputs.part or Part(inputs.batch, 0, GROUPS)
        batch.samples, batch.whole = inputs.batch, part.whole
        batch.first_group, batch.last_group = part.first, part.last
        for name, mean in part.means.items():
            self._point(f"{identifier(name)}_mean", np.ascontiguousarray(mean, self.dtype))
        self._point("labels", np.ascontiguousarray(inputs.labels, np.int64))
        self._targets()
        self._events()
        for projection in program.projections:
            self._projection(projection)
        self._finite = self._output("finite", (), np.dtype(np.int32))
        self._counts = {
            p.name: self._output(f"{identifier(p.name)}_counts", (p.size,), np.dtype(np.int32))
            for p in self._populations
            if p.guard is not None
        }
        self._observed = {
            x.name: self._output(
                f"{identifier(x.name)}_y", (program.population(x.population).size,)
            )
            for x in program.losses
        }
        self._values = {
            x.name: self._output(f"{identifier(x.name)}_value", (), np.dtype(np.float64))
            for x in program.losses
        }

    def record(self, owner: str, what: str) -> None:
        """Ask for the spikes, their times or a state of a population, or a projection's state."""
        sender = self.program.sender(owner)
        cell = self.program.population(owner) if sender is None else sender.cell
        own = identifier(cell.name)
        if what in ("spikes", "spike_times"):
            setattr(self.batch, f"{own}_keep_spikes", 1)
            self.spikes_wanted.append((owner, what))
            return
        shape = (self.program.steps, cell.size)
        self._states[f"{owner}.{what}"] = self._output(f"{own}_record_{what}", shape)

    def want_gradients(self) -> None:
        """Make room for the gradient of everything learned."""
        learned = (p.name for p in self.spec.parameters() if p.learned)
        shapes = {name: np.shape(self.parameters[name]) for name in learned}
        self._gradients = {name: np.zeros(shape, self.dtype) for name, shape in shapes.items()}
        for q in self.program.projections:
            if q.learn_weight:
                self._point(f"{identifier(q.name)}_dL_dweight", self._gradients[q.weight])
            if q.learn_delay:
                self._point(f"{identifier(q.name)}_dL_ddelay", self._gradients[q.delay])
        self._by_neuron = self._neurons(1)

    def want_sums(self, nodes: int) -> None:
        """Make room for what each of the branches adds, with the synapses in the user's order."""
        self.batch.phase = PHASES.index("apart")
        self._nodes = nodes
        self._sums: dict[str, np.ndarray] = {}
        for q in self.program.projections:
            if q.learn_weight or q.learn_delay:
                width = vector_width(len(self.program.delivery(q).sums))
                shape = (nodes, self.parameters[q.weight].size, width)
                self._sums[f"{q.name}/sums"] = np.zeros(shape, self.dtype)
                self._point(f"{identifier(q.name)}_sums", self._sums[f"{q.name}/sums"])
        self._by_neuron = self._neurons(nodes)

    def give_sums(self, sums: Mapping[str, np.ndarray]) -> None:
        """Take the sums over all groups, to make gradients of them."""
        self.want_gradients()
        self.batch.phase = PHASES.index("given")
        for q in self.program.projections:
            if q.learn_weight or q.learn_delay:
                given = np.ascontiguousarray(sums[f"{q.name}/sums"], self.dtype)
                self._point(f"{identifier(q.name)}_sums", given)
        for name, (_, array) in self._by_neuron.items():
            array[...] = sums[name]
        self._unpoint_neurons()

    def gradients(self) -> dict[str, np.ndarray]:
        """The gradients requested, once the call has run."""
        for name, (each, array) in self._by_neuron.items():
            self._gradients[name][...] = array[0] if each else array[0].sum()
        return self._gradients

    def sums(self) -> list[dict[str, np.ndarray]]:
        """What each branch adds, once the call has run."""
        arrays = self._sums | {name: array for name, (_, array) in self._by_neuron.items()}
        return [{name: array[k] for name, array in arrays.items()} for k in range(self._nodes)]

    def _neurons(self, nodes: int) -> dict[str, tuple[bool, np.ndarray]]:
        """Room for the sums of the neurons' parameters, (nodes, n) each, by flat name."""
        found: dict[str, tuple[bool, np.ndarray]] = {}
        for p in self._cells:
            for used in p.parameters:
                if used.learned and p.active:
                    array = np.zeros((nodes, p.size))
                    found[used.name] = used.per_neuron, array
                    self._point(f"{identifier(p.name)}_dL_d{used.local}", array)
        return found

    def _unpoint_neurons(self) -> None:
        for p in self._cells:
            for used in p.parameters:
                if used.learned and p.active:
                    setattr(self.batch, f"{identifier(p.name)}_dL_d{used.local}", None)

    def observed(self) -> dict[str, np.ndarray]:
        """What every sample gave, by loss that sees its mean over the batch."""
        return {x.name: self._observed[x.name] for x in self.program.losses if x.readout.pooled}

    def outcome(self, spikes: Mapping[str, list[np.ndarray]]) -> Outcome:
        """What the call gave."""
        terms = mean_terms(self._values)
        return Outcome(
            loss=sum(terms.values()),
            terms=terms,
            scores=self._scores(),
            spikes=self._counts,
            recorded={**self._states, **spikes},
            finite=self._finite > 0,
            values=self._values,
        )

    def _scores(self) -> np.ndarray | None:
        from genprop.numerics.evaluate import evaluate

        for loss in self.program.losses:
            if loss.score is not None:
                return np.asarray(evaluate(loss.score, {"y": self._observed[loss.name]}))
        return None

    def _targets(self) -> None:
        targets = self.inputs.targets
        if targets is None:
            return
        array = np.ascontiguousarray(targets, self.dtype)
        self._point("targets", array)
        self.batch.target_size = int(np.prod(array.shape[1:]))
        self.batch.target_stride = array.shape[-1] if array.ndim == 3 else 0

    def _events(self) -> None:
        for name, events in self.inputs.on(self.program.grid).items():
            own = identifier(name)
            self._point(f"{own}_start", np.ascontiguousarray(events.start, np.int64))
            self._point(f"{own}_step", np.ascontiguousarray(events.step, np.int32))
            self._point(f"{own}_channel", np.ascontiguousarray(events.channel, np.int32))
            if events.value is not None:
                self._point(f"{own}_value", np.ascontiguousarray(events.value, self.dtype))

    def _projection(self, q: ProjectionProgram) -> None:
        own = identifier(q.name)
        self._point(f"{own}_weight", np.ascontiguousarray(self.parameters[q.weight], self.dtype))
        if q.delay:
            self._delays(q)
        if q.connectivity != "dense":
            synapses = self.topology[q.name]
            self._point(f"{own}_row_start", np.ascontiguousarray(synapses.row_start, np.int64))
            self._point(f"{own}_column", np.ascontiguousarray(synapses.column, np.int64))

    def _delays(self, q: ProjectionProgram) -> None:
        steps = self.program.grid.delay_steps(self.parameters[q.delay], q.max_delay_steps)
        self._point(f"{identifier(q.name)}_delay", np.ascontiguousarray(steps))

    def _numbers(self, p: PopulationProgram) -> ctypes.Structure:
        values = numbers(p, self.parameters, self.program.dt)
        real = ctypes.c_float if self.dtype.itemsize == 4 else ctypes.c_double
        structure = numbers_type(p, real)()
        for name, each in constant_names(p):
            if each:
                array = self._padded(np.broadcast_to(values[name], p.size).astype(self.dtype))
                setattr(structure, name, array.ctypes.data)
            else:
                setattr(structure, name, float(values[name]))
        if p.refractory is not None:
            steps = np.broadcast_to(refractory_steps(p, values, self.program.grid), p.size)
            structure.refractory_steps = self._padded(steps.astype(np.int32)).ctypes.data
        return structure

    def point_numbers(self, computed: dict[str, Computed]) -> None:
        """Points to the numbers of populations and senders.

        Those of the call before stay, by name in ``computed``, where parameters are the same.
        """
        for p in self._cells:
            parameters = [np.asarray(self.parameters[q.name]) for q in p.parameters]
            now = tuple((a.shape, a.dtype.str, a.tobytes()) for a in parameters)
            if p.name not in computed or computed[p.name][0] != now:
                before, self._alive = self._alive, []
                sends = all(p is not q for q in self._populations)
                structure = self._sender(p) if sends else self._numbers(p)
                computed[p.name] = (now, structure, self._alive)
                self._alive = before
            self._alive.append(computed[p.name])
            structure = computed[p.name][1]
            setattr(self.batch, f"{identifier(p.name)}_numbers", ctypes.addressof(structure))

    def _sender(self, cell: PopulationProgram) -> ctypes.Structure:
        """The numbers of a sender's side, all in double."""
        found = free_flow(cell, self.parameters)
        structure = sender_numbers_type(cell)()
        for q in cell.parameters:
            array = np.atleast_1d(np.asarray(self.parameters[q.name], np.float64))
            self._double(structure, f"parameter_{q.local}", array)
        for name in ("start", "flow", "norm"):
            self._double(structure, name, getattr(found, name))
        return structure

    def _double(self, structure: ctypes.Structure, field: str, array: np.ndarray) -> None:
        array = np.ascontiguousarray(array, np.float64)
        self._alive.append(array)
        setattr(structure, field, array.ctypes.data)

    def _padded(self, array: np.ndarray) -> np.ndarray:
        padded = np.pad(array, (0, -array.size % _LANES), mode="edge")
        self._alive.append(padded)
        return padded

    def _output(
        self, field: str, shape: tuple[int, ...], dtype: np.dtype | None = None
    ) -> np.ndarray:
        array = np.zeros((self.inputs.batch, *shape), dtype or self.dtype)
        self._point(field, array)
        return array

    def _point(self, field: str, array: np.ndarray) -> None:
        self._alive.append(array)
        setattr(self.batch, field, array.ctypes.data)
