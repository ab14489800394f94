"""Whether a network can begin: below its thresholds, with flows that have a value.

Spikes happen where a guard g rises through 0. A neuron that is at or above its threshold at t = 0
has not crossed it, so neither the spike nor its gradient is defined: no clock runs such a network.
The same holds after a reset that leaves the guard true. Both hang on numbers, which learning moves;
they are checked at the parameters that are to run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.text import CLOCK
from genprop.equations.slopes import steep_piece
from genprop.equations.syntax import fault, names_in, read, read_guard
from genprop.equations.threshold import (
    after_reset,
    at_start,
    guard_of,
    on_thresholds,
    rising,
    still_above,
)
from genprop.equations.values import first_pole, value_of
from genprop.errors import GenpropError, refuse_if

if TYPE_CHECKING:
    from genprop.describe.spec import (
        Equation,
        NetworkSpec,
        NeuronSpec,
        ParameterSpec,
        PopulationSpec,
        ProjectionSpec,
        QuantitySpec,
        ReceptorSpec,
    )
    from genprop.equations.syntax import Node

__all__ = ["Start"]

Array = np.ndarray
Values = Mapping[str, Array]


class Start:
    """The beginning of one network, checked at parameters that may change.

    Args:
        spec: the description, whose equations parse.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        self._populations = [p for p in spec.populations if p.neuron is not None]
        self._senders = [p for p in spec.projections if p.sender]
        self._learns = bool(spec.loss)  # else slopes do not matter
        self._sound: dict[str, list[bytes]] = {}

    def refuse_unsound(self, parameters: Mapping[str, Array]) -> None:
        """Refuse parameters at which the network cannot begin.

        What was sound stays so until a parameter of its population changes.

        Args:
            parameters: by flat name, in base units.

        Raises:
            EquationError: with a caret below the guard, flow or reset, the population, the first
                neuron concerned and its numbers; all populations at once.
        """
        findings: list[GenpropError] = []
        for population in self._populations:
            known = [np.asarray(parameters[name]).tobytes() for name in _parameters(population)]
            if known != self._sound.get(population.name):
                found = next(_findings(population, parameters, self._learns), None)
                if found is None:
                    self._sound[population.name] = known
                else:
                    findings.append(found)
        for projection in self._senders:
            findings += _sender(projection, parameters, self._learns)
        refuse_if(findings)


def _sender(
    projection: ProjectionSpec, parameters: Mapping[str, Array], learns: bool
) -> Iterator[GenpropError]:
    """What has no finite value on the sender's side: at t = 0, or at a spike there."""
    sender = projection.sender
    assert sender  # as of every projection that has one
    along = _moving(sender.states, projection.sender_parameters, learns)
    about = _Place(projection.name, along, "projection")
    given = {p.key: np.asarray(parameters[p.name], float) for p in projection.sender_parameters}
    values = given | {q.name: np.asarray(q.value, np.float64) for q in sender.states}
    for equation in sender.flow:
        yield from about.poles(equation, values, "at t = 0")
    for line in sender.spike:
        yield from about.poles(line, values, "at a spike at t = 0")
        values = {**values, line.target: value_of(read(line), values)}


def _parameters(population: PopulationSpec) -> Iterator[str]:
    yield from (p.name for p in population.parameters)
    yield from (p.name for r in population.receptors for p in r.parameters)


def _findings(
    population: PopulationSpec, parameters: Mapping[str, Array], learns: bool
) -> Iterator[GenpropError]:
    """What is wrong with one population; the first is the cause of those that follow."""
    neuron = population.neuron
    assert neuron is not None
    about = _Place(population.name, _moving(neuron.states, population.parameters, learns))
    cell = at_start() | {q.name: np.asarray(q.value, np.float64) for q in neuron.states}
    cell |= {p.key: np.asarray(parameters[p.name], np.float64) for p in population.parameters}
    inputs = {q.name: np.zeros(()) for q in neuron.inputs}
    for receptor in population.receptors:
        scope = _scope(receptor, cell, parameters)
        for equation in receptor.synapse.flow:
            yield from about.poles(equation, scope, "at t = 0")
        if (output := receptor.synapse.output) is not None:
            yield from about.poles(output, scope, "at t = 0")
            inputs[receptor.synapse.input] = inputs[receptor.synapse.input] + value_of(
                read(output), scope
            )
    values = {**cell, **inputs}
    for equation in neuron.flow:
        yield from about.poles(equation, values, "at t = 0")
    if neuron.spike is None:
        return
    for side in read_guard(neuron.spike):
        yield from about.pole(neuron.spike, side, values, "at t = 0")
    above = guard_of(neuron.spike, values) >= 0
    yield from about.above(neuron.spike, above, values, "at t = 0 the neuron is", _BEGIN)
    arrived_at = {e.target for r in population.receptors for e in r.synapse.arrival}
    resting = set(_resting(neuron, values)) - arrived_at
    for point in on_thresholds(neuron, values):
        yield from _reset_at(point, neuron, values, resting, about)


def _moving(
    states: Iterable[QuantitySpec], parameters: Iterable[ParameterSpec], learns: bool
) -> frozenset[str]:
    """What gradients are taken of: the names of states, and of parameters that learn."""
    found = {q.name for q in states} | {p.key for p in parameters if p.learned}
    return frozenset(found if learns else ())


