"""Loss terms in steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genprop.equations.algebra import symbols
from genprop.errors import UnsupportedError
from genprop.lower.continuous_network import continuous_readout
from genprop.lower.convert import convert
from genprop.lower.loss_program import LossProgram, ReductionProgram
from genprop.lower.readout import lower_readout

if TYPE_CHECKING:
    import sympy

    from genprop.adjoint.loss import LossAdjoint, Reduction
    from genprop.adjoint.system import AdjointSystem
    from genprop.lower.clocks.base import Clock
    from genprop.lower.spike import Columns

__all__ = ["lower_loss", "reduction_program"]


def lower_loss(
    name: str,
    loss: LossAdjoint,
    adjoint: AdjointSystem,
    columns: Columns | None,
    learned: frozenset[str],
    clock: Clock,
) -> LossProgram:
    """One term; observed neurons that spike get a column with what the loss loses at the reset.

    Raises:
        UnsupportedError: for a readout that must be smooth of a state that arrivals move at once,
            or of neurons whose threshold is learned; for spike readouts of a population that cannot
            spike.
    """
    observed, where = loss.observation, f"loss term {name}"
    if observed.smooth:
        _refuse_jumps(where, observed.value, adjoint, learned)
    if observed.spikes and adjoint.system.guard is None:
        raise UnsupportedError(
            f"population {observed.population} never spikes",
            where=where,
            remedy="read a state (gp.integral, gp.maximum …) or use a spiking neuron",
        )
    return LossProgram(
        name=name,
        coefficient=loss.coefficient,
        population=observed.population,
        readout=(
            continuous_readout(observed)
            if not clock.rounds
            else lower_readout(observed, adjoint, columns, clock, where)
        ),
        reductions=tuple(reduction_program(r) for r in loss.function.reductions),
        total=convert(loss.function.value),
        backward=tuple(reduction_program(r) for r in loss.backward),
        gradient=convert(loss.gradient),
        score=convert(loss.function.score) if loss.function.score is not None else None,
    )


def reduction_program(reduction: Reduction) -> ReductionProgram:
    """A reduction in the Program's own expressions."""
    return ReductionProgram(reduction.name.name, reduction.operation, convert(reduction.each))


def _refuse_jumps(
    where: str, value: sympy.Expr, adjoint: AdjointSystem, learned: frozenset[str]
) -> None:
    system = adjoint.system
    moved = {x for receptor in system.receptors for x in receptor.arrival}
    if jumping := sorted(x.name for x in symbols(value) & moved):
        raise UnsupportedError(
            f"{', '.join(jumping)} is not smooth in time: arrivals move it at once",
            where=where,
            remedy="read a state that is driven through exp or alpha synapses",
        )
    threshold = symbols(system.guard) if system.guard is not None else set()
    if taught := sorted(s.name for s in threshold if system.parameters.get(s) in learned):
        raise UnsupportedError(
            f"where neurons spike the maximum is the threshold, and {', '.join(taught)} learns",
            where=where,
            remedy="read the maximum of neurons without spikes, or keep the threshold fixed",
        )
