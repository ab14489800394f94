"""Whether what a loss looks at is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.errors import DescriptionError, did_you_mean

if TYPE_CHECKING:
    from genprop.describe.spec import LossTermSpec, NetworkSpec, PopulationSpec

__all__ = ["check_loss"]


def check_loss(network: NetworkSpec) -> Iterator[DescriptionError]:
    """What is wrong with the readouts of the loss terms."""
    populations = {p.name: p for p in network.populations}
    for term in network.loss:
        name = term.readout.population
        if name not in populations:
            yield DescriptionError(
                f"the loss {term.kind} looks at population {name!r}, which is not there",
                remedy=did_you_mean(name, populations),
            )
            continue
        yield from _check_readout(term, populations[name])


def _check_readout(term: LossTermSpec, population: PopulationSpec) -> Iterator[DescriptionError]:
    readout, neuron = term.readout, population.neuron
    what = f"the loss {term.kind}"
    if neuron is None:
        yield DescriptionError(f"{what} looks at {population.name!r}, a source of given spikes")
        return
    if not readout.state and neuron.spike is None and not population.sends:
        yield DescriptionError(
            f"{what} looks at spikes of {population.name!r}, which never spikes",
            remedy="look at a state: gp.integral(population, 'v')",
        )
    states = [q.name for q in neuron.states] + [
        f"{q.name}{r.suffix}" for r in population.receptors for q in r.synapse.states
    ]
    states += population.sends
    if readout.state and readout.state not in states:
        yield DescriptionError(
            f"{what} looks at state {readout.state!r} of {population.name!r}, which is not there",
            remedy=did_you_mean(readout.state, states),
        )
