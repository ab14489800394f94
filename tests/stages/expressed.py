"""Networks whose weights or delays are derived, one for every kind of expression there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import genprop as gp
from genprop import ms
from tests.stages.spatial import RECURRENT, spatial
from tests.stages.staged import HIDDEN, IN

if TYPE_CHECKING:
    from genprop.backends.base import Target

CASES = ("distance", "sparse", "short", "neuronal", "dale", "signed", "formula", "penalised")


def network(case: str, backend: str | Target | None = None) -> gp.Simulator:
    """The network ``case`` on the grid of 1 ms, in double precision on native by default."""
    far = gp.distance(max=20 * ms)
    drawn = gp.learn(gp.normal(0.3, 0.2))
    late = gp.learn(gp.uniform(0 * ms, 8 * ms), max=12 * ms)
    if case == "distance":  # both populations learn, one speed for all
        quick = gp.distance(max=20 * ms, speed=gp.learn(1.3))
        return spatial(feed=quick, recur=far, backend=backend)
    if case == "sparse":  # three dimensions, and a speed for each sender
        quick = gp.distance(max=20 * ms, speed=gp.learn(gp.uniform(0.8, 1.5)))
        return spatial(dims=3, sparse=True, feed=quick, recur=far, backend=backend)
    if case == "short":  # many delays stand at their bound, where they have no slope
        return spatial(dims=4, feed=gp.distance(max=6 * ms), recur=far, backend=backend)
    if case == "neuronal":
        return spatial(feed=gp.axonal(late), recur=gp.dendritic(late), backend=backend)
    if case == "dale":
        return spatial(sparse=True, recur=far, weight=gp.dale(drawn), backend=backend)
    if case == "signed":
        return spatial(sparse=True, recur=late, weight=gp.signed(drawn), backend=backend)
    if case == "formula":
        return spatial(recur=late, stages=_formulas(), backend=backend)
    if case == "penalised":  # a cost that moves positions is the host's, beside the device's part
        cost = 0.01 * gp.L2(f"{RECURRENT}.delay")
        return spatial(feed=far, recur=far, extra=cost, backend=backend)
    raise ValueError(case)


def _formulas() -> list[gp.Stage]:
    """Leaves of a synapse, of its sender, of its receiver, of all; a root, a power, a sign."""
    a = gp.leaf("in.a", IN, gp.learn(gp.uniform(0.5, 1.5)))
    b = gp.leaf("hidden.b", (HIDDEN, 2), gp.learn(gp.uniform(-1, 1)))
    total = gp.leaf("in.total", (), gp.learn(0.8))
    each = gp.leaf(f"{RECURRENT}.each", (HIDDEN, HIDDEN), gp.learn(gp.uniform(1, 4)))
    weight = gp.derived(
        "in->hidden.weight", "total * (sqrt(a) + 0.3 * b**2 - 0.2 * abs(c))",
        {"a": "in.a at pre", "b": "hidden.b[0] at post", "c": "hidden.b[1] at post",
         "total": "in.total at one"}, [a, b, total],
    )  # fmt: skip
    delay = gp.derived(
        f"{RECURRENT}.delay", "each + min(exp(x), 3)",
        {"each": f"{RECURRENT}.each", "x": "hidden.b[0] at pre"}, [each],
    )  # fmt: skip
    return [weight, delay]
