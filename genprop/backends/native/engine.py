"""Runs the compiled library: numpy arrays in, numpy arrays out."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.native.call import Call
from genprop.backends.native.layout import batch_type
from genprop.emit.names import identifier

if TYPE_CHECKING:
    from genprop.backends.base import Inputs, Outcome, Parameters
    from genprop.build.compile import Artifact
    from genprop.describe.spec import NetworkSpec
    from genprop.lower.program import Program

__all__ = ["NativeEngine"]


class NativeEngine:
    """One loaded library; see :class:`~genprop.backends.base.Engine`."""

    def __init__(
        self, program: Program, spec: NetworkSpec, artifact: Artifact, precision: str, threads: int
    ) -> None:
        self.program, self.spec, self.artifact, self.threads = program, spec, artifact, threads
        self.dtype: np.dtype[np.floating] = np.dtype(
            np.float32 if precision == "float" else np.float64
        )
        self._library = ctypes.CDLL(str(artifact.path))
        self._library.genprop_create.restype = ctypes.c_void_p
        self._library.genprop_destroy.argtypes = [ctypes.c_void_p]
        self._library.genprop_run.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self._engine = ctypes.c_void_p(self._library.genprop_create())
        weakref.finalize(self, self._library.genprop_destroy, self._engine)
        self._batch = batch_type(program)

    def reserve(self, batch: int) -> None:
        """Buffers grow as batches come."""

    def run(self, parameters: Parameters, inputs: Inputs, record: tuple[str, ...] = ()) -> Outcome:
        """Forward only."""
        call = self._call(parameters, inputs)
        for name in record:
            call.record(*name.rsplit(".", 1))
        self._run(call, learning=False)
        return call.outcome(self._spikes(call, inputs.batch))

    def gradients(
        self, parameters: Parameters, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """Forward and backward: the gradient of the mean loss."""
        call = self._call(parameters, inputs)
        call.want_gradients()
        self._run(call, learning=True)
        return call.outcome({}), call.gradients()

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
            function = self._library[f"genprop_update_{update.name.lower()}_{index}"]
            for name in update.parameters:
                if name not in gradients:
                    continue
                x = parameters[name]
                g = np.ascontiguousarray(gradients[name], self.dtype)
                moments = [state[f"{name}/{s}"] for s in update.states]
                numbers = np.array([settings[name][s] for s, _ in update.settings])
                slots = ctypes.c_void_p * max(1, len(moments))
                pointers = slots(*(m.ctypes.data for m in moments))
                function(
                    ctypes.c_void_p(x.ctypes.data),
                    ctypes.c_void_p(g.ctypes.data),
                    pointers,
                    ctypes.c_void_p(numbers.ctypes.data),
                    ctypes.c_double(count),
                    ctypes.c_int64(x.size),
                    ctypes.c_int64(self.threads if x.size > 50_000 else 1),
                )

    def _call(self, parameters: Parameters, inputs: Inputs) -> Call:
        return Call(self.program, self.spec, self._batch(), self.dtype, parameters, inputs)

    def _run(self, call: Call, *, learning: bool) -> None:
        call.batch.threads = self.threads
        call.batch.learning = int(learning)
        self._library.genprop_run(self._engine, ctypes.addressof(call.batch))

    def _spikes(self, call: Call, samples: int) -> dict[str, list[np.ndarray]]:
        found: dict[str, list[np.ndarray]] = {}
        for population in call.spikes_wanted:
            function = self._library[f"genprop_spikes_{identifier(population)}"]
            function.restype = ctypes.c_int64
            lists: list[np.ndarray] = []
            for sample in range(samples):
                pairs = ctypes.POINTER(ctypes.c_int32)()
                count = function(self._engine, ctypes.c_int64(sample), ctypes.byref(pairs))
                if count:
                    lists.append(np.ctypeslib.as_array(pairs, (count, 2)).copy())
                else:
                    lists.append(np.zeros((0, 2), np.int32))
            found[f"{population}.spikes"] = lists
        return found
