"""Neurons: hybrid systems in the field's own notation, from Python or from a model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from genprop.describe.bias import BIAS, biased
from genprop.describe.check import check_neuron
from genprop.describe.declaration import Declaration, repr_of
from genprop.describe.explanation import explain
from genprop.describe.library import load_neuron
from genprop.describe.model import (
    Units,
    declare_all,
    default_values,
    names_of,
    parameter_quantities,
    parameter_units,
    quantity,
    refuse_clashes,
    refuse_no_text,
    refuse_unknown,
    table_of,
    targets,
    with_initial,
)
from genprop.describe.spec import NeuronSpec, ParameterSpec
from genprop.describe.text import assignments, derivatives, guard
from genprop.units import parse_unit

if TYPE_CHECKING:
    from genprop.describe.explanation import Shown
    from genprop.describe.initial import Learn, Number, Value

__all__ = ["Neuron", "Source", "graded", "neuron", "spikes"]


@dataclass(frozen=True, slots=True)
class Source:
    """A population whose spikes, or values where it is graded, come from the data."""

    graded: bool = False


def spikes() -> Source:
    """Mark a population as a source: ``net.population("input", 700, gp.spikes())``."""
    return Source()


def graded() -> Source:
    """Mark a population as a source of values: ``net.population("input", 784, gp.graded())``.

    What it sends is called ``value`` in arrivals; the data are a :class:`gp.data.GradedBatch`.
    """
    return Source(graded=True)


@dataclass(frozen=True, slots=True, init=False)
class Neuron:
    """A neuron model with the values of its parameters; it never changes.

    Between spikes ẋ = f(x); a spike when the guard ``left > right`` is crossed upwards; then the
    reset x⁺ = h(x⁻), all right sides read before the spike; then, for the duration that the
    parameter ``refractory`` gives, the ``held`` states stand still. Where the reset sets no state
    that the guard reads, as in models of channels, each rise through the guard is one spike.

    Args:
        name: the model's name.
        flow: ``"dv/dt = (I - v)/tau_mem;  da/dt = -a/tau_a"``.
        spike: ``"v > v_th + beta*a"``, or several such joined by ``or`` and ``and``; empty for a
            readout that never spikes.
        reset: ``"v = 0;  a = a + 1"``.
        send: of graded neurons, which never spike: the values that they send after every step, of
            states, inputs and parameters: ``"a = max(u - gamma, 0) - max(-u - gamma, 0)"``.
        parameters: a number or quantity (one per population), an array or initialiser (one per
            neuron), each optionally inside ``learn()``.
        inputs: what synapses drive.
        refractory: the parameter with the duration of refractoriness.
        held: the states that stand still meanwhile.
        units: of states, inputs and parameters, by name; without one, a parameter has the unit of
            its value and anything else is dimensionless.
        initial: states at t = 0 (else 0), at which the guard must not hold: a neuron that begins at
            or above its threshold is refused before it runs.
        doc: what the model is.
        cite: where it comes from.

    Raises:
        EquationError: for equations that cannot be read.
        DescriptionError: for names that are missing, unknown or used twice.
    """

    spec: NeuronSpec
    values: Mapping[str, Declaration] = field(hash=False)
    units: Units = field(hash=False)

    def __repr__(self) -> str:
        return f"Neuron({self.spec.name!r}: {', '.join(map(repr_of, self.values.items()))})"

    def __init__(
        self,
        name: str,
        *,
        flow: str,
        spike: str = "",
        reset: str = "",
        send: str = "",
        parameters: Mapping[str, Value | Learn] | None = None,
        inputs: Sequence[str] = ("I",),
        refractory: str = "",
        held: Sequence[str] = (),
        units: Mapping[str, str] | None = None,
        initial: Mapping[str, Number] | None = None,
        doc: str = "",
        cite: str = "",
    ) -> None:
        owner = f"neuron {name!r}"
        refuse_no_text(
            owner, flow=flow, spike=spike, reset=reset, refractory=refractory, doc=doc, cite=cite
        )
        refuse_no_text(owner, send=send)
        parameters = table_of(parameters, owner, "parameters")
        declared = table_of(units, owner, "units")
        inputs, held = names_of(inputs, owner, "inputs"), names_of(held, owner, "held")
        flows = derivatives(flow, f"flow of {owner}")
        names = [*targets(flows), *parameters, *inputs]
        refuse_clashes(owner, names)
        refuse_unknown(owner, "state, input or parameter", declared, names)
        scales = {n: parse_unit(declared.get(n, "1")) for n in (*targets(flows), *inputs)}
        scales |= parameter_units(parameters, declared)
        quantities, values = parameter_quantities(name, parameters, scales)
        states = tuple(quantity(n, 0.0, scales[n]) for n in targets(flows))
        spec = NeuronSpec(
            name=name,
            flow=flows,
            spike=guard(spike, f"spike of {owner}"),
            reset=assignments(reset, f"reset of {owner}"),
            states=with_initial(owner, states, initial, scales),
            parameters=quantities,
            inputs=tuple(quantity(n, 0.0, scales[n]) for n in inputs),
            refractory=refractory,
            held=held,
            doc=doc,
            cite=cite,
            source="Python",
            send=assignments(send, f"send of {owner}"),
        )
        check_neuron(spec)
        self._set(spec, values, scales)

    def _set(self, spec: NeuronSpec, values: Mapping[str, Declaration], units: Units) -> None:
        object.__setattr__(self, "spec", spec)
        object.__setattr__(self, "values", MappingProxyType(dict(values)))
        object.__setattr__(self, "units", MappingProxyType(dict(units)))

    @classmethod
    def of(cls, spec: NeuronSpec, values: Mapping[str, Declaration], units: Units) -> Neuron:
        """A neuron of a specification whose parameters all have a value."""
        made = object.__new__(cls)
        made._set(spec, values, units)
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return Neuron.of, (self.spec, dict(self.values), dict(self.units))

    def given(
        self, initial: Mapping[str, Number] | None = None, **overrides: Value | Learn
    ) -> Neuron:
        """The same model with other values; ``bias=`` adds a constant to its input.

        Raises:
            DescriptionError: for a name the model does not have, or a value out of its bounds.
        """
        spec, units = self.spec, self.units
        if BIAS in overrides and all(q.name != BIAS for q in spec.parameters):
            spec, units = biased(spec, units)
        found = declare_all(spec.name, overrides, spec.parameters, units)
        parameters = tuple(
            found[q.name].quantity(q) if q.name in found else q for q in spec.parameters
        )
        states = with_initial(f"neuron {spec.name!r}", spec.states, initial, units)
        changed = replace(spec, parameters=parameters, states=states)
        return Neuron.of(changed, {**self.values, **found}, units)

    def adjoint(self) -> Shown:
        """The equations that are run backwards for this neuron, below exponential synapses.

        ``neuron.adjoint().show()`` prints them; a notebook typesets them.

        Raises:
            DescriptionError: for unknown names, units that disagree or a guard that cannot be
                inverted.
        """
        return explain("adjoint", self)

    @property
    def spiking(self) -> bool:
        """Whether it ever spikes."""
        return self.spec.spike is not None

    def parameter_specs(self, population: str, size: int) -> tuple[ParameterSpec, ...]:
        """The parameters of a population of ``size`` such neurons, in the model's order."""
        return tuple(
            self.values[q.name].parameter(f"{population}.{q.name}", "neuron", size, q)
            for q in self.spec.parameters
        )


def neuron(
    model: str, *, initial: Mapping[str, Number] | None = None, **overrides: Value | Learn
) -> Neuron:
    """A neuron of the library by name (capitals do not matter), or of a model file by its path.

    ``gp.neuron("LIF", tau_mem=20*ms)``: parameters not named keep the values of the file.
    ``bias=``, one for the population or one per neuron, learned or not, is a constant current that
    is added to the input I of any model.

    Raises:
        DescriptionError: for an unknown model or parameter, with the closest known one.
    """
    found = load_neuron(model)
    values = default_values(found.spec.name, found.spec.parameters, found.units)
    return Neuron.of(found.spec, values, found.units).given(initial, **overrides)
