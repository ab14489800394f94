"""Whether a readout's states are affine in what arrives, so that means of weights give means."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sympy

from genprop.equations.analyse import understand
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.equations.system import HybridSystem

__all__ = ["refuse_unless_affine"]


def refuse_unless_affine(spec: NetworkSpec, readouts: Iterable[str]) -> None:
    """Refuse a readout whose states are not affine in the weights of what arrives.

    Of the states that an arrival changes, at once or by the flow, neither flow nor jump may hold a
    product; what they are multiplied by may depend on states that arrivals leave alone.

    Raises:
        UnsupportedError: for readouts that spike, send, or have other equations.
    """
    systems = understand(spec).populations
    for name in sorted(readouts):
        system = systems[name]
        if system.guard is not None:
            raise _refusal(name, "spikes, and spikes have no mean")
        if any(projection.pre == name for projection in spec.projections):
            raise _refusal(name, "sends to other populations")
        bent = _bent(system)
        if bent is not None:
            raise _refusal(name, f"is not affine in {bent}, so that a mean of weights is no mean")


def _bent(system: HybridSystem) -> str | None:
    """A state that arrivals change, and on which a slope of the flow or a jump depends."""
    jumps = [e for receptor in system.receptors for e in receptor.arrival.values()]
    driven = {x for receptor in system.receptors for x in receptor.arrival}
    while more := {x for x, f in system.flow.items() if f.free_symbols & driven} - driven:
        driven |= more
    slopes = [sympy.diff(system.flow[x], y) for x in driven for y in driven]
    found = {x.name for x in driven for slope in (*slopes, *jumps) if slope.has(x)}
    return min(found, default=None)


def _refusal(name: str, why: str) -> UnsupportedError:
    return UnsupportedError(
        f"the readout {name!r} {why}",
        where="ensemble(parts)",
        remedy='train the parts with a readout of leaky integrators: gp.neuron("LI")',
    )
