"""A trained network on another machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop.backends.loihi.chip.costs import estimate_energy, estimate_latency
from genprop.backends.loihi.chip.limits import NEURONS_PER_CORE
from genprop.backends.loihi.chip.resources import resources_of
from genprop.backends.loihi.engine import LoihiEngine, step_counts
from genprop.backends.loihi.files.lava import run_lava, write_lava
from genprop.backends.loihi.files.netx import write_netx
from genprop.backends.loihi.mapping.check import check
from genprop.backends.loihi.mapping.quantise import Quantised, quantise
from genprop.backends.loihi.placement.place import METHODS, place, spike_hops
from genprop.backends.loihi.report import Report, Travelled
from genprop.describe.position import position_name
from genprop.errors import UnsupportedError, refuse_if
from genprop.runtime.calibrate import look
from genprop.runtime.chip_options import chip_options
from genprop.runtime.recordable import refuse_unrecordable

if TYPE_CHECKING:
    from genprop.backends.base import Inputs, Outcome
    from genprop.backends.loihi.chip.integers import IntegerNetwork
    from genprop.backends.loihi.mapping.cell import Cell
    from genprop.backends.loihi.mapping.compensate import OnRounded
    from genprop.backends.loihi.mapping.options import QuantisationGrid, Quantise
    from genprop.backends.loihi.placement.place import Placement
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Synapses
    from genprop.lower.program import Program

__all__ = ["Chip", "retarget"]


class Trained(Protocol):
    """What is retargeted: a simulator."""

    spec: NetworkSpec
    program: Program
    topology: dict[str, Synapses]
    batch: int
    events: str

    @property
    def parameters(self) -> Mapping[str, np.ndarray]:
        """The leaves: arrays by flat name, in base units."""
        ...

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What the network consists of: arrays by flat name, in base units."""
        ...

    def inputs(self, batch: SpikeBatch, learning: bool = False) -> Inputs:
        """The batch as backends take it."""
        ...

    def run(self, batch: SpikeBatch, record: Sequence[str] = ()) -> Outcome:
        """Forward only."""
        ...

    def on(self, *, clock: str | None = None) -> Trained:
        """The same on another clock."""
        ...


