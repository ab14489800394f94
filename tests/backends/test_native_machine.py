"""The native backend where compilers, flags, threads, memory and libraries are not the usual."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop.backends.native.engine import NativeEngine
from genprop.data.spikes import SpikeBatch
from genprop.errors import ConfigurationError, GenpropError, ToolchainError


def network(longest: float = 5.0) -> gp.Network:
    net = gp.Network("machine")
    source = net.population("input", 2, gp.spikes())
    hidden = net.population("hidden", 4, gp.neuron("LIF"))
    delay = gp.learn(gp.constant(2.0), max=longest)
    net.connect(source, hidden, gp.synapse("exp"), weight=gp.learn(gp.constant(1.0)), delay=delay)
    return net


def pure(**more: object) -> gp.Simulator:
    """A simulation: no loss, nothing to learn from."""
    options: dict[str, object] = {"dt": 1, "duration": 20, "batch": 40, "backend": "native"}
    return gp.compile(network(), **(options | more))  # type: ignore[arg-type]


def batch(samples: int = 3) -> SpikeBatch:
    events = [(np.array([1.0, 2.0, 2.0]), np.array([0, 0, 1]))] * samples
    return SpikeBatch.from_events(events, channels=2, duration=20.0)


def test_a_network_without_a_loss_runs_as_on_the_reference() -> None:
    native, reference = pure(), pure(backend="reference")
    recorded = [
        s.run(batch(), record=["hidden.v"]).recorded["hidden.v"] for s in (native, reference)
    ]
    assert np.abs(recorded[1]).max() > 0.1
    assert np.allclose(*recorded, atol=1e-6)


CASES = [("gcc", "-O1"), ("clang++-14", "-O1"), ("clang-14", "-O1")]


@pytest.mark.parametrize(("compiler", "flags"), CASES)
def test_c_compilers_link_the_library_of_c_plus_plus(
    compiler: str, flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not on this machine")
    expected = pure().run(batch()).spikes["hidden"]
    monkeypatch.setenv("CXX", compiler)
    monkeypatch.setenv("CXXFLAGS", flags)
    monkeypatch.setenv("GENPROP_CXXFLAGS", "-Werror")  # without the headers that g++ has parsed
    assert np.array_equal(pure().run(batch()).spikes["hidden"], expected)


def test_cxxflags_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXXFLAGS", "-DNAMED_BY_THE_USER=1 -O1")
    sim = pure()
    assert "-DNAMED_BY_THE_USER=1" in sim.engine.artifact.log.read_text()  # type: ignore[attr-defined]
    monkeypatch.setenv("CXXFLAGS", "'-O1")
    with pytest.raises(ToolchainError, match="CXXFLAGS cannot be read"):
        pure()


@pytest.mark.parametrize("value", ["abc", "1.5", "-1", "1e3", "²"])
def test_a_number_of_threads_that_is_none_is_told(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENPROP_THREADS", value)
    with pytest.raises(ConfigurationError, match="GENPROP_THREADS"):
        pure()


@pytest.mark.parametrize("value", [-1, 1.5, "2", True, None])
def test_threads_are_an_integer(value: object) -> None:
    with pytest.raises(ConfigurationError, match="threads"):
        gp.Native(threads=value)  # type: ignore[arg-type]


def test_far_too_many_threads_run_like_one() -> None:
    one, many = (pure(backend=gp.Native(threads=n)).run(batch(40)) for n in (1, 10**9))
    assert np.array_equal(one.spikes["hidden"], many.spikes["hidden"])


LIMITED = """
import resource, sys
import numpy as np, genprop as gp
from tests.backends.test_native_machine import network, batch
from genprop.errors import UnsupportedError
sim = gp.compile(network(), dt=1, duration=20, batch=40, backend=gp.Native(threads=8))
sim.run(batch())
{limit}
try:
    counts = sim.run(batch(40)).spikes["hidden"]
    print("ran", int(counts.sum()))
except UnsupportedError as error:
    print("told", error.what)
"""


def limited(limit: str) -> str:
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    ended = subprocess.run(
        [sys.executable, "-c", LIMITED.format(limit=limit)],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env=environment,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="limits are those of Linux")
def test_where_no_more_memory_is_to_be_had_the_process_lives_and_is_told() -> None:
    # The kernel gives no thread its stack any more: the one that there is does the work.
    held = "resource.setrlimit(resource.RLIMIT_AS, (0, -1))"
    assert limited("") == limited(held)


def test_a_folder_whose_delays_were_edited_is_refused_by_its_library(tmp_path: Path) -> None:
    loss = gp.CrossEntropy(gp.spike_count("hidden"))
    sim = gp.compile(
        network(), loss=loss, clock="grid", dt=1, duration=20, batch=4, backend="native"
    )
    path = gp.save(sim, tmp_path / "saved") / "network.json"
    content = json.loads(path.read_text())
    _raise_delays(content)
    path.write_text(json.dumps(content))
    with pytest.raises(GenpropError):
        gp.load(path.parent)


def _raise_delays(value: object) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "max_delay_steps" and inner:
                value[name] = 4000
            if name == "maximum" and inner == 5.0:
                value[name] = 4000.0
            _raise_delays(inner)
    for inner in value if isinstance(value, list) else ():
        _raise_delays(inner)


def test_a_library_of_another_network_is_refused() -> None:
    sim = pure()
    other = gp.compile(
        network(longest=9.0), clock="grid", dt=1, duration=20, batch=4, backend="native"
    )
    with pytest.raises(ConfigurationError, match="compiled for a network of other sizes"):
        NativeEngine(other.program, other.spec, sim.engine.artifact, "float", 1)  # type: ignore[attr-defined]
