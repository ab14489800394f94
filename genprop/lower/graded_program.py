"""The Program of a network whose neurons send values: one step, and its slopes, as plain data.

The clock: with states x, inputs I and values v of every population, step n does

    x ← x + dt f(x, I);   v ← s(x, I);   I ← Σ W v + Σ W x_source        (I of the next step)

so that a value arrives one step after it was sent. At the start v = s(x₀, 0). A fixed point does
not depend on dt. Its gradient needs the slopes of the step alone, each a number per neuron::

    m = W q;   p ← F_xᵀ p + S_xᵀ m + ∂L/∂x;   q ← F_Iᵀ p + S_Iᵀ m           (m adds ∂L/∂v)
    ∂L/∂θ = F_θᵀ p + S_θᵀ m,   ∂L/∂W = v qᵀ,   ∂L/∂x_source = W q
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.lower.clocks.base import StepClock
    from genprop.lower.derivation import Derivation
    from genprop.lower.loss_program import LossProgram
    from genprop.lower.nodes import Assign, Expr
    from genprop.lower.program import Constant, UpdateProgram, UsedParameter

__all__ = ["GradedPopulation", "GradedProgram", "GradedProjection", "Slope"]


@dataclass(frozen=True, slots=True)
class Slope:
    """∂of/∂by = ``value``, where it is not 0 everywhere; ``name`` is what generated code calls it.

    ``of`` is a state (its value after the step) or a value that is sent; ``by`` a state (before the
    step; after it where ``of`` is sent), an input or a learned parameter.
    """

    name: str
    of: str
    by: str
    value: Expr


@dataclass(frozen=True, slots=True)
class GradedPopulation:
    """``size`` neurons, or a source of values.

    ``advance`` assigns ``<state>_next`` of all states from states and inputs, ``send`` the values
    from states and inputs. Both read ``constants``, parameters and ``dt``. ``initial`` are the
    states at the start, ``input_bounds`` what each input never exceeds, where that is declared.
    ``of_states`` and ``of_values`` are the slopes of the two.
    """

    name: str
    size: int
    source: bool
    states: tuple[str, ...] = ()
    initial: tuple[float, ...] = ()
    inputs: tuple[str, ...] = ()
    input_bounds: tuple[float | None, ...] = ()
    values: tuple[str, ...] = ()
    parameters: tuple[UsedParameter, ...] = ()
    constants: tuple[Constant, ...] = ()
    advance: tuple[Assign, ...] = ()
    send: tuple[Assign, ...] = ()
    of_states: tuple[Slope, ...] = ()
    of_values: tuple[Slope, ...] = ()

    @property
    def recordable(self) -> tuple[str, ...]:
        """What can be recorded: states and values."""
        return (*self.states, *self.values)


@dataclass(frozen=True, slots=True)
class GradedProjection:
    """The value ``value`` of ``pre``, times the weight, is added to ``input`` of ``post``.

    ``weight`` is the flat name of the weights; ``learned`` whether their gradient is needed.
    """

    name: str
    pre: str
    value: str
    post: str
    input: str
    connectivity: str
    weight: str
    learned: bool


@dataclass(frozen=True, slots=True)
class GradedProgram:
    """The whole network in steps of ``clock``.

    With a ``tolerance`` a sample is over once no state moves faster than that per ms, and one that
    still does at the end of the trial is refused; without one all steps run.
    """

    name: str
    digest: str
    clock: StepClock
    tolerance: float | None
    populations: tuple[GradedPopulation, ...]
    projections: tuple[GradedProjection, ...]
    losses: tuple[LossProgram, ...]
    readouts: tuple[str, ...]
    updates: tuple[UpdateProgram, ...]

    @property
    def dt(self) -> float:
        """Length of a step [ms]."""
        return self.clock.dt

    @property
    def steps(self) -> int:
        """Number of steps of a trial."""
        return self.clock.steps

    @property
    def duration(self) -> float:
        """Length of a trial [ms]."""
        return self.clock.duration

    @property
    def derivations(self) -> tuple[Derivation, ...]:
        """What generated code derives itself: nothing."""
        return ()

    def population(self, name: str) -> GradedPopulation:
        """The population called ``name``."""
        return next(p for p in self.populations if p.name == name)