class Chip:
    """A trained network in the chip's integers, run by a bit-exact emulator.

    It keeps the parameters it was made from; retarget again after training on.

    Attributes:
        spec: the frozen description.
        program: how it runs in steps.
        batch: samples per batch, at most.
        options: how it was quantised.
        floats: the network in floats, in the steps of the chip; where what was retargeted runs on
            the exact clock, its times are rounded to them.
        voltages: by population, the model's state that the chip's v is.
    """

    def __init__(
        self,
        sim: Trained,
        cells: dict[str, Cell],
        quantised: Quantised,
        options: Quantise,
    ) -> None:
        self.spec, self.program, self.batch = sim.spec, sim.program, sim.batch
        self.options, self.floats = options, sim
        self.voltages = {name: cell.voltage for name, cell in cells.items()}
        self._inputs, self._quantised = sim.inputs, quantised
        parameters = {name: array.copy() for name, array in sim.arrays().items()}
        self._positions = {
            p.name: np.array(sim.parameters[position_name(p.name)], np.float64)
            for p in sim.spec.populations
            if p.neuron is not None and position_name(p.name) in sim.parameters
        }
        self._engine = LoihiEngine(sim.program, parameters, cells, quantised)

    @property
    def dt(self) -> float:
        """Length of a step [ms]."""
        return self.program.dt

    @property
    def duration(self) -> float:
        """Length of a trial [ms]."""
        return self.program.duration

    def __repr__(self) -> str:
        cells = ", ".join(f"{c.name} ({c.size})" for c in self.network.cells)
        return f"Chip({self.spec.name!r}: {cells}; {self.options.weight_bits} weight bits)"

    @property
    def network(self) -> IntegerNetwork:
        """The integers."""
        return self._quantised.network

    @property
    def grid(self) -> QuantisationGrid:
        """Scales and exponents: ``Quantise(scale=chip.grid)`` puts other parameters on it."""
        return self._quantised.grid

    def run(self, batch: SpikeBatch, record: Sequence[str] = ()) -> Outcome:
        """One batch; ``record`` names ``"pop.u"``, ``"pop.v"`` (chip units) or ``"pop.spikes"``.

        Voltages are those after the reset.

        Raises:
            DataError: for a batch that does not fit, or something to record that does not exist.
        """
        known = [f"{c.name}.{what}" for c in self.network.cells for what in ("u", "v", "spikes")]
        refuse_unrecordable(known, record)
        outcome = self._engine.run(self._inputs(batch), tuple(record))
        return replace(outcome, clock=self.program.clock)

    def save(self, path: str | Path) -> None:
        """Write the integers as a NetX file (``.net``).

        Raises:
            UnsupportedError: for networks that the format cannot hold.
            OutputError: where the file cannot be written.
        """
        write_netx(path, self.network)

    def write_lava(self, folder: str | Path) -> Path:
        """Write a stand-alone Lava program and its arrays; gives the program's path."""
        return write_lava(folder, self.network, self.spec.name, self.program.digest)

    def run_lava(
        self, batch: SpikeBatch, sample: int = 0, steps: int | None = None, timeout: float = 600.0
    ) -> dict[str, np.ndarray]:
        """One sample in live Lava, in an interpreter of its own.

        Args:
            batch: the data.
            sample: which of its samples.
            steps: how many; by default all of the trial.
            timeout: [s].

        Returns:
            u, v (chip units) and spikes, (steps, n), by ``"population.u"``, … .

        Raises:
            ToolchainError: without an interpreter that imports lava (``$GENPROP_LAVA_PYTHON``), or
                where the program fails or takes too long.
        """
        events = self._inputs(batch).on(self.program.grid)
        counts = {
            name: step_counts(
                found, sample, self.network.sources[name], steps or self.program.steps
            )
            for name, found in events.items()
        }
        with TemporaryDirectory() as folder:
            return run_lava(self.write_lava(folder), counts, timeout)

    def placement(
        self, method: str = "position", *, neurons_per_core: int = NEURONS_PER_CORE.highest
    ) -> Placement:
        """Neurons to cores: by learned ``"position"``, by ``"index"``, or by ``"min-cut"``.

        Traffic is that of the data that ran so far; see :func:`place`.

        Raises:
            ConfigurationError: for another method, or no number of neurons.
            UnsupportedError: by position without positions, or beyond one chip.
        """
        none = {c.name: np.zeros(c.size, np.int64) for c in self.network.cells}
        spikes = none | self._engine.activity.neurons
        return place(self.network, method, self._positions, spikes, neurons_per_core)

    def hops(self, placement: Placement) -> float:
        """Hops of all spikes of a sample over the mesh, on average over the data that ran so far.

        Raises:
            UnsupportedError: before any ran.
        """
        activity = self._engine.activity
        if not activity.samples:
            raise UnsupportedError(
                "no data ran on the chip, so no spike travelled", remedy="chip.run(batch) first"
            )
        return spike_hops(self.network, placement, activity.neurons) / activity.samples

    def report(self) -> Report:
        """What was lost, what it takes, and what was seen on the data that ran so far."""
        activity, resources = self._engine.activity, resources_of(self.network)
        return Report(
            self.spec.name,
            self.options.rule,
            self.options.weight_bits,
            self._quantised.cells,
            self._quantised.synapses,
            activity.copy(),
            resources,
            estimate_energy(self.network, activity),
            estimate_latency(self.network, activity, resources.cores[1]),
            tuple(self._travelled()),
        )

    def _travelled(self) -> Iterator[Travelled]:
        """The placements that can be made, once data ran."""
        methods = METHODS if self._positions else METHODS[1:]
        for method in methods if self._engine.activity.samples else ():
            try:
                made = self.placement(method)
            except UnsupportedError:  # more than one chip: resources say so
                continue
            yield Travelled(method, sum(made.cores.values()), self.hops(made))


def retarget(
    sim: Trained, target: str, options: Quantise | None, on_rounded: OnRounded | None = None
) -> Chip:
    """The network of ``sim`` on a chip; ``on_rounded`` is called for every neuron that is rounded.

    The chip runs in steps: from the exact clock delays are rounded to the steps of its dt.

    Raises:
        GenpropError: everything that the chip cannot hold, at once.
    """
    chosen = chip_options(target, options)
    if not sim.program.clock.rounds:
        sim = sim.on(clock="grid")
    arrays = sim.arrays()
    cells, findings = check(sim.program, arrays, clip_delays=chosen.clip_delays)
    refuse_if(findings)
    seen = look(sim, cells, chosen)
    quantised = quantise(
        sim.program,
        sim.topology,
        arrays,
        cells,
        chosen,
        seen.ranges,
        seen.trains,
        graded=sim.events == "sum",
        on_rounded=on_rounded,
    )
    return Chip(sim, cells, quantised, chosen)
