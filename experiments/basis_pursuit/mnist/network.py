"""The networks of this experiment: a code, plain, grouped or pooled, and a classifier of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import genprop as gp
from genprop import ms

if TYPE_CHECKING:
    import numpy as np

DIM, ATOMS, SIZE, CLASSES = 784, 256, 8, 10
GROUPS = gp.groups(ATOMS, SIZE)
METHODS = ("BP", "GBP", "PGBP")
DICTIONARY, READ = "x->atoms.weight", "read.weight"


def shrinking(gamma: float) -> gp.Neuron:
    """Neuron of a group that divides: it has the fixed point of ``group_norm``, sooner.

    Groups below γ send 0, not what will be 0, so that nothing is computed for their atoms.
    """
    return gp.Neuron(
        "shrinking",
        flow="dn/dt = (sqrt(q + tiny) - n)/tau_n",
        send="shrinkage = max(1 - gamma/n, 0);  pooled = max(n - gamma, 0)",
        inputs=("q",),
        initial={"n": gamma},
        parameters={"tau_n": 1 * ms, "gamma": gamma, "tiny": 1e-12},
    )


def described(
    method: str, dictionary: np.ndarray, read: np.ndarray, gamma: float, learned: bool = True,
    theta: float | None = None,
) -> gp.Network:  # fmt: skip
    """The network of a method.

    Args:
        method: one of METHODS.
        dictionary: D (784, 256).
        read: the classifier's weights, (256, 10), or (32, 10) of the pooled code.
        gamma: γ, of every coefficient or every group.
        learned: whether dictionary and classifier learn.
        theta: of sigma-delta senders that values of atoms pass; None: there are none.
    """
    weights = [gp.learn(w) if learned else w for w in (dictionary, read)]
    net = gp.Network(f"mnist-{method}")
    net.population("x", DIM, gp.graded())
    grouped = method != "BP"
    atoms = gp.neuron("group_lca") if grouped else gp.neuron("lca", gamma=gamma)
    net.population("atoms", ATOMS, atoms)
    net.population("class", CLASSES, gp.neuron("li", tau_mem=2 * ms))
    net.connect("x", "atoms", gp.synapse("graded"), weight=weights[0])
    sent = gp.Synapse("sent", arrival="I = I + w*a")
    if theta is None:
        net.connect("atoms", "atoms", sent, weight=gp.gram(DICTIONARY))
    else:
        net.population("senders", ATOMS, gp.neuron("sigma_delta", theta=theta, tau_send=1 * ms))
        net.connect("atoms", "senders", sent, weight=1, pattern=gp.one_to_one())
        net.connect("senders", "atoms", gp.synapse("graded"), weight=gp.gram(DICTIONARY))
    if grouped:
        norm = shrinking(gamma)
        net.population("norms", GROUPS.count, norm)
        power = gp.Synapse("power", arrival="q = q + w*power")
        gate = gp.Synapse("gate", arrival="shrinkage = shrinkage + w*shrinkage")
        net.connect("atoms", "norms", power, weight=1, pattern=GROUPS.gather)
        net.connect("norms", "atoms", gate, weight=1, pattern=GROUPS.spread)
    if method == "PGBP":
        pooled = gp.Synapse("pooled", arrival="I = I + w*pooled")
        net.connect("norms", "class", pooled, weight=weights[1], name="read")
    elif theta is None:
        net.connect("atoms", "class", sent, weight=weights[1], name="read")
    else:
        net.connect("senders", "class", gp.synapse("graded"), weight=weights[1], name="read")
    return net


def compiled(
    net: gp.Network,
    *,
    batch: int,
    dt: float = 1.0,
    tolerance: float | None = 1e-3,
    steps: int = 3_000,
    rates: tuple[float, float] | None = None,
    backend: str = "native",
) -> gp.Simulator:
    """A simulator; where it learns, with Adam, at ``rates`` for dictionary and classifier."""
    optimiser = rates and {"weight": gp.Adam(rates[0]), "read.weight": gp.Adam(rates[1])}
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.final("class", "v")),
        optimiser=optimiser,
        dt=dt,
        duration=steps * dt,
        batch=batch,
        backend=gp.Native(threads=1) if backend == "native" else backend,
        tolerance=tolerance,
    )
