"""One batch of a graded network in numpy, step by step, every sample at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.graded import GradedOutcome, split_name
from genprop.numerics.evaluate import execute
from genprop.numerics.graded import constants_of, losses_of

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.describe.topology import Topology
    from genprop.lower.graded_program import GradedPopulation, GradedProgram, GradedProjection
    from genprop.numerics.graded import GradedInputs

__all__ = ["Moment", "Trial", "matrix"]

Array = np.ndarray


@dataclass(slots=True)
class Moment:
    """All numbers of a step: states after it, the inputs it read and the values it sent.

    Each is (batch, n) by ``(population, name)``.
    """

    states: dict[tuple[str, str], Array]
    inputs: dict[tuple[str, str], Array] = field(default_factory=dict)
    values: dict[tuple[str, str], Array] = field(default_factory=dict)


class Trial:
    """One batch, step by step."""

    def __init__(
        self,
        program: GradedProgram,
        parameters: Parameters,
        topology: Topology,
        inputs: GradedInputs,
    ) -> None:
        self.program, self.topology, self.inputs, self.keep = program, topology, inputs, False
        self.cells = [p for p in program.populations if not p.source]
        self.numbers = {p.name: constants_of(p, parameters, program.dt) for p in self.cells}
        self.weights = {q.name: matrix(q, parameters, topology) for q in program.projections}
        self.steps = np.zeros(inputs.batch, np.int32)
        self.speed = np.full(inputs.batch, np.inf)
        self.moments: list[Moment] = []
        start = {
            (p.name, x): np.full((inputs.batch, p.size), value)
            for p in self.cells
            for x, value in zip(p.states, p.initial, strict=True)
        }
        silent = {
            (p.name, i): np.zeros((inputs.batch, p.size)) for p in self.cells for i in p.inputs
        }
        self.now = Moment(start, silent)
        for p in self.cells:
            self._send(p, self.now)

    def run(self, look: Callable[[Moment], None] | None = None) -> None:
        """All steps; with a tolerance until every sample has settled, which then stands still.

        ``look`` is shown the numbers of every step.
        """
        tolerance = self.program.tolerance
        going = np.ones(self.inputs.batch, bool)
        for step in range(self.program.steps):
            if self.keep:
                self.moments.append(self.now)
            after = Moment({}, self._gather(step))
            with np.errstate(all="ignore"):
                for p in self.cells:
                    self._advance(p, after)
                    self._send(p, after)
                self._hold(going, after)
            self.steps[going] += 1
            if look is not None:
                look(self.now)
            if tolerance is not None:
                going &= ~(self.speed <= tolerance)
                if not going.any():
                    break

    def outcome(self, record: tuple[str, ...]) -> GradedOutcome:
        """What the run gave."""
        everything = self.now.states | self.now.values
        losses = losses_of(self.program, everything, self.inputs)
        recorded = {name: everything[split_name(name)] for name in record}
        finite = np.all([np.isfinite(x).all(axis=1) for x in self.now.states.values()], axis=0)
        return GradedOutcome.of(losses, recorded, self.steps, self.speed, finite)

    def source(self, name: str, step: int) -> Array:
        """What a source sends before ``step``, (batch, n)."""
        given = np.asarray(self.inputs.values[name], np.float64)
        return given[:, step] if given.ndim == 3 else given

    def sent(self, projection: GradedProjection, moment: Moment, step: int) -> Array:
        """What arrives through a projection in ``step``, before its weights."""
        if self.program.population(projection.pre).source:
            return self.source(projection.pre, step)
        return moment.values[projection.pre, projection.value]

    def reads(self, p: GradedPopulation, states: Moment, inputs: Moment) -> dict[str, Array]:
        """The numbers that the equations of a population read."""
        return (
            self.numbers[p.name]
            | {x: states.states[p.name, x] for x in p.states}
            | {i: inputs.inputs[p.name, i] for i in p.inputs}
        )

    def _gather(self, step: int) -> dict[tuple[str, str], Array]:
        found = {
            (p.name, i): np.zeros((self.inputs.batch, p.size)) for p in self.cells for i in p.inputs
        }
        for q in self.program.projections:
            found[q.post, q.input] = found[q.post, q.input] + (
                self.sent(q, self.now, step) @ self.weights[q.name]
            )
        return found

    def _advance(self, p: GradedPopulation, after: Moment) -> None:
        values = self.reads(p, self.now, after)
        execute(p.advance, values)
        shape = (self.inputs.batch, p.size)
        for x in p.states:
            after.states[p.name, x] = np.broadcast_to(values[f"{x}_next"], shape)

    def _send(self, p: GradedPopulation, moment: Moment) -> None:
        values = self.reads(p, moment, moment)
        execute(p.send, values)
        for v in p.values:
            shape = (self.inputs.batch, p.size)
            moment.values[p.name, v] = np.broadcast_to(values[v], shape)

    def _hold(self, going: Array, after: Moment) -> None:
        """The step of the samples that still go; the others stay as they are."""
        moved = np.zeros(self.inputs.batch)
        for key, x in after.states.items():
            moved = np.maximum(moved, np.abs(x - self.now.states[key]).max(axis=1))
        self.speed[going] = moved[going] / self.program.dt
        if not going.all():
            for old, new in (
                (self.now.states, after.states),
                (self.now.inputs, after.inputs),
                (self.now.values, after.values),
            ):
                for key in new:
                    new[key] = np.where(going[:, None], new[key], old[key])
        self.now = after


def matrix(q: GradedProjection, parameters: Parameters, topology: Topology) -> Array:
    """The weights of a projection as (pre, post)."""
    weight, synapses = np.asarray(parameters[q.weight], np.float64), topology[q.name]
    if synapses.dense:
        return weight
    full = np.zeros((synapses.pre, synapses.post))
    full[synapses.row, synapses.column] = weight
    return full
