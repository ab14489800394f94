"""One population in steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from genprop.equations.algebra import symbols
from genprop.lower.convert import assignments, convert
from genprop.lower.hoist import Hoister
from genprop.lower.nodes import Assign, names_in
from genprop.lower.program import (
    Constant,
    PopulationProgram,
    Propagator,
    ReceptorProgram,
    UsedParameter,
)
from genprop.lower.solvers import solve
from genprop.lower.spike import SpikeProgram, lower_spike, with_jump

if TYPE_CHECKING:
    from genprop.adjoint.system import AdjointSystem
    from genprop.describe.spec import ParameterSpec, PopulationSpec
    from genprop.equations.system import HybridSystem
    from genprop.lower.clocks.base import Clock

__all__ = ["lower_population", "lower_source", "used_parameters"]


def lower_source(spec: PopulationSpec) -> PopulationProgram:
    """A source of spikes."""
    return PopulationProgram(spec.name, spec.size, source=True)


def lower_population(
    spec: PopulationSpec,
    adjoint: AdjointSystem,
    *,
    active: bool,
    learned: frozenset[str],
    max_delays: Mapping[str, int],
    solver: str,
    clock: Clock,
) -> tuple[PopulationProgram, SpikeProgram | None]:
    """The population's program without its spike tape, which losses may still add columns to.

    ``max_delays`` are steps by receptor; ``learned`` flat names of parameters.
    """
    system = adjoint.system
    used = used_parameters(spec, system, learned)
    per_neuron = frozenset(p.local for p in used if p.per_neuron)
    hoist = Hoister(system.parameters)
    solution = solve(adjoint, learned if active else frozenset(), solver, clock.dt)
    location = solution.location
    spike = lower_spike(adjoint, learned, step=clock.dt) if system.guard is not None else None
    if location is not None:
        location = with_jump(location, adjoint, learned)
    receptors = tuple(_receptors(adjoint, hoist, max_delays, clock))
    program = PopulationProgram(
        name=spec.name,
        size=spec.size,
        source=False,
        active=active,
        states=tuple(x.name for x in system.states),
        parameters=used,
        constants=tuple(
            Constant(name, convert(e), _reads({x.name for x in symbols(e)}, per_neuron))
            for name, e in hoist.definitions()
        ),
        propagators=tuple(_spread(p, per_neuron) for p in solution.propagators),
        initial=tuple(Assign(x.name, convert(e)) for x, e in system.initial.items()),
        receptors=receptors,
        step=solution.step,
        held_step=solution.held_step,
        guard=convert(system.guard) if system.guard is not None else None,
        rising=system.rising,
        reset=assignments(system.reset),
        refractory=spike.refractory if spike else None,
        step_tape=solution.tape if active else (),
        before_tape=_before(adjoint) if active else (),
        adjoints=tuple(q.name for q in adjoint.adjoints.values()),
        backward_step=solution.backward_step,
        backward_held_step=solution.backward_held_step,
        jump=spike.jump if spike else (),
        induced=spike.induced if spike else None,
        count_jump=tuple(Assign(q.name, convert(e)) for q, e in adjoint.count.items()),
        location=location,
    )
    return program, spike


def _receptors(
    adjoint: AdjointSystem, hoist: Hoister, max_delays: Mapping[str, int], clock: Clock
) -> Iterator[ReceptorProgram]:
    system = adjoint.system
    for receptor, reverse in zip(system.receptors, adjoint.receptors, strict=True):
        yield ReceptorProgram(
            receptor.name,
            clock.delivery(
                {x.name: hoist.nodes(e) for x, e in receptor.arrival.items()},
                hoist.nodes(reverse.weight),
                hoist.nodes(reverse.time),
            ),
            bool(set(receptor.arrival) & set(system.held)),
            max_delays.get(receptor.name, 0),
        )


def _before(adjoint: AdjointSystem) -> tuple[str, ...]:
    """The states before an arrival that its time sensitivity reads."""
    states = set(adjoint.system.states)
    read = [symbols(receptor.time) & states for receptor in adjoint.receptors]
    return tuple(sorted({x.name for found in read for x in found}))


def used_parameters(
    spec: PopulationSpec, system: HybridSystem, learned: frozenset[str]
) -> tuple[UsedParameter, ...]:
    """The parameters that expressions of the population read."""
    by_name = {p.name: p for p in _parameters(spec)}
    return tuple(
        UsedParameter(name, s.name, bool(by_name[name].shape), name in learned)
        for s, name in system.parameters.items()
    )


def _parameters(spec: PopulationSpec) -> Iterable[ParameterSpec]:
    yield from spec.parameters
    for receptor in spec.receptors:
        yield from receptor.parameters


def _spread(propagator: Propagator, per_neuron: frozenset[str]) -> Propagator:
    read = {n for row in propagator.matrix for e in row for n in names_in(e)}
    return Propagator(
        propagator.matrix, propagator.entries, propagator.derivatives, _reads(read, per_neuron)
    )


def _reads(names: set[str], per_neuron: frozenset[str]) -> bool:
    return bool(names & per_neuron)
