"""Measures what rewiring costs beside the same sparse network with fixed structure.

Pairs of one process, and the memory of a network at 99 % sparsity. Writes times.json after every
size; sizes that were not named stay as they are.
"""

from __future__ import annotations

import argparse
import sys
import tracemalloc
from pathlib import Path

import numpy as np

import genprop as gp
from genprop import ms

sys.path.insert(0, str(Path(__file__).parents[1]))
from clocks.paired import paired, ratios, spread
from clocks.sizes import measure_sizes

HERE = Path(__file__).parent
RULES = {"fixed": None, "rigl": gp.RigL(), "deep_r": gp.DeepR()}
INPUTS, CLASSES, DURATION = 40, 10, 100.0


def main() -> None:
    """Every size that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", nargs="+", type=int, default=[1000, 4000], help="neurons")
    parser.add_argument("--density", type=float, default=0.01, help="of synapses")
    parser.add_argument("--batch", type=int, default=32, help="samples")
    parser.add_argument("--rounds", type=int, default=15, help="all rules in turn")
    parser.add_argument("--output", type=Path, default=HERE / "times.json", help="results")
    options = parser.parse_args()
    about = {name: getattr(options, name) for name in ("rounds", "density", "batch")}
    measure_sizes(
        options.output,
        options.hidden,
        about,
        lambda n: measured(n, options.density, options.batch, options.rounds),
    )


def measured(hidden: int, density: float, size: int, rounds: int) -> dict[str, dict[str, object]]:
    """A gradient and an update by every rule, in turn, always from the same state."""
    sims = {rule: network(hidden, density, size, rule) for rule in RULES}
    batch = spikes(size)
    times = paired({rule: (lambda s=s: learn(s, batch)) for rule, s in sims.items()}, rounds)
    found: dict[str, dict[str, object]] = {}
    for rule, sim in sims.items():
        peak = allocated(sim, batch)
        found[rule] = {
            "ms per 5 batches": spread([1e3 * t for t in times[rule]]),
            "of fixed": ratios(times[rule], times["fixed"]),
            "regrown per batch": regrown(sim, batch),
            "MB allocated at most": round(peak / 1e6, 2),
            "of N² floats": round(peak / (4.0 * hidden**2), 3),
        }
    return found


def network(hidden: int, density: float, size: int, rule: str) -> gp.Simulator:
    """40 inputs → recurrent LIF, sparse, with free delays → 10 LI."""
    net, exp = gp.Network("sparse"), gp.synapse("exp", tau=5 * ms)
    net.population("input", INPUTS, gp.spikes())
    net.population("hidden", hidden, gp.neuron("LIF", tau_mem=20 * ms))
    net.population("out", CLASSES, gp.neuron("LI", tau_mem=20 * ms))
    each = max(density * hidden, 1.0)
    back = gp.signed(gp.learn(gp.uniform(0.0, 2 / np.sqrt(each))))
    delay = gp.learn(gp.uniform(0 * ms, 30 * ms), max=30 * ms)
    net.connect("input", "hidden", exp, weight=gp.learn(gp.normal(0.3, 0.3)))
    net.connect(
        "hidden", "hidden", exp,
        weight=back, delay=delay, pattern=gp.sparse(density), rewire=RULES[rule],
    )  # fmt: skip
    net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 1.0)))
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.weighted_integral("out", "v"))
        + 1e-5 * gp.L1("hidden->hidden.weight"),
        optimiser={"weight": gp.Adam(1e-3), "magnitude": gp.Adam(1e-2), "delay": gp.Adam(0.1)},
        dt=1 * ms,
        duration=DURATION * ms,
        batch=size,
        clock="grid",
        backend=gp.Native(threads=1),
    )


def spikes(size: int) -> gp.data.SpikeBatch:
    """A batch of samples, ten spikes of each input at random."""
    rng = np.random.default_rng(1)
    events = [
        (np.sort(rng.uniform(0, DURATION, 10 * INPUTS)), rng.integers(0, INPUTS, 10 * INPUTS))
        for _ in range(size)
    ]
    labels = np.arange(size) % CLASSES
    return gp.data.SpikeBatch.from_events(events, channels=INPUTS, duration=DURATION, labels=labels)


def learn(sim: gp.Simulator, batch: gp.data.SpikeBatch) -> None:
    """Five gradients and updates, in whose course synapses end; then back to the first state."""
    state = sim.state()
    for _ in range(5):
        sim.gradients(batch)
        sim.step()
    sim.restore(state)


def regrown(sim: gp.Simulator, batch: gp.data.SpikeBatch) -> float:
    """Synapses that are other ones after five batches, per batch."""
    state, before = sim.state(), sim.topology["hidden->hidden"].numbers
    for _ in range(5):
        sim.gradients(batch)
        sim.step()
    count = np.setdiff1d(sim.topology["hidden->hidden"].numbers, before).size / 5
    sim.restore(state)
    return count


def allocated(sim: gp.Simulator, batch: gp.data.SpikeBatch) -> int:
    """Bytes that Python and numpy hold at most in a gradient and an update, beyond before."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    sim.gradients(batch)
    sim.step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most - before


if __name__ == "__main__":
    main()
