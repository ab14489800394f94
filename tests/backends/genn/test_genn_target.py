"""Options, findings and errors of the GeNN backend, and parameters that travel to it and back."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.backends.genn import check, compiled
from genprop.backends.genn.pygenn import INSTALL, devices
from genprop.describe.topology import initial_topology
from genprop.emit.bundle import SourceBundle
from genprop.errors import ToolchainError, UnsupportedError
from genprop.lower.clocks.grid import TimeGrid

if TYPE_CHECKING:
    from pathlib import Path

needs_pygenn = pytest.mark.skipif(
    "cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}"
)


def small(delay: float = 3.0, hidden: int = 8) -> gp.Network:
    net, exp = gp.Network("small"), gp.synapse("exp", tau=5.0)
    net.population("inp", 5, gp.spikes())
    net.population("hidden", hidden, gp.neuron("LIF", tau_mem=10.0))
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


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if PyGeNN were here, for CPUs alone."""
    monkeypatch.setattr(check, "version", lambda: "5.4.0")
    monkeypatch.setattr(check, "devices", lambda: ("cpu",))


@pytest.mark.parametrize("name", ["stack", "np"])
@pytest.mark.usefixtures("installed")
def test_a_population_of_a_taken_name_is_refused(name: str) -> None:
    net = small()
    net.population(name, 2, gp.neuron("LIF"))
    net.connect("hidden", name, gp.synapse("exp"), weight=1.0)
    assert f"{name!r} is taken in generated GeNN code" in findings(net, gp.GeNN())


@pytest.mark.parametrize("name", ["scalar", "register", "errno", "M_PI"])
@pytest.mark.usefixtures("installed")
def test_a_state_that_is_a_word_of_genn_or_cpp_is_refused(name: str) -> None:
    net = small()
    cell = gp.Neuron("C", flow=f"d{name}/dt = -{name}/tau", parameters={"tau": 10 * gp.ms})
    net.population("odd", 2, cell)
    assert f"{name!r} is taken in generated GeNN code" in findings(net, gp.GeNN())


@pytest.mark.usefixtures("installed")
def test_a_device_that_pygenn_was_built_without_is_named() -> None:
    assert "built without cuda" in findings(small(), gp.GeNN(device="cuda"))
    assert findings(small(), gp.GeNN()) == ""


def test_what_genn_says_is_shown_where_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path))
    text = "import sys\nprint('the model is refused')\nsys.exit(3)\n"
    bundle = SourceBundle("broken", (("network.py", text),), "network.py")
    wiring = initial_topology(small().freeze())
    with pytest.raises(ToolchainError, match=r"exit status 3(.|\n)*the model is refused"):
        compiled.compiled(bundle, wiring, "cpu", 1)
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
            clock="grid",
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


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that was written, and compiled where it lies."""
    sim = gp.compile(
        small(),
        loss=gp.CrossEntropy(gp.integral("out")),
        optimiser=gp.Adam(0.02),
        clock="grid",
        dt=1,
        duration=60,
        batch=20,
        backend="genn",
    )
    folder = gp.save(sim, tmp_path_factory.mktemp("built") / "own")
    assert network(folder, "--compile").returncode == 0
    return folder


def network(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What the command line of a written network did."""
    line = [sys.executable, "network.py", *options]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


@needs_pygenn
def test_a_written_network_learns_alone_and_comes_back(built: Path) -> None:
    sim = gp.load(built)
    trained = network(built, "--train", "2", "--output", "learned.npz")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert re.search(
        r"epoch 1: loss \S+, accuracy \S+%, spikes \{'hidden': \d+\}\n"
        r"epoch 2: loss \S+, accuracy \S+%, spikes \{'hidden': \d+\}\n$",
        trained.stdout,
    )
    with np.load(built / "learned.npz") as file:
        weight = file["parameter/inp->hidden.weight"]
        assert not np.array_equal(weight, sim.parameters["inp->hidden.weight"])
        sim.restore({name: file[name] for name in file.files})
    assert sim.updates == 2
    assert gp.load(built).target == sim.target


@needs_pygenn
def test_trials_are_shuffled_by_the_seed(built: Path) -> None:
    """One trial a batch: the order shows in the weights, and the same seed gives the same bits."""
    learned = []
    for seed in ("1", "1", "2"):
        options = ("--train", "3", "--batch", "1", "--seed", seed, "--output", "shuffled.npz")
        assert network(built, *options).returncode == 0
        with np.load(built / "shuffled.npz") as file:
            learned.append(file["parameter/inp->hidden.weight"])
    np.testing.assert_array_equal(learned[0], learned[1])
    assert not np.array_equal(learned[0], learned[2])


@needs_pygenn
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--input", "gone.npz"), "network.py: there is no file gone.npz"),
        (("--state", "gone.npz"), "network.py: there is no file gone.npz"),
        (("--train", "1", "--output", "gone/x.npz"), "there is no folder gone"),
        (("--batch", "0"), "0 is not an integer of 1 or more"),
        (("--at-once", "4"), "runs one trial at once, not 4"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(built: Path, options: tuple[str, ...], said: str) -> None:
    refused = network(built, *options)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


@needs_pygenn
@pytest.mark.skipif("cuda" in devices(), reason="PyGeNN is here with its CUDA backend")
def test_a_device_that_is_not_there_is_said_in_a_line(built: Path) -> None:
    refused = network(built, "--device", "cuda")
    assert "network.py: the installed PyGeNN was built without cuda" in refused.stderr
    assert "Traceback" not in refused.stderr


TWO = """
from one.small_genn import Network, files
from two.small_genn import Network as Other, files as other_files

def loss(network, files, folder):
    parameters, _, _ = files.read_state(f"{folder}/state.npz")
    return network.run(parameters, *files.random_trials())["loss"]

network, other = Network("one"), Other("two")
first = loss(network, files, "one")
assert loss(other, other_files, "two") != first
assert loss(network, files, "one") == first
assert other.population["hidden"].num_neurons == 7
"""


@needs_pygenn
def test_two_written_networks_of_one_name_run_in_one_process(built: Path, tmp_path: Path) -> None:
    sim = gp.compile(
        small(hidden=7),
        loss=gp.CrossEntropy(gp.integral("out")),
        clock="grid",
        dt=1,
        duration=40,
        batch=20,
        backend="genn",
    )
    (tmp_path / "one").symlink_to(built)
    gp.save(sim, tmp_path / "two")
    ran = subprocess.run(
        [sys.executable, "-c", TWO], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
