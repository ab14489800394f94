"""What ranks exchange for each batch: ``mpirun -n 2 python experiments/distributed/measure.py``.

A network of SSC's shape, 700 channels, 2 × 1024 recurrent neurons with delays and 35 classes,
learns from random spikes at SSC's rate. Exchanges do not depend on how long trials last, so those
of the batches are short; the time of the processor for a sample is that of a trial of a second.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np

import genprop as gp
from genprop import ms
from genprop.backends.distributed import ranks_of
from genprop.train.distributed import divided

CHANNELS, CLASSES, EVENTS = 700, 35, 8000
"""Per trial of a second."""


def network(duration: float, batch: int, size: int) -> gp.Simulator:
    """Two recurrent layers, every weight and delay between the layers learned."""
    net, exp = gp.Network("ssc"), gp.synapse("exp", tau=5 * ms)
    source = net.population("input", CHANNELS, gp.spikes())
    out = net.population("out", CLASSES, gp.neuron("LI", tau_mem=20 * ms))
    delay = gp.learn(gp.uniform(0 * ms, 30 * ms), max=60 * ms)
    before = source
    for name in ("first", "second"):
        layer = net.population(name, size, gp.neuron("LIF", tau_mem=20 * ms))
        scale = 0.03 if before is source else 0.02
        weight = gp.learn(gp.normal(scale, scale))
        net.connect(before, layer, exp, weight=weight, delay=delay)
        net.connect(layer, layer, exp, weight=gp.learn(gp.normal(0.0, 0.01)), delay=delay)
        before = layer
    net.connect(before, out, exp, weight=gp.learn(gp.normal(0.0, 0.05)))
    loss = gp.CrossEntropy(gp.maximum(out, "v"))
    return gp.compile(
        net, loss=loss, optimiser=gp.Adam(1e-3), clock="grid", dt=1 * ms,
        duration=duration * ms, batch=batch, backend=gp.Native(threads=1), seed=1,
    )  # fmt: skip


def samples(count: int, duration: float) -> gp.data.Dataset:
    """Random spikes at the rate of a spoken word."""
    rng = np.random.default_rng(0)
    many = int(EVENTS * duration / 1000)
    trains = [
        (np.sort(rng.uniform(0, duration, many)), rng.integers(0, CHANNELS, many))
        for _ in range(count)
    ]
    labels = np.arange(count) % CLASSES
    spikes = gp.data.SpikeBatch.from_events(
        trains, channels=CHANNELS, duration=duration, labels=labels
    )
    return gp.data.Dataset(spikes, CLASSES)


def main() -> None:
    """Measure, and let the first rank print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="neurons of a layer")
    parser.add_argument("--batches", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="write the numbers here, as JSON")
    args = parser.parse_args()
    short, batch = 50.0, 32
    sim = gp.distributed(network(short, batch, args.size))
    ranks = ranks_of(sim.engine)
    data = divided(sim, samples(batch * args.batches, short))
    rows: list[tuple[float, ...]] = []
    for part in data.batches(batch, seed=1):
        before = ranks.seconds, ranks.waited, ranks.bytes, time.process_time()
        sim.gradients(part)
        sim.step()
        after = ranks.seconds, ranks.waited, ranks.bytes, time.process_time()
        rows.append(tuple(b - a for a, b in zip(before, after, strict=True)))
    exchange, waited, sent, processor = (sorted(column) for column in zip(*rows, strict=True))
    long = network(1000.0, 4, args.size)
    whole = next(samples(4, 1000.0).batches(4))
    begin = time.process_time()
    long.gradients(whole)
    found = {
        "ranks": ranks.size,
        "synapses": int(sum(v.size for n, v in sim.parameters.items() if n.endswith("weight"))),
        "bytes_sent_per_rank_and_batch": sent[0],
        "exchange_seconds_least_median_most": [
            exchange[0], exchange[len(exchange) // 2], exchange[-1]
        ],
        "waited_seconds_median": waited[len(waited) // 2],
        "processor_seconds_per_batch_of_short_trials": processor[0],
        "processor_seconds_per_sample_of_a_second": (time.process_time() - begin) / 4,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }  # fmt: skip
    every = ranks.gather(found)
    if ranks.first:
        print(json.dumps(every[0], indent=2))
        print("peak of all ranks [MB]", [one["peak_megabytes"] for one in every])
        if args.keep is not None:
            args.keep.write_text(json.dumps(every, indent=2) + "\n")


if __name__ == "__main__":
    main()
