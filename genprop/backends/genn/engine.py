"""Runs the compiled GeNN model: numpy arrays in, numpy arrays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from genprop.backends.base import Inputs, Outcome, Parameters
from genprop.backends.genn.connectivity import connectivity_pairs
from genprop.backends.genn.own_copy import own_copy
from genprop.describe.topology import initial_topology
from genprop.emit.names import identifier
from genprop.errors import ToolchainError, UnsupportedError
from genprop.lower.update_program import COUNT
from genprop.numerics.update import update_parameters

if TYPE_CHECKING:
    from genprop.backends.genn.pygenn import (
        Found,
        RunningNetwork,
    )
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.program import Program

__all__ = ["GeNNEngine"]

T = TypeVar("T")


class GeNNEngine:
    """One loaded model; see :class:`~genprop.backends.base.Engine`.

    The model is compiled when the first batch comes, for as many samples at once as were reserved
    on a GPU; GeNN's CPU backend takes one at a time.
    """

    def __init__(
        self,
        program: Program,
        spec: NetworkSpec,
        bundle: SourceBundle,
        device: str,
        precision: str,
        tape: int | None,
    ) -> None:
        self.program, self.spec, self.bundle = program, spec, bundle
        self.device, self.tape = device, tape
        self.dtype: np.dtype[np.floating] = np.dtype(
            np.float32 if precision == "float" else np.float64
        )
        self._batch = 1
        self._topology: Topology = initial_topology(spec)
        self._loaded: RunningNetwork | None = None
        self._names = {identifier(p.name): p.name for p in program.populations}

    @property
    def derives(self) -> frozenset[str]:
        """What the device derives itself; see :class:`~genprop.backends.base.Derives`."""
        return frozenset(d.target for d in self.program.derivations)

    def reserve(self, batch: int) -> None:
        """Compile and load for batches of up to ``batch`` samples."""
        wanted = batch if self.device != "cpu" else 1
        if self._loaded is None or wanted > self._batch:
            self._batch = max(wanted, self._batch)
            self._loaded = self._load()

    @property
    def capacity(self) -> dict[str, int]:
        """Places on the spike tape of every population that has one."""
        found = self._network(1).capacity
        return {self._names[name]: places for name, places in found.items()}

    def run(
        self,
        parameters: Parameters,
        topology: Topology,
        inputs: Inputs,
        record: tuple[str, ...] = (),
    ) -> Outcome:
        """Forward only."""
        network = self._network(inputs.batch, topology)
        events = self._events(inputs)
        requested = {_recorded(name): name for name in record}
        found = network.run(parameters, events, inputs.labels, inputs.targets, tuple(requested))
        return self._outcome(found, requested)

    def gradients(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[str, np.ndarray]]:
        """Forward and backward: the gradient of the mean loss."""
        network = self._network(inputs.batch, topology)
        found, totals = self._checked(
            lambda: network.gradients(
                parameters, self._events(inputs), inputs.labels, inputs.targets
            )
        )
        made = {d.target for d in self.program.derivations if d.target not in parameters}
        known = {p.name: p for p in (*self.spec.parameters(), *self.spec.leaves) if p.learned}
        gradients = {
            p.name: np.zeros(p.shape, self.dtype)
            for p in self.spec.parameters()
            if p.learned and p.name not in made
        }
        for name, total in totals.items():
            if name in known and name not in made:
                shape = known[name].shape
                gradients[name] = np.array(np.sum(total) if not shape else total, self.dtype)
                gradients[name] = gradients[name].reshape(shape)
        return self._outcome(found, {}), gradients

    def update(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        state: Mapping[str, np.ndarray],
        settings: Mapping[str, Mapping[str, float]],
        count: int,
    ) -> None:
        """One step of every optimiser, in place, on the device.

        But for leaves that only the host has, and synapses that count their own updates.
        """
        seen = {s.name for d in self.program.derivations for s in d.sources}
        leaves = {p.name for p in self.spec.leaves} - seen
        here = {n: g for n, g in gradients.items() if n in leaves or f"{n}/{COUNT}" in state}
        there = {n: g for n, g in gradients.items() if n not in here}
        self._network(1).update(parameters, there, state, settings, count)
        update_parameters(self.program.updates, parameters, here, state, settings, count)

    def _network(self, samples: int, topology: Topology | None = None) -> RunningNetwork:
        """The loaded model; it is compiled anew where the synapses have changed."""
        if topology is not None and _differ(topology, self._topology):
            self._topology, self._loaded = dict(topology), None
        if self._loaded is None or (self.device != "cpu" and samples > self._batch):
            self.reserve(samples)
        assert self._loaded is not None  # reserve() loads
        return self._loaded

    def _load(self) -> RunningNetwork:
        self._place, make = own_copy(
            self.bundle, self._topology, self.device, self._batch, self.program.names
        )
        return self._checked(
            lambda: make(
                Path(self._place.name),
                self.device,
                self._batch,
                connectivity_pairs(self._topology),
                self.tape,
                True,
            )
        )

    def _events(self, inputs: Inputs) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        return {
            identifier(name): (events.start, events.step, events.channel)
            for name, events in inputs.on(self.program.grid).items()
        }

    def _checked(self, call: Callable[[], T]) -> T:
        """What ``call`` gives; an error of the rendered program becomes one of ours."""
        try:
            return call()
        except Exception as error:
            kinds = {kind.__name__ for kind in type(error).__mro__}
            if "TapeOverflow" in kinds:
                raise UnsupportedError(
                    f"{error}, and what does not fit is never dropped",
                    where="gp.GeNN(tape=…)",
                    remedy="give a longer tape, or leave it out: then it grows with need",
                ) from error
            if "DeviceError" in kinds:
                raise ToolchainError(
                    str(error),
                    where=f"gp.GeNN(device={self.device!r})",
                    remedy="use a machine with that device, or device='cpu'",
                ) from error
            if "NetworkError" in kinds:
                raise UnsupportedError(str(error), where="backend genn") from error
            raise

    def _outcome(self, found: Found, requested: Mapping[str, str]) -> Outcome:
        scores = found["scores"]
        return Outcome(
            loss=found["loss"],
            terms=found["terms"],
            scores=scores,
            spikes={self._names[name]: counts for name, counts in found["spikes"].items()},
            recorded={requested[name]: kept for name, kept in found["recorded"].items()},
        )


def _differ(one: Topology, other: Topology) -> bool:
    return any(one[n] is not s and one[n].digest() != s.digest() for n, s in other.items())


def _recorded(name: str) -> str:
    population, what = name.rsplit(".", 1)
    return f"{identifier(population)}.{what}"
