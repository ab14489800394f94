"""The whole network in steps: from the adjoint to the Program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.lower.clocks.base import refuse_uncountable
from genprop.lower.continuous_network import continuous_population
from genprop.lower.delivery import with_values
from genprop.lower.given import FRACTION, crossing_name
from genprop.lower.loss import lower_loss
from genprop.lower.nodes import names_in
from genprop.lower.population import lower_population, lower_source
from genprop.lower.program import PopulationProgram, Program, ProjectionProgram, SenderProgram
from genprop.lower.sender import lower_sender
from genprop.lower.update import lower_update

if TYPE_CHECKING:
    from genprop.adjoint.observation import Observation
    from genprop.adjoint.system import AdjointNetwork
    from genprop.describe.spec import NetworkSpec, PopulationSpec, ProjectionSpec
    from genprop.lower.clocks.base import Clock
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.spike import SpikeProgram

__all__ = ["lower"]


def lower(
    spec: NetworkSpec,
    adjoint: AdjointNetwork,
    *,
    clock: Clock,
    solver: str = "exact",
) -> Program:
    """The Program of ``spec`` on ``clock``."""
    active = _active(spec)
    learned = frozenset(p.name for p in spec.parameters() if p.learned)
    names = _loss_names(spec)
    populations: list[PopulationProgram] = []
    spikes: dict[str, SpikeProgram | None] = {}
    for population in spec.populations:
        name = population.name
        if population.neuron is None:
            populations.append(lower_source(population))
            continue
        delays = _max_delays(spec, name, clock)
        if not clock.rounds:
            spikes[name] = None
            program = continuous_population(
                population,
                adjoint.populations[name],
                _observed(name, names, adjoint),
                active=name in active,
                learned=learned,
                max_delays=delays,
                clock=clock,
            )
        else:
            program, spikes[name] = lower_population(
                population,
                adjoint.populations[name],
                active=name in active,
                learned=learned,
                max_delays=delays,
                solver=solver,
                clock=clock,
            )
        populations.append(program)
    carrying = _carrying(spec) if clock.rounds else {}
    losses = tuple(_losses(names, spec, adjoint, spikes, learned, clock))
    return Program(
        name=spec.name,
        digest=spec.digest(),
        clock=clock,
        solver=solver,
        populations=tuple(
            _with_values(_with_tape(p, spikes.get(p.name)), carrying.get(p.name, frozenset()))
            for p in populations
        ),
        projections=tuple(_projection(p, active, clock) for p in spec.projections),
        losses=losses,
        updates=tuple(lower_update(u) for u in spec.updates),
        senders=tuple(_senders(spec, adjoint, active)),
    )


def _loss_names(spec: NetworkSpec) -> tuple[str, ...]:
    names: list[str] = []
    for index, term in enumerate(spec.loss):
        name = f"{term.kind}:{term.readout.population}"
        if any(f"{t.kind}:{t.readout.population}" == name for t in spec.loss[:index]):
            name = f"{name}.{index + 1}"
        names.append(name)
    return tuple(names)


def _observed(
    population: str, names: tuple[str, ...], adjoint: AdjointNetwork
) -> list[tuple[str, Observation]]:
    found = zip(names, (loss.observation for loss in adjoint.loss), strict=True)
    return [(name, o) for name, o in found if o.population == population]


def _losses(
    names: tuple[str, ...],
    spec: NetworkSpec,
    adjoint: AdjointNetwork,
    spikes: dict[str, SpikeProgram | None],
    learned: frozenset[str],
    clock: Clock,
) -> Iterator[LossProgram]:
    for name, term, loss in zip(names, spec.loss, adjoint.loss, strict=True):
        population = term.readout.population
        spike = spikes[population]
        columns = spike.column if spike else None
        yield lower_loss(name, loss, adjoint.populations[population], columns, learned, clock)


def _with_tape(program: PopulationProgram, spike: SpikeProgram | None) -> PopulationProgram:
    if spike is None:
        return program
    tape = spike.column.tape
    read = {name for column in tape for name in names_in(column.value)}
    crossing = tuple(x for x in program.states if crossing_name(x) in read)
    if FRACTION in read and not crossing:  # the time of the crossing is read, and no state there
        crossing = tuple(x.name for x in spike.column.at_guard)
    return replace(program, spike_tape=tape, crossing=crossing)


def _senders(
    spec: NetworkSpec, adjoint: AdjointNetwork, active: frozenset[str]
) -> Iterator[SenderProgram]:
    for p in spec.projections:
        if p.sender:
            post, feedback = p.post in active, {p.pre, p.post} <= active
            yield lower_sender(p, adjoint.senders[p.name], post_active=post, feedback=feedback)


def _carrying(spec: NetworkSpec) -> dict[str, frozenset[str]]:
    """By population, the receptors at which spikes arrive that carry values."""
    found: dict[str, frozenset[str]] = {}
    for p in spec.projections:
        if p.sender:
            found[p.post] = found.get(p.post, frozenset()) | {p.receptor}
    return found


def _with_values(program: PopulationProgram, receptors: frozenset[str]) -> PopulationProgram:
    if not receptors:
        return program
    valued = (
        replace(r, delivery=with_values(r.delivery)) if r.name in receptors else r
        for r in program.receptors
    )
    return replace(program, receptors=tuple(valued))


def _projection(
    projection: ProjectionSpec, active: frozenset[str], clock: Clock
) -> ProjectionProgram:
    post_active = projection.post in active
    delay = projection.delay
    return ProjectionProgram(
        name=projection.name,
        pre=projection.pre,
        post=projection.post,
        receptor=projection.receptor,
        connectivity=projection.pattern.kind,
        weight=projection.weight.name,
        delay=delay.name if delay is not None else "",
        max_delay_steps=_longest_delay(projection, clock),
        learn_weight=projection.weight.learned and post_active,
        learn_delay=delay is not None and delay.learned and post_active,
        feedback=projection.pre in active and post_active,
    )


def _max_delays(spec: NetworkSpec, population: str, clock: Clock) -> dict[str, int]:
    longest: dict[str, int] = {}
    for p in spec.projections:
        if p.post == population:
            longest[p.receptor] = max(longest.get(p.receptor, 0), _longest_delay(p, clock))
    return longest


def _longest_delay(projection: ProjectionSpec, clock: Clock) -> int:
    """In steps.

    Raises:
        DescriptionError: for a projection whose longest delay has more of them than 32 bits count.
    """
    if projection.delay is None:
        return 0
    longest, where = projection.max_delay, f"projection {projection.name}"
    refuse_uncountable("a delay of up to", longest, clock.dt, where)
    return clock.longest_delay(longest)


def _active(spec: NetworkSpec) -> frozenset[str]:
    """Populations that need an adjoint: the loss depends on them, what is learned acts on them."""
    observed = {term.readout.population for term in spec.loss}
    causes = _closure(observed, [(p.post, p.pre) for p in spec.projections])
    taught = {p.name for p in spec.populations if _learns(p)} | {
        p.post
        for p in spec.projections
        if p.weight.learned
        or (p.delay is not None and p.delay.learned)
        or any(q.learned for q in p.sender_parameters)
    }
    affected = _closure(taught, [(p.pre, p.post) for p in spec.projections])
    sources = {p.name for p in spec.populations if p.neuron is None}
    return frozenset((causes & affected) - sources)


def _learns(population: PopulationSpec) -> bool:
    own = any(p.learned for p in population.parameters)
    return own or any(p.learned for r in population.receptors for p in r.parameters)


def _closure(start: set[str], arrows: list[tuple[str, str]]) -> set[str]:
    found = set(start)
    while more := {b for a, b in arrows if a in found} - found:
        found |= more
    return found
