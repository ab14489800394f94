"""Trains an experiment on two backends with the same seed; each evaluates what the other learned.

Writes results.json: the learning curves, how far they are apart, and on how many samples of the
test set the two backends predict alike from the same parameters. See README.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import genprop as gp
from genprop.experiment.experiment import compile_experiment

HERE = Path(__file__).parent
Curve = dict[str, Any]
BACKENDS = ("native", "genn")
NUDGE = 1e-7
"""About a rounding of float: what the yardstick's weights are changed by, relatively."""


def main() -> None:
    """Train on both, compare, and add the figures to results.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path, help="a train.toml")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    given = parser.parse_args()
    overrides = [f"fit.epochs={given.epochs}", *given.overrides]
    trained = {backend: _train(given.experiment, backend, overrides) for backend in BACKENDS}
    _, _, nudged = _train(given.experiment, "native", overrides, NUDGE)
    name = gp.experiment.read_config(given.experiment).name
    found = {
        "settings": overrides,
        **{backend: curve for backend, (_, _, curve) in trained.items()},
        "native from weights nudged by 1e-7": nudged,
        **_compared(trained),
        "nudged native: largest difference of train.loss": _apart(trained["native"][2], nudged),
    }
    results = json.loads(given.output.read_text()) if given.output.is_file() else {}
    results[name] = found
    given.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


def _train(
    path: Path, backend: str, overrides: list[str], nudge: float = 0.0
) -> tuple[Any, Any, Curve]:
    """The simulator after training, the test set and the curve; weights begin nudged relatively."""
    config = gp.experiment.read_config(path, [*overrides, f"compile.backend={backend}"])
    experiment = gp.experiment.load_experiment(config)
    sim, callbacks = compile_experiment(experiment, config)
    for parameter in sim.parameters if nudge else ():
        if parameter.endswith(".weight"):
            sim.parameters[parameter] = sim.parameters[parameter] * (1 + nudge)
    started = time.perf_counter()
    history = gp.fit(
        sim,
        experiment.train,
        experiment.valid,
        epochs=int(str(config.fit["epochs"])),
        callbacks=[*experiment.callbacks, *callbacks],
        seed=config.seed,
        progress=False,
    )
    curve = {
        "seconds": round(time.perf_counter() - started, 1),
        **{name: history[name].tolist() for name in history.metrics() if name.count(".") == 1},
    }
    split = experiment.test if experiment.test is not None else experiment.valid
    return sim, split, curve


def _compared(trained: Mapping[str, tuple[Any, Any, Curve]]) -> dict[str, object]:
    """How far the curves are apart, and what each backend makes of the other's parameters."""
    (native, test, one), (genn, _, two) = (trained[backend] for backend in BACKENDS)
    found: dict[str, object] = {"largest difference of train.loss": _apart(one, two)}
    for learned_by, own, other in (("native", native, genn), ("genn", genn, native)):
        state = other.state()
        other.restore(own.state())
        same, total, scores = 0, 0, 0.0
        for batch in test.batches(own.batch):
            a, b = own.run(batch).scores, other.run(batch).scores
            same += int(np.sum(a.argmax(axis=1) == b.argmax(axis=1)))
            total += len(batch)
            scores = max(scores, float(np.abs(a - b).max() / np.abs(a).max()))
        other.restore(state)
        found[f"learned by {learned_by}: same predictions"] = f"{same} of {total}"
        found[f"learned by {learned_by}: scores differ by"] = scores
    return found


def _apart(one: Curve, two: Curve) -> float:
    """The largest difference of two learning curves."""
    return float(np.abs(np.subtract(one["train.loss"], two["train.loss"])).max())


if __name__ == "__main__":
    main()
