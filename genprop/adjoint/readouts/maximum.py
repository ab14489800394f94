"""Maximum over the trial: Y = x(t*), t* = argmax."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.describe.population import name_of
from genprop.describe.spec import ReadoutSpec

if TYPE_CHECKING:
    import sympy

    from genprop.adjoint.observation import Observation
    from genprop.describe.population import Population
    from genprop.equations.system import HybridSystem

__all__ = ["maximum", "observe"]


def maximum(population: Population | str, state: str = "v") -> ReadoutSpec:
    """Y = max over t of x; its gradient enters at the time of the maximum.

    Args:
        population: which neurons.
        state: one that moves smoothly: an arrival must not lift it at once.

    Source: Wunderlich & Pehle 2021, doi:10.1038/s41598-021-91786-z.
    """
    return ReadoutSpec("maximum", name_of(population), state)


def observe(spec: ReadoutSpec, system: HybridSystem) -> Observation:
    """Y is the largest value of the state."""
    import sympy

    from genprop.adjoint.closed_forms import Highest
    from genprop.adjoint.observation import (
        ARRIVED,
        GRADIENT,
        INSTANT,
        Buffer,
        Observation,
        Y,
        above,
        below,
        buffer,
        choose,
        differs,
        same,
    )

    value = system.state(spec.state)
    slope = sympy.Add(*(sympy.diff(value, x) * f for x, f in system.flow.items()))
    best, rising, kink = buffer("best", "instant"), buffer("rising"), buffer("kink")
    higher, at_best = above(value, Y), same(best, INSTANT)
    turned = (at_best, above(rising, 0), differs(ARRIVED, 0), below(slope, 0))
    found = Observation(
        spec.population,
        about="largest over the trial",
        value=value,
        buffers=(
            Buffer(Y, -sympy.oo),
            Buffer(best, sympy.Integer(-1), "instant"),
            Buffer(rising),
            Buffer(kink),
        ),
        # an arrival that turned the value down made the maximum: moving it moves the maximum
        delivered={kink: choose(rising / ARRIVED, kink, *turned)},
        observed={
            best: choose(INSTANT, best, higher),
            rising: choose(slope, rising, higher),
            kink: choose(sympy.S.Zero, kink, higher),
            Y: choose(value, Y, higher),
        },
        # at the threshold, whatever came before
        spiked={best: choose(sympy.Integer(-1), best, at_best)},
        pull=choose(GRADIENT, sympy.S.Zero, at_best),
        arrival=choose(GRADIENT * kink, sympy.S.Zero, at_best),
        smooth=True,
        closed_form=Highest(),
    )
    return _between(found, slope, system, at_best, higher) if system.linear else found


def _between(
    found: Observation,
    slope: sympy.Expr,
    system: HybridSystem,
    at_best: sympy.Basic,
    higher: sympy.Basic,
) -> Observation:
    """Its gradient enters where the summit lies between instants: moving it there costs nothing.

    The summit is one after the best instant, where ``slope`` is above 0 after arrivals, or before
    it, where ``slope`` is below 0 at its end.
    """
    import sympy

    from genprop.adjoint.observation import (
        GRADIENT,
        Buffer,
        above,
        below,
        buffer,
        choose,
        not_above,
    )

    curvature, to_summit = _summit(slope, system)
    offset, zero = buffer("offset"), sympy.S.Zero
    coming = (at_best, above(slope, 0), below(curvature, 0))
    past = (higher, below(slope, 0), below(curvature, 0))
    before = choose(to_summit, choose(zero, offset, higher), *past)
    return replace(
        found,
        buffers=(*found.buffers, Buffer(offset)),
        delivered={**found.delivered, offset: choose(to_summit, offset, *coming)},
        observed={offset: before, **found.observed},
        pull=choose(GRADIENT, zero, at_best, not_above(offset, 0)),
        pull_delivered=choose(GRADIENT, zero, at_best, above(offset, 0)),
        offset=offset,
    )


def _summit(slope: sympy.Expr, system: HybridSystem) -> tuple[sympy.Expr, sympy.Expr]:
    """Its second derivative, and s [ms] where ẋ + sẍ + s²/2 x⃛ = 0, by Halley's step from s = 0."""
    import sympy

    curvature = sympy.Add(*(sympy.diff(slope, x) * f for x, f in system.flow.items()))
    third = sympy.Add(*(sympy.diff(curvature, x) * f for x, f in system.flow.items()))
    return curvature, -slope / curvature * (1 + slope * third / (2 * curvature**2))
