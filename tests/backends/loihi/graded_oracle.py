"""LCA and group LCA in Python's integers, written from their equations, not from genprop's code.

All numbers stand for x · 2^−f; ``>>`` rounds down. τ = 10 ms, dt = 1 ms as in the tests' networks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
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


def delivered(chip: GradedChip, pre: str, post: str, message: list[int]) -> list[int]:
    """Excitation and inhibition are summed, shifted and only then added."""
    synapses = [s for s in chip.network.synapses if (s.pre, s.post) == (pre, post)]
    found = [0] * synapses[0].weight.shape[1]
    for s in synapses:
        assert s.weight.min() >= 0 or s.weight.max() <= 0
        assert abs(s.weight).max() < 256
        for post_neuron, weights in enumerate(s.weight.T.tolist()):
            total = sum(w * m for w, m in zip(weights, message, strict=True))
            found[post_neuron] += down(total, -s.exponent)
    return found


def bias(chip: GradedChip, x: np.ndarray, dictionary: np.ndarray) -> list[int]:
    """c η Dᵀx in the units of u."""
    fraction = chip.network.cell("atoms").fraction["u"]
    exact = (x @ dictionary) * ETA / slower(chip) * 2.0**fraction
    return [int(b) for b in np.rint(exact)]


def slower(chip: GradedChip, state: str = "atoms.u") -> float:
    return chip.report().stretched.get(state, 1.0)


def decay(chip: GradedChip, state: str = "atoms.u", eta: float = ETA) -> int:
    return 2**24 - round(eta / slower(chip, state) * 2**24)


def soft(u: list[int], threshold: int) -> list[int]:
    return [(abs(v) - threshold) * (1 if v > 0 else -1) if abs(v) > threshold else 0 for v in u]


def lca(
    chip: GradedChip, x: np.ndarray, dictionary: np.ndarray, gamma: float, steps: int, shift: Shift
) -> Trace:
    """One sample: u and the messages a of every step."""
    threshold = round(gamma * 2 ** chip.network.cell("atoms").fraction["u"])
    drive, rest = bias(chip, x, dictionary), decay(chip)
    u = arrived = [0] * dictionary.shape[1]
    trace: Trace = []
    for _ in range(steps):
        a = soft(u, threshold)
        u = [shift(v * rest, 24) + i + b for v, i, b in zip(u, arrived, drive, strict=True)]
        arrived = delivered(chip, "atoms", "atoms", a)
        trace.append({"atoms.u": u, "atoms.a": a})
    return trace


def group_lca(
    chip: GradedChip, x: np.ndarray, dictionary: np.ndarray, gamma: float, steps: int, shift: Shift
) -> Trace:
    """One sample: the states of atoms and groups, and the messages of atoms."""
    net: Any = chip.network
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
        arrived = delivered(chip, "atoms", "atoms", a)
        power = delivered(chip, "atoms", "norms", squares)
        gate = delivered(chip, "norms", "atoms", shrinkage)
        trace.append({"atoms.u": u, "atoms.a": a, "norms.n": n, "norms.s": s})
    return trace


def by_change(
    chip: GradedChip, x: np.ndarray, dictionary: np.ndarray, gamma: float, steps: int, shift: Shift,
    theta: float = 0.01,
) -> Trace:  # fmt: skip
    """LCA behind sigma-delta senders, which take over a value that is more than θ off, whole."""
    f, g = chip.network.cell("atoms").fraction, chip.network.cell("senders").fraction
    threshold, drive, rest = round(gamma * 2 ** f["u"]), bias(chip, x, dictionary), decay(chip)
    fine = min(g["I"], g["held"])
    u = held = events = arrived = value = [0] * dictionary.shape[1]
    trace: Trace = []
    for _ in range(steps):
        a = soft(u, threshold)
        sent = [shift(h, g["held"] - g["value"]) for h in held]
        u = [shift(v * rest, 24) + i + b for v, i, b in zip(u, arrived, drive, strict=True)]
        off = [
            shift(i, g["I"] - fine) - shift(h, g["held"] - fine)
            for i, h in zip(value, held, strict=True)
        ]
        far = [abs(d) > round(theta * 2**fine) for d in off]
        held = [
            h + (shift(d, fine - g["held"]) if out else 0)
            for h, d, out in zip(held, off, far, strict=True)
        ]
        events = [n + out * 2 ** g["events"] for n, out in zip(events, far, strict=True)]
        value = delivered(chip, "atoms", "senders", a)
        arrived = delivered(chip, "senders", "atoms", sent)
        trace.append({"atoms.u": u, "atoms.a": a, "senders.held": held, "senders.events": events,
                      "senders.value": sent})  # fmt: skip
    return trace


def as_spikes(
    chip: GradedChip, x: np.ndarray, dictionary: np.ndarray, gamma: float, steps: int, shift: Shift,
    q: float = 4.0, signed: bool = True,
) -> Trace:  # fmt: skip
    """LCA behind senders that add up a value and send ±q, or q alone, where it is beyond that."""
    f, g = chip.network.cell("atoms").fraction, chip.network.cell("senders").fraction
    threshold, drive, rest = round(gamma * 2 ** f["u"]), bias(chip, x, dictionary), decay(chip)
    u = total = events = summed = arrived = value = [0] * dictionary.shape[1]
    trace: Trace = []

    def added(to: list[int], name: str, each: float, count: list[int]) -> list[int]:
        return [t + round(each * 2 ** g[name]) * n for t, n in zip(to, count, strict=True)]

    for _ in range(steps):
        a, beyond = soft(u, threshold), round(q * 2 ** g["sum"])
        out = [(s > beyond) - (signed and s < -beyond) for s in summed]
        sent = added([0] * len(out), "value", q, out)
        u = [shift(v * rest, 24) + i + b for v, i, b in zip(u, arrived, drive, strict=True)]
        came = [shift(i, g["I"] - g["sum"]) for i in value]
        if not signed:
            came = [max(i, 0) for i in came]
        summed = [s + i for s, i in zip(added(summed, "sum", -q, out), came, strict=True)]
        total = added(total, "total", q, out)
        events = added(events, "events", 1, [abs(n) for n in out])
        value = delivered(chip, "atoms", "senders", a)
        arrived = delivered(chip, "senders", "atoms", sent)
        trace.append({"atoms.u": u, "senders.sum": summed, "senders.total": total,
                      "senders.events": events, "senders.value": sent})  # fmt: skip
    return trace


def two_layers(
    chip: GradedChip, x: np.ndarray, dictionary: np.ndarray, gamma: float, steps: int, shift: Shift
) -> Trace:
    """Residual neurons, whose time constant is the step, and atoms that excite themselves."""
    f, g = chip.network.cell("atoms").fraction, chip.network.cell("residual").fraction
    threshold, rest = round(gamma * 2 ** f["u"]), decay(chip)
    faster, c = decay(chip, "residual.v", 1.0), 1 / slower(chip, "residual.v")
    drive = [int(b) for b in np.rint(c * x * 2.0 ** g["v"])]
    u, v = [0] * dictionary.shape[1], [0] * dictionary.shape[0]
    up, down_again, own = u, v, u
    trace: Trace = []
    for _ in range(steps):
        a, r = soft(u, threshold), [shift(e, g["v"] - g["r"]) for e in v]
        u = [shift(e * rest, 24) + i + j for e, i, j in zip(u, up, own, strict=True)]
        v = [shift(e * faster, 24) + i + b for e, i, b in zip(v, down_again, drive, strict=True)]
        up, own = delivered(chip, "residual", "atoms", r), delivered(chip, "atoms", "atoms", a)
        down_again = delivered(chip, "atoms", "residual", a)
        trace.append({"atoms.u": u, "atoms.a": a, "residual.v": v, "residual.r": r})
    return trace
