"""The gradients of synapses that are not there: they run with a batch, at weight zero.

A synapse of weight zero adds zero to every current, so that the batch gives the loss and the
gradients that it gives without; and the gradient of its weight, which engines gather like any
other, is ∂L/∂w at w = 0: −τ_s Σ_k λ_I(t_k + d) for an exponential synapse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from genprop.describe.topology import Synapses

if TYPE_CHECKING:
    from genprop.backends.base import Outcome
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays, Stage
    from genprop.stages.flow import Flow
    from genprop.stages.rewire import Candidates

__all__ = ["with_candidates"]

Learned: TypeAlias = "tuple[Outcome, dict[str, np.ndarray]]"


def with_candidates(
    candidates: Mapping[str, tuple[Stage, Candidates]],
    flow: Flow,
    run: Callable[[Mapping[str, np.ndarray], Topology], Learned],
) -> Learned:
    """What ``run`` gives for ``flow``, once every stage has seen the gradients of its candidates.

    Args:
        candidates: by projection, and the stage that wants to know.
        flow: what the batch runs with.
        run: gives outcome and gradients of arrays that run, and their synapses.
    """
    wider = {
        name: _Wider(flow.topology[name], found)
        for name, (_, found) in candidates.items()
        if found.pairs.size
    }
    if not wider:
        return run(flow.given, flow.topology)
    parameters = dict(flow.values[0])
    for name, one in wider.items():
        for leaf in flow.stages.synaptic(name):
            if leaf in parameters:
                parameters[leaf] = one.extended(parameters[leaf], leaf)
    topology = {**flow.topology, **{name: one.synapses for name, one in wider.items()}}
    whole = flow.stages.forward(parameters, topology, penalised=False)
    outcome, gradients = run(whole.used, topology)
    slopes = whole.slopes(gradients)
    own = dict(gradients)
    for name, one in wider.items():
        leaves = flow.stages.synaptic(name)
        candidates[name][0].observe(
            name, {leaf: slopes[leaf][one.new] for leaf in leaves if leaf in slopes}
        )
        own |= {leaf: own[leaf][one.old] for leaf in leaves if leaf in own}
    return outcome, own


@dataclass(frozen=True, slots=True, init=False)
class _Wider:
    """A projection's synapses together with candidates, and where both stand among them."""

    synapses: Synapses
    old: np.ndarray
    new: np.ndarray
    values: Arrays

    def __init__(self, present: Synapses, candidates: Candidates) -> None:
        mine = present.numbers
        both = np.concatenate([mine, candidates.pairs])
        order = np.argsort(both, kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        wider = Synapses.of_numbers(present.pre, present.post, both[order])
        for name, value in (
            ("synapses", wider),
            ("old", place[: mine.size]),
            ("new", place[mine.size :]),
            ("values", dict(candidates.values)),
        ):
            object.__setattr__(self, name, value)

    def extended(self, values: np.ndarray, name: str) -> np.ndarray:
        """The parameter ``name`` of all, given that of the synapses that are there."""
        found = np.zeros(self.synapses.shape, values.dtype)
        found[self.old] = values
        if name in self.values:
            found[self.new] = self.values[name]
        return found
