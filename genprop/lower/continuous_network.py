"""The network on the exact clock: populations in continuous time, and what losses see of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genprop.adjoint.derive import derive_population
from genprop.errors import UnsupportedError
from genprop.lower.continuous_population import continuous
from genprop.lower.convert import assignments, convert
from genprop.lower.delivery import delivery_by_step
from genprop.lower.integrals import with_integrals
from genprop.lower.loss_program import ReadoutProgram
from genprop.lower.nodes import Assign
from genprop.lower.population import used_parameters
from genprop.lower.program import PopulationProgram, ReceptorProgram
from genprop.lower.spike import lower_spike

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import sympy

    from genprop.adjoint.observation import Observation
    from genprop.adjoint.system import AdjointSystem
    from genprop.describe.spec import PopulationSpec
    from genprop.lower.clocks.base import Clock

__all__ = ["continuous_population", "continuous_readout"]

LEAST_RATE = 1e-9
"""A threshold that is grazed more slowly [1/ms] has no usable gradient even in exact arithmetic."""


def continuous_population(
    spec: PopulationSpec,
    adjoint: AdjointSystem,
    observed: Sequence[tuple[str, Observation]],
    *,
    active: bool,
    learned: frozenset[str],
    max_delays: Mapping[str, int],
    clock: Clock,
) -> PopulationProgram:
    """The population's program in continuous time; ``observed`` is what losses see, by name.

    Raises:
        UnsupportedError: for what is not linear, and for readouts that have no closed form.
    """
    system, integrals = with_integrals(adjoint.system, observed, clock)
    whole = derive_population(system) if integrals else adjoint
    _refuse_scaled(whole, learned)
    spike = lower_spike(whole, learned, LEAST_RATE) if system.guard is not None else None
    taught = [s for s, name in system.parameters.items() if name in learned and active]
    parts = continuous(system, taught, observed, integrals)
    return PopulationProgram(
        name=spec.name,
        size=spec.size,
        source=False,
        active=active,
        states=tuple(x.name for x in system.states),
        parameters=used_parameters(spec, system, learned),
        initial=tuple(Assign(x.name, convert(e)) for x, e in system.initial.items()),
        receptors=tuple(_receptors(whole, max_delays)),
        guard=convert(system.guard) if system.guard is not None else None,
        reset=assignments(system.reset),
        refractory=spike.refractory if spike else None,
        spike_tape=spike.column.tape if spike else (),
        adjoints=tuple(q.name for q in whole.adjoints.values()),
        jump=spike.jump if spike else (),
        induced=spike.induced if spike else None,
        count_jump=tuple(Assign(q.name, convert(e)) for q, e in whole.count.items()),
        continuous=parts,
        auxiliary=tuple(found.symbol.name for found in integrals.values()),
    )


def continuous_readout(observed: Observation) -> ReadoutProgram:
    """What backends ask of a readout that :class:`Continuous` describes."""
    return ReadoutProgram(
        value=convert(observed.value),
        y=None,
        stepwise=observed.stepwise,
        pooled=observed.pooled,
        spikes=observed.spikes,
    )


def _receptors(adjoint: AdjointSystem, max_delays: Mapping[str, int]) -> Iterator[ReceptorProgram]:
    system = adjoint.system
    for receptor, reverse in zip(system.receptors, adjoint.receptors, strict=True):
        yield ReceptorProgram(
            receptor.name,
            delivery_by_step(
                {x.name: convert(e) for x, e in receptor.arrival.items()},
                convert(reverse.weight),
                convert(reverse.time),
            ),
            bool(set(receptor.arrival) & set(system.held)),
            max_delays.get(receptor.name, 0),
        )


def _refuse_scaled(adjoint: AdjointSystem, learned: frozenset[str]) -> None:
    taught: dict[sympy.Symbol, str] = {
        s: name for s, name in adjoint.system.parameters.items() if name in learned
    }
    for receptor in adjoint.system.receptors:
        scaling = {s for e in receptor.arrival.values() for s in e.free_symbols if s in taught}
        if scaling:
            raise UnsupportedError(
                f"arrivals are scaled by {', '.join(sorted(map(str, scaling)))}, which learns",
                where=f"receptor {receptor.name} of population {adjoint.system.population}",
                remedy="write the arrival without parameters (I = I + w) and scale the output",
            )
