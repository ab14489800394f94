"""From a trained graded network to the chip's integers: scales, weights, and what was lost.

Every state, input and message has a scale of its own, a power of two: the largest at which what was
seen on data, times the head-room, keeps 24 bits. Weights of each sign have 8
bits or fewer and an exponent.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genprop.backends.loihi.graded.fixed_point import FixedPoint
from genprop.backends.loihi.graded.integers import (
    LARGEST,
    GradedCells,
    GradedIntegers,
    GradedSynapses,
)
from genprop.backends.loihi.graded.leak import Leak, leaks
from genprop.backends.loihi.graded.weights import (
    RoundedWeights,
    full_scale,
    parts_of,
    round_synapses,
    rounded,
)
from genprop.lower.nodes import Add, Assign, Call, Expr, Integer, Multiply, Name
from genprop.numerics.graded import constants_of

if TYPE_CHECKING:
    from genprop.lower.graded_program import GradedPopulation, GradedProgram, GradedProjection

__all__ = ["Drive", "GradedRounded", "round_graded"]

_DECAY_BITS = 24
_FINEST = 30  # fraction of what was 0 on data


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """What a source adds to ``input`` of ``post``: its values times ``weight`` (pre, post).

    The host multiplies and rounds it, and writes it as a constant: 24 bits, once per sample.
    """

    source: str
    post: str
    input: str
    weight: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class GradedRounded:
    """The integers, what the host adds to them, and what was lost.

    ``stretched`` says by ``"population.state"`` how much slower than described a state is, so that
    its weights use all of their bits.
    """

    network: GradedIntegers
    drives: tuple[Drive, ...]
    weights: tuple[RoundedWeights, ...]
    stretched: Mapping[str, float]


def round_graded(
    program: GradedProgram,
    matrices: Mapping[str, np.ndarray],
    parameters: Mapping[str, np.ndarray],
    peaks: Mapping[tuple[str, str], float],
    bits: int,
    headroom: float,
) -> GradedRounded:
    """The integers of a network whose equations have them.

    Args:
        program: the network.
        matrices: the weights of every projection, (pre, post).
        parameters: of the neurons, by flat name.
        peaks: the largest magnitude of every state, input and value on data.
        bits: of a weight.
        headroom: how much further they may go.
    """
    cells: list[GradedCells] = []
    synapses: list[GradedSynapses] = []
    drives: list[Drive] = []
    weights: list[RoundedWeights] = []
    stretched: dict[str, float] = {}
    scaled = {
        p.name: _Scaled.of(p, constants_of(p, parameters, program.dt), peaks, headroom)
        for p in program.populations
        if not p.source
    }
    for p in (p for p in program.populations if not p.source):
        own = scaled[p.name]
        incoming = [q for q in program.projections if q.post == p.name]
        for leak in own.leaks:
            if program.tolerance is not None:
                factor = _stretch(leak, incoming, matrices, scaled, bits)
                own.gain[leak.state] = factor
                stretched[f"{p.name}.{leak.state}"] = 1 / factor
        for q in incoming:
            matrix = matrices[q.name] * own.factor(q.input)
            if program.population(q.pre).source:
                drives.append(Drive(q.pre, q.post, q.input, matrix))
                continue
            shift = own.fraction[q.input] - scaled[q.pre].fraction[q.value]
            for made, lost in round_synapses(q, matrix, shift, bits):
                synapses.append(made)
                weights.append(lost)
        cells.append(own.cells())
    network = GradedIntegers(tuple(cells), tuple(synapses))
    return GradedRounded(network, tuple(drives), tuple(weights), stretched)


@dataclass(slots=True, eq=False)
class _Scaled:
    """A population whose fractions are known."""

    program: GradedPopulation
    numbers: Mapping[str, np.ndarray]
    fraction: dict[str, int]
    leaks: tuple[Leak, ...]
    gain: dict[str, float]
    """c by leaking state."""

    @classmethod
    def of(
        cls,
        p: GradedPopulation,
        numbers: Mapping[str, np.ndarray],
        peaks: Mapping[tuple[str, str], float],
        headroom: float,
    ) -> _Scaled:
        found = tuple(leaks(p, numbers))
        fraction = {x: _fraction(peaks[p.name, x] * headroom) for x in (*p.states, *p.inputs)}
        for leak in found:  # what arrives there is in the units of the state
            fraction |= dict.fromkeys(leak.gain, fraction[leak.state])
        points = FixedPoint(numbers, dict(fraction))
        for s in p.send:
            finest = _fraction(peaks[p.name, s.target] * headroom)
            fraction[s.target] = min(points.natural(s.value), finest)
        return cls(p, numbers, fraction, found, {leak.state: 1.0 for leak in found})

    def factor(self, name: str) -> np.ndarray:
        """What weights on an input are multiplied by: c B of a state that leaks."""
        for leak in self.leaks:
            if name in leak.gain:
                return leak.gain[name] * self.gain[leak.state]
        return np.ones(())

    def cells(self) -> GradedCells:
        """The population in integers."""
        p, read = (
            self.program,
            {n: self.fraction[n] for n in (*self.program.states, *self.program.inputs)},
        )
        points = FixedPoint(self.numbers, read)
        leaking = {leak.state: leak for leak in self.leaks}
        advance: list[Assign] = []
        for step in p.advance:
            state = step.target.removesuffix("_next")
            leak = leaking.get(state)
            if leak is not None:
                advance.append(Assign(step.target, self._leak(leak, points)))
            else:
                advance.append(Assign(step.target, points.at(step.value, self.fraction[state])))
        send = tuple(Assign(s.target, points.at(s.value, self.fraction[s.target])) for s in p.send)
        initial = zip(p.states, p.initial, strict=True)
        return GradedCells(
            name=p.name,
            size=p.size,
            states=p.states,
            initial=tuple(round(x * 2.0 ** self.fraction[n]) for n, x in initial),
            inputs=p.inputs,
            values=p.values,
            fraction=self.fraction,
            numbers=points.numbers,
            send=send,
            advance=tuple(advance),
        )

    def _leak(self, leak: Leak, points: FixedPoint) -> Expr:
        factor = self.gain[leak.state]
        decay = np.rint((1.0 - factor * leak.lost) * 2.0**_DECAY_BITS)
        rest = np.rint(factor * leak.rest * 2.0 ** self.fraction[leak.state])
        product = Multiply((Name(leak.state), points.number(decay, "decay")))
        terms: list[Expr] = [Call("shift", (product, Integer(_DECAY_BITS)))]
        terms += map(Name, leak.gain)
        if np.any(rest != 0):
            terms.append(points.number(rest, "rest"))
        return Add(tuple(terms))


def _fraction(peak: float) -> int:
    """The finest power of two at which ``peak`` has 24 bits with its sign."""
    return min(math.floor(math.log2(LARGEST / peak)), _FINEST) if peak > 0 else _FINEST


def _stretch(
    leak: Leak,
    incoming: list[GradedProjection],
    matrices: Mapping[str, np.ndarray],
    scaled: Mapping[str, _Scaled],
    bits: int,
) -> float:
    """The c in (1/2, 1] with the least rms rounding error of all weights onto a state."""
    arriving = [
        (part, scaled[q.pre].fraction[q.value])
        for q in incoming
        if q.input in leak.gain and q.pre in scaled
        for part in parts_of(matrices[q.name] * leak.gain[q.input]).values()
    ]
    own = next(s.fraction[leak.state] for s in scaled.values() if leak in s.leaks)

    def error(c: float) -> float:
        found = 0.0
        for matrix, fraction in arriving:
            exact = c * matrix * 2.0 ** (own - fraction)
            whole, exponent = rounded(exact, bits)
            found += float(np.sum((whole * 2.0**exponent - exact) ** 2)) / c**2
        return found

    candidates = [1.0, *(full_scale(matrix, bits) for matrix, _ in arriving)]
    return min(candidates, key=error)
