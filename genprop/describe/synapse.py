"""Synapses: what an arriving spike adds, how it decays, and what of it drives the neuron."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from genprop.describe.check import check_synapse
from genprop.describe.declaration import Declaration, repr_of
from genprop.describe.library import load_synapse
from genprop.describe.model import (
    Units,
    declare_all,
    default_values,
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
from genprop.describe.sender import sender_of, sender_parameters, without_sender
from genprop.describe.spec import ParameterSpec, QuantitySpec, SynapseSpec
from genprop.describe.text import assignments, check_identifier, derivatives, right_side
from genprop.errors import DescriptionError, did_you_mean
from genprop.units import Quantity, parse_unit

if TYPE_CHECKING:
    from genprop.describe.initial import Learn, Number, Value

__all__ = ["Synapse", "synapse"]

WEIGHT = "w"
"""The weight of the arriving spike, in arrivals."""


@dataclass(frozen=True, slots=True, init=False)
class Synapse:
    """A synapse model with the values of its parameters; it never changes.

    Args:
        name: the receptor's name.
        arrival: ``"I = I + w"``, of the synapse's own states or, without any, of the neuron's.
        flow: ``"dI/dt = -I/tau"``; empty for synapses without state.
        output: what is added to the neuron's input, ``"I"``.
        input: that input.
        parameters: like those of :class:`~genprop.describe.neuron.Neuron`; those that the sender's
            side reads are the projection's (``"hidden->out.U"``), one value or one per sender.
        sender_flow: of states on the sender's side, one set per sending neuron and projection, as
            in short-term plasticity: ``"du/dt = -u/tau_f;  dx/dt = (1 - x)/tau_d"``.
        sender_spike: what the sender's spike does to them, in the order in which it is written:
            ``"u = u + U*(1 - u);  value = u*x;  x = x - u*x"``; its weights are multiplied by
            ``value``.
        initial: states at t = 0 (else 0).
        units: of states and parameters, by name.
        doc: what the model is.
        cite: where it comes from.
    """

    name: str
    spec: SynapseSpec
    values: Mapping[str, Declaration] = field(hash=False)
    units: Units = field(hash=False)

    def __repr__(self) -> str:
        return f"Synapse({self.spec.name!r}: {', '.join(map(repr_of, self.values.items()))})"

    def __init__(
        self,
        name: str,
        *,
        arrival: str,
        flow: str = "",
        output: str = "",
        input: str = "I",
        parameters: Mapping[str, Value | Learn] | None = None,
        sender_flow: str = "",
        sender_spike: str = "",
        initial: Mapping[str, Number] | None = None,
        units: Mapping[str, str] | None = None,
        doc: str = "",
        cite: str = "",
    ) -> None:
        owner = f"synapse {name!r}"
        refuse_no_text(owner, arrival=arrival, flow=flow, output=output, input=input)
        refuse_no_text(
            owner, sender_flow=sender_flow, sender_spike=sender_spike, doc=doc, cite=cite
        )
        parameters = table_of(parameters, owner, "parameters")
        declared = table_of(units, owner, "units")
        flows = derivatives(flow, f"flow of {owner}")
        sent = derivatives(sender_flow, f"sender_flow of {owner}")
        names = [*targets((*flows, *sent)), *parameters]
        refuse_clashes(owner, [*names, WEIGHT])
        refuse_unknown(owner, "state or parameter", declared, names)
        scales = {n: parse_unit(declared.get(n, "1")) for n in targets((*flows, *sent))}
        scales |= parameter_units(parameters, declared)
        quantities, values = parameter_quantities(name, parameters, scales)
        blank = tuple(quantity(n, 0.0, scales[n]) for n in targets((*flows, *sent)))
        states = with_initial(owner, blank, initial, scales)
        spec = SynapseSpec(
            name=name,
            flow=flows,
            arrival=assignments(arrival, f"arrival of {owner}"),
            output=right_side(input, output, f"output of {owner}"),
            input=input if output else "",
            states=states[: len(flows)],
            parameters=quantities,
            doc=doc,
            cite=cite,
            source="Python",
            sender=sender_of(
                sent, assignments(sender_spike, f"sender_spike of {owner}"), states, quantities
            ),
        )
        check_synapse(spec)
        self._set(name, spec, values, scales)

    def _set(
        self, name: str, spec: SynapseSpec, values: Mapping[str, Declaration], units: Units
    ) -> None:
        check_identifier(name, "synapse")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "spec", spec)
        object.__setattr__(self, "values", MappingProxyType(dict(values)))
        object.__setattr__(self, "units", MappingProxyType(dict(units)))

    @classmethod
    def of(
        cls, name: str, spec: SynapseSpec, values: Mapping[str, Declaration], units: Units
    ) -> Synapse:
        """A synapse of a specification whose parameters all have a value."""
        made = object.__new__(cls)
        made._set(name, spec, values, units)
        return made

    def __reduce__(self) -> tuple[object, ...]:
        return Synapse.of, (self.name, self.spec, dict(self.values), dict(self.units))

    def given(self, name: str | None = None, **overrides: Value | Learn) -> Synapse:
        """The same model with other values, or under another name.

        Raises:
            DescriptionError: for a name the model does not have, or a value out of its bounds.
        """
        found = declare_all(self.spec.name, overrides, self.spec.parameters, self.units)
        parameters = tuple(
            found[q.name].quantity(q) if q.name in found else q for q in self.spec.parameters
        )
        values = {q.name: q for q in parameters}
        sender = self.spec.sender
        if sender:
            read_by_it = tuple(values[q.name] for q in sender.parameters)
            sender = replace(sender, parameters=read_by_it)
        changed = replace(self.spec, parameters=parameters, sender=sender)
        return Synapse.of(name or self.name, changed, {**self.values, **found}, self.units)

    @property
    def receiving(self) -> Synapse:
        """The receiving side alone, of which receptors are made."""
        spec = without_sender(self.spec)
        values = {q.name: self.values[q.name] for q in spec.parameters}
        units = {q.name: self.units[q.name] for q in (*spec.states, *spec.parameters)}
        return Synapse.of(self.name, spec, values, units)

    def target(self, neuron_states: tuple[QuantitySpec, ...]) -> QuantitySpec:
        """The state whose dimension the weight has: the synapse's own, else the neuron's."""
        return {q.name: q for q in (*neuron_states, *self.spec.states)}[self.spec.arrival[0].target]

    def parameter_specs(self, prefix: str, size: int) -> tuple[ParameterSpec, ...]:
        """The parameters of the receptor ``prefix`` (``"hidden.exp"``) on ``size`` neurons."""
        return tuple(
            self.values[q.name].parameter(f"{prefix}.{q.name}", "synapse", size, q)
            for q in self.spec.parameters
        )

    def sender_specs(self, projection: str, senders: int) -> tuple[ParameterSpec, ...]:
        """The sender's parameters of ``projection``: one value each, or one per sending neuron."""
        found = (
            self.values[q.name].parameter(f"{projection}.{q.name}", "synapse", senders, q)
            for q in sender_parameters(self.spec)
        )
        return tuple(replace(p, per_neuron=True) for p in found)


