"""The frozen description as text: what is there, how large, what is learned and how it starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.units import dimension_name

if TYPE_CHECKING:
    from genprop.describe.spec import (
        LossTermSpec,
        NetworkSpec,
        NeuronSpec,
        ParameterSpec,
        PopulationSpec,
        ProjectionSpec,
        SynapseSpec,
    )

__all__ = ["spec_text"]


def spec_text(spec: NetworkSpec) -> str:
    """Populations, projections, losses and optimisers, with their parameters below."""
    parts = [f"network {spec.name}  (digest {spec.digest()[:16]})"]
    for population in spec.populations:
        parts += _population(population)
    for projection in spec.projections:
        parts += _projection(projection)
    parts += [_loss(term) for term in spec.loss]
    for update in spec.updates:
        settings = ", ".join(f"{q.name} {q.value:g}" for q in update.settings)
        parts.append(f"update {update.name} ({settings}) of {', '.join(update.parameters)}")
    return "\n".join(parts)


def _population(population: PopulationSpec) -> Iterator[str]:
    if population.neuron is None:
        yield f"source {population.name}: {population.size} channels"
        return
    yield f"population {population.name}: {population.size} × {population.neuron.name}"
    yield from (f"  {line}" for line in _equations(population.neuron))
    yield from (f"  {_parameter(p)}" for p in population.parameters)
    for receptor in population.receptors:
        yield f"  receptor {receptor.name}: {receptor.synapse.name}"
        yield from (f"    {line}" for line in _equations(receptor.synapse))
        yield from (f"    {_parameter(p)}" for p in receptor.parameters)


def _equations(model: NeuronSpec | SynapseSpec) -> Iterator[str]:
    """The equations as they were written."""
    yield from (f"d{e.target}/dt = {e.text}" for e in model.flow)
    spike = getattr(model, "spike", None)
    if spike is not None:
        yield f"spike: {spike.text}"
    for what in ("reset", "arrival"):
        yield from (f"{what}: {e.target} = {e.text}" for e in getattr(model, what, ()))


def _projection(projection: ProjectionSpec) -> Iterator[str]:
    pattern = projection.pattern
    count = projection.weight.shape[0]
    kind = pattern.kind if pattern.kind == "dense" else f"{count} synapses"
    yield f"projection {projection.name}: {kind}, to receptor {projection.receptor}"
    yield f"  {_parameter(projection.weight)}"
    if projection.delay is not None:
        yield f"  {_parameter(projection.delay)}, at most {projection.max_delay:g} ms"
    if projection.sender:
        yield "  on the sender's side, once per sending neuron:"
        yield from (f"    d{e.target}/dt = {e.text}" for e in projection.sender.flow)
        yield from (f"    at its spike: {e.target} = {e.text}" for e in projection.sender.spike)
        yield from (f"    {_parameter(p)}" for p in projection.sender_parameters)


def _parameter(parameter: ParameterSpec) -> str:
    shape = "×".join(map(str, parameter.shape)) or "one value"
    unit = dimension_name(parameter.dimension)
    start = repr(parameter.initial)
    start = start if len(start) <= 80 else f"{type(parameter.initial).__name__}(…)"
    text = f"{parameter.key}: {shape}{'' if unit == '1' else f' [{unit}]'}, from {start}"
    if not parameter.learned:
        return text
    low, high = parameter.minimum, parameter.maximum
    bounds = f" in [{'−∞' if low is None else low}, {'∞' if high is None else high}]"
    return f"{text}, learned{bounds if (low, high) != (None, None) else ''}"


def _loss(term: LossTermSpec) -> str:
    readout = term.readout
    state = f".{readout.state}" if readout.state else ""
    options = "".join(f", {name} {value:g}" for name, value in term.options)
    return (
        f"loss {term.coefficient:g} × {term.kind} of {readout.kind} "
        f"{readout.population}{state}{options}"
    )
