"""What a synapse keeps on the sender's side: states per sending neuron that scale what it sends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.describe.model import targets
from genprop.describe.modelspec import QuantitySpec, SenderSpec
from genprop.errors import DescriptionError, did_you_mean, refuse_if

if TYPE_CHECKING:
    from genprop.describe.modelspec import Equation, SynapseSpec

__all__ = ["VALUE", "check_sender", "sender_of", "sender_parameters", "without_sender"]

VALUE = "value"
"""What the sender's spike sets, and by which the weight is multiplied."""


def sender_of(
    flow: tuple[Equation, ...],
    spike: tuple[Equation, ...],
    states: Iterable[QuantitySpec],
    parameters: Iterable[QuantitySpec],
) -> SenderSpec | tuple[()]:
    """The sender's side of a synapse, of all its states and parameters; nothing where it has none.

    Args:
        flow: of the sender's states.
        spike: what the sender's spike does, in order; one line sets ``value``.
        states: of both sides.
        parameters: of both sides; the sender's are those that its equations read.
    """
    if not flow and not spike:
        return ()
    own, read_by_it = set(targets(flow)), _words((*flow, *spike))
    return SenderSpec(
        flow=flow,
        spike=spike,
        states=tuple(q for q in states if q.name in own),
        parameters=tuple(q for q in parameters if q.name in read_by_it),
    )


def without_sender(spec: SynapseSpec) -> SynapseSpec:
    """The receiving side alone: what the receptor is made of."""
    if not spec.sender:
        return spec
    own = {q.name for q in spec.sender.parameters}
    return replace(
        spec, sender=(), parameters=tuple(q for q in spec.parameters if q.name not in own)
    )


def sender_parameters(spec: SynapseSpec) -> tuple[QuantitySpec, ...]:
    """The parameters that the sender's side reads."""
    return spec.sender.parameters if spec.sender else ()


def check_sender(spec: SynapseSpec) -> None:
    """Refuse a sender's side that sets what is not there, no value, or is mixed with the other."""
    if spec.sender:
        refuse_if(_findings(spec, spec.sender, f"synapse {spec.name!r}"))


def _findings(spec: SynapseSpec, sender: SenderSpec, owner: str) -> Iterator[DescriptionError]:
    states = [q.name for q in sender.states]
    if not sender.flow or not sender.spike:
        yield DescriptionError(
            f"{owner}: sender_flow (how the sender's states move) and sender_spike (what its "
            "spike does) go together",
            remedy='give both, as sender_flow="dx/dt = (1 - x)/tau" and '
            'sender_spike="value = x; x = x - U*x"',
        )
        return
    if VALUE in states:
        yield DescriptionError(f"{owner}: {VALUE!r} is what is sent, so no state can be called so")
    for name in targets(sender.spike):
        if name not in (*states, VALUE):
            yield DescriptionError(
                f"{owner}: its sender's spike sets {name!r}, which is no state of the sender",
                remedy=did_you_mean(name, (*states, VALUE)),
            )
    if VALUE not in targets(sender.spike):
        yield DescriptionError(
            f"{owner}: its sender's spike does not say what is sent",
            remedy="set value, by which weights are multiplied, as value = u*x",
        )
    receiving = (*spec.flow, *spec.arrival, *([spec.output] if spec.output is not None else []))
    mixed = _words(receiving) & {*states, *(q.name for q in sender.parameters)}
    for name in sorted(mixed):
        yield DescriptionError(
            f"{owner}: {name!r} stands on the sender's side, and the equations of the receiving "
            "side read it too, which is another neuron",
            remedy="let value carry what depends on the sender's states, as value = u*x and I = I "
            "+ w, and give each side parameters of its own",
        )


def _words(equations: Iterable[Equation]) -> set[str]:
    return {word for e in equations for word in re.findall(r"[A-Za-z_]\w*", e.text)}
