"""A measure beside the same of shuffled networks: what would be there without structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from genprop._checks import integer

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections

__all__ = [
    "Compared",
    "beside_shuffled_weights",
    "compare",
    "shuffled_channels",
    "shuffled_delays",
    "shuffled_weights",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A number of a network, and the same of shuffled ones; ``float`` gives the number.

    Attributes:
        value: of the network.
        nulls: (count,) of the shuffled ones; empty where none were requested.
        shuffled: what was shuffled in them.
    """

    value: float
    nulls: np.ndarray
    shuffled: str = ""

    def __float__(self) -> float:
        return self.value

    @property
    def mean(self) -> float:
        """Of the nulls; NaN without any."""
        return float(self.nulls.mean()) if self.nulls.size else float("nan")

    @property
    def deviation(self) -> float:
        """The standard deviation of the nulls (n − 1); NaN for fewer than two."""
        return float(self.nulls.std(ddof=1)) if self.nulls.size > 1 else float("nan")

    @property
    def z(self) -> float:
        """(value − mean)/deviation; NaN where the nulls do not differ."""
        spread = self.deviation
        return (self.value - self.mean) / spread if spread > 0 else float("nan")

    @property
    def p(self) -> float:
        """(1 + number of nulls ≥ value)/(1 + count): one-sided, for large values, never 0."""
        return (1 + np.count_nonzero(self.nulls >= self.value)) / (1 + self.nulls.size)

    def __str__(self) -> str:
        if not self.nulls.size:
            return f"{self.value:.4g}"
        return (
            f"{self.value:.4g} (z {self.z:.3g}, p {self.p:.3g}; {self.nulls.size} nulls with "
            f"shuffled {self.shuffled}: {self.mean:.4g} ± {self.deviation:.2g})"
        )


def compare(
    measure: Callable[[T], float],
    found: T,
    shuffle: Callable[[T, np.random.Generator], T],
    *,
    nulls: int,
    seed: int,
    shuffled: str = "",
) -> Compared:
    """``measure`` of what was found, connections or arrays, and of ``nulls`` shuffled ones.

    Null k is drawn with the seed (``seed``, k), so that more nulls leave the first ones as they
    are.

    Raises:
        ConfigurationError: for a number of nulls or a seed that is no integer from 0.
    """
    count, first = integer(nulls, "nulls"), integer(seed, "seed")
    drawn = [shuffle(found, np.random.default_rng([first, k])) for k in range(count)]
    return Compared(
        float(measure(found)), np.array([measure(one) for one in drawn], np.float64), shuffled
    )


def beside_shuffled_weights(
    measure: Callable[[Connections], float], found: Connections, *, nulls: int, seed: int
) -> Compared:
    """``measure`` of connections and of ``nulls`` with :func:`shuffled_weights`, as above."""
    return compare(measure, found, shuffled_weights, nulls=nulls, seed=seed, shuffled="weights")


def shuffled_weights(found: Connections, rng: np.random.Generator) -> Connections:
    """The same weights on the same synapses, each on a random one.

    Of a recurrent projection, self-connections keep theirs: no measure reads them.
    """
    moved = (
        np.flatnonzero(found.pre != found.post) if found.recurrent else np.arange(len(found.pre))
    )
    weight = found.weight.copy()
    weight[moved] = rng.permutation(weight[moved])
    return replace(found, weight=weight)


def shuffled_delays(found: Connections, rng: np.random.Generator) -> Connections:
    """Every receiver has the delays it had, each at a random one of its synapses."""
    order = np.argsort(found.post, kind="stable")
    drawn = np.lexsort((rng.random(len(order)), found.post[order]))
    delay = found.delay.copy()
    delay[order] = found.delay[order][drawn]
    return replace(found, delay=delay)


def shuffled_channels(found: Connections, rng: np.random.Generator) -> Connections:
    """Every receiver hears its senders in a random order of its own; delays and weights go along.

    Synapses of one sender stay those of one sender.
    """
    pre = found.pre.copy()
    for receiver in range(found.sizes[1]):
        own = np.flatnonzero(found.post == receiver)
        pre[own] = rng.permutation(found.sizes[0])[pre[own]]
    return replace(found, pre=pre)
