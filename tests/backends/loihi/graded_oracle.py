"""LCA and group LCA in Python's integers, written from their equations, not from genprop's code.

All numbers stand for x · 2^−f; ``>>`` rounds down. τ = 10 ms, dt = 1 ms as in the tests' networks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from genprop.backends.loihi.graded.integers import GradedSynapses
    from genprop.runtime.graded_chip import GradedChip

Trace = list[dict[str, list[int]]]
Shift = Callable[[int, int], int]
ETA = 0.1  # dt/τ of all populations
HALF = 23


def down(x: int, bits: int) -> int:
    """x · 2^−bits, rounded down."""
    return x >> bits if bits >= 0 else x << -bits


def towards_zero(x: int, bits: int) -> int:
    """The planted mistake."""
    return down(x, bits) if x >= 0 else -down(-x, bits)


def delivered(s: GradedSynapses, message: list[int]) -> list[int]:
    sums = [0] * s.weight.shape[1]
    for weights, m in zip(s.weight.tolist(), message, strict=True):
        sums = [total + w * m for total, w in zip(sums, weights, strict=True)]
    return [down(total, -s.exponent) for total in sums]


def bias(chip: GradedChip, x: np.ndarray, dictionary: np.ndarray) -> list[int]:
    """c η Dᵀx in the units of u."""
    fraction = chip.network.cell("atoms").fraction["u"]
    exact = (x @ dictionary) * ETA / slower(chip) * 2.0**fraction
    return [int(b) for b in np.rint(exact)]


def slower(chip: GradedChip) -> float:
    return chip.report().stretched["atoms.u"]


def decay(chip: GradedChip) -> int:
    return 2**24 - round(ETA / slower(chip) * 2**24)


def lca(
    chip: GradedChip, x: np.ndarray, dictionary: np.ndarray, gamma: float, steps: int, shift: Shift
) -> Trace:
    """One sample: u and the messages a of every step."""
    (recurrent,) = chip.network.synapses
    threshold = round(gamma * 2 ** chip.network.cell("atoms").fraction["u"])
    drive, rest = bias(chip, x, dictionary), decay(chip)
    u = arrived = [0] * dictionary.shape[1]
    trace: Trace = []
    for _ in range(steps):
        a = [(abs(v) - threshold) * (1 if v > 0 else -1) if abs(v) > threshold else 0 for v in u]
        u = [shift(v * rest, 24) + i + b for v, i, b in zip(u, arrived, drive, strict=True)]
        arrived = delivered(recurrent, a)
        trace.append({"atoms.u": u, "atoms.a": a})
    return trace


def group_lca(
    chip: GradedChip, x: np.ndarray, dictionary: np.ndarray, gamma: float, steps: int, shift: Shift
) -> Trace:
    """One sample: the states of atoms and groups, and the messages of atoms."""
    net: Any = chip.network
    wires = {s.name: s for s in net.synapses}
    f, g = net.cell("atoms").fraction, net.cell("norms").fraction
    drive, rest = bias(chip, x, dictionary), decay(chip)
    kappa = round(ETA * 2**26)  # below 2^23, and twice that is not
    level = 2 * g["n"] - HALF  # of n n
    other = g["n"] + g["s"] - HALF  # of s n
    threshold = round(gamma * 2 ** min(g["n"], other))
    u, n, s = [0] * dictionary.shape[1], [0] * net.cell("norms").size, [0] * net.cell("norms").size
    arrived, gate, power = u, u, n
    trace: Trace = []
    for _ in range(steps):
        a = [shift(w * v, f["shrinkage"] + f["u"] - f["a"]) for w, v in zip(gate, u, strict=True)]
        squares = [shift(v * v, 2 * f["u"] - f["power"]) for v in u]
        shrinkage = [shift(v, g["s"] - g["shrinkage"]) for v in s]
        u = [shift(v * rest, 24) + i + b for v, i, b in zip(u, arrived, drive, strict=True)]
        fine = min(g["q"], level)
        fell = [
            shift(q, g["q"] - fine) - shift(v * v, 2 * g["n"] - fine)
            for q, v in zip(power, n, strict=True)
        ]
        mine = min(g["n"], other)
        above = [
            max(shift(v, g["n"] - mine) - threshold, 0) - shift(w * v, g["n"] + g["s"] - mine)
            for v, w in zip(n, s, strict=True)
        ]
        n = [v + shift(d * kappa, fine + 26 - g["n"]) for v, d in zip(n, fell, strict=True)]
        s = [w + shift(d * kappa, mine + 26 - g["s"]) for w, d in zip(s, above, strict=True)]
        arrived = delivered(wires["atoms->atoms"], a)
        power = delivered(wires["atoms->norms"], squares)
        gate = delivered(wires["norms->atoms"], shrinkage)
        trace.append({"atoms.u": u, "atoms.a": a, "norms.n": n, "norms.s": s})
    return trace
