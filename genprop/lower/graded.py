"""Graded networks in steps: Euler's step of every flow, what is sent, and the slopes of both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import sympy

from genprop.adjoint.loss import derive_loss
from genprop.adjoint.losses import loss_function
from genprop.adjoint.observation import Observation
from genprop.describe.graded import VALUE, arriving
from genprop.equations.algebra import symbols
from genprop.errors import InternalError, UnsupportedError, refuse_if
from genprop.lower.convert import convert
from genprop.lower.graded_program import GradedPopulation, GradedProgram, GradedProjection, Slope
from genprop.lower.hoist import Hoister
from genprop.lower.loss import reduction_program
from genprop.lower.loss_program import LossProgram, ReadoutProgram
from genprop.lower.nodes import Assign, Name
from genprop.lower.program import Constant, UsedParameter
from genprop.lower.update import lower_update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genprop.describe.spec import LossTermSpec, NetworkSpec, PopulationSpec, ProjectionSpec
    from genprop.equations.graded import GradedSystem
    from genprop.lower.clocks.base import StepClock

__all__ = ["lower_graded"]

_DT = sympy.Symbol("dt", real=True)


def lower_graded(
    spec: NetworkSpec,
    systems: Mapping[str, GradedSystem],
    clock: StepClock,
    tolerance: float | None,
) -> GradedProgram:
    """The Program of a network whose neurons send values.

    Raises:
        UnsupportedError: for readouts that are not of the end of the trial.
    """
    refuse_if(_unread(spec))
    return GradedProgram(
        name=spec.name,
        digest=spec.digest(),
        clock=clock,
        tolerance=tolerance,
        populations=tuple(
            _population(p, systems[p.name])
            if p.neuron is not None
            else GradedPopulation(p.name, p.size, source=True, values=(VALUE,))
            for p in spec.populations
        ),
        projections=tuple(_projection(p, spec) for p in spec.projections),
        losses=tuple(_loss(term, k) for k, term in enumerate(spec.loss)),
        readouts=tuple(term.readout.state for term in spec.loss),
        updates=tuple(lower_update(u) for u in spec.updates),
    )


def _unread(spec: NetworkSpec) -> Iterator[UnsupportedError]:
    for term in spec.loss:
        if term.readout.kind != "final":
            yield UnsupportedError(
                f"a network whose neurons send values is read at its end, not by "
                f"{term.readout.kind}",
                where=f"the loss {term.kind} of population {term.readout.population}",
                remedy=f"read a state or a value there: gp.final({term.readout.population!r}, …)",
            )


def _population(spec: PopulationSpec, system: GradedSystem) -> GradedPopulation:
    hoist = Hoister((*system.parameters, _DT))
    step = {x: x + _DT * f for x, f in system.flow.items()}
    advance = [(x, hoist.nodes(e)) for x, e in step.items()]
    send = [(v, hoist.nodes(e)) for v, e in system.values.items()]
    learned = {p.name for p in spec.parameters if p.learned}
    taught = (s for s, name in system.parameters.items() if name in learned)
    by = (*system.states, *system.inputs, *taught)
    of_states = tuple(_slopes(((x.name, e) for x, e in step.items()), by, hoist, "step"))
    of_values = tuple(_slopes(system.values.items(), by, hoist, "sent"))
    per_neuron = {p.key: bool(p.shape) for p in spec.parameters}
    parameters = tuple(
        UsedParameter(name, s.name, per_neuron[s.name], name in learned)
        for s, name in system.parameters.items()
    )
    constants = tuple(
        Constant(name, convert(e), any(per_neuron.get(s.name, False) for s in symbols(e)))
        for name, e in hoist.definitions()
    )
    return GradedPopulation(
        name=spec.name,
        size=spec.size,
        source=False,
        states=tuple(x.name for x in system.states),
        initial=system.initial,
        inputs=tuple(i.name for i in system.inputs),
        input_bounds=system.input_bounds,
        values=tuple(system.values),
        parameters=parameters,
        constants=constants,
        advance=tuple(Assign(f"{x.name}_next", e) for x, e in advance),
        send=tuple(Assign(v, e) for v, e in send),
        of_states=of_states,
        of_values=of_values,
    )


def _slopes(
    of: Iterable[tuple[str, sympy.Expr]], by: Iterable[sympy.Symbol], hoist: Hoister, word: str
) -> Iterator[Slope]:
    for name, expression in of:
        for symbol in by:
            slope = sympy.diff(expression, symbol)
            if slope != 0:
                title = f"{word}_{name}_by_{symbol.name}"
                yield Slope(title, name, symbol.name, hoist.nodes(slope))


def _projection(projection: ProjectionSpec, spec: NetworkSpec) -> GradedProjection:
    receptors = spec.population(projection.post).receptors
    synapse = next(r.synapse for r in receptors if r.name == projection.receptor)
    found = arriving(synapse)
    if found is None:
        raise InternalError(f"{projection.name} carries no value")
    sends = spec.population(projection.pre).sends
    target, value = found
    return GradedProjection(
        name=projection.name,
        pre=projection.pre,
        value=value if value in sends else sends[0],
        post=projection.post,
        input=target,
        connectivity=projection.pattern.kind,
        weight=projection.weight.name,
        learned=projection.weight.learned,
    )


def _loss(term: LossTermSpec, index: int) -> LossProgram:
    """The function of the observed vector; what is observed is a state or value at the end."""
    observed = sympy.Symbol(term.readout.state, real=True)
    observation = Observation(
        term.readout.population, about="at the end", value=observed, pull=sympy.S.Zero
    )
    loss = derive_loss(term.coefficient, observation, loss_function(term))
    name = f"{term.kind}:{term.readout.population}"
    return LossProgram(
        name=f"{name}.{index + 1}" if index else name,
        coefficient=loss.coefficient,
        population=term.readout.population,
        readout=ReadoutProgram(value=Name(term.readout.state), y=Name(term.readout.state)),
        reductions=tuple(reduction_program(r) for r in loss.function.reductions),
        total=convert(loss.function.value),
        backward=tuple(reduction_program(r) for r in loss.backward),
        gradient=convert(loss.gradient),
        score=convert(loss.function.score) if loss.function.score is not None else None,
    )
