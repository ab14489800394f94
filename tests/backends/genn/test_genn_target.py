"""Options, findings and errors of the GeNN backend, and parameters that travel to it and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.backends.genn import check, compiled
from genprop.backends.genn.pygenn import INSTALL, devices
from genprop.emit.bundle import SourceBundle
from genprop.errors import ToolchainError, UnsupportedError
from genprop.lower.clocks.grid import TimeGrid

if TYPE_CHECKING:
    from pathlib import Path

needs_pygenn = pytest.mark.skipif(
    "cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}"
)


def small(delay: float = 3.0) -> gp.Network:
    net, exp = gp.Network("small"), gp.synapse("exp", tau=5.0)
    net.population("inp", 5, gp.spikes())
    net.population("hidden", 8, gp.neuron("LIF", tau_mem=10.0))
    net.population("out", 3, gp.neuron("LI", tau_mem=10.0))
    spread = gp.learn(gp.uniform(0.0, min(delay, 10.0)), max=delay)
    net.connect("inp", "hidden", exp, weight=gp.learn(gp.normal(2.0, 1.5)), delay=spread)
    net.connect("hidden", "out", exp, weight=gp.learn(gp.normal(0.0, 3.0)))
    return net


def findings(net: gp.Network, backend: gp.GeNN, dt: float = 1.0, duration: float = 60.0) -> str:
    spec = net.freeze(gp.CrossEntropy(gp.integral("out")))
    return "\n".join(map(str, backend.check(spec, TimeGrid.of(dt, duration))))


@pytest.mark.parametrize(
    "options", [{"device": "tpu"}, {"precision": "half"}, {"tape": 0}], ids=str
)
def test_options_that_cannot_be_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UnsupportedError):
        gp.GeNN(**options)  # type: ignore[arg-type]


def test_everything_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "version", lambda: None)
    cell = gp.Neuron(
        "odd",
        flow="dv/dt = (I - v)/tau",
        spike="v > 1",
        reset="v = 0",
        parameters={"tau": 10.0},
        units={"tau": "ms"},
    )
    net, exp = small(70_000.0), gp.synapse("exp", tau=5.0)
    net.population("odd", 2, cell)
    net.connect("hidden", "odd", exp, weight=1.0, pattern=gp.sparse(pairs=[]))
    found = findings(net, gp.GeNN(), dt=1.0, duration=80_000.0)
    assert "PyGeNN is not installed" in found
    assert "https://github.com/genn-team/genn" in found
    assert "GeNN has room for 65534" in found
    assert "a projection without synapses" in found


def test_a_device_that_pygenn_was_built_without_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "version", lambda: "5.4.0")
    monkeypatch.setattr(check, "devices", lambda: ("cpu",))
    assert "built without cuda" in findings(small(), gp.GeNN(device="cuda"))
    assert findings(small(), gp.GeNN()) == ""


def test_what_genn_says_is_shown_where_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path))
    text = "import sys\nprint('the model is refused')\nsys.exit(3)\n"
    bundle = SourceBundle("broken", (("network.py", text),), "network.py")
    spec = small().freeze()
    with pytest.raises(ToolchainError, match=r"exit status 3(.|\n)*the model is refused"):
        compiled.compiled(bundle, spec, "cpu", 1)
    assert list((tmp_path / "failed").glob("*/build.log"))
    assert not list((tmp_path / "builds").glob("*/entry.json"))


@needs_pygenn
def test_a_checkpoint_of_either_backend_goes_on_in_the_other(tmp_path: Path) -> None:
    """Trained on one, evaluated on the other: the same predictions on the whole test set."""
    train, test = (gp.data.yin_yang(n, k, duration=60) for k, n in enumerate((60, 200)))
    sims = {
        backend: gp.compile(
            small(),
            loss=gp.CrossEntropy(gp.maximum("out")),
            optimiser=gp.Adam(0.02),
            dt=1,
            duration=60,
            batch=20,
            backend=backend,
            seed=2,
        )
        for backend in ("native", "genn")
    }
    for backend, other in (("native", "genn"), ("genn", "native")):
        own, guest = sims[backend], sims[other]
        path = tmp_path / f"{backend}.h5"
        gp.fit(own, train, epochs=1, callbacks=[gp.Checkpoint(path)], progress=False)
        guest.restore(own.state())
        for batch in test.batches(20):
            a, b = (np.asarray(one.run(batch).scores) for one in (own, guest))
            np.testing.assert_array_equal(a.argmax(axis=1), b.argmax(axis=1))
        snapshot = gp.train.load_checkpoint(path)
        for name, array in guest.state().items():
            np.testing.assert_array_equal(array, snapshot.simulator[name], err_msg=name)
        batch = next(iter(train.batches(20)))
        own.gradients(batch)
        guest.gradients(batch)
        own.step()
        guest.step()
        for name, array in own.parameters.items():
            np.testing.assert_allclose(guest.parameters[name], array, rtol=1e-3, atol=1e-4)


@needs_pygenn
def test_a_built_folder_runs_alone_and_comes_back(tmp_path: Path) -> None:
    import subprocess
    import sys

    sim = gp.compile(
        small(),
        loss=gp.CrossEntropy(gp.integral("out")),
        optimiser=gp.Adam(0.02),
        dt=1,
        duration=60,
        batch=20,
        backend="genn",
    )
    folder = gp.save(sim, tmp_path / "own")
    line = [sys.executable, "network.py", "--train", "2", "--output", "learned.npz"]
    answer = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "2: loss" in answer.stdout
    with np.load(folder / "learned.npz") as file:
        assert not np.array_equal(
            file["parameter/inp->hidden.weight"], sim.parameters["inp->hidden.weight"]
        )
        sim.restore({name: file[name] for name in file.files})
    assert sim.updates == 2
    again = gp.load(folder)
    assert again.target == sim.target
