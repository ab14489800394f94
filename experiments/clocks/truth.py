"""Measures how far gradients are from the exact ones, and what they cost; see README.md.

Writes truth.json: for a small recurrent network beside the event-driven solver, and for the network
of experiments/speed, for which that solver is too slow, beside the exact clock in double precision.

Losses weigh the readout's integral: a plain integral of a leaky readout does not depend on when a
spike came, unless soon before the end, so that its true gradient of hidden weights is next to 0.
"""

from __future__ import annotations

import argparse
import json
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from machine import machine
from paired import paired, ratios, spread
from tasks import Clock

import genprop as gp
from genprop import ms

if TYPE_CHECKING:
    from genprop.describe.objective import Loss

HERE = Path(__file__).parent
GRID = tuple(Clock("grid", dt) for dt in (1, 0.1, 0.01))
FINER = tuple(Clock("grid", dt) for dt in (0.001, 0.0001))
"""For the small network alone: what a grid costs that comes nearer."""
EXACT = tuple(Clock("exact", dt) for dt in (0.1, 1, 5))

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Network:
    """A network to be measured, and random input for it, ``batch(seed)``.

    ``oracle`` runs the exact clock that it is compared with: the reference backend is the
    event-driven solver, which has no clock.
    """

    net: gp.Network
    loss: Loss
    duration: float
    samples: int
    oracle: str | gp.Native
    batch: Callable[[int], gp.data.SpikeBatch]
    clocks: tuple[Clock, ...] = (*GRID, *EXACT)

    def simulator(self, clock: Clock, backend: str | gp.Native) -> gp.Simulator:
        """It on ``clock``."""
        return gp.compile(
            self.net,
            loss=self.loss,
            dt=clock.dt,
            duration=self.duration,
            batch=self.samples,
            backend=backend,
            clock=clock.name,
            events="sum",
            seed=1,
        )


_DOUBLE = gp.Native(threads=1, precision="double")
_NAMES = {"reference": "the event-driven solver", _DOUBLE: "the exact clock of 1 ms, double"}


def small() -> Network:
    """60 inputs → 32 recurrent LIF → 5 LI, delays up to 62 ms; 300 events in 200 ms a sample."""
    inputs, hidden, classes, duration, events, samples = 60, 32, 5, 200.0, 300, 2
    net = gp.Network("small")
    net.population("input", inputs, gp.spikes())
    net.population("hidden", hidden, gp.neuron("LIF", tau_mem=20 * ms))
    net.population("out", classes, gp.neuron("LI", tau_mem=20 * ms))
    exp = gp.synapse("exp", tau=5 * ms)
    delay = gp.learn(gp.uniform(0 * ms, 62 * ms), max=62 * ms)
    net.connect("input", "hidden", exp, weight=gp.learn(gp.normal(0.3, 0.1)), delay=delay)
    net.connect("hidden", "hidden", exp, weight=gp.learn(gp.normal(0.0, 0.14)), delay=delay)
    net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.3)))

    def batch(seed: int) -> gp.data.SpikeBatch:
        rng = np.random.default_rng(seed)
        drawn = [
            (np.sort(rng.uniform(0, 0.8 * duration, events)), rng.integers(0, inputs, events))
            for _ in range(samples)
        ]
        labels = rng.integers(0, classes, samples)
        return gp.data.SpikeBatch.from_events(
            drawn, channels=inputs, duration=duration, labels=labels
        )

    return Network(
        net,
        gp.CrossEntropy(gp.weighted_integral("out", "v")),
        duration,
        samples,
        "reference",
        batch,
        (*GRID, *FINER, *EXACT),
    )


def large() -> Network:
    """The network of experiments/speed, a batch of 2."""
    made = runpy.run_path(str(HERE.parent / "speed" / "network.py"))
    samples = 2
    return Network(
        made["network"](),
        gp.CrossEntropy(gp.weighted_integral("out", "v")),
        float(made["STEPS"]),
        samples,
        _DOUBLE,
        lambda seed: made["batch"](samples, seed=seed),
    )


NETWORKS = {"small": small, "large": large}


