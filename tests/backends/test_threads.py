"""The threads of generated code: they wait in a pool, and few gradient sums are held at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="it counts threads and memory in /proc"
)

PROGRAM = """
import gc, time
import numpy as np
import genprop as gp
from tests.backends.test_threads import batch, network, threads

sim = network(3)
time.sleep(0.5)  # what watched the compiler has ended
alone = threads()
sim.gradients(batch())
assert threads() == alone + 2, threads() - alone
sim.gradients(batch())
other = network(3)
other.gradients(batch())
assert threads() == alone + 2, "one library has one pool"
del other
gc.collect()
assert threads() == alone + 2
del sim
gc.collect()
assert threads() == alone, "threads outlive the last simulator"
again = network(3)
again.gradients(batch())
assert threads() == alone + 2
print("ends")
"""

HEAVY = """
import sys
import numpy as np
import genprop as gp
from genprop import ms
from tests.memory import peak

def network():
    net = gp.Network("wide")
    source = net.population("in", 1000, gp.spikes())
    out = net.population("out", 500, gp.neuron("LI", tau_mem=12 * ms))
    weight = gp.normal(0.5, 0.3)
    net.connect(source, out, gp.synapse("exp", tau=5 * ms), weight=gp.learn(weight))
    return gp.compile(net, loss=gp.CrossEntropy(gp.integral(out, "v")), dt=1 * ms, clock="grid",
        duration=10 * ms, batch=64, backend=gp.Native(threads=int(sys.argv[1])))

sim = network()
trains = [(np.arange(8.0), np.arange(8)) for _ in range(64)]
data = gp.data.SpikeBatch.from_events(trains, channels=1000, duration=10, labels=np.zeros(64, int))
sim.run(data)
before = peak()
sim.gradients(data)
print(peak() - before)
"""


def threads() -> int:
    """How many this process has."""
    return len(list(Path("/proc/self/task").iterdir()))


def network(count: int) -> gp.Simulator:
    net, exp = gp.Network("pooled"), gp.synapse("exp", tau=5 * ms)
    source = net.population("in", 10, gp.spikes())
    hidden = net.population("hidden", 9, gp.neuron("LIF", tau_mem=12 * ms))
    out = net.population("out", 3, gp.neuron("LI", tau_mem=12 * ms))
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(1.5, 0.7)))
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.2, 1.0)))
    loss = gp.CrossEntropy(gp.integral(out, "v")) + 1e-2 * gp.SpikeBudget(hidden, per_trial=3)
    return gp.compile(
        net, loss=loss, clock="grid", dt=1 * ms, duration=40 * ms, batch=40,
        backend=gp.Native(threads=count), seed=3,
    )  # fmt: skip


def batch() -> gp.data.SpikeBatch:
    rng = np.random.default_rng(0)
    trains = [(np.sort(rng.uniform(0, 30, 40)), rng.integers(0, 10, 40)) for _ in range(40)]
    return gp.data.SpikeBatch.from_events(
        trains, channels=10, duration=40, labels=np.arange(40) % 3
    )


def run(program: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_threads_begin_with_the_first_work_and_end_with_the_last_simulator() -> None:
    assert run(PROGRAM).strip() == "ends"


def test_a_forked_process_has_threads_of_its_own_and_gives_the_same_bits() -> None:
    sim = network(2)
    _, here = sim.gradients(batch())
    expected = {name: np.array(slope) for name, slope in here.items()}
    child = os.fork()
    if child == 0:
        before = threads()
        _, there = sim.gradients(batch())
        same = all(np.array_equal(there[name], slope) for name, slope in expected.items())
        os._exit(0 if same and threads() == before + 1 else 1)
    for _ in range(600):
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            break
        time.sleep(0.05)
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
        pytest.fail("the child waits for threads that it does not have")
    assert status == 0


def test_simulators_that_run_at_once_share_the_pool_and_give_the_same_bits() -> None:
    sims = [network(n) for n in (1, 2, 3, 4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(20):
            found = list(pool.map(lambda sim: sim.gradients(batch())[1], sims))
            for slopes in found[1:]:
                for name, slope in found[0].items():
                    assert np.array_equal(slope, slopes[name]), name


@pytest.mark.parametrize("count", [1, 2])
def test_few_gradient_sums_are_held_at_a_time(count: int) -> None:
    one = 1000 * 504 * 4 / 1e6  # [MB] of a sum: a weight's, padded to blocks of 8
    # Of all 16 groups beside parameters and gradients there would be more than 20.
    assert 5 * one < float(run(HEAVY, str(count))) < 15 * one
