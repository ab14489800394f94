"""Accuracy of networks on Loihi 2, and agreement with float; see README.md. Writes results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from tables import pooled, text

import genprop as gp

if TYPE_CHECKING:
    from genprop.runtime.retarget import Chip

HERE = Path(__file__).parent
RULES = ("calibrated", "max", "percentile", "power_of_two", "exponents")
"""Scale rules; the last is the first with a weight exponent for each projection."""

ROUNDINGS = ("calibrated", "nearest")
BITS = (8, 6, 4)
PARTS = ("test", "rules", "tuned", "floor", "exponents", "lava")
AT_ONCE = "compile.batch=128"
"""Samples per batch, but for fine-tuning."""


def main() -> None:
    """Measure every run that was named, and pool the runs of a network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders of genprop train")
    parser.add_argument("--tune", nargs="+", type=int, default=[4], help="bits to fine-tune for")
    parser.add_argument("--epochs", type=int, default=8, help="of fine-tuning")
    parser.add_argument("--rate", type=float, default=0.1, help="factor of the learning rates")
    parser.add_argument("--calibrate", type=int, default=300, help="training samples for ranges")
    parser.add_argument("--steps", type=int, default=150, help="that live Lava runs")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    started, runs = time.perf_counter(), dict[str, dict[str, object]]()
    found: dict[str, object] = {}
    for run in options.runs:
        measured = Measured(run, options.calibrate)
        name = f"{measured.name}, seed {measured.seed}"
        first = not any(other.startswith(f"{measured.name},") for other in runs)
        seconds: dict[str, int] = {}
        runs[name] = {"seconds": seconds}
        for part, work in measured.parts(options, first=first):
            begun = time.perf_counter()
            runs[name][part] = work()
            seconds[part] = round(time.perf_counter() - begun)
            print(f"{name}, {part}: {seconds[part]} s", flush=True)
        found["machine"] = machine(options, time.perf_counter() - started)
        found |= {"runs": runs, "pooled": pooled(runs)}
        options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(text(found))


def machine(options: argparse.Namespace, seconds: float) -> dict[str, object]:
    """What the figures were measured with."""
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "genprop": gp.__version__,
        "date": time.strftime("%Y-%m-%d"),
        "seconds": round(seconds),
        "load of the last 15 minutes": round(os.getloadavg()[2], 1),
        "epochs of fine-tuning": options.epochs,
        "calibration samples": options.calibrate,
    }


