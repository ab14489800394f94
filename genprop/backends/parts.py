"""A batch that is shared: its samples in fixed groups, and the fixed tree that adds what they give.

A batch of B samples is dealt into G groups, sample b being in group g where ⌊B g/G⌋ ≤ b <
⌊B (g+1)/G⌋. Whoever runs a group, a thread, a rank or a device, gives the same sums, and ::

    for stride 1, 2, 4, … < G:   sums[i] += sums[i + stride]   for i = 0, 2·stride, 4·stride, …

adds them in the same order, so the gradient has the same bits however the groups were shared::

    parts = divide(B, engine.groups, ranks)                         # what each rank runs
    mine = take(inputs, parts[rank], engine.groups)
    seen = engine.observations(parameters, topology, mine)          # where a loss sees the batch
    means = batch_means(seen_of_all_ranks)
    outcome, mine = engine.partials(parameters, topology, take(inputs, part.seeing(means), G))
    gradients = engine.total(parameters, topology, tree_of(branches_of_all_ranks, G))

What a rank can add of that tree alone, it need not send: its branches are those sums.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import numpy as np
import numpy.typing as npt

from genprop.backends.base import Engine, Inputs, Outcome, Part, mean_terms
from genprop.data.parts import ends

if TYPE_CHECKING:
    from genprop.backends.base import Parameters, Recorded
    from genprop.describe.topology import Topology
    from genprop.lower.clocks.base import Spikes
    from genprop.lower.program import Program

__all__ = [
    "Divisible",
    "Node",
    "batch_means",
    "bounds",
    "branches",
    "divide",
    "joined",
    "nodes_of",
    "samples_of",
    "take",
    "tree_of",
]

Arrays = Mapping[str, np.ndarray]
Node = tuple[int, int]
"""The sum of so many groups, a power of two, from a first one on: (first, groups)."""


@runtime_checkable
class Divisible(Engine, Protocol):
    """An engine that runs parts of a batch; ``inputs.part`` says which."""

    groups: int
    """Into how many groups every batch is dealt."""
    program: Program
    """What it runs."""

    def observations(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> dict[str, np.ndarray]:
        """What the samples gave, (samples, n) by loss, of losses that see its mean over the batch.

        Empty without such losses; then parts need no means.
        """
        ...

    def partials(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, dict[Node, dict[str, np.ndarray]]]:
        """The outcome of the samples, and what they add to the gradient: the part's branches.

        The weight of a sample is 1 / ``inputs.part.whole``. What the arrays are is the engine's
        own; they are added element by element. The branches are those of :func:`nodes_of`.
        """
        ...

    def total(
        self, parameters: Parameters, topology: Topology, sums: Arrays
    ) -> dict[str, np.ndarray]:
        """The gradient of every learned parameter from the sums over all groups."""
        ...


def divide(whole: int, groups: int, ranks: int) -> list[Part]:
    """Neighbouring groups for each of ``ranks``, as many for each as can be."""
    edges = ends(groups, ranks)
    return [Part(whole, first, last) for first, last in itertools.pairwise(edges)]


def bounds(part: Part, groups: int) -> list[tuple[int, int]]:
    """First sample and the one after the last of each group, counted within the part."""
    edges = ends(part.whole, groups)[part.first : part.last + 1]
    return [(low - edges[0], high - edges[0]) for low, high in itertools.pairwise(edges)]


def take(inputs: Inputs, part: Part, groups: int) -> Inputs:
    """The samples of a part, out of the whole batch."""
    edges = ends(part.whole, groups)
    return replace(samples_of(inputs, edges[part.first], edges[part.last]), part=part)


def samples_of(inputs: Inputs, first: int, last: int) -> Inputs:
    """Samples ``first`` to ``last`` − 1."""
    targets = None if inputs.targets is None else inputs.targets[first:last]
    events = {name: _Events.of(found, first, last) for name, found in inputs.events.items()}
    labels = inputs.labels[first:last]
    return replace(inputs, events=events, batch=last - first, labels=labels, targets=targets)


def batch_means(observed: Sequence[Arrays]) -> dict[str, np.ndarray]:
    """The means over the batch of what all parts observed, in their order; float64.

    Samples are added one after another, whoever ran them.
    """
    means: dict[str, np.ndarray] = {}
    for name in observed[0] if observed else ():
        samples = np.concatenate([part[name] for part in observed]).astype(np.float64)
        total = np.zeros(samples.shape[1:])
        for sample in samples:
            total += sample
        means[name] = total / len(samples)
    return means


def branches(part: Part, sums: Sequence[Arrays], groups: int) -> dict[Node, dict[str, np.ndarray]]:
    """The sums of the tree that need nothing but the groups of a part, as large as can be.

    They are added in the arrays ``sums``.
    """
    leaves = {(part.first + k, 1): dict(own) for k, own in enumerate(sums)}
    return {node: _added(node, leaves, groups) for node in nodes_of(part, groups)}


def nodes_of(part: Part, groups: int) -> list[Node]:
    """Which sums :func:`branches` gives for a part."""
    return list(_inside((0, _width(groups)), part.first, part.last, groups))


def tree_of(nodes: Mapping[Node, dict[str, np.ndarray]], groups: int) -> dict[str, np.ndarray]:
    """The sum over all groups from branches that hold all of them; added in their arrays."""
    return _added((0, _width(groups)), nodes, groups)


def _width(groups: int) -> int:
    return 1 << (groups - 1).bit_length()


def _inside(node: Node, first: int, last: int, groups: int) -> Iterator[Node]:
    """The largest nodes below ``node`` whose groups are all among ``first`` … ``last`` − 1."""
    begin, end = node[0], min(sum(node), groups)
    if begin >= groups:
        return
    if first <= begin and end <= last:
        yield node
    elif begin < last and first < end:
        half = node[1] // 2
        yield from _inside((begin, half), first, last, groups)
        yield from _inside((begin + half, half), first, last, groups)


def _added(
    node: Node, nodes: Mapping[Node, dict[str, np.ndarray]], groups: int
) -> dict[str, np.ndarray]:
    if node in nodes:
        return nodes[node]
    first, half = node[0], node[1] // 2
    left = _added((first, half), nodes, groups)
    if first + half < groups:
        right = _added((first + half, half), nodes, groups)
        for name, array in left.items():
            array += right[name]
    return left


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a batch from those of its parts, in their order."""
    names = outcomes[0].values
    values = {name: np.concatenate([o.values[name] for o in outcomes]) for name in names}
    terms = mean_terms(values)
    finite = [o.finite for o in outcomes if o.finite is not None]
    scores = [o.scores for o in outcomes if o.scores is not None]
    spikes = {n: np.concatenate([o.spikes[n] for o in outcomes]) for n in outcomes[0].spikes}
    recorded = {n: _end_to_end([o.recorded[n] for o in outcomes]) for n in outcomes[0].recorded}
    return Outcome(
        loss=sum(terms.values()),
        terms=terms,
        scores=np.concatenate(scores) if scores else None,
        spikes=spikes,
        recorded=recorded,
        finite=np.concatenate(finite) if finite else None,
        values=values,
    )


def _end_to_end(parts: Sequence[Recorded]) -> Recorded:
    """What was recorded of the samples of all parts."""
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    if arrays:
        return np.concatenate(arrays)
    return cast("Recorded", [sample for part in parts for sample in part])


@dataclass(frozen=True, slots=True)
class _Events:
    """The spikes of some samples; see :class:`~genprop.lower.clocks.base.Spikes`."""

    start: npt.NDArray[np.int64]
    times: np.ndarray
    channels: np.ndarray
    channels_total: int
    duration: float
    values: np.ndarray | None

    @classmethod
    def of(cls, events: Spikes, first: int, last: int) -> _Events:
        low, high = int(events.start[first]), int(events.start[last])
        start = np.asarray(events.start[first : last + 1], np.int64) - low
        values = None if events.values is None else events.values[low:high]
        times, channels = events.times[low:high], events.channels[low:high]
        return cls(start, times, channels, events.channels_total, events.duration, values)
