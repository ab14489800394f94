"""What every model must hold, whether it was written in Python or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.describe.model import refuse_unknown, targets
from genprop.describe.sender import check_sender
from genprop.errors import DescriptionError, DimensionError, did_you_mean
from genprop.units import dimension_name, parse_unit

if TYPE_CHECKING:
    from genprop.describe.spec import NeuronSpec, SynapseSpec, UpdateSpec

__all__ = ["check_neuron", "check_synapse", "check_update"]


def check_neuron(spec: NeuronSpec) -> None:
    """Refuse resets, refractoriness and held states that name what is not there."""
    owner, states = f"neuron {spec.name!r}", [q.name for q in spec.states]
    parameters = {q.name: q for q in spec.parameters}
    if not spec.flow:
        raise DescriptionError(f"{owner} has no flow", remedy='write flow="dv/dt = …"')
    refuse_unknown(f"the reset of {owner}", "state", targets(spec.reset), states)
    refuse_unknown(f"held of {owner}", "state", spec.held, states)
    if spec.refractory:
        refuse_unknown(f"refractory of {owner}", "parameter", [spec.refractory], parameters)
        dimension = parameters[spec.refractory].dimension
        if dimension != parse_unit("ms").dimension:
            raise DimensionError(
                f"{owner}: the refractory period {spec.refractory!r} must be a time, "
                f"it is in {dimension_name(dimension)}"
            )
    if bool(spec.refractory) != bool(spec.held):
        raise DescriptionError(
            f"{owner}: refractory (how long) and held (the states that stand still) go together",
            remedy='give both: refractory="tau_ref", held=("v",)',
        )
    if spec.spike is None and (spec.reset or spec.refractory):
        raise DescriptionError(f"{owner} never spikes, but has a reset or is refractory")
    _check_send(spec, owner)


def check_synapse(spec: SynapseSpec) -> None:
    """Refuse a synapse on which nothing arrives, or whose states lead nowhere."""
    owner, states = f"synapse {spec.name!r}", [q.name for q in spec.states]
    if not spec.arrival:
        raise DescriptionError(
            f"{owner} has no arrival", remedy='say what a spike adds: arrival="I = I + w"'
        )
    if states:
        refuse_unknown(f"the arrival of {owner}", "state", targets(spec.arrival), states)
    if bool(states) != (spec.output is not None):
        raise DescriptionError(
            f"{owner}: states and output go together",
            remedy='with states, say what drives the neuron: output="I"; without, leave it empty',
        )
    if spec.output is not None and not spec.input:
        raise DescriptionError(
            f"{owner} has an output but no input to add it to", remedy='write input="I"'
        )
    check_sender(spec)


def _check_send(spec: NeuronSpec, owner: str) -> None:
    """Refuse a graded neuron that spikes too, and values called like something else."""
    if spec.send and spec.spike is not None:
        raise DescriptionError(
            f"{owner} spikes and sends values",
            remedy="leave spike and reset out, or send; a value at spikes is the synapse's: "
            "gp.Synapse(sender_spike=…)",
        )
    own = {q.name for q in (*spec.states, *spec.parameters, *spec.inputs)}
    if clashing := sorted(own.intersection(targets(spec.send))):
        raise DescriptionError(
            f"{owner} sends {clashing[0]!r}, which is a state, parameter or input already",
            remedy="give the value a name of its own, as in send='out = u'",
        )


def check_update(spec: UpdateSpec) -> None:
    """Refuse an optimiser that does not set x, or sets what is no state."""
    owner, states = f"update {spec.name!r}", [q.name for q in spec.states]
    for name in targets(spec.equations):
        if name not in (*states, "x"):
            raise DescriptionError(
                f"{owner} sets {name!r}, which is no state", remedy=did_you_mean(name, states)
            )
    if "x" not in targets(spec.equations):
        raise DescriptionError(
            f"{owner} never sets x, the parameter", remedy='end it with "x = x - …"'
        )
