"""Measures what positions cost beside free delays, in pairs of one process.

Writes times.json after every size; sizes that were not named stay as they are.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from pathlib import Path

import genprop as gp
from genprop.experiment.experiment import compile_experiment

sys.path.insert(0, str(Path(__file__).parents[1]))
from clocks.paired import paired, ratios, spread
from clocks.sizes import measure_sizes

HERE = Path(__file__).parent
VARIANTS = {
    "free": "options.delays=free",
    "axonal": "options.delays=axonal",
    "2d": "options.delays=2d",
    "3d": "options.delays=3d",
    "4d": "options.delays=4d",
}


def main() -> None:
    """Every size that was named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", action="append", default=[], help="a setting besides, for all")
    parser.add_argument("--hidden", nargs="+", type=int, default=[32, 64, 128], help="neurons")
    parser.add_argument("--rounds", type=int, default=15, help="all variants in turn")
    parser.add_argument("--batches", type=int, default=6, help="that a round learns from")
    parser.add_argument("--output", type=Path, default=HERE / "times.json", help="results")
    options = parser.parse_args()
    measure_sizes(
        options.output,
        options.hidden,
        {"rounds": options.rounds, "batches": options.batches},
        lambda n: measured([f"options.hidden={n}", *options.set], options.rounds, options.batches),
    )


def measured(settings: list[str], rounds: int, count: int) -> dict[str, dict[str, object]]:
    """Gradients and updates of the same batches by every variant, in turn; of ``free``."""
    sims: dict[str, gp.Simulator] = {}
    batches: list[gp.data.SpikeBatch] = []
    samples = 0
    for name, variant in VARIANTS.items():
        config = gp.experiment.read_config(HERE / "fsdd.toml", [variant, *settings])
        experiment = gp.experiment.load_experiment(config)
        sim, _ = compile_experiment(experiment, config, threads=1)
        assert isinstance(sim, gp.Simulator)
        sims[name] = sim
        if not batches:
            drawn = experiment.train.batches(sim.batch, seed=(1, 0))
            batches = list(itertools.islice(drawn, count))
            samples = len(experiment.train)
    times = paired({name: (lambda s=s: learn(s, batches)) for name, s in sims.items()}, rounds)
    size = sum(map(len, batches))
    return {
        name: {
            "seconds per epoch": round(spread(spent)["median"] / size * samples, 3),
            "of free": ratios(spent, times["free"]),
        }
        for name, spent in times.items()
    }


def learn(sim: gp.Simulator, batches: list[gp.data.SpikeBatch]) -> None:
    """Gradients and updates, then back to the first parameters: each round does the same work."""
    state = sim.state()
    for batch in batches:
        sim.gradients(batch)
        sim.step()
    sim.restore(state)


if __name__ == "__main__":
    main()
