"""A folder of genprop build holds everything: loaded, it goes on bit by bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends import get_backend
from genprop.data.spikes import SpikeBatch
from genprop.errors import ConfigurationError, ToolchainError


def network() -> gp.Network:
    net = gp.Network("kept")
    source = net.population("input", 3, gp.spikes())
    hidden = net.population("hidden", 4, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    exp = gp.synapse("exp")
    drawn, delay = gp.learn(gp.normal(2.0, 0.5)), gp.learn(gp.uniform(0, 3), max=5 * ms)
    net.connect(source, hidden, exp, weight=drawn, delay=delay, pattern=gp.sparse(0.7, seed=1))
    net.connect(hidden, out, exp, weight=drawn)
    return net


def compiled(backend: str) -> gp.Simulator:
    loss = gp.CrossEntropy(gp.maximum("out", "v"))
    optimiser = gp.Adam(1e-2)
    return gp.compile(
        network(),
        loss=loss,
        optimiser=optimiser,
        clock="grid",
        dt=1,
        duration=20,
        batch=2,
        backend=backend,
    )


def batch() -> SpikeBatch:
    events = [(np.array([1.0, 2.0, 4.0]), np.array([0, 1, 2]))] * 2
    return SpikeBatch.from_events(events, channels=3, duration=20.0, labels=np.array([0, 1]))


@pytest.mark.parametrize("backend", ["native", "reference"])
def test_a_loaded_network_goes_on_bit_by_bit(backend: str, tmp_path: Path) -> None:
    sim = compiled(backend)
    sim.gradients(batch())
    sim.step()
    again = gp.load(gp.save(sim, tmp_path / "kept"))
    assert again.spec.digest() == sim.spec.digest()
    assert again.program == sim.program
    for one in (sim, again):
        one.gradients(batch())
        one.step()
    kept, loaded = sim.state(), again.state()
    assert kept.keys() == loaded.keys()
    assert all(np.array_equal(kept[name], loaded[name]) for name in kept)


def test_edited_sources_are_what_runs(tmp_path: Path) -> None:
    place = gp.save(compiled("native"), tmp_path / "kept")
    (place / "interface.cpp").write_text("this is no C++\n")
    with pytest.raises(ToolchainError, match=r"interface\.cpp"):
        gp.load(place)


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(ConfigurationError, match="something else already"):
        gp.save(compiled("reference"), tmp_path)


def test_a_folder_without_a_network_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="genprop build NET -o DIR"):
        gp.load(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("genprop", "0.0.0", "is of genprop 0.0.0"),
        ("spec", {"is": "spec.NetworkSpec"}, "spec.NetworkSpec is not understood"),
        ("program", {"is": "os.system", "command": "true"}, "os.system is not understood"),
    ],
)
def test_a_damaged_or_foreign_network_is_refused(
    key: str, value: object, said: str, tmp_path: Path
) -> None:
    place = gp.save(compiled("reference"), tmp_path / "kept")
    plain = json.loads((place / "network.json").read_text())
    (place / "network.json").write_text(json.dumps(plain | {key: value}))
    with pytest.raises(ConfigurationError, match=said):
        gp.load(place)


def test_a_network_that_earlier_code_saved_learns_as_it_did() -> None:
    """``saved/earlier`` is of 73ce42a; ``trained.npz`` is what three batches make of it.

    It was of 73ce42a, too, until jumps of the grid moved inside their step, which moves gradients.
    """
    place = Path(__file__).parent / "saved" / "earlier"
    sim = gp.load(place, backend=get_backend("reference"))
    rng = np.random.default_rng(2)
    events = [(np.sort(rng.uniform(0, 20, 30)), rng.integers(0, 3, 30)) for _ in range(4)]
    labels = np.array([0, 1, 0, 1])
    data = SpikeBatch.from_events(events, channels=3, duration=30.0, labels=labels)
    before = sim.parameters["input->hidden.weight"].copy()
    for _ in range(3):
        sim.gradients(data)
        sim.step()
    assert sim.last.spikes["hidden"].sum() == 91
    with np.load(place / "trained.npz") as trained:
        assert set(trained.files) == set(sim.state())
        for name, array in sim.state().items():
            np.testing.assert_allclose(array, trained[name], rtol=1e-9, atol=0)  # libm's last bits
    assert not np.allclose(before, sim.parameters["input->hidden.weight"], rtol=1e-3)


def of_other_code(place: Path, **changes: object) -> Path:
    plain = json.loads((place / "network.json").read_text()) | {"code": "other"} | changes
    kept = {name: value for name, value in plain.items() if value != "left out"}
    (place / "network.json").write_text(json.dumps(kept))
    return place


def test_sources_of_other_code_are_rendered_anew_unless_they_were_edited(tmp_path: Path) -> None:
    sim = compiled("native")
    program = {"clock": {"dt": 1, "steps": 20}, "solver": "exact"}
    place = of_other_code(gp.save(sim, tmp_path / "kept"), program=program)
    again = gp.load(place)
    assert (again.program, again.bundle) == (sim.program, sim.bundle)
    source = place / "interface.cpp"
    source.write_text(source.read_text() + "// mine\n")
    with pytest.raises(ConfigurationError, match="sources were edited"):
        gp.load(place)
    with pytest.warns(UserWarning, match="edits made in them are not used"):
        assert gp.load(of_other_code(place, sources="left out")).bundle == sim.bundle


def test_the_solver_of_a_program_that_does_not_tell_it_is_found_by_its_steps(
    tmp_path: Path,
) -> None:
    sim = gp.compile(
        network(), clock="grid", dt=1, duration=20, solver="runge_kutta:3", backend="reference"
    )
    place = gp.save(sim, tmp_path / "kept")
    program = json.loads((place / "network.json").read_text())["program"]
    del program["solver"]
    assert gp.load(of_other_code(place, program=program)).program == sim.program
    for population in program["populations"]:
        population["step"] = []
    with pytest.raises(ConfigurationError, match="a solver that is not named"):
        gp.load(of_other_code(place, program=program))