def main() -> None:
    """Measure the networks that were named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="+", choices=NETWORKS)
    parser.add_argument("--draws", type=int, default=6, help="of parameters and input: 0, 1, …")
    parser.add_argument("--rounds", type=int, default=5, help="of the paired timings")
    parser.add_argument("--output", type=Path, default=HERE / "truth.json")
    options = parser.parse_args()
    stored = json.loads(options.output.read_text("utf-8")) if options.output.exists() else {}
    for name in options.networks:
        stored[name] = measured(NETWORKS[name](), range(options.draws), options.rounds)
        options.output.write_text(f"{json.dumps(stored, indent=1)}\n", encoding="utf-8")
        for clock, found in stored[name]["clocks"].items():
            print(name, clock, found, flush=True)
        print(name, "claim", stored[name]["claim"], flush=True)


def measured(network: Network, draws: range, rounds: int) -> dict[str, object]:
    """Errors over the draws, and paired times of the first draw."""
    oracle = network.simulator(Clock("exact", 1), network.oracle)
    given = [_drawn(oracle, seed) for seed in draws]
    due: list[tuple[np.ndarray, Arrays]] = []
    for k in draws:
        oracle.parameters.update(given[k])
        _, gradients = oracle.gradients(network.batch(k))
        due.append((oracle.last.spikes["hidden"], _copied(gradients)))
    sims = {str(clock): network.simulator(clock, gp.Native(threads=1)) for clock in network.clocks}
    found: dict[str, dict[str, object]] = {}
    for name, sim in sims.items():
        found[name] = _errors(sim, network, given, due)
        sim.parameters.update(given[0])
    batch = network.batch(0)
    times = paired({n: (lambda s=s: s.gradients(batch)) for n, s in sims.items()}, rounds)
    for name, taken in times.items():
        found[name]["ms per sample"] = spread([1e3 * t / network.samples for t in taken])
        found[name]["of grid 1"] = ratios(taken, times["grid 1"])
    return {
        "machine": machine(),
        "draws": len(draws),
        "rounds": rounds,
        "samples": network.samples,
        "hidden spikes": round(float(np.mean([counts.mean() for counts, _ in due])), 2),
        "measured against": _NAMES[network.oracle],
        "claim": {
            f"times of {clock} / exact 1": ratios(times[str(clock)], times["exact 1"])
            for clock in network.clocks
            if clock.name == "grid" and clock.dt <= 0.01
        },
        "clocks": found,
    }


def _drawn(sim: gp.Simulator, seed: int) -> dict[str, np.ndarray]:
    """Other parameters of the same distributions: the entries of each array in another order."""
    rng = np.random.default_rng(seed)
    return {
        name: rng.permuted(np.asarray(a).ravel()).reshape(np.shape(a))
        for name, a in sim.parameters.items()
    }


def _copied(gradients: Arrays) -> dict[str, np.ndarray]:
    return {name: np.array(g, np.float64) for name, g in gradients.items()}


def _errors(
    sim: gp.Simulator,
    network: Network,
    given: list[dict[str, np.ndarray]],
    due: list[tuple[np.ndarray, Arrays]],
) -> dict[str, object]:
    """Of weights and of delays: ‖g − g*‖/‖g*‖ of each array of each draw, and the cosine."""
    errors: dict[str, list[float]] = {"weight": [], "delay": []}
    cosines: dict[str, list[float]] = {"weight": [], "delay": []}
    same = 0
    for k, (counts, exact) in enumerate(due):
        sim.parameters.update(given[k])
        _, gradients = sim.gradients(network.batch(k))
        same += int(np.array_equal(sim.last.spikes["hidden"], counts))
        for name, g in _copied(gradients).items():
            role, true = name.rpartition(".")[2], exact[name]
            if not name.startswith("hidden->out"):
                norms = np.linalg.norm(g), np.linalg.norm(true)
                errors[role].append(float(np.linalg.norm(g - true) / norms[1]))
                cosines[role].append(float(np.vdot(g, true) / (norms[0] * norms[1])))
    return {
        "draws with the exact spike counts": same,
        **{f"error of {role}s": spread(e) for role, e in errors.items()},
        **{f"cosine of {role}s": spread(c) for role, c in cosines.items()},
    }


if __name__ == "__main__":
    main()
