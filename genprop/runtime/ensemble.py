"""Networks that were trained apart, as one network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from genprop._checks import refuse_unlike_all
from genprop.describe.spec import NetworkSpec
from genprop.describe.text import check_title
from genprop.equations.affine import refuse_unless_affine
from genprop.errors import ConfigurationError, DescriptionError, UnsupportedError
from genprop.runtime.compile import simulator_of
from genprop.runtime.part import Part

if TYPE_CHECKING:
    from genprop.describe.spec import LossTermSpec
    from genprop.runtime.simulator import Simulator

__all__ = ["ensemble"]


def ensemble(parts: Sequence[Simulator], *, name: str = "ensemble") -> Simulator:
    """The networks ``parts`` side by side, as one that observes the mean of what they observe.

    All hear the same sources; populations and projections of part k are those of the part, their
    names followed by ``_k``. They project to one readout with weights divided by the number of
    parts, so that each state of the readout is the mean of what it is in the parts, at every time:
    its equations are affine in what arrives. So scores are the mean of the parts' under integrals,
    final values and traces, and are not under a maximum. Parts may differ in everything else:
    sizes, models, delays, seeds.

    The network runs, is evaluated, saved and retargeted like any other. Its parameters are what
    the parts run with now. None is learned; what derived them (Dale's principle, positions, …) is
    left behind, as are terms of the loss that look at other populations than readouts.

    Args:
        parts: compiled networks with the same sources, readouts, loss, dt, duration and clock.
        name: of the network.

    Raises:
        ConfigurationError: without parts, or for parts of another dt, duration, clock or solver.
        DescriptionError: for parts whose sources, readouts or losses differ.
        UnsupportedError: for readouts that spike, send, or are not affine in what arrives.

    Example:
        >>> parts = [gp.experiment.open_run(f"runs/seed={k}")[0] for k in (1, 2, 3)]
        >>> gp.evaluate(gp.ensemble(parts), test).accuracy
    """
    refuse_unlike_all(parts, "spec program topology arrays", "ensemble(parts)", "simulators")
    if not parts:
        raise ConfigurationError("an ensemble of no networks", remedy="give one or more simulators")
    first, (loss, readouts) = parts[0], _observed(parts[0])
    refuse_unless_affine(first.spec, readouts)
    common = readouts | {p.name for p in first.spec.populations if p.neuron is None}
    members = [Part(sim, f"_{k}", common, len(parts)) for k, sim in enumerate(parts)]
    for number, (sim, member) in enumerate(zip(parts, members, strict=True)):
        _refuse_other_terms(first, sim, number)
        member.refuse_other_interface(members[0], number)
    spec = NetworkSpec(
        check_title(name, "ensemble"),
        (*members[0].shared(), *(p for m in members for p in m.own())),
        tuple(p for m in members for p in m.projections()),
        loss,
        papers=tuple(dict.fromkeys(paper for sim in parts for paper in sim.spec.papers)),
    )
    _refuse_names_twice(spec)
    clock, solver = first.program.clock, first.program.solver
    return simulator_of(
        spec, clock, solver, first.target, (), first.batch, first.seed, first.events
    )


def _observed(sim: Simulator) -> tuple[tuple[LossTermSpec, ...], frozenset[str]]:
    """The terms of the loss that look at readouts, and those readouts.

    Raises:
        UnsupportedError: without such a term; a budget of spikes is none.
    """
    terms = tuple(term for term in sim.spec.loss if term.kind != "spike_budget")
    if not terms:
        raise UnsupportedError(
            "without a loss that looks at a readout there is nothing to take the mean of",
            where="ensemble(parts)",
            remedy="compile the parts with the loss that they were trained with",
        )
    return terms, frozenset(term.readout.population for term in terms)


def _refuse_other_terms(first: Simulator, part: Simulator, number: int) -> None:
    """Refuse another clock, or another loss."""
    for what, mine, theirs in (
        ("dt", first.dt, part.dt),
        ("duration", first.duration, part.duration),
        ("clock", first.program.clock.name, part.program.clock.name),
        ("solver", first.program.solver, part.program.solver),
        ("events", first.events, part.events),
    ):
        if mine != theirs:
            raise ConfigurationError(
                f"part {number} has {what} {theirs}, part 0 has {mine}",
                where="ensemble(parts)",
                remedy="part.on(clock=…, dt=…) compiles a network anew",
            )
    if _observed(part) != _observed(first):
        raise DescriptionError(
            f"part {number} has another loss than part 0",
            where="ensemble(parts)",
            remedy="compile the parts with one loss, on one readout",
        )


def _refuse_names_twice(spec: NetworkSpec) -> None:
    names = [p.name for p in (*spec.populations, *spec.projections)]
    for name in names:
        if names.count(name) > 1:
            raise DescriptionError(
                f"two parts of the ensemble would be called {name!r}",
                where="ensemble(parts)",
                remedy="give sources and readouts names without a number at the end",
            )