def _resting(neuron: NeuronSpec, values: Values) -> Iterator[str]:
    """The states that stay where they begin until a spike: their flow reads no other, and is 0."""
    moving = {CLOCK, *(q.name for q in (*neuron.states, *neuron.inputs))}
    for equation in neuron.flow:
        whole = read(equation)
        alone = not moving & (set(names_in(whole)) - {equation.target})
        if alone and np.all(value_of(whole, values) == 0):
            yield equation.target


def _reset_at(
    point: Values, neuron: NeuronSpec, values: Values, resting: Set[str], about: _Place
) -> Iterator[GenpropError]:
    """What is wrong with a spike, whatever the states are that are not ``known`` there."""
    assert neuron.spike is not None
    known = {name for name in values if point[name] is not values[name]} | resting
    moving = {CLOCK, *(q.name for q in (*neuron.states, *neuron.inputs))}
    known |= values.keys() - moving
    for equation in neuron.reset:
        yield from about.poles(equation, point, "at the threshold", known)
    after = after_reset(neuron, point)
    above = still_above(neuron, after) & (not rising(neuron))
    yield from about.above(
        neuron.spike, above, after, "after its reset the neuron is still", _RESET
    )
    fixed = {e.target for e in neuron.reset if known.issuperset(names_in(read(e)))}
    known = (known - {e.target for e in neuron.reset}) | fixed
    for equation in neuron.flow:
        yield from about.poles(equation, after, "after the reset", known)


_AT_START = "begin where it has one, gp.neuron(…, initial={…}), or give other parameters"
_AT_SPIKE = "let the reset lead to where it has one, or give other parameters"
_BEGIN = (
    "begin below it: gp.neuron(…, initial={…}); where the threshold is learned, keep it above: "
    "gp.learn(…, min=…)"
)
_RESET = (
    "let the reset take a state of the condition below the threshold; where the threshold is "
    "learned, keep it above: gp.learn(…, min=…)"
)


def _scope(receptor: ReceptorSpec, cell: Values, parameters: Mapping[str, Array]) -> Values:
    own = {q.name: np.asarray(q.value, np.float64) for q in receptor.synapse.states}
    given = {p.key: np.asarray(parameters[p.name], np.float64) for p in receptor.parameters}
    return {**cell, **own, **given}


class _Place:
    """Faults of one population, or of another ``kind`` of thing; slopes count ``along`` names."""

    def __init__(self, population: str, along: Set[str], kind: str = "population") -> None:
        self._population, self._along, self._kind = population, along, kind

    def poles(
        self, equation: Equation, values: Values, when: str, known: Set[str] | None = None
    ) -> Iterator[GenpropError]:
        """A right side with a piece that has no finite value there, and reads ``known`` names.

        Or that has one, and no finite slope.
        """
        whole = read(equation)
        if first_pole(whole, values) is None:
            yield from self.steep(equation, values, when, known)
            return
        from genprop.equations.limits import finite_in_the_limit  # with sympy: where it counts

        if not finite_in_the_limit(equation, values):
            yield from self.pole(equation, whole, values, when, known)

    def steep(
        self, equation: Equation, values: Values, when: str, known: Set[str] | None
    ) -> Iterator[GenpropError]:
        """A right side through which no gradient passes there."""
        found = steep_piece(equation, values, self._along, known)
        if found is not None:
            piece, bad = found
            yield fault(
                f"{self._who(bad)}: {when} this has no finite slope "
                f"({_numbers(piece, values, bad)}), so no gradient passes",
                equation,
                piece.start,
                "keep what stands there above 0, as by adding a small number; or begin elsewhere: "
                "initial={…}",
            )

    def pole(
        self,
        equation: Equation,
        whole: Node,
        values: Values,
        when: str,
        known: Set[str] | None = None,
    ) -> Iterator[GenpropError]:
        """The same for one side of an equation."""
        found = first_pole(whole, values)
        if found is None or (known is not None and not known >= set(names_in(found))):
            return
        bad = ~np.isfinite(value_of(found, values))
        yield fault(
            f"{self._who(bad)}: {when} this has no finite value ({_numbers(found, values, bad)})",
            equation,
            found.start,
            _AT_START if known is None else _AT_SPIKE,
        )

    def above(
        self, spike: Equation, above: Array, values: Values, what: str, remedy: str
    ) -> Iterator[GenpropError]:
        """A guard that holds where it must not."""
        if not above.any():
            return
        left, right = read_guard(spike)
        read_by_it = {**_read(left, values, above), **_read(right, values, above)}
        numbers = ", ".join(f"{name} = {value:.6g}" for name, value in read_by_it.items())
        yield fault(
            f"{self._who(above)}: {what} at or above its threshold ({numbers})", spike, 0, remedy
        )

    def _who(self, mask: Array) -> str:
        if not mask.ndim:
            return f"{self._kind} {self._population}"
        count = int(np.count_nonzero(mask))
        more = f" and {count - 1} more" if count > 1 else ""
        return f"{self._kind} {self._population}, neuron {int(np.argmax(mask))}{more}"


def _numbers(node: Node, values: Values, mask: Array) -> str:
    return ", ".join(f"{name} = {x:.6g}" for name, x in _read(node, values, mask).items())


def _read(node: Node, values: Values, mask: Array) -> dict[str, float]:
    """What a piece reads, at the first element of ``mask``."""
    first = int(np.argmax(mask))
    found = {name: values[name] for name in names_in(node)}
    return {name: float(x.reshape(-1)[first if x.ndim else 0]) for name, x in found.items()}
