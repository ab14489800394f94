"""Runs the compiled library of a graded network: numpy arrays in, numpy arrays out."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.graded import GradedOutcome, split_name
from genprop.backends.native.failures import refuse_failed, refuse_other_layout
from genprop.build.compile import load_library
from genprop.emit.graded import batch_fields, graded_layout, numbers_of
from genprop.emit.layout import GROUPS
from genprop.emit.names import identifier
from genprop.errors import ConvergenceError, UnsupportedError
from genprop.numerics.graded import constants_of, losses_of
from genprop.numerics.update import HostUpdates

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.build.compile import Artifact
    from genprop.describe.topology import Topology
    from genprop.lower.graded_program import GradedProgram
    from genprop.numerics.graded import GradedInputs, Losses

__all__ = ["NativeGraded"]

Array = np.ndarray
Arrays = dict[str, np.ndarray]
_LANES = 16
_CACHE_LINE = 64  # bytes


class NativeGraded(HostUpdates):
    """One loaded library; see :class:`~genprop.backends.graded.GradedEngine`."""

    def __init__(
        self, program: GradedProgram, artifact: Artifact, precision: str, threads: int
    ) -> None:
        super().__init__(program.updates)
        self.program, self.artifact, self.threads = program, artifact, threads
        self.dtype: np.dtype[np.floating] = np.dtype(
            np.float32 if precision == "float" else np.float64
        )
        self._sums: Arrays = {}
        self._library = load_library(artifact.path)
        self._library.genprop_layout.restype = ctypes.c_char_p
        due = graded_layout(program, precision)
        refuse_other_layout(self._library.genprop_layout().decode(), due, artifact.sources)
        real = ctypes.c_float if precision == "float" else ctypes.c_double
        kinds = {"std::int64_t": ctypes.c_int64, "Real": real}
        fields = [(n, kinds.get(kind, ctypes.c_void_p)) for kind, n in batch_fields(program)]
        self._batch = type("Batch", (ctypes.Structure,), {"_fields_": fields})

    def reserve(self, batch: int) -> None:
        """Nothing is kept between batches."""

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: GradedInputs,
        record: tuple[str, ...] = (),
    ) -> GradedOutcome:
        """Forward only."""
        call = _Call(self, parameters, topology, inputs)
        read = zip(self.program.losses, self.program.readouts, strict=True)
        call.keep([*record, *(f"{loss.population}.{name}" for loss, name in read)])
        self._run("settle", call)
        return call.outcome(call.losses(), record)

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: GradedInputs
    ) -> tuple[GradedOutcome, Arrays]:
        """Forward and backward: by parameter, and by ``"<source>.value"`` of the inputs."""
        if self.program.tolerance is None:
            raise UnsupportedError(
                "native differentiates fixed points, and without a tolerance there is none",
                where="gradients(…)",
                remedy="compile(…, tolerance=1e-5), or backend='reference' for the gradient of "
                "all steps",
            )
        call = _Call(self, parameters, topology, inputs)
        populations = [p for p in self.program.populations if not p.source]
        call.keep(f"{p.name}.{x}" for p in populations for x in (*p.states, *p.inputs, *p.values))
        self._run("settle", call)
        losses = call.losses()
        ends = tuple(f"{p.name}.{x}" for p in populations for x in p.recordable)
        outcome = call.outcome(losses, ends)
        if not np.all(outcome.speed <= self.program.tolerance):
            return outcome, call.gradients()  # the caller refuses the outcome
        call.reverse(losses)
        self._run("reverse", call)
        call.refuse_unsettled()
        return outcome, call.gradients()

    def zeros(self, name: str, shape: tuple[int, ...]) -> Array:
        """Zeros in the memory of the last call, for sums that nobody else is given."""
        found = self._sums.get(name)
        if found is None or found.shape != shape:
            found = self._sums[name] = np.empty(shape, self.dtype)
        found.fill(0)
        return found

    def structure(self) -> ctypes.Structure:
        """An empty ``struct Batch``."""
        return self._batch()

    def _run(self, function: str, call: _Call) -> None:
        status = self._library[f"genprop_{function}"](ctypes.byref(call.batch))
        refuse_failed(status, self.program.name, self.threads)


class _Call:
    """Fills the generated ``struct Batch``; keeps every array alive that it points to."""

    def __init__(
        self, engine: NativeGraded, parameters: Parameters, topology: Topology, inputs: GradedInputs
    ) -> None:
        self.program, self.dtype, self.inputs = engine.program, engine.dtype, inputs
        self._engine = engine
        self.batch = engine.structure()
        self.batch.samples, self.batch.threads = inputs.batch, engine.threads
        self._alive: Arrays = {}
        self._ends: Arrays = {}
        self._sums: dict[str, tuple[Array, tuple[int, ...]]] = {}
        self._point("steps_made", np.zeros(inputs.batch, np.int32))
        self._point("finite", np.zeros(inputs.batch, np.int32))
        self._point("speed", np.zeros(inputs.batch, self.dtype))
        self._parameters, self._topology = parameters, topology
        for p in self.program.populations:
            own = identifier(p.name)
            if p.source:
                values = np.ascontiguousarray(inputs.values[p.name], self.dtype)
                self._point(f"{own}_value", values)
                setattr(self.batch, f"{own}_stride", int(values.ndim == 3))
                continue
            numbers = constants_of(p, parameters, self.program.dt)
            for name, per_neuron in numbers_of(p).items():
                if not per_neuron:
                    setattr(self.batch, f"{own}_{name}", float(numbers[name]))
                    continue
                each = np.broadcast_to(numbers[name], p.size).astype(self.dtype)
                self._point(f"{own}_{name}", np.pad(each, (0, -p.size % _LANES), mode="edge"))
        for q in self.program.projections:
            own, synapses = identifier(q.name), topology[q.name]
            weight = np.asarray(parameters[q.weight])
            if synapses.dense:
                weight = _in_rows(weight, self.dtype)
            self._point(f"{own}_weight", np.ascontiguousarray(weight, self.dtype))
            if not synapses.dense:
                self._point(f"{own}_start", np.ascontiguousarray(synapses.row_start, np.int64))
                self._point(f"{own}_receiver", np.ascontiguousarray(synapses.column, np.int64))

    def keep(self, names: Iterable[str]) -> None:
        """Make room for where states, inputs and values end, (batch, n) each."""
        for name in dict.fromkeys(names):
            population, what = split_name(name)
            size = self.program.population(population).size
            array = np.zeros((self.inputs.batch, size), self.dtype)
            self._ends[name] = array
            self._point(f"{identifier(population)}_end_{what}", array)

    def losses(self) -> Losses:
        """The losses of where the samples ended."""
        found = {split_name(name): array for name, array in self._ends.items()}
        return losses_of(self.program, found, self.inputs)

    def outcome(self, losses: Losses, record: tuple[str, ...]) -> GradedOutcome:
        """What the forward run gave."""
        return GradedOutcome.of(
            losses,
            {name: self._ends[name] for name in record},
            self._alive["steps_made"],
            self._alive["speed"].copy(),
            self._alive["finite"] > 0,
        )

    def reverse(self, losses: Losses) -> None:
        """Point to ∂L/∂ of what was read, and make room for gradients."""
        scale = np.zeros(self.inputs.batch)
        for (population, what), slope in losses.slopes.items():
            scale = np.maximum(scale, np.abs(slope).max(axis=1))
            drive = np.ascontiguousarray(slope, self.dtype)
            self._point(f"{identifier(population)}_drive_{what}", drive)
        self._point("scale", scale.astype(self.dtype))
        for p in self.program.populations:
            own = identifier(p.name)
            if p.source:
                array = np.zeros((self.inputs.batch, p.size), self.dtype)
                self._sums[f"{p.name}.value"] = array, array.shape
                self._point(f"{own}_dL_dvalue", array)
            for used in p.parameters:
                if used.learned:
                    array = np.zeros((GROUPS, p.size), self.dtype)
                    self._sums[used.name] = array, (p.size,) if used.per_neuron else ()
                    self._point(f"{own}_dL_d{used.local}", array)
        for q in self.program.projections:
            if q.learned:
                shape = np.shape(self._parameters[q.weight])
                array = self._engine.zeros(q.weight, (GROUPS, *shape))
                self._sums[q.weight] = array, shape
                self._point(f"{identifier(q.name)}_dL_dweight", array)
                setattr(self.batch, f"{identifier(q.name)}_synapses", int(np.prod(shape)))

    def refuse_unsettled(self) -> None:
        """Refuse gradients whose adjoint had not settled at the end.

        Raises:
            ConvergenceError: with the steps made and the speed left.
        """
        scale = self._alive["scale"]
        moving = ~(self._alive["speed"] <= (self.program.tolerance or 0.0) * scale)
        if moving.any():
            worst = int(np.argmax(moving))
            left = float(self._alive["speed"][worst]) / max(float(scale[worst]), 1e-300)
            raise ConvergenceError(
                f"the adjoint has not settled after {self.program.steps} steps: it still moves by "
                f"{left:.3g} of its drive per ms",
                where=f"sample {worst} of the batch",
                remedy="give a longer duration, or a larger tolerance",
            )

    def gradients(self) -> Arrays:
        """The sums over the groups, in their order."""
        found: Arrays = {}
        for name, (array, shape) in self._sums.items():
            if name.endswith(".value") and array.shape == shape:
                found[name] = array
                continue
            each = np.add.reduce(array, axis=0)
            found[name] = each if each.shape == shape else np.asarray(each.sum())
        return found

    def _point(self, field: str, array: Array) -> None:
        self._alive[field] = array
        setattr(self.batch, field, array.ctypes.data)


def _in_rows(weight: Array, dtype: np.dtype[np.floating]) -> Array:
    """(pre, post) with rows of whole cache lines, that begin on one, filled up with zeros."""
    pre, post = weight.shape
    lanes = _CACHE_LINE // dtype.itemsize
    row = post + -post % lanes
    room = np.zeros(pre * row + lanes, dtype)
    first = -room.ctypes.data % _CACHE_LINE // dtype.itemsize
    rows = room[first : first + pre * row].reshape(pre, row)
    rows[:, :post] = weight
    return rows
