"""How much faster two processes are: ``mpirun -n 2 python experiments/distributed/speed.py``.

The first rank learns from a batch alone while the others sleep, then all learn from it together,
in turn: ratios are of neighbouring batches. Bare loops, one and then one on every rank at once, say
beside each what the machine had to give.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from measure import network, samples

import genprop as gp
from genprop.backends.distributed import ranks_of


def main() -> None:
    """Measure, and let the first rank print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="neurons of a layer")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--duration", type=float, default=250.0, help="of a trial [ms]")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="write the numbers here, as JSON")
    args = parser.parse_args()
    alone = network(args.duration, args.batch, args.size)
    many = gp.distributed(network(args.duration, args.batch, args.size))
    ranks = ranks_of(many.engine)
    batch = next(samples(args.batch, args.duration).batches(args.batch))
    rounds: list[dict[str, float]] = []
    for _ in range(args.rounds + 1):  # the first one fills buffers
        own = seconds(lambda: learn(alone, batch)) if ranks.first else 0.0
        spun = spin() if ranks.first else 0.0
        ranks.gather(None)
        before = ranks.seconds, ranks.bytes
        together = seconds(lambda: learn(many, batch))
        exchange, sent = ranks.seconds - before[0], ranks.bytes - before[1]
        ranks.gather(None)
        spun_together = max(ranks.gather(spin()))
        rounds.append(
            {
                "alone [s]": own,
                "together [s]": together,
                "speed-up": own / together,
                "exchange [s]": exchange,
                "sent by a rank [MB]": sent / 1e6,
                "of bare loops": ranks.size * spun / spun_together,
            }
        )
    found = {"ranks": ranks.size, **vars(args), "keep": None, "rounds": rounds[1:]}
    if ranks.first:
        print(json.dumps(found, indent=1))
        print("median speed-up", statistics.median(r["speed-up"] for r in rounds[1:]))
        if args.keep is not None:
            args.keep.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def learn(sim: gp.Simulator, batch: gp.data.SpikeBatch) -> None:
    """One update."""
    sim.gradients(batch)
    sim.step()


def seconds(work: Callable[[], None]) -> float:
    """By the clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def spin() -> float:
    """A second or so of arithmetic in registers."""

    def work() -> None:
        total = 0
        for k in range(8_000_000):
            total += k

    return seconds(work)


if __name__ == "__main__":
    main()
