"""One population of a Program forward in numpy float64, all samples at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from genprop.lower.given import FRACTION, crossing_name
from genprop.numerics.constants import numbers, refractory_steps
from genprop.numerics.evaluate import evaluate, execute

if TYPE_CHECKING:
    from genprop.backends.base import Inputs
    from genprop.backends.reference.located import Located
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.nodes import Assign
    from genprop.lower.program import PopulationProgram

__all__ = ["PopulationRun", "Spikes", "StepObserver", "Tape"]

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Spikes:
    """The spikes of one step: who (``sample``, ``neuron``) and the tape's columns by name."""

    sample: Array
    neuron: Array
    columns: Mapping[str, Array]
    kick: Array
    """Summed weight of the arrivals that themselves caused the spike, 0 where the flow did."""
    states: Mapping[str, Array] = field(default_factory=dict)
    """The states just before spikes that were located inside their step."""
    times: Array = field(default_factory=lambda: np.zeros(0))
    """And how long after its start they happened [ms]."""


@dataclass(slots=True)
class Tape:
    """What the reverse of one population reads, by step."""

    spikes: list[Spikes] = field(default_factory=list)
    releases: list[Spikes] = field(default_factory=list)
    states: dict[str, list[Array]] = field(default_factory=dict)
    before: dict[str, list[Array]] = field(default_factory=dict)
    held: list[Array] = field(default_factory=list)
    whole: list[Array] = field(default_factory=list)
    """Who is refractory for the whole of a step whose spikes are located inside it."""
    located: list[dict[tuple[int, int], Located]] = field(default_factory=list)


