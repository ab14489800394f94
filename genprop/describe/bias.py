"""A bias: a constant that is added to a neuron's input, whatever the model is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.describe.model import quantity, refuse_clashes
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from genprop.describe.model import Units
    from genprop.describe.spec import Equation, NeuronSpec

__all__ = ["BIAS", "biased"]

BIAS = "bias"
"""The parameter's name."""


def biased(spec: NeuronSpec, units: Units) -> tuple[NeuronSpec, Units]:
    """The model with ``bias`` as one more parameter: its input I is I + bias everywhere.

    Raises:
        DescriptionError: for a model without inputs, with several, or with a ``bias`` of its own
            that is no parameter.
    """
    owner = f"neuron {spec.name!r}"
    if len(spec.inputs) != 1:
        inputs = ", ".join(q.name for q in spec.inputs) or "none"
        raise DescriptionError(
            f"{owner} has not one input that a bias could be added to, but {inputs}",
            remedy="write the constant into its flow, as a parameter of your own",
        )
    refuse_clashes(owner, [q.name for q in (*spec.states, *spec.inputs)] + [BIAS])
    (found,) = spec.inputs
    word = re.compile(rf"(?<!\w){found.name}(?!\w)")

    def added(equation: Equation) -> Equation:
        return replace(equation, text=word.sub(f"({found.name} + {BIAS})", equation.text))

    unit = units[found.name]
    constant = quantity(BIAS, 0.0, unit, doc="constant input, added to that of the synapses")
    changed = replace(
        spec,
        flow=tuple(map(added, spec.flow)),
        spike=None if spec.spike is None else added(spec.spike),
        reset=tuple(map(added, spec.reset)),
        parameters=(*spec.parameters, replace(constant, dimension=found.dimension)),
    )
    return changed, {**units, BIAS: unit}
