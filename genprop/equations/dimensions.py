"""Do the two sides of every equation have the same unit, and is the guard one that can work?

Sums are read from the outside in: each term must have the dimension that the left side asks for,
and the caret stands below the term that has not. A literal 0 fits every unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch

from genprop.describe.graded import arriving as value_arriving
from genprop.describe.sender import VALUE
from genprop.describe.spec import NeuronSpec, QuantitySpec, SenderSpec, SynapseSpec, UpdateSpec
from genprop.describe.text import CLOCK, CONSTANTS
from genprop.equations.guards import check_guard
from genprop.equations.scope import Scope
from genprop.errors import GenpropError
from genprop.units import DIMENSIONLESS, Dimension

__all__ = ["check"]

_TIME: Dimension = (1, 0, 0)
_COMMON: dict[str, Dimension] = {CLOCK: _TIME, **dict.fromkeys(CONSTANTS, DIMENSIONLESS)}
_FAR = (
    "this is a state of the receiving neuron, which the sender does not know: value may read the "
    "sender's own states and parameters"
)
_NOW = "the sender's states may not depend on the time itself: keep what is needed in a state"


@singledispatch
def check(spec: object, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    """Every disagreement of units and every unknown name in a neuron, synapse, sender or update.

    d(state)/dt has the dimension of state/time; the sides of a guard, a reset and an arrival agree;
    functions take dimensionless numbers. A guard must read a state and be false after its reset. A
    weight has the dimension of the state it is added to. Updates are of dimensionless numbers.

    Args:
        spec: the model.
        neuron: for synapses, the neuron whose states they may read and whose input they drive;
            without it, names of neither are taken on trust.
    """
    raise TypeError(f"{type(spec).__name__} has no equations to check")


@check.register
def _neuron(spec: NeuronSpec, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    states = _dimensions(spec.states)
    scope = Scope(_COMMON | states | _dimensions((*spec.parameters, *spec.inputs)), spec.parameters)
    found = [*scope.flows(spec.flow, states), *scope.sets(spec.reset, states)]
    for equation in spec.send:
        found += scope.side(equation, None)
    if spec.spike is not None:
        guard = list(scope.guard(spec.spike))
        found += guard
        if not found:
            found += check_guard(spec)
    return found


@check.register
def _synapse(spec: SynapseSpec, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    states = _dimensions(spec.states)
    known = states | _dimensions(spec.parameters)
    outside: dict[str, Dimension] = {}
    if neuron is not None:
        outside = _dimensions((*neuron.states, *neuron.parameters))
        if (values := value_arriving(spec)) is not None and neuron.spike is None:
            outside |= _dimensions(q for q in neuron.inputs if q.name == values[0])
            known |= {values[1]: DIMENSIONLESS}
    scope = Scope(_COMMON | outside | known, spec.parameters, strict=neuron is not None)
    found = list(scope.flows(spec.flow, states))
    if spec.output is not None:
        inputs = _dimensions(neuron.inputs) if neuron is not None else {}
        found += scope.side(spec.output, inputs.get(spec.input))
    moved = outside | states
    weight = moved.get(spec.arrival[0].target) if spec.arrival else None
    arriving = Scope({**scope.known, "w": weight}, spec.parameters, strict=scope.strict)
    return found + list(arriving.sets(spec.arrival, moved))


@check.register
def _sender(spec: SenderSpec, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    states = _dimensions(spec.states)
    foreign = dict.fromkeys((q.name for q in neuron.states) if neuron is not None else (), _FAR)
    scope = Scope(
        states | _dimensions(spec.parameters), spec.parameters, elsewhere={**foreign, CLOCK: _NOW}
    )
    sent = replace(scope, known={**scope.known, VALUE: DIMENSIONLESS})
    spike = sent.sets(spec.spike, states | {VALUE: DIMENSIONLESS})
    return [*scope.flows(spec.flow, states), *spike]


@check.register
def _update(spec: UpdateSpec, neuron: NeuronSpec | None = None) -> list[GenpropError]:
    common: dict[str, Dimension | None] = dict.fromkeys(("g", "x", "n"), DIMENSIONLESS)
    targets = _dimensions(spec.states) | {"x": DIMENSIONLESS}
    scope = Scope(
        common | dict.fromkeys(CONSTANTS, DIMENSIONLESS) | targets | _dimensions(spec.settings)
    )
    return list(scope.sets(spec.equations, targets))


def _dimensions(quantities: Iterable[QuantitySpec]) -> dict[str, Dimension]:
    return {q.name: q.dimension for q in quantities}