def synapse(
    model: str,
    *,
    name: str | None = None,
    units: Mapping[str, str] | None = None,
    **overrides: Value | Learn,
) -> Synapse:
    """A synapse of the library by name, or of a model file by its path.

    ``gp.synapse("exp", tau=5*ms)``: parameters not named keep the values of the file.

    ``units`` gives its states another unit (``{"I": "nA"}``) where the neuron's input has one.

    Raises:
        DescriptionError: for an unknown model or parameter, with the closest known one.
    """
    found = load_synapse(model)
    spec, scales = _with_units(
        found.spec, table_of(units, f"synapse {model!r}", "units"), dict(found.units)
    )
    values = default_values(spec.name, spec.parameters, scales)
    return Synapse.of(name or spec.name, spec, values, scales).given(None, **overrides)


def _with_units(
    spec: SynapseSpec, units: Mapping[str, str], scales: dict[str, Quantity]
) -> tuple[SynapseSpec, dict[str, Quantity]]:
    states = {q.name for q in spec.states}
    for name in units:
        if name not in states:
            raise DescriptionError(
                f"synapse {spec.name!r} has no state {name!r}", remedy=did_you_mean(name, states)
            )
    found = {name: parse_unit(text) for name, text in units.items()}
    changed = tuple(
        replace(q, dimension=found[q.name].dimension) if q.name in found else q for q in spec.states
    )
    return replace(spec, states=changed), {**scales, **found}
