"""A network with one projection that rewires, feed-forward or recurrent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import genprop as gp
from genprop import ms
from tests.stages.staged import OUT, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genprop.backends.base import Target
    from genprop.describe.derivation import Derivation
    from genprop.describe.initial import Learn
    from genprop.describe.pattern import Pattern
    from genprop.describe.topology import Synapses

IN, HIDDEN = 6, 12
FEED, LOOP = "in->hidden", "hidden->hidden"
Given = "Learn | Derivation | float"


def weights(kind: str) -> Learn | Derivation:
    """Magnitudes under Dale's law or not, or weights of any sign."""
    drawn = gp.learn(gp.normal(0.0, 0.8))
    return {"dale": gp.dale(drawn, excitatory=0.7), "signed": gp.signed(drawn), "any": drawn}[kind]


def delays(kind: str) -> Learn | Derivation | float:
    """None, fixed, learned, or distances."""
    drawn = gp.uniform(0 * ms, 8 * ms)
    return {
        "none": 0.0,
        "fixed": drawn,
        "learned": gp.learn(drawn, max=12),
        "distance": gp.distance(max=12),
    }[kind]  # pyright: ignore[reportReturnType]


def rewired(
    rule: gp.RewiringRule | None,
    *,
    where: str = FEED,
    weight: str = "dale",
    delay: str = "learned",
    pattern: Pattern | None = None,
    backend: str | Target | None = None,
    rate: float = 0.05,
    seed: int = 0,
    clock: str = "grid",
) -> gp.Simulator:
    """``rule`` on ``in->hidden`` or on ``hidden->hidden``."""
    net = gp.Network("rewired")
    place = gp.learn(gp.uniform(-4, 4), dims=2)
    source = net.population("in", IN, gp.spikes(), position=place)
    hidden = net.population("hidden", HIDDEN, gp.neuron("LIF", tau_mem=11 * ms), position=place)
    out = net.population("out", OUT, gp.neuron("LI", tau_mem=13 * ms))
    exp = gp.synapse("exp", tau=4 * ms)
    given = pattern or gp.sparse(0.4, seed=seed)
    own = {
        "weight": weights(weight), "delay": delays(delay), "pattern": given, "rewire": rule,
        "max_delay": 12.0 if delay == "fixed" else None,
    }  # fmt: skip
    drive = own if where == FEED else {"weight": gp.learn(gp.normal(1.0, 0.8))}
    net.connect(source, hidden, exp, **drive)  # pyright: ignore[reportArgumentType]
    if where == LOOP:
        net.connect(hidden, hidden, exp, **own)  # pyright: ignore[reportArgumentType]
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out, "v")),
        optimiser=gp.Adam(rate),
        dt=1.0,
        duration=STEPS,
        clock=clock,
        batch=4,
        backend=backend or gp.Native(precision="double", threads=2),
        seed=seed,
    )


def pairs_of(synapses: Synapses) -> set[tuple[int, int]]:
    return set(zip(*(found.tolist() for found in synapses.all_pairs()), strict=True))


def matrix(synapses: Synapses, values: np.ndarray, empty: float = 0.0) -> np.ndarray:
    found = np.full((synapses.pre, synapses.post), empty)
    found[synapses.all_pairs()] = values
    return found


def signs(sims: Iterable[gp.Simulator]) -> list[np.ndarray]:
    """0 where there is no synapse, or a weight of zero."""
    return [matrix(s.topology[FEED], np.sign(s.arrays()[f"{FEED}.weight"])) for s in sims]
