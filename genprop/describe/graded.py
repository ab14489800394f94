"""Graded connections: what of the sender's values arrives at which input, and what cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.errors import DescriptionError, did_you_mean

if TYPE_CHECKING:
    from genprop.describe.population import Population
    from genprop.describe.spec import Equation, NetworkSpec, SynapseSpec
    from genprop.describe.synapse import Synapse

__all__ = ["VALUE", "arriving", "graded_incompatibilities", "mixed"]

VALUE = "value"
"""What arrivals call the one value of a sender."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"


def arriving(synapse: SynapseSpec) -> tuple[str, str] | None:
    """(input, value) of an arrival ``"I = I + w*value"``; None where it has another form."""
    if len(synapse.arrival) != 1 or synapse.states or synapse.sender:
        return None
    equation: Equation = synapse.arrival[0]
    found = re.fullmatch(
        rf"\s*({_NAME})\s*\+\s*(?:w\s*\*\s*({_NAME})|({_NAME})\s*\*\s*w)\s*", equation.text
    )
    if found is None or found[1] != equation.target:
        return None
    return equation.target, found[2] or found[3]


def graded_incompatibilities(
    title: str, pre: Population, post: Population, synapse: Synapse
) -> list[DescriptionError]:
    """Why the values of ``pre`` cannot arrive at ``post`` through this synapse."""
    found = arriving(synapse.spec)
    if found is None:
        return [
            DescriptionError(
                f"{title}: {pre.name!r} sends values each step, and synapse {synapse.name!r} does "
                "not say which one is added to which input",
                remedy='take gp.synapse("graded"), or gp.Synapse("mine", arrival="I = I + w*a"); '
                "dynamics of a connection are those of a graded neuron between the two",
            )
        ]
    target, value = found
    faults: list[DescriptionError] = []
    inputs = [q.name for q in post.inputs]
    if target not in inputs:
        faults.append(
            DescriptionError(
                f"{title}: values arrive at {target!r}, which is no input of {post.name!r}",
                remedy=did_you_mean(target, inputs),
            )
        )
    if value not in pre.sends and not (value == VALUE and len(pre.sends) == 1):
        faults.append(
            DescriptionError(
                f"{title}: {value!r} arrives, and {pre.name!r} sends {', '.join(pre.sends)}",
                remedy=f'write arrival="{target} = {target} + w*{pre.sends[0]}"',
            )
        )
    return faults


def mixed(spec: NetworkSpec) -> Iterator[DescriptionError]:
    """What spikes or is delayed in a network whose neurons send values."""
    if not spec.graded:
        return
    for population in spec.populations:
        spikes = population.neuron is None or population.neuron.spike is not None
        if spikes and not population.sends:
            yield DescriptionError(
                f"population {population.name!r} sends spikes, in a network whose other neurons "
                "send values",
                remedy="give gp.graded() where it is a source, and send= where it is a neuron",
            )
    for projection in spec.projections:
        if projection.delay is not None:
            yield DescriptionError(
                f"{projection.name} has delays: values arrive one step after they were sent",
                remedy="leave delay out; at a fixed point no delay changes anything",
            )
