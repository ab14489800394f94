"""The estimate of memory, made before anything is built, against what the process really holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import genprop as gp
from genprop.backends.genn.memory import memory_rows
from genprop.backends.genn.pygenn import INSTALL, devices

HIDDEN = 900
MEASURE = """
import os
import numpy as np
import genprop as gp
from tests.backends.genn.test_genn_memory import compiled, samples

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

compiled(20).gradients(samples())  # whatever the first of any size brings along
before = held()
sim = compiled({hidden})
kept = sim.gradients(samples())
sim.step()
print(held() - before)
"""


def compiled(hidden: int) -> gp.Simulator:
    return gp.compile(
        net(hidden),
        loss=loss(),
        optimiser=gp.Adam(1e-3),
        clock="grid",
        dt=1,
        duration=100,
        batch=2,
        backend="genn",
    )


def net(hidden: int) -> gp.Network:
    found, exp = gp.Network("wide"), gp.synapse("exp", tau=5.0)
    found.population("inp", 500, gp.spikes())
    found.population("hidden", hidden, gp.neuron("LIF", tau_mem=gp.learn(20.0)))
    found.population("out", 10, gp.neuron("LI"))
    delay = gp.learn(gp.uniform(0.0, 10.0), max=30.0)
    found.connect("inp", "hidden", exp, weight=gp.learn(gp.normal(0.1, 0.1)), delay=delay)
    found.connect("hidden", "hidden", exp, weight=gp.learn(gp.normal(0.0, 0.01)), delay=delay)
    found.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 0.1)))
    return found


def loss() -> gp.describe.objective.Loss:  # type: ignore[name-defined]
    return gp.CrossEntropy(gp.integral("out"))


def samples() -> gp.data.SpikeBatch:
    import numpy as np

    rng = np.random.default_rng(1)
    return gp.data.SpikeBatch(
        start=np.array([0, 50, 100]),
        times=np.sort(rng.uniform(0, 99, (2, 50)), axis=1).ravel(),
        channels=rng.integers(0, 500, 100).astype(np.int32),
        labels=np.array([1, 2]),
        channels_total=500,
        duration=100.0,
    )


@pytest.mark.slow
@pytest.mark.skipif("cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}")
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's /proc")
def test_the_estimate_is_what_the_process_holds_within_15_percent() -> None:
    sim = gp.compile(
        net(HIDDEN),
        loss=loss(),
        optimiser=gp.Adam(1e-3),
        clock="grid",
        dt=1,
        duration=100,
        batch=2,
        backend="reference",
    )
    rows = memory_rows(sim.spec, sim.program, "cpu", "float", None, 2)
    estimate = sum(size for _, size in rows)
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE.format(hidden=HIDDEN)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    held = int(answer.stdout.split()[-1])
    assert estimate == pytest.approx(held, rel=0.15), (estimate, held)


def test_show_tells_memory_without_compiling() -> None:
    text = gp.show(
        net(50),
        "memory",
        loss=loss(),
        optimiser=gp.Adam(1e-3),
        dt=1,
        duration=100,
        batch=2,
        backend=gp.GeNN(tape=40),
    )
    lines = {
        line.rsplit(None, 2)[0].strip(): float(line.split()[-2]) for line in text.splitlines()[:-1]
    }
    assert lines["synapses of hidden->hidden"] == pytest.approx(50 * 50 * 5 / 1e6, abs=5e-4)
    assert lines["tape of hidden, spikes"] == pytest.approx(50 * 40 * 20 / 1e6, abs=5e-4)
