"""Spikes inside a step, of flows that are not linear.

A step is taken with sub-steps of one length. Where they are not accurate, or a spike or the end of
a refractory period lies among them, the step is taken again by parts:

* FIXED: a sub-step of ``longest`` / 2^k, halved until it is accurate;
* REST: one as long as what is left of the step, dt less the parts before;
* WAIT: one as long as what is left of the refractory period, τ_ref after its spike;
* CROSSING: one that ends where g = 0, of length s, the solution of g(x(s)) = 0;
* CLIMB: with g as independent variable, 1/2^k of the way to g = 0, for states that run away
  towards the threshold: there no sub-step in time is accurate, but 1/ġ is smooth (Hénon 1982,
  Physica D 5:412, doi:10.1016/0167-2789(82)90034-3).

A spike happens at the end of a CROSSING or of a CLIMB of the whole way; the reset follows there,
and further parts lead to the end of the step.

In reverse the parts are differentiated as what they are. With R the adjoint of what is left of the
step, W of what is left of the refractory period and l = ∂L/∂length of a part, l becomes R at REST
(l − W where states are held), and l − R becomes W at WAIT. At a spike R loses S, ∂L/∂t of the spike
through what it sends, which the clock delivers; τ_ref gets W; and p* = ∂h/∂xᵀ p⁺. A CLIMB reads −R
as ∂L/∂elapsed. At a CROSSING, with M = ∂x/∂length,

    p* − (∂g/∂x) (p*·M − R)/(∂g/∂x·M)

is the adjoint at its end: the jump of the adjoint with the derivative of the very step that was
run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genprop.lower.nodes import Assign, Expr, Statement

__all__ = ["FINEST", "MOST_PARTS", "SHORTEST_CLIMB", "EventLocation", "SubStep"]

FINEST = 2.0**-40
"""Parts this much shorter than ``longest`` are followed no further: the state is lost (NaN)."""
MOST_PARTS = 1024
"""Neither is a step for which more parts than this are tried; it ends its sample."""
SHORTEST_CLIMB = 2.0**-6
"""Climbs of less than this part of the way are not tried; time is halved instead."""


@dataclass(frozen=True, slots=True)
class SubStep:
    """A sub-step as statements that read its length and the states at its start.

    ``advance`` assigns the states at its end, and whether it is accurate (1 or 0); ``motion``
    assigns ∂x/∂length; ``reverse`` takes adjoints from end to start, adds to gradients and assigns
    ∂L/∂length.
    """

    advance: tuple[Assign, ...]
    motion: tuple[Assign, ...]
    reverse: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class EventLocation:
    """How a population's step is taken by parts where sub-steps of one length do not do.

    ``step`` (``held_step`` while refractory) is the population's with, beside the states,
    ``accurate``: 1 where every sub-step is accurate and ends with g ≤ 0. ``free`` and ``held`` are
    a sub-step of each flow; ``longest`` [ms] is that of undivided steps. ``climb`` has no motion,
    reads ``length`` as part of the way, assigns ``elapsed`` [ms] and in reverse reads
    ``dL_delapsed``. ``reset`` takes adjoints across a reset, reading the states before it and
    ``dL_dwait``; ``crossing`` then across g = 0, reading these states, ``motion`` and ``sent``
    (−R). ``length``, ``accurate``, ``elapsed``, their derivatives and ``motion`` (one per state)
    are names. ``rise`` is ġ.
    """

    longest: float
    length: str
    accurate: str
    elapsed: str
    dL_dlength: str
    dL_delapsed: str
    dL_dwait: str
    motion: tuple[str, ...]
    step: tuple[Assign, ...]
    held_step: tuple[Assign, ...]
    free: SubStep
    held: SubStep | None
    climb: SubStep
    rise: Expr | None = None
    reset: tuple[Statement, ...] = ()
    crossing: tuple[Statement, ...] = ()
