"""A network whose delays, or weights, are derived where they are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import genprop as gp
from genprop import ms
from tests.stages.staged import HIDDEN, IN, OUT, STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genprop.backends.base import Target
    from genprop.describe.derivation import Derivation
    from genprop.describe.initial import Learn
    from genprop.describe.objective import Loss

RECURRENT = "hidden->hidden"


def spatial(
    *,
    dims: int = 2,
    sparse: bool = False,
    feed: Learn | Derivation | float = 0.0,
    recur: Learn | Derivation | float = 0.0,
    weight: Learn | Derivation | None = None,
    box: float = 5.0,
    extra: Loss | None = None,
    stages: Sequence[gp.Stage] = (),
    backend: str | Target | None = None,
    dt: float = 1.0,
    seed: int = 4,
    clock: str = "grid",
    learn_positions: bool = True,
    within: float | None = None,
) -> gp.Simulator:
    """``in`` and ``hidden`` have positions; ``feed`` and ``recur`` are the delays."""
    net = gp.Network("spatial")
    drawn = gp.uniform(-box, box)
    where = gp.learn(drawn, dims=dims, within=within) if learn_positions else drawn
    source = net.population("in", IN, gp.spikes(), position=where, dims=dims)
    hidden = net.population(
        "hidden", HIDDEN, gp.neuron("LIF", tau_mem=11 * ms), position=where, dims=dims
    )
    out = net.population("out", OUT, gp.neuron("LI", tau_mem=13 * ms))
    exp = gp.synapse("exp", tau=4 * ms)
    pattern = gp.sparse(0.6, seed=3) if sparse else gp.dense()
    net.connect(
        source, hidden, exp, weight=gp.learn(gp.normal(0.7, 0.9)), delay=feed, pattern=pattern
    )
    net.connect(
        hidden, hidden, exp, weight=weight or gp.learn(gp.normal(0.3, 0.2)), delay=recur,
        pattern=pattern,
    )  # fmt: skip
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    loss = gp.CrossEntropy(gp.integral(out, "v"))
    return gp.compile(
        net,
        loss=loss if extra is None else loss + extra,
        optimiser={"default": gp.Adam(1e-2)},
        dt=dt,
        duration=STEPS,
        clock=clock,
        batch=4,
        backend=backend or gp.Native(precision="double", threads=2),
        seed=seed,
        stages=stages,
    )
