"""Bad input gets one clear error that names the place and the remedy."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import genprop as gp
from genprop import ms, mV
from genprop.data.spikes import SpikeBatch
from genprop.errors import (
    CheckpointError,
    DataError,
    DescriptionError,
    DimensionError,
    EquationError,
    GenpropError,
    ToolchainError,
    UnsupportedError,
)


def network(size: int = 3) -> gp.Network:
    net = gp.Network("small")
    source = net.population("input", 2, gp.spikes())
    hidden = net.population("hidden", size, gp.neuron("LIF"))
    out = net.population("out", 2, gp.neuron("LI"))
    weight = gp.learn(gp.constant(1.0))
    net.connect(source, hidden, gp.synapse("exp"), weight=weight)
    net.connect(hidden, out, gp.synapse("exp"), weight=weight)
    return net


def compiled(net: gp.Network | None = None, backend: str = "reference") -> gp.Simulator:
    loss = gp.CrossEntropy(gp.integral("out"))
    return gp.compile(
        net or network(),
        loss=loss,
        optimiser=gp.Adam(1e-3),
        clock="grid",
        dt=1,
        duration=10,
        batch=2,
        backend=backend,
    )


def batch(*labels: int, channels: int = 2, duration: float = 10.0) -> SpikeBatch:
    events = [(np.array([1.0]), np.array([0]))] * len(labels)
    return SpikeBatch.from_events(
        events, channels=channels, duration=duration, labels=np.array(labels)
    )


def alone(**changes: object) -> gp.Network:
    """A network of one neuron model of its own, with parts of it changed."""
    parts: dict[str, object] = {
        "flow": "dv/dt = (I - v)/tau_mem",
        "spike": "v > v_th",
        "reset": "v = 0",
        "parameters": {"tau_mem": 20 * ms, "v_th": 1.0},
    }
    cell = gp.Neuron("mine", **(parts | changes))  # type: ignore[arg-type]
    net = gp.Network("alone")
    source = net.population("input", 1, gp.spikes())
    net.connect(source, net.population("cell", 1, cell), gp.synapse("exp"), weight=1.0)
    return net


def run(net: gp.Network) -> gp.Simulator:
    return gp.compile(net, clock="grid", dt=1, duration=10, backend="reference")


Fault = tuple[Callable[[], object], type[GenpropError], tuple[str, ...]]
DESCRIPTIONS: dict[str, Fault] = {
    "units that disagree": (
        lambda: run(alone(units={"v": "mV"})),
        DimensionError,
        ("mV", "flow of neuron 'mine'", "^"),
    ),
    "a value of another unit": (
        lambda: gp.neuron("LIF", tau_mem=20 * mV),
        DimensionError,
        ("tau_mem", "ms", "mV"),
    ),
    "an unknown name in an equation": (
        lambda: run(alone(flow="dv/dt = (I - v)/tau_men")),
        EquationError,
        ("unknown name 'tau_men'", "did you mean 'tau_mem'?", "column", "^"),
    ),
    "an equation that does not parse": (
        lambda: run(alone(flow="dv/dt = (I - v/tau_mem")),
        EquationError,
        ("flow of neuron 'mine'", "^"),
    ),
    "a guard that reads no state": (
        lambda: run(alone(spike="v_th > 0")),
        DescriptionError,
        ("reads no state", "mine"),
    ),
    "a reset that leaves the guard true": (
        lambda: run(alone(reset="v = 2*v_th")),
        DescriptionError,
        ("reset", "mine"),
    ),
    "an unknown parameter": (
        lambda: gp.neuron("LIF", tau_men=20 * ms),
        DescriptionError,
        ("tau_men", "did you mean 'tau_mem'?"),
    ),
    "an unknown neuron": (lambda: gp.neuron("LIFF"), DescriptionError, ("did you mean 'lif'?",)),
    "an unknown backend": (
        lambda: gp.compile(network(), clock="grid", dt=1, duration=10, backend="nativ"),
        UnsupportedError,
        ("compile(backend=…)", "did you mean 'native'?"),
    ),
    "a loss that looks at nothing": (
        lambda: network().freeze(gp.CrossEntropy(gp.integral("outt"))),
        DescriptionError,
        ("outt", "did you mean 'out'?"),
    ),
    "a duration of no whole steps": (
        lambda: gp.compile(network(), clock="grid", dt=0.3, duration=10, backend="reference"),
        GenpropError,
        ("0.3", "10"),
    ),
}


def delayed(initial: object, maximum: object) -> gp.Network:
    net = gp.Network("late")
    source = net.population("input", 1, gp.spikes())
    cell = net.population("cell", 1, gp.neuron("LIF"))
    learned = gp.learn(initial, max=maximum)  # type: ignore[arg-type]
    net.connect(source, cell, gp.synapse("exp"), weight=1.0, delay=learned)
    return net


DESCRIPTIONS["a delay beyond its bound"] = (
    lambda: delayed(80 * ms, 60 * ms),
    DescriptionError,
    ("input->cell.delay", "80", "60"),
)


@pytest.mark.parametrize("fault", DESCRIPTIONS, ids=str)
def test_a_description_that_cannot_be_names_place_and_remedy(fault: str) -> None:
    make, kind, said = DESCRIPTIONS[fault]
    with pytest.raises(kind) as caught:
        make()
    for words in said:
        assert words in str(caught.value)


def test_several_faults_are_told_at_once() -> None:
    with pytest.raises(DescriptionError) as caught:
        run(alone(flow="dv/dt = (I - v)/tau_men", spike="v > v_thh"))
    assert "tau_men" in str(caught.value)
    assert "v_thh" in str(caught.value)


def test_labels_out_of_range_are_told_before_anything_runs() -> None:
    with pytest.raises(DataError, match=r"label 2 is out of range: there are 2 outputs") as caught:
        compiled().gradients(batch(0, 2))
    assert caught.value.where == "sample 1 of the batch"
    assert caught.value.remedy


def test_missing_labels_are_told() -> None:
    bare = SpikeBatch.from_events([(np.array([1.0]), np.array([0]))], channels=2, duration=10.0)
    with pytest.raises(DataError, match="neither labels nor targets") as caught:
        compiled().gradients(bare)
    assert "labels" in caught.value.remedy


def test_more_channels_than_the_source_are_told() -> None:
    with pytest.raises(DataError, match="the data has 5 channels") as caught:
        compiled().run(batch(0, channels=5))
    assert caught.value.remedy == "net.population('input', 5, gp.spikes())"


def test_an_event_beyond_the_channels_is_told() -> None:
    with pytest.raises(DataError, match="channel") as caught:
        SpikeBatch.from_events([(np.array([1.0]), np.array([7]))], channels=2, duration=10.0)
    assert "7" in str(caught.value)


@pytest.mark.parametrize("time", [-1.5, 10.5, float("nan")])
def test_an_event_beyond_the_duration_is_told(time: float) -> None:
    with pytest.raises(DataError) as caught:
        SpikeBatch.from_events([(np.array([time]), np.array([0]))], channels=2, duration=10.0)
    assert str(time) in str(caught.value)


def test_events_after_the_trial_are_told_and_never_dropped() -> None:
    late = SpikeBatch.from_events(
        [(np.array([1.0, 15.0]), np.array([0, 0]))], channels=2, duration=20.0, labels=[0]
    )
    with pytest.raises(DataError, match="1 events come after the trial of 10 ms") as told:
        compiled().gradients(late)
    assert "population input" in str(told.value)
    assert "crop" in str(told.value)


def test_more_samples_than_compiled_for_are_told() -> None:
    with pytest.raises(DataError, match="3 samples") as caught:
        compiled().run(batch(0, 1, 1))
    assert "batch=" in caught.value.remedy


def test_something_that_cannot_be_recorded_is_told() -> None:
    with pytest.raises(DataError, match=r"did you mean 'hidden\.spikes'"):
        compiled().run(batch(0), record=["hidden.spike"])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_parameter_that_is_not_finite_is_refused_and_nothing_is_lost(value: float) -> None:
    sim = compiled()
    kept = sim.parameters["hidden.v_th"].copy()
    with pytest.raises(DescriptionError, match="finite") as caught:
        sim.parameters["hidden.v_th"] = value
    assert caught.value.where == "parameter hidden.v_th"
    assert np.array_equal(sim.parameters["hidden.v_th"], kept)


def test_a_step_without_gradients_says_what_to_call() -> None:
    with pytest.raises(UnsupportedError, match="nothing to update with") as caught:
        compiled().step()
    assert "gradients()" in caught.value.remedy


def test_gradients_without_a_loss_say_how_to_give_one() -> None:
    sim = gp.compile(network(), clock="grid", dt=1, duration=10, backend="reference")
    with pytest.raises(UnsupportedError, match="no loss") as caught:
        sim.gradients(batch(0))
    assert "loss=" in caught.value.remedy


def test_a_state_of_another_network_says_what_differs_and_changes_nothing() -> None:
    sim, other = compiled(), compiled(network(size=5))
    kept = sim.state()
    with pytest.raises(CheckpointError) as caught:
        sim.restore(other.state() | {"parameter/stray": np.zeros(1)})
    assert "parameter/input->hidden.weight has shape (2, 5), not (2, 3)" in str(caught.value)
    assert "parameter/stray is not of this network" in str(caught.value)
    assert all(np.array_equal(kept[name], array) for name, array in sim.state().items())


def test_without_a_compiler_the_ways_to_get_one_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    with pytest.raises(ToolchainError) as caught:
        compiled(backend="native")
    assert "compiler" in caught.value.what
    assert caught.value.remedy


def test_a_compile_that_fails_shows_command_and_log(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "c++"
    broken.write_text(
        '#!/bin/sh\ncase "$*" in *--version*) echo broken 1.0; exit 0;; esac\n'
        "echo 'sample.hpp:3: error: no' >&2; exit 1\n"
    )
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(broken))
    with pytest.raises(ToolchainError) as caught:
        compiled(backend="native")
    said = str(caught.value)
    assert "sample.hpp:3: error: no" in said
    assert str(broken) in said
    assert "-std=c++17" in said
