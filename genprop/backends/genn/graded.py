"""Graded networks on GeNN: runs the compiled model, to fixed points or for all steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from genprop.backends.genn.connectivity import connectivity_pairs
from genprop.backends.genn.own_copy import own_copy
from genprop.backends.graded import GradedOutcome, split_name
from genprop.emit.names import identifier
from genprop.errors import UnsupportedError
from genprop.numerics.graded import losses_of

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.describe.topology import Topology
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.graded_program import GradedProgram
    from genprop.numerics.graded import GradedInputs

__all__ = ["GradedGeNN"]


class GradedGeNN:
    """One loaded model; see :class:`~genprop.backends.graded.GradedEngine`.

    A value that is not 0 is an event of GeNN, so that sparse codes cost what is active. The speed
    of every step is read on the host, which says when a sample is over.
    """

    def __init__(
        self, program: GradedProgram, bundle: SourceBundle, device: str, precision: str
    ) -> None:
        self.program, self.bundle, self.device = program, bundle, device
        self.dtype: np.dtype[np.floating] = np.dtype(
            np.float32 if precision == "float" else np.float64
        )
        self._batch = 1
        self._loaded: Any = None
        self._wiring: tuple[str, ...] = ()

    def reserve(self, batch: int) -> None:
        """Compiling waits for the synapses, which come with the first batch."""
        self._batch = max(batch, self._batch) if self.device != "cpu" else 1

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: GradedInputs,
        record: tuple[str, ...] = (),
    ) -> GradedOutcome:
        """Forward only."""
        read = zip(self.program.losses, self.program.readouts, strict=True)
        observed = [(loss.population, name) for loss, name in read]
        wanted = [split_name(name) for name in record]
        states = [(p.name, x) for p in self.program.populations for x in p.states]
        names = {key: f"{identifier(key[0])}.{key[1]}" for key in (*states, *observed, *wanted)}
        found = self._network(inputs.batch, topology).run(
            parameters, dict(inputs.values), tuple(dict.fromkeys(names.values()))
        )
        ends = {key: found[name] for key, name in names.items()}
        losses = losses_of(self.program, ends, inputs)
        finite = np.all([np.isfinite(ends[key]).all(axis=1) for key in states], axis=0)
        recorded = {name: ends[split_name(name)].astype(self.dtype) for name in record}
        return GradedOutcome.of(losses, recorded, found["steps"], found["speed"], finite)

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: GradedInputs
    ) -> NoReturn:
        """Refused.

        Raises:
            UnsupportedError: always; the adjoint fixed point is not rendered for GeNN.
        """
        raise UnsupportedError(
            "on GeNN networks whose neurons send values run forwards: their adjoint runs the same "
            "synapses from receiver to sender, in events of its own, which are not rendered",
            where="backend genn",
            remedy="learn on native: sim.on(backend='native')",
        )

    def update(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray],
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> NoReturn:
        """Refused, like the gradients that it would take."""
        self.gradients(parameters, {}, None)  # type: ignore[arg-type]

    def _network(self, samples: int, topology: Topology) -> Any:
        """The loaded model; it is compiled anew for other synapses and larger batches."""
        wiring = tuple(s.digest() for s in topology.values())
        if (
            self._loaded is None
            or wiring != self._wiring
            or (self.device != "cpu" and samples > self._batch)
        ):
            self.reserve(samples)
            self._loaded, self._wiring = self._load(topology), wiring
        return self._loaded

    def _names(self) -> list[str]:
        return [x.name for x in (*self.program.populations, *self.program.projections)]

    def _load(self, topology: Topology) -> Any:
        self._copy, make = own_copy(self.bundle, topology, self.device, self._batch, self._names())
        pairs = connectivity_pairs(topology)
        return make(Path(self._copy.name), self.device, self._batch, pairs, compiled=True)
