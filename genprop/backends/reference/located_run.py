"""A population whose spikes are located inside their steps, all samples at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.forward import PopulationRun, Spikes
from genprop.backends.reference.located import Kind, Located, locate, lost
from genprop.numerics.evaluate import evaluate, execute

if TYPE_CHECKING:
    from genprop.backends.base import Inputs
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.program import PopulationProgram

__all__ = ["LocatedRun"]

Array = np.ndarray


class LocatedRun(PopulationRun):
    """Sub-steps of one length for all, by parts for those that spike or are not accurate so."""

    def __init__(
        self,
        program: PopulationProgram,
        parameters: Mapping[str, Array],
        inputs: Inputs,
        clock: StepClock,
    ) -> None:
        super().__init__(program, parameters, inputs, clock)
        assert program.location is not None
        self.location, self.dt = program.location, clock.dt
        self.wait = np.zeros(self.shape)

    @property
    def holding(self) -> Array:
        """Who is refractory at t_n."""
        return self.wait > 0

    def note_induced(self, step: int) -> None:
        """Remember the summed weight of arrivals after which the guard already holds."""
        super().note_induced(step)
        self.induced = np.where(self.holding, 0.0, self.induced)

    def propagate(self) -> None:
        """From t_n to t_{n+1}, resets included."""
        program, values, accurate = self.program, self.values, self.location.accurate
        start = {x: np.broadcast_to(values[x], self.shape) for x in program.states}
        self.tape.held.append(self.holding)
        whole = self.wait >= self.dt
        free, held = dict(values), dict(values)
        with np.errstate(all="ignore"):  # of steps that are taken again
            execute(self.location.step, free)
            execute(self.location.held_step, held)
        for x in program.states:
            values[x] = np.where(whole, held[x], free[x])
        sound = np.where(whole, held.get(accurate, free[accurate]), free[accurate]) > 0
        sound &= ~self.holding | whole
        sound &= self.induced == 0
        self.whole = whole
        self._by_parts(start, ~np.broadcast_to(sound, self.shape))

    def _by_parts(self, start: Mapping[str, Array], where: Array) -> None:
        """Take the step again for some; note their spikes.

        In a sample with a neuron that cannot be followed, which ends it, no other is tried.
        """
        found: dict[tuple[int, int], Located] = {}
        wait = np.where(self.whole, self.wait - self.dt, 0.0)
        moved = {x: np.array(np.broadcast_to(self.values[x], self.shape)) for x in start}
        for sample, neuron in zip(*map(np.ndarray.tolist, np.nonzero(where)), strict=True):
            at = (sample, neuron)
            one = {x: states[at] for x, states in start.items()}
            wait_at = float(self.wait[at])
            if self.finite[sample]:
                with np.errstate(all="ignore"):
                    located = locate(
                        self.program, self.local(neuron), one, self.dt, wait_at,
                        bool(self.induced[at] != 0),
                    )  # fmt: skip
            else:
                located = lost(self.program, Located(self.dt, wait_at))
            for x, state in located.end.items():
                moved[x][at] = state
                self.finite[sample] &= np.isfinite(state)
            wait[at] = located.wait
            found[at] = located
        self.values.update(moved)
        self.wait = wait
        self.tape.located.append(found)
        self.tape.whole.append(self.whole)

    def release(self, step: int) -> None:
        """Refractory periods end inside steps: they are parts of them."""

    def fire(self, step: int) -> tuple[Array, Array]:
        """Tape the spikes of the step; who spiked (samples, neurons), in order of time."""
        spikes = [
            (sample, neuron, part.kind is Kind.INDUCED, at, time)
            for (sample, neuron), located in self.tape.located[-1].items()
            for part, at, time in zip(
                (p for p in located.parts if p.spikes), located.spikes, located.times, strict=True
            )
        ]
        sample, neuron = (np.array([s[k] for s in spikes], np.int64) for k in (0, 1))
        at = {x: np.array([s[3][x] for s in spikes], float) for x in self.program.states}
        read = {**self.local(neuron), **at}
        columns = {
            c.target: np.broadcast_to(evaluate(c.value, read), sample.shape)
            for c in self.program.spike_tape
        }
        arrived = self.induced[sample, neuron]
        kick = np.where(np.array([s[2] for s in spikes], bool), arrived, 0.0)
        times = np.array([s[4] for s in spikes], float)
        self.tape.spikes.append(Spikes(sample, neuron, columns, kick, at, times))
        self.note_infinite(np.isin(np.arange(self.shape[1]), neuron)[None, :])
        return sample, neuron
