"""A population whose spikes were located inside their steps, while time runs backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.reference.backward import PopulationReverse
from genprop.backends.reference.located_parts import SpikeAdjoint, reverse_parts

if TYPE_CHECKING:
    from genprop.backends.reference.located import Located
    from genprop.backends.reference.located_run import LocatedRun
    from genprop.lower.program import PopulationProgram

__all__ = ["LocatedReverse"]

Array = np.ndarray


class LocatedReverse(PopulationReverse):
    """Sub-steps of one length in reverse for most, parts for those whose step was taken so."""

    def __init__(self, program: PopulationProgram, run: LocatedRun, steps: int) -> None:
        super().__init__(program, run, steps)
        self.located = run
        self.wait = np.zeros(run.shape)

    def jump(self, step: int, sent: Array, count_gradient: Array) -> None:
        """Remember what the spikes of step n read: they are crossed inside it."""
        spikes = self.run.tape.spikes[step]
        self.induced_cost = np.zeros(self.run.shape)
        self.spikes: dict[tuple[int, int], list[SpikeAdjoint]] = {}
        for k, at in enumerate(zip(spikes.sample.tolist(), spikes.neuron.tolist(), strict=True)):
            columns = {name: column[k] for name, column in spikes.columns.items()}
            own = SpikeAdjoint(
                columns, float(sent[k]), float(count_gradient[k]), float(spikes.kick[k])
            )
            self.spikes.setdefault(at, []).append(own)

    def propagate(self, step: int) -> None:
        """From t_{n+1} to t_n."""
        tape = self.run.tape
        located, whole = tape.located[step], tape.whole[step]
        apart = np.zeros(self.run.shape, bool)
        after = {p: np.array(a) for p, a in self.adjoints.items()}
        for at, found in located.items():
            apart[at] = True
            self._reverse(at, found, after)
        values = dict(self.run.numbers) | self.adjoints
        values |= {name: states[step] for name, states in tape.states.items()}
        with np.errstate(all="ignore"):  # of steps that were taken again
            self._advance(self.program.backward_step, dict(values), ~apart & ~whole)
            self._advance(self.program.backward_held_step, dict(values), ~apart & whole)
        for p, adjoint in self.adjoints.items():
            self.adjoints[p] = np.where(apart, after[p], adjoint)

    def _reverse(self, at: tuple[int, int], found: Located, after: dict[str, Array]) -> None:
        neuron = at[1]
        spikes = self.spikes.get(at, [])
        adjoints = {p: a[at] for p, a in self.adjoints.items()}
        own = np.array([neuron])
        adjoints, self.wait[at] = reverse_parts(
            self.program, self.located.local(neuron), found.parts, spikes, adjoints,
            float(self.wait[at]), lambda name, x: self._accumulate(name, x, own),
        )  # fmt: skip
        for p, value in adjoints.items():
            after[p][at] = value
        if spikes and spikes[0].kick != 0:
            self.induced_cost[at] = spikes[0].cost / spikes[0].kick

    def release(self, step: int) -> None:
        """Refractory periods end inside steps: they are parts of them."""
