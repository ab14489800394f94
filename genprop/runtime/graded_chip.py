"""A graded network on the chip: measured on data, rounded to its integers, emulated bit by bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn, Protocol

import numpy as np

from genprop.backends.graded import GradedOutcome, split_name
from genprop.backends.loihi.files.lava import run_lava
from genprop.backends.loihi.graded.emulator import GradedEmulator
from genprop.backends.loihi.graded.lava import write_graded_lava
from genprop.backends.loihi.graded.report import GradedReport
from genprop.errors import DataError, UnsupportedError
from genprop.numerics.graded import losses_of
from genprop.runtime.recordable import refuse_unrecordable
from genprop.runtime.settling import refuse_unsettled

if TYPE_CHECKING:
    from genprop.backends.loihi.graded.integers import GradedIntegers
    from genprop.backends.loihi.graded.rounding import GradedRounded
    from genprop.backends.loihi.mapping.options import Quantise
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Synapses
    from genprop.lower.graded_program import GradedProgram
    from genprop.numerics.graded import GradedInputs

__all__ = ["GradedChip", "Trained"]

Place = tuple[str, str]


class Trained(Protocol):
    """What is retargeted: a simulator of a network whose neurons send values."""

    spec: NetworkSpec
    graded: GradedProgram
    topology: dict[str, Synapses]
    batch: int

    def arrays(self) -> Mapping[str, np.ndarray]:
        """What the network consists of: arrays by flat name, in base units."""
        ...

    def inputs(self, batch: SpikeBatch, learning: bool = False) -> GradedInputs:
        """The batch as backends take it."""
        ...

    def run(self, batch: SpikeBatch, record: Sequence[str] = ()) -> GradedOutcome:
        """Forward only."""
        ...


class GradedChip:
    """A network whose neurons send values in the chip's integers, run by a bit-exact emulator.

    A sample is over as in floats: once no state moves faster than the tolerance, else at the end of
    the trial. What a source sends goes through its weights on the host, in floats, and is written
    to the chip as one constant per neuron, as in the published one-layer LCA.

    Attributes:
        spec: the frozen description.
        program: how it runs in steps.
        batch: samples per batch, at most.
        options: how it was quantised.
        floats: the network in floats.
    """

    def __init__(self, sim: Trained, rounded: GradedRounded, options: Quantise) -> None:
        self.spec, self.program, self.batch = sim.spec, sim.graded, sim.batch
        self.options, self.floats = options, sim
        self._rounded = rounded
        self._peaks: dict[Place, int] = {}
        self._samples = self._steps = 0
        self._messages: dict[Place, int] = {}

    def __repr__(self) -> str:
        cells = ", ".join(f"{c.name} ({c.size})" for c in self.network.cells)
        return f"GradedChip({self.spec.name!r}: {cells}; {self.options.weight_bits} weight bits)"

    @property
    def dt(self) -> float:
        """Length of a step [ms]."""
        return self.program.dt

    @property
    def duration(self) -> float:
        """Length of a trial [ms]."""
        return self.program.duration

    @property
    def network(self) -> GradedIntegers:
        """The integers."""
        return self._rounded.network

    @property
    def scales(self) -> dict[str, float]:
        """By ``"population.state"`` or ``"population.value"``: the chip's integer of a 1."""
        return {
            f"{c.name}.{x}": 2.0 ** c.fraction[x]
            for c in self.network.cells
            for x in (*c.states, *c.values)
        }

    def run(self, batch: SpikeBatch, record: Sequence[str] = ()) -> GradedOutcome:
        """One batch; ``record`` names states and values, given in the model's units.

        Times its :attr:`scales` they are the chip's integers; values are the last messages.

        Raises:
            DataError: for a batch that does not fit, values that change in steps, or something to
                record that does not exist.
            DivergenceError: where a state, an input or a message leaves its 24 bits.
            ConvergenceError: where a sample has not settled at the end of the trial.
        """
        refuse_unrecordable(self.scales, record)
        inputs = self.floats.inputs(batch)
        emulator = GradedEmulator(self.network, inputs.batch, self.constants(inputs))
        ended, steps, speed = self._settle(emulator, inputs.batch)
        self._note(emulator, steps)
        recorded = {name: ended[split_name(name)] for name in record}
        losses = losses_of(self.program, ended, inputs)
        outcome = GradedOutcome.of(losses, recorded, steps, speed)
        refuse_unsettled(self.program, outcome)
        return outcome

    def constants(self, inputs: GradedInputs) -> dict[Place, np.ndarray]:
        """What the host writes for a batch: (batch, n) int64 by population and input.

        Raises:
            DataError: for values that change in steps.
        """
        found: dict[Place, np.ndarray] = {}
        for drive in self._rounded.drives:
            values = np.asarray(inputs.values[drive.source], np.float64)
            if values.ndim == 3:
                raise DataError(
                    "values that change in steps would have to be written to the chip in each",
                    where=f"population {drive.source}",
                    remedy="give values of shape (batch, n)",
                )
            key = drive.post, drive.input
            found[key] = found.get(key, 0) + values @ drive.weight
        cells = {c.name: c for c in self.network.cells}
        return {
            (p, i): np.rint(x * 2.0 ** cells[p].fraction[i]).astype(np.int64)
            for (p, i), x in found.items()
        }

    def write_lava(self, folder: str | Path) -> Path:
        """Write a stand-alone Lava program and its arrays; gives the program's path.

        Raises:
            UnsupportedError: for names that Lava's processes have themselves.
        """
        return write_graded_lava(folder, self.network, self.spec.name, self.program.digest)

    def run_lava(
        self, batch: SpikeBatch, sample: int = 0, steps: int = 100, timeout: float = 600.0
    ) -> dict[str, np.ndarray]:
        """One sample in live Lava, in an interpreter of its own.

        Args:
            batch: the data.
            sample: which of its samples.
            steps: how many.
            timeout: [s].

        Returns:
            The chip's integers (steps, n), by ``"population.state"`` and ``"population.value"``.

        Raises:
            ToolchainError: without an interpreter that imports lava (``$GENPROP_LAVA_PYTHON``), or
                where the program fails or takes too long.
        """
        constants = self.constants(self.floats.inputs(batch))
        given = {f"{p}.{i}": x[sample] for (p, i), x in constants.items()}
        with TemporaryDirectory() as folder:
            program = self.write_lava(folder)
            return run_lava(program, {**given, "steps": np.asarray(steps)}, timeout)

    def save(self, path: str | Path) -> NoReturn:
        """Refused.

        Raises:
            UnsupportedError: always: NetX files hold neurons that spike, of one kind.
        """
        raise UnsupportedError(
            "NetX files hold neurons of one kind, which spike, and these send values",
            where=f"save({str(path)!r:.60})",
            remedy="chip.write_lava(folder) writes them as Lava processes",
        )

    def report(self) -> GradedReport:
        """What was lost, and what was seen on the data that ran so far."""
        return GradedReport(
            self.spec.name,
            self.options.weight_bits,
            self.network,
            self._rounded.weights,
            dict(self._rounded.stretched),
            dict(self._peaks),
            self._samples,
            self._steps,
            dict(self._messages),
        )

    def _settle(
        self, emulator: GradedEmulator, batch: int
    ) -> tuple[dict[Place, np.ndarray], np.ndarray, np.ndarray]:
        """States and values where each sample ended, its steps, and its last speed [per ms]."""
        scale = {(c.name, x): 2.0**-f for c in self.network.cells for x, f in c.fraction.items()}
        steps, speed = np.zeros(batch, np.int32), np.full(batch, np.inf)
        going, tolerance = np.ones(batch, bool), self.program.tolerance
        ended: dict[Place, np.ndarray] = {}
        for _ in range(self.program.steps):
            before = emulator.step()
            for place, count in emulator.messages.items():
                self._messages[place] = self._messages.get(place, 0) + int(count[going].sum())
            moved = [
                np.abs(x - before[k]).max(axis=1) * scale[k] for k, x in emulator.states.items()
            ]
            speed[going] = np.max(moved, axis=0)[going] / self.dt
            steps[going] += 1
            for key, x in (emulator.states | emulator.sent).items():
                row = ended.setdefault(key, np.zeros(x.shape))
                row[going] = x[going] * scale[key]
            if tolerance is not None:
                going &= ~(speed <= tolerance)
                if not going.any():
                    break
        return ended, steps, speed

    def _note(self, emulator: GradedEmulator, steps: np.ndarray) -> None:
        self._samples += len(steps)
        self._steps += int(steps.sum())
        for key, peak in emulator.peaks.items():
            self._peaks[key] = max(self._peaks.get(key, 0), peak)
