"""Pruning: what a network loses with its longest, its weakest, or any of its synapses."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer, is_one_of, real
from genprop.analysis.connections import connections
from genprop.errors import ConfigurationError, DataError, did_you_mean
from genprop.runtime.other_stages import with_stages
from genprop.stages.pruned import Pruned
from genprop.train.evaluate import evaluate

if TYPE_CHECKING:
    from genprop.analysis.connections import Connections, Source
    from genprop.runtime.simulator import Simulator
    from genprop.train.surface import Dataset

__all__ = ["PruningCurve", "pruned", "pruning_curve", "removal_order"]

FRACTIONS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class PruningCurve:
    """What was left of a network; ``print`` it.

    Attributes:
        by: what was removed first: ``"length"``, ``"magnitude"`` or ``"chance"``.
        fractions: (f,) of the synapses that were removed.
        accuracy: (repeats, f), NaN without labels; one row unless by chance.
        loss: (repeats, f), the mean per sample.
    """

    by: str
    fractions: np.ndarray
    accuracy: np.ndarray
    loss: np.ndarray

    def __str__(self) -> str:
        rows = [f"removed by {self.by}, {len(self.loss)} times"]
        for k, fraction in enumerate(self.fractions):
            own = self.accuracy[:, k]
            spread = f" ± {own.std(ddof=1):.2%}" if len(own) > 1 else ""
            rows.append(
                f"{fraction:7.1%}  accuracy {own.mean():.2%}{spread}"
                f"  loss {self.loss[:, k].mean():.4g}"
            )
        return "\n".join(rows)


def removal_order(
    source: Source, projection: str = "", *, by: str = "length", seed: int = 0
) -> np.ndarray:
    """The numbers of all synapses, (k,), in the order in which they are removed.

    Args:
        source: a simulator, or connections.
        projection: of a simulator.
        by: ``"length"``, the longest first (the distance of positions, else the delay);
            ``"magnitude"``, the smallest |w| first; ``"chance"``, in random order. Equal ones stand
            in the order of synapses.
        seed: of the random order.

    Raises:
        ConfigurationError: for another word.
        UnsupportedError: by length, without positions and delays.
    """
    if not is_one_of(by, _KEYS):
        raise ConfigurationError(f"by cannot be {by!r:.60}", remedy=did_you_mean(str(by), _KEYS))
    key = _KEYS[by](connections(source, projection), integer(seed, "seed"))
    return np.argsort(key, kind="stable")


def pruned(sim: Simulator, projection: str, removed: np.ndarray) -> Simulator:
    """The same network without some synapses: it reads the parameters of ``sim``, now and later.

    What is removed keeps its parameters, and has no effect and no gradient. Whatever makes weights
    (signs, ties, rounding) is as before.

    Args:
        sim: stays as it is.
        projection: of which synapses are removed.
        removed: their numbers (m,), in the order of :func:`connections`.

    Raises:
        DataError: for a projection, or synapses, that are not there.
    """
    found = connections(sim, projection)
    numbers = np.unique(np.asarray(removed, np.int64))
    if numbers.size and not (numbers[0] >= 0 and numbers[-1] < found.weight.size):
        raise DataError(
            f"a synapse {numbers[-1]} is to be removed of {found.weight.size}",
            where=found.name,
            remedy="give numbers from 0, in the order of gp.analysis.connections",
        )
    weight = next(p.weight.name for p in sim.spec.projections if p.name == found.name)
    removal = Pruned(weight, tuple(numbers.tolist()))
    return with_stages(sim, (*map(copy.copy, sim.stages.all), removal))


def pruning_curve(
    sim: Simulator,
    dataset: Dataset,
    projection: str = "",
    *,
    by: str = "length",
    fractions: Sequence[float] = FRACTIONS,
    repeats: int = 1,
    seed: int = 0,
) -> PruningCurve:
    """Accuracy and loss with parts of the synapses removed, without learning in between.

    Args:
        sim: the network; it stays as it is.
        dataset: what it is evaluated on.
        projection: of which synapses are removed.
        by: what is removed first; see :func:`removal_order`. A fraction f is the first ⌊f k + ½⌋.
        fractions: of the synapses, each in [0, 1].
        repeats: by chance, how many random orders; they begin with ``seed``, ``seed`` + 1, ….
        seed: of the random orders.

    Raises:
        ConfigurationError: for another word, or fractions beyond [0, 1].
        UnsupportedError: by length, without positions and delays.
        DataError: for a projection that is not there, or an empty dataset.

    Source: pruning by distance against magnitude and chance is a test of arXiv:2511.01632.
    """
    parts = [real(f, "fractions", least=0.0, most=1.0) for f in fractions]
    found = connections(sim, projection)
    times = integer(repeats, "repeats", least=1) if by == "chance" else 1
    rows: list[list[tuple[float, float]]] = []
    for k in range(times):
        order = removal_order(found, by=by, seed=seed + k)
        counts = [int(f * len(order) + 0.5) for f in parts]
        rows.append([_evaluated(pruned(sim, found.name, order[:n]), dataset) for n in counts])
    values = np.array(rows).reshape(times, len(parts), 2)
    return PruningCurve(by, np.array(parts), values[..., 0], values[..., 1])


def _evaluated(sim: Simulator, dataset: Dataset) -> tuple[float, float]:
    result = evaluate(sim, dataset)
    return (np.nan if result.accuracy is None else result.accuracy), result.loss


def _by_length(found: Connections, seed: int) -> np.ndarray:
    return -found.length


def _by_magnitude(found: Connections, seed: int) -> np.ndarray:
    return np.abs(found.weight)


def _by_chance(found: Connections, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(len(found.weight))


_KEYS: dict[str, Callable[[Connections, int], np.ndarray]] = {
    "length": _by_length,
    "magnitude": _by_magnitude,
    "chance": _by_chance,
}
