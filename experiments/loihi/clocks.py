"""Which clock to train with for the chip: both, same seeds and epochs; see README.md.

Trains each network on the exact clock and on the grid, of the same dt, goes to the chip's integers
from either, and fine-tunes either on the grid with what the chip will hold. Writes clocks.json
after each run; a run that is there is not run again, one that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tables import spread, table

import genprop as gp

HERE = Path(__file__).parent
EXPERIMENTS = HERE.parent
CLOCKS = ("exact", "grid")
BITS = (8, 4)
CALIBRATE, TUNED_RATE = 300, 0.1


@dataclass(frozen=True, slots=True)
class Trained:
    """A network of the main table, for how many epochs, and what its recordings are called."""

    toml: Path
    epochs: int
    data: str
    tune: int


NETWORKS = {
    "spoken digits, 192 recurrent": Trained(EXPERIMENTS / "spoken_digits/train.toml", 2, ".", 1),
    "Braille, 256 feed-forward": Trained(
        EXPERIMENTS / "braille7/train.toml", 6, "braille7_events.npz", 3
    ),
    "Braille, 128 recurrent": Trained(HERE / "braille7.toml", 6, "braille7_events.npz", 3),
}


def main() -> None:
    """Train and measure what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GENPROP_DATA", ".")))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--clocks", nargs="+", choices=CLOCKS, default=list(CLOCKS))
    parser.add_argument("--runs", type=Path, default=Path(tempfile.gettempdir()) / "loihi_clocks")
    parser.add_argument("--output", type=Path, default=HERE / "clocks.json")
    options = parser.parse_args()
    for seed in options.seeds:
        for name in options.networks:
            for clock in options.clocks:
                found = _read(options.output)
                key = f"{name}, {clock}, seed {seed}"
                if key not in found:
                    one = measured(NETWORKS[name], clock, seed, options.data, options.runs / key)
                    found = _read(options.output) | {key: one}
                    options.output.write_text(f"{json.dumps(found, indent=1)}\n", "utf-8")
                print(key, found[key], flush=True)
    print(text(_read(options.output)))


def measured(
    network: Trained, clock: str, seed: int, data: Path, run: Path
) -> Mapping[str, object]:
    """One training, and what its network achieves in floats, in steps, on the chip, and tuned."""
    chosen = [f"options.data={data / network.data}", f"compile.clock={clock}", f"seed={seed}"]
    config = gp.experiment.read_config(
        network.toml, [*chosen, f"fit.epochs={network.epochs}", "compile.threads=1"]
    )
    run.parent.mkdir(parents=True, exist_ok=True)
    gp.experiment.train_run(config, run, resume=True, progress=False)
    sim, experiment = gp.experiment.open_run(run)
    assert isinstance(sim, gp.Simulator)
    train, valid, test = (_dataset(experiment, s) for s in ("train", "valid", "test"))
    steps = sim if sim.program.clock.rounds else sim.on(clock="grid")
    rng = np.random.default_rng(seed)
    ranges = train.select(np.sort(rng.permutation(len(train))[:CALIBRATE]))
    found: dict[str, object] = {
        "epochs": network.epochs,
        "own clock": _accuracy(sim, test),
        "in steps": _accuracy(steps, test),
    }
    for bits in BITS:
        chip = steps.retarget("loihi", gp.Quantise(bits, calibrate=ranges))
        found[f"chip, {bits} bits"] = _accuracy(chip, test)
    for bits in BITS:
        found[f"tuned, {bits} bits"] = _tuned(steps, bits, (train, valid, test), ranges, network)
    return found


def _tuned(
    steps: gp.Simulator,
    bits: int,
    splits: tuple[gp.data.Dataset, gp.data.Dataset, gp.data.Dataset],
    ranges: gp.data.Dataset,
    network: Trained,
) -> float:
    """Accuracy on the chip after learning on with its integers, of the epoch best in validation."""
    train, valid, test = splits
    before = steps.state()
    fine = gp.QuantiseAware(steps, gp.Quantise(bits, calibrate=ranges))
    for settings in fine.settings.values():
        settings["rate"] *= TUNED_RATE
    with tempfile.TemporaryDirectory() as folder:
        best = Path(folder) / "best.h5"
        saver = gp.Checkpoint(Path(folder) / "last.h5", best="valid.accuracy", best_path=best)
        gp.fit(
            fine,
            train,
            valid,
            epochs=network.tune,
            callbacks=[gp.train.Cosine(final=0.05), saver],
            seed=steps.seed,
            progress=False,
        )
        gp.train.load_checkpoint(best, fine)
    accuracy = _accuracy(fine.retarget(), test)
    steps.restore(before)
    return accuracy


def _dataset(experiment: gp.Experiment, name: str) -> gp.data.Dataset:
    found = experiment.split(name)
    assert isinstance(found, gp.data.Dataset)
    return found


def _accuracy(network: object, data: gp.data.Dataset) -> float:
    found = gp.evaluate(network, data).accuracy  # pyright: ignore[reportArgumentType]
    assert found is not None
    return round(float(found), 4)


def text(found: Mapping[str, Mapping[str, object]]) -> str:
    """Test accuracy by network and clock, mean ± standard deviation over seeds, in per cent."""
    columns = (
        "own clock",
        "in steps",
        *(f"{w}, {b} bits" for w in ("chip", "tuned") for b in BITS),
    )
    lines: list[list[str]] = []
    for name in NETWORKS:
        for clock in CLOCKS:
            own = [one for key, one in found.items() if key.startswith(f"{name}, {clock}, ")]
            if own:
                cells = [spread([float(str(one[c])) for one in own]) for c in columns]
                shown = [f"{100 * mean:.1f} ± {100 * sd:.1f}" for mean, sd in cells]
                lines.append([name, clock, str(len(own)), *shown])
    return table(("network", "trained on", "seeds", *columns), lines)


def _read(path: Path) -> dict[str, Mapping[str, object]]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


if __name__ == "__main__":
    main()
