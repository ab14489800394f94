"""Trains dictionary and classifier of one method from one seed: results/METHOD-SEED.json.

python experiments/basis_pursuit/mnist/train.py PGBP 1 --runs FOLDER; goes on where it stopped
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from dictionary import Normalised, classifier, columns, initial, orthonormal
from images import Images, Moved, values
from network import CLASSES, GROUPS, METHODS, READ, compiled, described

import genprop as gp

FITTED = 3000
"""Images by which the classifier begins."""
RESULTS = Path(__file__).with_name("results")


@dataclass
class Settings:
    """What was chosen by validation, the same for all seeds of a method."""

    gamma: float
    reconstruction: float = 0.1
    coherence: float = 0.01
    rate: float = 3e-3
    read_rate: float = 0.05
    spread: float = 0.9
    epochs: int = 1
    batch: int = 100
    dt: float = 1.0
    tolerance: float = 4e-3
    images: int = 25_000
    shown: int = 2_000
    moved: int = 0
    backend: str = "native"


CHOSEN = {"BP": Settings(gamma=0.05), "GBP": Settings(gamma=0.1), "PGBP": Settings(gamma=0.15)}


def begun(method: str, seed: int, chosen: Settings, train: gp.data.Dataset) -> gp.Simulator:
    """The network before it learns, with the classifier that ridge regression gives."""
    found = initial(values(train), train.labels, chosen.spread, seed)
    dictionary = columns(found) if method == "BP" else orthonormal(found)
    features = "norms.pooled" if method == "PGBP" else "atoms.a"
    read = np.zeros((GROUPS.count if method == "PGBP" else len(GROUPS.of), CLASSES))
    sim = compiled(
        described(method, dictionary, read, chosen.gamma),
        batch=chosen.batch,
        dt=chosen.dt,
        tolerance=chosen.tolerance,
        rates=(chosen.rate, chosen.read_rate),
        backend=chosen.backend,
    )
    few = train.select(np.arange(min(FITTED, len(train))))
    codes = [sim.run(b, record=[features]).recorded[features] for b in few.batches(chosen.batch)]
    sim.parameters[READ] = classifier(np.concatenate(codes), few.labels)
    return sim


def trained(
    method: str, seed: int, chosen: Settings, images: Images, run: Path | None
) -> tuple[gp.Simulator, list[dict[str, float]]]:
    """The network after it has learned, and what every epoch measured."""
    train = images.train.select(np.arange(min(chosen.images, len(images.train))))
    valid = images.valid.select(np.arange(min(chosen.shown, len(images.valid))))
    sim = begun(method, seed, chosen, train)
    if chosen.moved:
        train = train.with_augment(Moved(chosen.moved))
    callbacks = [
        gp.train.TwoFactor(chosen.reconstruction),
        gp.train.Cosine(final=0.05),
        Normalised(method != "BP", chosen.coherence),
    ]
    history = gp.fit(
        sim, train, valid, epochs=chosen.epochs, callbacks=callbacks, progress=False,
        run=run, resume=run is not None, seed=seed,
    )  # fmt: skip
    return sim, [{**r.metrics, "seconds": r.seconds} for r in history.records]


def main() -> None:
    """One training, unless its result is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("seed", type=int)
    parser.add_argument("--runs", type=Path, required=True, help="folder of checkpoints and arrays")
    parser.add_argument("--data", default="", help="mnist.npz; default $GENPROP_DATA")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--set", nargs="*", default=[], help="settings, name=value")
    given = parser.parse_args()
    chosen = CHOSEN[given.method]
    for word in given.set:
        name, _, value = word.partition("=")
        setattr(chosen, name, type(getattr(chosen, name))(value))
    stem = f"{given.method}-{given.seed}"
    file = given.results / f"{stem}.json"
    if file.exists():
        return
    images = Images.of(given.data)
    sim, epochs = trained(given.method, given.seed, chosen, images, given.runs / stem)
    given.results.mkdir(exist_ok=True, parents=True)
    arrays = {name: np.asarray(sim.parameters[name], np.float32) for name in sim.settings}
    np.savez(given.runs / f"{stem}.npz", **arrays)  # type: ignore[arg-type]
    found = {"settings": asdict(chosen), "epochs": epochs}
    file.write_text(json.dumps(found, indent=1) + "\n")
    print(stem, epochs[-1], flush=True)


if __name__ == "__main__":
    main()
