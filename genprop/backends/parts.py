"""A batch that is shared: its samples in fixed groups, and the fixed tree that adds what they give.

A batch of B samples is dealt into G groups, sample b being in group g where ⌊B g/G⌋ ≤ b <
⌊B (g+1)/G⌋. Whoever runs a group, a thread, a rank or a device, gives the same sums, and ::

    for stride 1, 2, 4, … < G:   sums[i] += sums[i + stride]   for i = 0, 2·stride, 4·stride, …

adds them in the same order, so the gradient has the same bits however the groups were shared::

    parts = divide(B, engine.groups, ranks)                         # what each rank runs
    mine = take(inputs, parts[rank], engine.groups)
    seen = engine.observations(parameters, topology, mine)          # where a loss sees the batch
    means = batch_means(seen_of_all_ranks)
    outcome, sums = engine.partials(parameters, topology, take(inputs, part.seeing(means), G))
    gradients = engine.total(parameters, topology, tree_sum(sums_of_all_ranks))
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from genprop.backends.base import Engine, Inputs, Outcome, Part, mean_terms

if TYPE_CHECKING:
    from genprop.backends.base import Parameters
    from genprop.describe.topology import Topology
    from genprop.lower.clocks.base import Spikes

__all__ = [
    "Divisible",
    "batch_means",
    "bounds",
    "divide",
    "joined",
    "samples_of",
    "take",
    "tree_sum",
]

Arrays = Mapping[str, np.ndarray]


@runtime_checkable
class Divisible(Engine, Protocol):
    """An engine that runs parts of a batch; ``inputs.part`` says which."""

    groups: int
    """Into how many groups every batch is dealt."""

    def observations(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> dict[str, np.ndarray]:
        """What the samples gave, (samples, n) by loss, of losses that see its mean over the batch.

        Empty without such losses; then parts need no means.
        """
        ...

    def partials(
        self, parameters: Parameters, topology: Topology, inputs: Inputs
    ) -> tuple[Outcome, list[dict[str, np.ndarray]]]:
        """The outcome of the samples, and what each group of the part adds to the gradient.

        The weight of a sample is 1 / ``inputs.part.whole``. What the arrays are is the engine's
        own; they are added element by element.
        """
        ...

    def total(
        self, parameters: Parameters, topology: Topology, sums: Arrays
    ) -> dict[str, np.ndarray]:
        """The gradient of every learned parameter from the sums over all groups."""
        ...


def divide(whole: int, groups: int, ranks: int) -> list[Part]:
    """Neighbouring groups for each of ``ranks``, as many for each as can be."""
    ends = [groups * rank // ranks for rank in range(ranks + 1)]
    return [Part(whole, first, last) for first, last in itertools.pairwise(ends)]


def bounds(part: Part, groups: int) -> list[tuple[int, int]]:
    """First sample and the one after the last of each group, counted within the part."""
    ends = [part.whole * group // groups for group in range(part.first, part.last + 1)]
    return [(low - ends[0], high - ends[0]) for low, high in itertools.pairwise(ends)]


def take(inputs: Inputs, part: Part, groups: int) -> Inputs:
    """The samples of a part, out of the whole batch."""
    first, last = (part.whole * group // groups for group in (part.first, part.last))
    return replace(samples_of(inputs, first, last), part=part)


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


def tree_sum(partials: Sequence[Arrays]) -> dict[str, np.ndarray]:
    """The sum over all groups in their order, by the fixed tree."""
    sums = [{name: np.array(array) for name, array in part.items()} for part in partials]
    stride = 1
    while stride < len(sums):
        for i in range(0, len(sums) - stride, 2 * stride):
            for name, left in sums[i].items():
                left += sums[i + stride][name]
        stride *= 2
    return sums[0] if sums else {}


def joined(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a batch from those of its parts, in their order; nothing is recorded."""
    names = outcomes[0].values
    values = {name: np.concatenate([o.values[name] for o in outcomes]) for name in names}
    terms = mean_terms(values)
    finite = [o.finite for o in outcomes if o.finite is not None]
    scores = [o.scores for o in outcomes if o.scores is not None]
    spikes = {n: np.concatenate([o.spikes[n] for o in outcomes]) for n in outcomes[0].spikes}
    return Outcome(
        loss=sum(terms.values()),
        terms=terms,
        scores=np.concatenate(scores) if scores else None,
        spikes=spikes,
        finite=np.concatenate(finite) if finite else None,
        values=values,
    )


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
