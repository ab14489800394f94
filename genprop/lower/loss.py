"""Loss terms in steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy

from genprop.equations.algebra import simplified, symbols
from genprop.errors import UnsupportedError
from genprop.lower.convert import convert
from genprop.lower.nodes import Assign, Expr
from genprop.lower.program import LossProgram, ReductionProgram

if TYPE_CHECKING:
    from genprop.adjoint.loss import LossAdjoint, Reduction
    from genprop.adjoint.system import AdjointSystem
    from genprop.lower.spike import Columns

__all__ = ["lower_loss"]


def lower_loss(
    name: str,
    loss: LossAdjoint,
    adjoint: AdjointSystem,
    columns: Columns | None,
    learned: frozenset[str],
) -> LossProgram:
    """One term; observed neurons that spike get a column with what the loss loses at the reset.

    Raises:
        UnsupportedError: for the maximum of a state that arrivals move at once, or of neurons whose
            threshold is learned; for spike readouts of a population that cannot spike.
    """
    observed, system = loss.observation, adjoint.system
    value = observed.value
    if observed.mode == "maximum":
        _refuse_jumping_maximum(name, value, adjoint, learned)
    if observed.mode in ("first_spike", "count", "mean_count") and system.guard is None:
        raise UnsupportedError(
            f"population {observed.population} never spikes",
            where=f"loss term {name}",
            remedy="read a state (gp.integral, gp.maximum …) or use a spiking neuron",
        )
    change = simplified(value - system.after_reset(value)) if columns is not None else sympy.S.Zero
    slope = sympy.Add(*(sympy.diff(value, x) * f for x, f in system.flow.items()))
    return LossProgram(
        name=name,
        coefficient=loss.coefficient,
        population=observed.population,
        mode=observed.mode,
        value=convert(value),
        slope=convert(slope),
        weight=convert(observed.weight),
        seed=tuple(
            Assign(adjoint.adjoints[x].name, convert(sympy.diff(value, x)))
            for x in system.states
            if sympy.diff(value, x) != 0
        ),
        spike_change=convert(columns(change))
        if columns is not None and observed.mode == "accumulate"
        else convert(sympy.S.Zero),
        arrival_changes=_arrival_changes(name, observed.mode, value, adjoint),
        after_reset=convert(system.after_reset(value)),
        reductions=tuple(_reduction(r) for r in loss.function.reductions),
        total=convert(loss.function.value),
        backward=tuple(_reduction(r) for r in loss.backward),
        gradient=convert(loss.gradient),
        score=convert(loss.function.score) if loss.function.score is not None else None,
    )


def _reduction(reduction: Reduction) -> ReductionProgram:
    return ReductionProgram(reduction.name.name, reduction.operation, convert(reduction.each))


def _refuse_jumping_maximum(
    name: str, value: sympy.Expr, adjoint: AdjointSystem, learned: frozenset[str]
) -> None:
    system = adjoint.system
    moved = {x for port in system.ports for x in port.arrival}
    if jumping := sorted(x.name for x in symbols(value) & moved):
        raise UnsupportedError(
            f"the maximum of {', '.join(jumping)} is not smooth in time: arrivals move it at once",
            where=f"loss term {name}",
            remedy="read the maximum of a state that is driven through exp or alpha synapses",
        )
    threshold = set[sympy.Symbol]() if system.guard is None else symbols(system.guard)
    if taught := sorted(s.name for s in threshold if system.parameters.get(s) in learned):
        raise UnsupportedError(
            f"where neurons spike the maximum is the threshold, and {', '.join(taught)} learns",
            where=f"loss term {name}",
            remedy="read the maximum of neurons without spikes, or keep the threshold fixed",
        )


def _arrival_changes(
    name: str, mode: str, value: sympy.Expr, adjoint: AdjointSystem
) -> tuple[tuple[str, Expr], ...]:
    """What a unit of weight adds to the observed value at once: l⁻ − l⁺ in ∂L/∂t_arr."""
    if mode not in ("accumulate", "trace"):
        return ()
    changes: list[tuple[str, Expr]] = []
    for port in adjoint.system.ports:
        change = sympy.Add(*(sympy.diff(value, x) * e for x, e in port.arrival.items()))
        if change == 0:
            continue
        if mode == "trace":
            raise UnsupportedError(
                f"arrivals at {port.name!r} move at once what the loss reads at every step",
                where=f"loss term {name}",
                remedy="use exp or alpha synapses onto that population, or an integral readout",
            )
        changes.append((port.name, convert(change)))
    return tuple(changes)
