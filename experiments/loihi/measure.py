"""What trained networks are worth on Loihi 2; see README.md. Writes results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import genprop as gp

if TYPE_CHECKING:
    from genprop.runtime.retarget import Chip

HERE = Path(__file__).parent
RULES = ("calibrated", "max", "percentile", "power_of_two")
BITS = (8, 6, 4)
FEW = 4
"""The bits that are fine-tuned for."""


def main() -> None:
    """Measure every run that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, help="run folders of genprop train")
    parser.add_argument("--epochs", type=int, default=8, help="of fine-tuning")
    parser.add_argument("--rate", type=float, default=0.1, help="share of the first learning rates")
    parser.add_argument("--calibrate", type=int, default=300, help="training samples for ranges")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    found = json.loads(options.output.read_text()) if options.output.exists() else {}
    found["machine"] = machine()
    for run in options.runs:
        started = time.perf_counter()
        report: dict[str, object] = {}
        found[run.name] = report
        for name, part in Measured(run, options.calibrate).parts(options.epochs, options.rate):
            report[name] = part()
            report["seconds"] = round(time.perf_counter() - started)
            options.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
            print(json.dumps({f"{run.name}, {name}": report[name]}, indent=2), flush=True)


def machine() -> dict[str, object]:
    """What the figures were measured with."""
    return {
        "python": platform.python_version(),
        "genprop": gp.__version__,
        "date": time.strftime("%Y-%m-%d"),
        "lava": "GENPROP_LAVA_PYTHON" in os.environ,
    }


class Measured:
    """The best float network of a run, and its chips."""

    def __init__(self, run: Path, calibrate: int) -> None:
        sim, experiment = gp.train.open_run(run)
        assert isinstance(sim, gp.Simulator)
        self.run, self.sim, self.seed = run, sim, sim.seed
        self.train, self.valid, self.test = (
            dataset(experiment, name) for name in ("train", "valid", "test")
        )
        rng = np.random.default_rng(self.seed)
        chosen = rng.permutation(len(self.train))[:calibrate]
        self.ranges = self.train.select(np.sort(chosen))

    def parts(self, epochs: int, rate: float) -> Iterator[tuple[str, Callable[[], object]]]:
        """What is measured, by name: rules on the validation samples, the rest on the test's."""
        yield "network", self.network
        yield "8 bits, test", lambda: self.seen(self.chip(8), self.test)
        yield "floor, test", self.floor
        yield f"{FEW} bits, fine-tuned, test", lambda: self.tuned(epochs, rate)
        yield "rounding and bits, test", self.roundings
        yield "rules and bits, validation", self.rules
        yield (
            "8 bits with exponents, test",
            lambda: self.seen(self.chip(8, exponents=True), self.test),
        )
        if "GENPROP_LAVA_PYTHON" in os.environ:
            yield "lava", lambda: self.lava(150)

    def network(self) -> dict[str, object]:
        """What is measured."""
        return {
            "name": self.sim.spec.name,
            "seed": self.seed,
            "dt [ms]": self.sim.dt,
            "validation samples": len(self.valid),
            "test samples": len(self.test),
            "calibration samples": len(self.ranges),
        }

    def chip(
        self,
        bits: int,
        rule: str = "calibrated",
        *,
        rounding: str = "calibrated",
        exponents: bool = False,
    ) -> Chip:
        """The network on the chip."""
        options = gp.Quantise(bits, rounding, rule, self.ranges, exponents=exponents)
        return self.sim.retarget("loihi", options)

    def roundings(self) -> dict[str, dict[str, object]]:
        """Both ways to round, with every number of bits."""
        return {
            rounding: {
                str(bits): self.seen(self.chip(bits, rounding=rounding), self.test) for bits in BITS
            }
            for rounding in ("nearest", "calibrated")
        }

    def rules(self) -> dict[str, dict[str, object]]:
        """Every scale rule with every number of bits."""
        return {
            rule: {str(bits): self.seen(self.chip(bits, rule), self.valid) for bits in BITS}
            for rule in RULES
        }

    def seen(self, chip: Chip, data: gp.data.Dataset) -> dict[str, object]:
        """How far the chip agrees with the float network, and what was lost."""
        found = gp.agreement(self.sim, chip, data)
        report = chip.report()
        assert found.predictions is not None
        assert found.correlation is not None
        assert found.accuracy is not None
        return {
            "same predictions": round(found.predictions, 4),
            "float accuracy": round(found.accuracy[0], 4),
            "chip accuracy": round(found.accuracy[1], 4),
            "correlation of scores": round(found.correlation, 5),
            "weight error": {s.name: round(s.weight_error, 4) for s in report.synapses},
            "wraps": int(sum(report.activity.wraps.values())),
            "saturations": int(sum(report.activity.saturations.values())),
        }

    def floor(self) -> dict[str, float]:
        """How many predictions change when every hidden weight changes a little, in floats."""
        rng = np.random.default_rng(0)
        other = gp.QuantiseAware(self.sim).latent()
        exact = {name: value.copy() for name, value in self.sim.parameters.items()}
        hidden = [n for n in exact if n.endswith("->hidden.weight")]
        found: dict[str, float] = {}
        for share in (1e-4, 1e-3, 1e-2):
            for name in hidden:
                noise = rng.standard_normal(exact[name].shape)
                other.parameters[name] = exact[name] * (1 + share * noise)
            found[f"{share:g}"] = same(self.sim, other, self.test)
        return found

    def tuned(self, epochs: int, rate: float) -> dict[str, object]:
        """Learning on the grid; the epoch that is best on the validation samples is tested."""
        fine = gp.QuantiseAware(self.sim, gp.Quantise(FEW, calibrate=self.ranges))
        for settings in fine.settings.values():
            settings["rate"] *= rate
        kept = self.run / f"bits{FEW}.h5"
        acting = [gp.train.Cosine(final=0.05), gp.Checkpoint(kept, best="valid.accuracy")]
        history = gp.fit(
            fine,
            self.train,
            self.valid,
            epochs=epochs,
            callbacks=acting,
            seed=self.seed,
            progress=False,
        )
        best = gp.train.load_checkpoint(kept.with_name(f"bits{FEW}-best.h5"), fine)
        chip = fine.retarget()
        return self.seen(chip, self.test) | {
            "validation before": gp.evaluate(self.chip(FEW), self.valid).accuracy,
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
        spikes = ours["hidden.spikes"][0]
        spikes = spikes[spikes[:, 0] < steps]
        fired = np.zeros_like(theirs["hidden.spikes"])
        fired[spikes[:, 0], spikes[:, 1]] = True
        return {
            "steps": steps,
            "equal": bool(all(equal) and np.array_equal(fired, theirs["hidden.spikes"])),
            "hidden spikes": int(fired.sum()),
        }


def dataset(experiment: gp.train.Experiment, name: str) -> gp.data.Dataset:
    """A part of the data."""
    found = experiment.split(name)
    assert isinstance(found, gp.data.Dataset)
    return found


def same(one: gp.Simulator, other: gp.Simulator | Chip, data: gp.data.Dataset) -> float:
    """The share of samples with the same prediction."""
    found = gp.agreement(one, other, data).predictions
    assert found is not None
    return round(found, 4)


if __name__ == "__main__":
    main()
