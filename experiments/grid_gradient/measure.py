"""Measures the grid's gradients beside the exact clock's, readout by readout; see README.md.

Eight kinds of networks, feed-forward and recurrent, with weights and delays that learn, and as many
draws of each as are wanted, in order: none is left out. Writes results.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import genprop as gp

HERE = Path(__file__).parent
INPUTS, HIDDEN, OUT, DURATION, SAMPLES, EVENTS = 20, 12, 3, 40.0, 2, 25
PEAK = 0.157
"""Of the potential after a spike of weight 1."""
READOUTS = ("integral", "weighted_integral", "maximum", "first_spike")
MEANS = {"inp->hidden": (0.12, 0.1), "hidden->hidden": (0.0, 0.08), "hidden->out": (0.0, 0.3)}
"""Mean and deviation of weights, in peaks; spiking outputs have (0.2, 0.2)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A readout, of a network whose hidden neurons drive each other or do not."""

    readout: str
    recurrent: bool

    @property
    def spiking(self) -> bool:
        """Whether the outputs are LIF neurons."""
        return self.readout == "first_spike"

    def simulator(self, clock: str, dt: float, backend: str | gp.Native) -> gp.Simulator:
        """Of τm 20 ms, τs 5 ms, θ = 1, V_r = 0; delays up to 15 ms."""
        net = gp.Network(f"{self.readout}-{'recurrent' if self.recurrent else 'forward'}")
        cell, output = gp.neuron("LIF", tau_mem=20.0), gp.neuron("LI", tau_mem=20.0)
        net.population("inp", INPUTS, gp.spikes())
        net.population("hidden", HIDDEN, cell)
        net.population("out", OUT, gp.neuron("LIF", tau_mem=20.0) if self.spiking else output)
        pairs = [("inp", "hidden"), ("hidden", "out")]
        pairs += [("hidden", "hidden")] if self.recurrent else []
        for pre, post in pairs:
            weight, delay = gp.learn(0.0), gp.learn(0.0, max=15.0)
            net.connect(pre, post, gp.synapse("exp", tau=5.0), weight=weight, delay=delay)
        readout = getattr(gp, self.readout)("out")
        loss = gp.CrossEntropy(readout, tau0=1.0) if self.spiking else gp.CrossEntropy(readout)
        return gp.compile(
            net,
            loss=loss,
            dt=dt,
            duration=DURATION,
            batch=SAMPLES,
            backend=backend,
            clock=clock,
        )

    def draw(self, number: int, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
        """Weights and delays; they and :meth:`batch` follow from the number alone."""
        rng = np.random.default_rng([self.recurrent, READOUTS.index(self.readout), number])
        found: dict[str, np.ndarray] = {}
        for name, shape in sorted(shapes.items()):
            projection, what = name.rsplit(".", 1)
            mean, deviation = MEANS[projection]
            if self.spiking and projection == "hidden->out":
                mean, deviation = 0.2, 0.2
            drawn = rng.normal(mean, deviation, shape) / PEAK
            found[name] = drawn if what == "weight" else rng.uniform(0.0, 10.0, shape)
        return found

    def batch(self, number: int) -> gp.data.SpikeBatch:
        """Events in the first 25 ms, and labels."""
        rng = np.random.default_rng([self.recurrent, READOUTS.index(self.readout), number, 1])
        samples = [
            (np.sort(rng.uniform(0, 25, EVENTS)), rng.integers(0, INPUTS, EVENTS))
            for _ in range(SAMPLES)
        ]
        labels = rng.integers(0, OUT, SAMPLES)
        return gp.data.SpikeBatch.from_events(
            samples, channels=INPUTS, duration=DURATION, labels=labels
        )


KINDS = tuple(Kind(readout, recurrent) for readout in READOUTS for recurrent in (False, True))


def gradients(sim: gp.Simulator, kind: Kind, number: int) -> tuple[dict[str, np.ndarray], int]:
    """By flat name; and how often hidden neurons spiked."""
    shapes = {n: a.shape for n, a in sim.parameters.items() if n.endswith(("weight", "delay"))}
    sim.parameters.update(kind.draw(number, shapes))
    _, found = sim.gradients(kind.batch(number))
    spikes = int(np.sum(sim.last.spikes["hidden"]))
    return {n: np.array(found[n], np.float64).ravel() for n in shapes}, spikes


def main() -> None:
    """Measure at the steps that are wanted, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dt", type=float, nargs="+", default=[1.0, 0.1])
    parser.add_argument("--draws", type=int, default=12, help="of each of the eight kinds")
    parser.add_argument("--first", type=int, default=0, help="the first draw")
    parser.add_argument("--backend", choices=("native", "reference"), default="native")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    native = gp.Native(threads=1, precision="double")
    backend = native if options.backend == "native" else options.backend
    rows: list[dict[str, object]] = []
    draws = range(options.first, options.first + options.draws)
    for kind in KINDS:
        exact = kind.simulator("exact", 1.0, backend)
        due = {k: gradients(exact, kind, k) for k in draws}
        for dt in options.dt:
            sim = kind.simulator("grid", dt, backend)
            for k in draws:
                found, spikes = gradients(sim, kind, k)
                for name, g in found.items():
                    row: dict[str, object] = {"dt": dt, "readout": kind.readout}
                    row |= {"recurrent": kind.recurrent}
                    row |= {"draw": k, "parameter": name, "spikes": spikes / max(due[k][1], 1)}
                    rows.append(row | _compared(g, due[k][0][name]))
            print(kind, dt, flush=True)
        options.output.write_text(json.dumps(rows) + "\n", encoding="utf-8")
    for dt in options.dt:
        _table([row for row in rows if row["dt"] == dt], dt)


def _compared(g: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """Norm over the true norm, cosine, and error relative to the true norm."""
    own, norm = np.linalg.norm(g), np.linalg.norm(true)
    return {
        "norm": round(float(own / norm), 5),
        "cosine": round(float(g @ true / max(own * norm, 1e-300)), 5),
        "error": round(float(np.linalg.norm(g - true) / norm), 5),
    }


def _table(rows: list[dict[str, object]], dt: float) -> None:
    """Medians by readout and role, in Markdown."""
    print(f"\n| dt = {dt:g} ms | networks | norm | cosine | error, median / 90 % |")
    print("| --- | --- | --- | --- | --- |")
    for readout in READOUTS:
        for layer in ("hidden", "out"):
            for what in ("weight", "delay"):
                own = [
                    row
                    for row in rows
                    if row["readout"] == readout and str(row["parameter"]).endswith(what)
                ]
                own = [r for r in own if (layer == "out") == ("->out" in str(r["parameter"]))]
                norm, cosine, error = (
                    np.array([float(str(r[key])) for r in own])
                    for key in ("norm", "cosine", "error")
                )
                networks = len({(r["recurrent"], r["draw"]) for r in own})
                print(
                    f"| {readout}, {layer} {what}s | {networks} | {np.median(norm):.2f} "
                    f"| {np.median(cosine):.3f} "
                    f"| {np.median(error):.3f} / {np.quantile(error, 0.9):.2f} |"
                )


if __name__ == "__main__":
    main()
