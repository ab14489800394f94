"""A graded network on the chip: measured on data, rounded to its integers, emulated bit by bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop._checks import refuse_unlike
from genprop.backends.base import mean_terms
from genprop.backends.graded import GradedOutcome
from genprop.backends.loihi.graded.check import graded_findings
from genprop.backends.loihi.graded.emulator import GradedEmulator
from genprop.backends.loihi.graded.report import GradedReport
from genprop.backends.loihi.graded.rounding import round_graded
from genprop.backends.loihi.mapping.options import Quantise
from genprop.backends.reference.graded_trial import Moment, Trial, matrix
from genprop.errors import DataError, UnsupportedError, did_you_mean, refuse_if
from genprop.numerics.graded import losses_of
from genprop.runtime.recordable import refuse_unrecordable
from genprop.runtime.settling import refuse_unsettled

if TYPE_CHECKING:
    from genprop.backends.loihi.graded.integers import GradedIntegers
    from genprop.backends.loihi.graded.rounding import GradedRounded
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Synapses
    from genprop.lower.graded_program import GradedProgram
    from genprop.numerics.graded import GradedInputs

__all__ = ["GradedChip", "retarget_graded"]

_TARGETS = ("loihi",)
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
        self._messages: dict[str, int] = {}

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
        losses = losses_of(self.program, ended, inputs)
        terms = mean_terms(losses.values)
        outcome = GradedOutcome(
            loss=sum(terms.values()),
            terms=terms,
            scores=losses.scores,
            spikes={},
            recorded={name: ended[_place(name)] for name in record},
            values=losses.values,
            steps=steps,
            speed=speed,
        )
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
        for name, count in emulator.events.items():
            self._messages[name] = self._messages.get(name, 0) + count


def retarget_graded(sim: Trained, target: str, options: Quantise | None) -> GradedChip:
    """The network of ``sim`` on a chip, its scales measured on ``options.calibrate``.

    Raises:
        GenpropError: everything that the chip cannot hold, at once.
    """
    if not isinstance(target, str) or target not in _TARGETS:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsupportedError(
            f"there is no chip {target!r:.60}",
            where="retarget(…)",
            remedy=did_you_mean(target, _TARGETS),
        )
    chosen = Quantise() if options is None else options
    refuse_unlike(chosen, "rounding scale", "retarget(…, quantise)", "gp.Quantise(…)")
    refuse_if(graded_findings(sim.graded, chosen))
    arrays = sim.arrays()
    weights = {q.name: matrix(q, arrays, sim.topology) for q in sim.graded.projections}
    peaks = _peaks(sim, chosen, arrays)
    rounded = round_graded(sim.graded, weights, arrays, peaks, chosen.weight_bits, chosen.headroom)
    return GradedChip(sim, rounded, chosen)


def _peaks(sim: Trained, options: Quantise, arrays: Mapping[str, np.ndarray]) -> dict[Place, float]:
    """The largest magnitudes over all samples and steps, in floats.

    Raises:
        DataError: where the calibration data have no samples.
    """
    found: dict[Place, float] = {}

    def look(now: Moment) -> None:
        for key, x in (now.states | now.inputs | now.values).items():
            found[key] = max(found.get(key, 0.0), float(np.abs(x).max(initial=0.0)))

    assert options.calibrate is not None
    for batch in options.calibrate.batches(sim.batch, seed=None):
        Trial(sim.graded, arrays, sim.topology, sim.inputs(batch)).run(look)
    if not found:
        raise DataError("there are no samples to calibrate with", remedy="give some")
    return found


def _place(name: str) -> Place:
    population, _, what = name.rpartition(".")
    return population, what
