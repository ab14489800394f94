"""What a rewiring rule is: which synapses are removed after an update, and which are regrown."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer, real
from genprop.describe.derived import Declared
from genprop.describe.position import position_name
from genprop.describe.topology import Synapses
from genprop.errors import DescriptionError, UnsupportedError
from genprop.stages.base import Stage
from genprop.stages.rewire import Candidates, Rewired
from genprop.stages.rewiring import dormant
from genprop.stages.rewiring.fit import refuse_unfit
from genprop.stages.rewiring.progress import Progress

if TYPE_CHECKING:
    from genprop.describe.draws import Initialiser
    from genprop.describe.spec import NetworkSpec, ProjectionSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays

__all__ = ["RewiringRule"]

_REGROWN = 1e-12
"""The magnitude of a regrown synapse."""
_LEAST = 0.01
"""Candidates are at least so large a part of the synapses."""


@dataclass(frozen=True, kw_only=True)
class RewiringRule(Stage):
    """Removes synapses of a sparse projection and regrows as many, after updates.

    A rule is a frozen dataclass that overrides :meth:`removed` and, unless chance decides,
    :meth:`regrown`; ``connect(…, rewire=rule)`` gives it its projection. A regrown synapse begins
    at magnitude 1e-12 (a weight without a sign at 0) and with new optimiser states; its sign is
    that of its pair or sender. Its delay is the one it had when it was removed, remembered for the
    synapses removed last, as many as the projection has; else it is drawn like the first ones.

    Attributes:
        every: how many updates from one rewiring to the next.
        seed: of whatever is drawn.
        reach: the distance over which a random synapse's chance falls by e; None: distance does
            not count. It is in units of space, and both populations have positions.
        projection: what is rewired.
        pre: its population that sends.
        post: its population that receives.
        delays: what delays are drawn from, where each synapse has its own.
    """

    every: int = 1
    seed: int = 0
    reach: float | None = None
    projection: str = ""
    pre: str = ""
    post: str = ""
    delays: Initialiser | None = None
    progress: Progress = field(default_factory=Progress, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        title = type(self).__name__
        integer(self.every, f"{title}(every=…)", least=1)
        integer(self.seed, f"{title}(seed=…)")
        if self.reach is not None:
            real(self.reach, f"{title}(reach=…)", above=0.0, fault=DescriptionError)

    @property
    def needs_magnitudes(self) -> bool:
        """Whether weights must be sign × magnitude."""
        return False

    @property
    def cite(self) -> tuple[str, ...]:
        """The papers of the rule."""
        return ()

    @property
    def sampling(self) -> float | None:
        """How many dormant synapses get gradients for each that is regrown; None: all of them."""
        return 0.0

    def portion(self, updates: int) -> float | None:
        """The part of the synapses that is removed at the next rewiring, where it is known."""
        return None

    def before_removal(self, size: np.ndarray, rng: np.random.Generator) -> None:
        """Change magnitudes (nnz,), in place, after every update and before any removal."""

    def removed(self, size: np.ndarray, updates: int) -> np.ndarray:
        """Which synapses become dormant, (nnz,) bool, from the magnitudes after an update."""
        raise NotImplementedError

    def regrown(
        self, count: int, log_chance: np.ndarray, slope: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Which ``count`` of k dormant synapses are regrown, by index; by chance.

        Args:
            count: how many.
            log_chance: (k,) the logarithm of how likely each is, where it is left to chance.
            slope: (k,) ∂L/∂m, m the magnitude or weight; NaN where :attr:`sampling` asks for none.
            rng: for what is left to chance.
        """
        return np.argsort(-(log_chance + rng.gumbel(size=log_chance.size)))[:count]

    @property
    def name(self) -> str:
        """``"rewiring <projection>"``."""
        return f"rewiring {self.projection}"

    def of(self, projection: ProjectionSpec) -> RewiringRule:
        """The rule for ``projection``."""
        delays = None if projection.delay is None else projection.delay.initial
        ends = {"pre": projection.pre, "post": projection.post}
        return replace(self, projection=projection.name, delays=delays, **ends)

    def declare(self, spec: NetworkSpec) -> Declared:
        """The projection, which is rewired.

        Raises:
            DescriptionError: for weights that the rule cannot rewire by, or a reach without
                positions.
        """
        refuse_unfit(self, spec)
        return Declared(
            rewired=(self.projection,), papers=tuple(("rewiring", p) for p in self.cite)
        )

    def candidates(
        self, parameters: Mapping[str, np.ndarray], topology: Topology
    ) -> Mapping[str, Candidates]:
        """Random dormant synapses, before a batch after which some are regrown."""
        self.progress.clear()
        if self.sampling == 0 or (self.progress.updates + 1) % self.every:
            return {}
        synapses, rng = topology[self.projection], self._rng("candidates")
        pairs = self._sampled(self._wanted(synapses), parameters, synapses, rng)
        delays = self._delays(pairs, parameters, rng)
        self.progress.pairs, self.progress.delays = pairs, delays
        self.progress.slope = None if pairs.size else np.zeros(0)
        values = {} if delays is None else {self._delay: delays}
        return {self.projection: Candidates(pairs, values)}

    def observe(self, projection: str, gradients: Mapping[str, np.ndarray]) -> None:
        """∂L/∂m of the candidates."""
        (self.progress.slope,) = (g for n, g in gradients.items() if n in self._sizes)

    def rewire(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        topology: Topology,
    ) -> Mapping[str, Rewired]:
        """The synapses from now on, where it is time and some are removed."""
        progress, sized = self.progress, self._sized(parameters)
        progress.updates += 1
        magnitude = sized == self._sizes[0]
        size = parameters[sized] if magnitude else np.abs(parameters[sized])
        self.before_removal(size, self._rng("noise"))
        if progress.updates % self.every:
            return {}
        gone = self.removed(size, progress.updates)
        progress.expected = int(gone.sum())
        progress.regrown += progress.expected
        if not progress.expected:
            return {}
        pairs, slope, delays, chance = self._pool(gone, parameters, gradients, topology)
        chosen = self.regrown(progress.expected, chance, slope, self._rng("choice"))
        return {self.projection: self._rewired(gone, pairs, delays, chosen, parameters, topology)}

    def metrics(self) -> Mapping[str, float]:
        """Synapses that were regrown so far: ``"<projection>.regrown"``."""
        return {f"{self.projection}.regrown": float(self.progress.regrown)}

    def state(self) -> Arrays:
        """Updates so far, and the delays of removed synapses."""
        return self.progress.state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go back to a :meth:`state`."""
        self.progress.restore(state)

    @property
    def _sizes(self) -> tuple[str, str]:
        return f"{self.projection}.magnitude", f"{self.projection}.weight"

    @property
    def _delay(self) -> str:
        return f"{self.projection}.delay"

    def _sized(self, parameters: Mapping[str, np.ndarray]) -> str:
        return next(name for name in self._sizes if name in parameters)

    def _rng(self, purpose: str) -> np.random.Generator:
        """The same numbers whenever this update is made again."""
        words = zlib.crc32(self.projection.encode()), zlib.crc32(purpose.encode())
        return np.random.default_rng([self.seed, *words, self.progress.updates])

    def _wanted(self, synapses: Synapses) -> int | None:
        """How many candidates; None for all."""
        if self.sampling is None:
            return None
        portion = self.portion(self.progress.updates + 1)
        likely = self.progress.expected if portion is None else portion * synapses.column.size
        return math.ceil(self.sampling * max(likely, _LEAST * synapses.column.size))

    def _sampled(
        self,
        count: int | None,
        parameters: Mapping[str, np.ndarray],
        synapses: Synapses,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Numbers of dormant pairs, ascending; of those that are near more, where reach counts."""
        if count is None:
            return dormant.dormant_pairs(synapses)
        if self.reach is None:
            return dormant.sampled_pairs(synapses, count, rng)
        return dormant.sampled_near(synapses, count, self._places(parameters), self.reach, rng)

    def _places(self, parameters: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        x, y = (np.asarray(parameters[position_name(p)], float) for p in (self.pre, self.post))
        return x, y

    def _delays(
        self, pairs: np.ndarray, parameters: Mapping[str, np.ndarray], rng: np.random.Generator
    ) -> np.ndarray | None:
        """The delays that dormant synapses have; None where each synapse has not its own."""
        if self._delay not in parameters or self.delays is None:
            return None
        return self.progress.recall(pairs, self.delays, rng)

    def _pool(
        self,
        gone: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        topology: Topology,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray]:
        """Dormant pairs to choose from, those that are removed now too; ∂L/∂m, delays, chances."""
        synapses, rng, progress = topology[self.projection], self._rng("pool"), self.progress
        if self.sampling == 0:
            pairs = self._sampled(dormant.POOL * int(gone.sum()), parameters, synapses, rng)
            slope, delays = np.full(pairs.size, np.nan), self._delays(pairs, parameters, rng)
        elif progress.slope is None or progress.pairs is None:
            raise UnsupportedError(
                f"{type(self).__name__} regrows {self.projection} by gradients of dormant synapses",
                where="step()",
                remedy="call gradients(batch) before every step",
            )
        else:
            pairs, slope, delays = progress.pairs, progress.slope, progress.delays
        others = synapses.pre * synapses.post - gone.size
        weight = math.log(max(others, 1) / max(pairs.size, 1))
        chance = np.concatenate([np.full(pairs.size, weight), np.zeros(int(gone.sum()))])
        own = np.asarray(gradients[self._sized(parameters)])[gone]
        if delays is not None:
            delays = np.concatenate([delays, parameters[self._delay][gone]])
        numbers = np.concatenate([pairs, synapses.numbers[gone]])
        if self.reach is not None:
            far = dormant.distances(synapses.numbers[gone], synapses.post, self._places(parameters))
            chance[pairs.size :] -= far / self.reach
        return numbers, np.concatenate([slope, own]), delays, chance

    def _rewired(
        self,
        gone: np.ndarray,
        pool: np.ndarray,
        delays: np.ndarray | None,
        chosen: np.ndarray,
        parameters: Mapping[str, np.ndarray],
        topology: Topology,
    ) -> Rewired:
        before, sized = topology[self.projection], self._sized(parameters)
        order = chosen[np.argsort(pool[chosen])]
        staying = before.numbers[~gone]
        numbers = np.sort(np.concatenate([staying, pool[order]]), kind="stable")
        after = Synapses.of_numbers(before.pre, before.post, numbers)
        new = ~dormant.among(numbers, staying)
        first = _REGROWN if sized == self._sizes[0] else 0.0
        fresh = {sized: np.full(order.size, first)}
        if delays is not None:
            self.progress.keep(before.numbers[gone], parameters[self._delay][gone], gone.size)
            fresh[self._delay] = delays[order]
        values: Arrays = {}
        for name, value in fresh.items():
            values[name] = np.empty(numbers.size)
            values[name][~new], values[name][new] = parameters[name][~gone], value
        return Rewired(after, values, restarted=new)