class Measured:
    """The best float network of a run, and its chips."""

    def __init__(self, run: Path, calibrate: int) -> None:
        sim, experiment = gp.experiment.open_run(run, overrides=[AT_ONCE])
        assert isinstance(sim, gp.Simulator)
        self.run, self.sim, self.seed = run, sim, sim.seed
        self.name = gp.experiment.read_config(run / "config.toml").name
        self.train, self.valid, self.test = (
            dataset(experiment, name) for name in ("train", "valid", "test")
        )
        rng = np.random.default_rng(self.seed)
        chosen = rng.permutation(len(self.train))[:calibrate]
        self.ranges = self.train.select(np.sort(chosen))

    def parts(
        self, options: argparse.Namespace, *, first: bool
    ) -> Iterator[tuple[str, Callable[[], object]]]:
        """What is measured, by name: scale rules on validation samples, the rest on the test's."""
        work: dict[str, Callable[[], object]] = {
            "test": lambda: self.chips(self.test, ("calibrated",), BITS),
            "rules": lambda: self.chips(self.valid, RULES, (BITS[0], BITS[-1])),
            "tuned": lambda: {
                str(bits): self.tuned(bits, options.epochs, options.rate) for bits in options.tune
            },
            "floor": self.floor,
            "exponents": lambda: self.seen(self.chip(8, "exponents"), self.test),
        }
        if first and "GENPROP_LAVA_PYTHON" in os.environ:
            work["lava"] = lambda: self.lava(options.steps)
        yield "network", self.network
        yield from ((name, work[name]) for name in options.parts if name in work)

    def network(self) -> dict[str, object]:
        """What is measured."""
        hidden = self.sim.spec.population("hidden").size
        return {
            "hidden": hidden,
            "recurrent": any(p.pre == p.post for p in self.sim.spec.projections),
            "dt [ms]": self.sim.dt,
            "validation samples": len(self.valid),
            "test samples": len(self.test),
            "calibration samples": len(self.ranges),
        }

    def chip(self, bits: int, rule: str = "calibrated", rounding: str = "calibrated") -> Chip:
        """The network on the chip."""
        exponents = rule == "exponents"
        scale = "calibrated" if exponents else rule
        options = gp.Quantise(bits, rounding, scale, self.ranges, exponents=exponents)
        return self.sim.retarget("loihi", options)

    def chips(
        self, data: gp.data.Dataset, rules: Sequence[str], several: Sequence[int]
    ) -> dict[str, object]:
        """Both ways to round, some scale rules, several numbers of bits, in this order."""
        return {
            f"{rounding}/{rule}/{bits}": self.seen(self.chip(bits, rule, rounding), data)
            for rounding in ROUNDINGS
            for rule in rules
            for bits in several
        }

    def seen(self, chip: Chip, data: gp.data.Dataset) -> dict[str, object]:
        """How far the chip agrees with the float network, and what was lost."""
        found = gp.agreement(self.sim, chip, data)
        report = chip.report()
        assert found.predictions is not None
        assert found.correlation is not None
        assert found.accuracy is not None
        return {
            "samples": found.samples,
            "same": round(found.predictions * found.samples),
            "right in floats": round(found.accuracy[0] * found.samples),
            "right on the chip": round(found.accuracy[1] * found.samples),
            "correlation of scores": round(found.correlation, 5),
            "weight error": {s.name: round(s.weight_error, 4) for s in report.synapses},
            "clipped": int(sum(s.clipped for s in report.synapses)),
            "wraps": int(sum(report.activity.wraps.values())),
            "saturations": int(sum(report.activity.saturations.values())),
        }

    def floor(self) -> dict[str, float]:
        """How many predictions change when every hidden weight changes a little, in floats."""
        rng = np.random.default_rng(0)
        other = gp.QuantiseAware(in_steps(self.sim)).latent()
        exact = {name: value.copy() for name, value in self.sim.parameters.items()}
        hidden = [n for n in exact if n.endswith("->hidden.weight")]
        found: dict[str, float] = {}
        for noise_level in (1e-4, 1e-3, 1e-2):
            for name in hidden:
                noise = rng.standard_normal(exact[name].shape)
                other.parameters[name] = exact[name] * (1 + noise_level * noise)
            found[f"{noise_level:g}"] = same(self.sim, other, self.test)
        return found

    def tuned(self, bits: int, epochs: int, rate: float) -> dict[str, object]:
        """Learning on the grid; the epoch that is best on the validation samples is tested."""
        sim, _ = gp.experiment.open_run(self.run)
        assert isinstance(sim, gp.Simulator)
        fine = gp.QuantiseAware(in_steps(sim), gp.Quantise(bits, calibrate=self.ranges))
        for settings in fine.settings.values():
            settings["rate"] *= rate
        with TemporaryDirectory() as folder:
            last = Path(folder) / "last.h5"
            saver = gp.Checkpoint(last, best="valid.accuracy", best_path=Path(folder) / "best.h5")
            history = gp.fit(
                fine,
                self.train,
                self.valid,
                epochs=epochs,
                callbacks=[gp.train.Cosine(final=0.05), saver],
                seed=self.seed,
                progress=False,
            )
            best = gp.train.load_checkpoint(Path(folder) / "best.h5", fine)
        chip = fine.retarget()
        return self.seen(chip, self.test) | {
            "validation before": gp.evaluate(self.chip(bits), self.valid).accuracy,
            "validation after": gp.evaluate(chip, self.valid).accuracy,
            "same as seen in training": same(fine, chip, self.test),
            "epochs": epochs,
            "best epoch": int(best.records[-1].epoch),
            "seconds per epoch": round(float(np.mean([r.seconds for r in history])), 1),
        }

    def lava(self, steps: int) -> dict[str, object]:
        """One test sample in live Lava, compared bit by bit."""
        chip = self.chip(8)
        (batch,) = self.test.select(np.array([1])).batches(1, seed=None)
        states = [f"{c.name}.{x}" for c in chip.network.cells for x in ("u", "v")]
        ours = chip.run(batch, record=[*states, "hidden.spikes"]).recorded
        theirs = chip.run_lava(batch, steps=steps)
        equal = [np.array_equal(theirs[n], np.asarray(ours[n])[0, :steps]) for n in states]
        spikes = np.asarray(ours["hidden.spikes"][0], np.int32)
        spikes = spikes[spikes[:, 0] < steps]
        fired = np.zeros_like(theirs["hidden.spikes"])
        fired[spikes[:, 0], spikes[:, 1]] = True
        return {
            "steps": steps,
            "equal": bool(all(equal) and np.array_equal(fired, theirs["hidden.spikes"])),
            "hidden spikes": int(fired.sum()),
        }


def in_steps(sim: gp.Simulator) -> gp.Simulator:
    """The network as the chip runs it: on the grid, whatever clock it learned on."""
    return sim if sim.program.clock.rounds else sim.on(clock="grid")


def dataset(experiment: gp.Experiment, name: str) -> gp.data.Dataset:
    """A part of the data."""
    found = experiment.split(name)
    assert isinstance(found, gp.data.Dataset)
    return found


def same(one: gp.Simulator, other: gp.Simulator | Chip, data: gp.data.Dataset) -> float:
    """The fraction of samples with the same prediction."""
    found = gp.agreement(one, other, data).predictions
    assert found is not None
    return round(found, 4)


if __name__ == "__main__":
    main()