class PopulationRun:
    """One population while a batch runs: its numbers, states, delay lines and tape."""

    def __init__(
        self,
        program: PopulationProgram,
        parameters: Mapping[str, Array],
        inputs: Inputs,
        clock: StepClock,
    ) -> None:
        self.program = program
        self.clock = clock
        self.shape = (inputs.batch, program.size)
        self.numbers = numbers(program, parameters, clock.dt)
        refractory = refractory_steps(program, self.numbers, clock)
        self.refractory = np.broadcast_to(refractory, program.size)
        self.values: dict[str, Array] = dict(self.numbers)
        for start in program.initial:
            self.values[start.target] = np.broadcast_to(
                evaluate(start.value, self.numbers), self.shape
            )
        self.due = {
            r.name: {slot: np.zeros((clock.steps, *self.shape)) for slot in r.delivery.slots}
            for r in program.receptors
        }
        self.left = np.zeros(self.shape, np.int64)
        self.above = np.zeros(self.shape, bool)
        self.finite = np.ones(inputs.batch, bool)
        self.tape = Tape()

    @property
    def holding(self) -> Array:
        """Who is refractory at t_n."""
        return self.left > 0

    def local(self, neuron: int | Array) -> dict[str, Array]:
        """The numbers of one neuron, or of some."""
        return {k: v if v.ndim == 0 else v[neuron] for k, v in self.numbers.items()}

    def deliver(self, step: int) -> None:
        """Add what is due at t_n, note spikes that it alone causes, end refractory periods."""
        program, values = self.program, self.values
        if program.rising and program.guard is not None:
            self.above = np.broadcast_to(evaluate(program.guard, values) > 0, self.shape)
        for name in program.before_tape:
            self.tape.before.setdefault(name, []).append(values[name])
        held = self.holding
        for receptor in program.receptors:
            for slot, due in self.due[receptor.name].items():
                values[slot] = np.where(held, 0.0, due[step]) if receptor.held else due[step]
            execute(receptor.delivery.arrival, values)
        for name in program.step_tape:
            self.tape.states.setdefault(name, []).append(values[name])
        self.delivered = {x: values[x] for x in program.states}

    def propagate(self) -> None:
        """From t_n to t_{n+1}."""
        program, values = self.program, self.values
        held = self.holding
        self.tape.held.append(held)
        if program.refractory is None:
            execute(program.step, values)
            return
        free, refractory = dict(values), dict(values)
        execute(program.step, free)
        execute(program.held_step, refractory)
        for state in program.states:
            values[state] = np.where(held, refractory[state], free[state])
        self.left = np.maximum(self.left - 1, 0)

    def release(self, step: int) -> None:
        """Tape the states of neurons whose first free step this is."""
        program = self.program
        if program.refractory is None:
            return
        ended = np.zeros(self.shape, bool) if step == 0 else self.tape.held[-1] & (self.left == 0)
        self.tape.releases.append(self._collect(ended, program.refractory.tape, None))

    def fire(self, step: int) -> tuple[Array, Array]:
        """Guard, tape and reset at t_{n+1}; who spiked (samples, neurons)."""
        program, values = self.program, self.values
        if program.guard is None:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        crossed = np.broadcast_to(evaluate(program.guard, values) > 0, self.shape)
        crossed = crossed & ~self.tape.held[-1]
        if program.rising:
            crossed = crossed & ~self.above
        self.note_infinite(crossed)
        spikes = self._collect(crossed, program.spike_tape, self.induced, self.at_crossing())
        self.tape.spikes.append(spikes)
        after = dict(values)
        execute(program.reset, after)
        for assign in program.reset:
            if assign.target in program.states:
                values[assign.target] = np.where(
                    crossed, after[assign.target], values[assign.target]
                )
        self.left = np.where(crossed, np.broadcast_to(self.refractory, self.shape), self.left)
        return spikes.sample, spikes.neuron

    def note_infinite(self, where: Array | bool) -> None:
        """Remember the samples with a state that is not finite, among neurons ``where``."""
        for state in self.program.states:
            bad = ~np.isfinite(self.values[state]) & where
            self.finite &= ~np.broadcast_to(bad, self.shape).any(axis=1)

    def at_crossing(self) -> dict[str, Array]:
        """States at t_{n+1}, and where a straight line through the step crosses the guard."""
        guard, values = self.program.guard, self.values
        if guard is None or not self.program.crossing:
            return values
        before = evaluate(guard, self.values | self.delivered)
        after = evaluate(guard, values)
        rise = np.where(after > before, after - before, 1.0)
        fraction = np.where(before < 0, np.clip(-before / rise, 0.0, 1.0), 0.0)
        line = {
            crossing_name(x): self.delivered[x] + fraction * (values[x] - self.delivered[x])
            for x in self.program.crossing
        }
        return values | line | {FRACTION: fraction}

    def note_induced(self, step: int) -> None:
        """Remember the summed weight of arrivals after which the guard already holds."""
        induced = self.program.induced
        self.induced = np.zeros(self.shape)
        if induced is not None:
            over = evaluate(induced.condition, self.values) > 0
            self.induced = np.where(over, self.arrived(induced.receptor, step), 0.0)

    def arrived(self, receptor: str, step: int) -> Array:
        """What was due in a receptor's first slot: the summed weight of the step's arrivals."""
        return next(iter(self.due[receptor].values()))[step]

    def _collect(
        self,
        where: Array,
        columns: Iterable[Assign],
        kick: Array | None,
        values: Mapping[str, Array] | None = None,
    ) -> Spikes:
        sample, neuron = np.nonzero(where)
        read = self.values if values is None else values
        tape = {
            c.target: np.broadcast_to(evaluate(c.value, read), self.shape)[sample, neuron]
            for c in columns
        }
        kicked = kick[sample, neuron] if kick is not None else np.zeros(len(sample))
        return Spikes(sample, neuron, tape, kicked)


class StepObserver(Protocol):
    """What looks at every step, such as a readout or a recorder."""

    def delivered(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """After delivery at t_n."""
        ...

    def observe(self, step: int, runs: Mapping[str, PopulationRun]) -> None:
        """At t_{n+1}, before the reset."""
        ...

    def fired(
        self,
        step: int,
        runs: Mapping[str, PopulationRun],
        fired: Mapping[str, tuple[Array, Array]],
    ) -> None:
        """At t_{n+1}, with the samples and neurons that spiked."""
        ...
