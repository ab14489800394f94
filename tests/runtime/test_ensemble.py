"""Networks side by side: what the whole observes is the mean of what its parts observe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.data.spikes import SpikeBatch
from genprop.describe.spec import ReadoutSpec
from genprop.describe.topology import Synapses
from genprop.errors import ConfigurationError, DescriptionError, GenpropError, UnsupportedError

if TYPE_CHECKING:
    from genprop.describe.neuron import Neuron
    from genprop.describe.objective import Loss
    from genprop.describe.population import Population

T = 60.0
EXP = gp.synapse("exp", tau=5 * ms)


def leaky(out: Population) -> Loss:
    return gp.CrossEntropy(gp.integral(out, "v"))


def made(
    seed: int,
    size: int,
    hidden: Neuron | None = None,
    *,
    out: Neuron | None = None,
    loss: Callable[[Population], Loss] = leaky,
    more: Callable[[gp.Network, Population, Population, Population], object] | None = None,
    dt: float = 0.5,
    clock: str = "grid",
    backend: str | gp.Native = "reference",
    inputs: int = 4,
) -> gp.Simulator:
    net = gp.Network(f"part{seed}")
    source = net.population("inp", inputs, gp.spikes())
    cells = net.population("hidden", size, hidden or gp.neuron("LIF"))
    readout = net.population("out", 3, out or gp.neuron("LI", tau_mem=12 * ms))
    delay = gp.learn(gp.uniform(0 * ms, 8 * ms), max=10 * ms)
    net.connect(source, cells, EXP, weight=gp.learn(gp.normal(2.0, 1.0)), delay=delay)
    net.connect(cells, readout, EXP, weight=gp.learn(gp.normal(0.0, 1.0)), delay=delay)
    if more is not None:
        more(net, source, cells, readout)
    return gp.compile(
        net,
        loss=loss(readout),
        optimiser=gp.Adam(1e-2),
        dt=dt,
        duration=T,
        clock=clock,
        backend=backend,
        seed=seed,
    )


def recurrent(net: gp.Network, _: Population, cells: Population, __: Population) -> None:
    pattern = gp.sparse(0.5, seed=3)
    weight = gp.learn(gp.normal(0.0, 0.6))
    net.connect(cells, cells, EXP, weight=weight, delay=2 * ms, pattern=pattern)


def direct(net: gp.Network, source: Population, _: Population, out: Population) -> None:
    net.connect(source, out, EXP, weight=gp.learn(gp.normal(0.5, 0.5)), delay=3 * ms)


def hears_more(net: gp.Network, _: Population, cells: Population, __: Population) -> None:
    net.connect(net.population("other", 2, gp.spikes()), cells, EXP, weight=1.0)


def numbered(net: gp.Network, _: Population, cells: Population, __: Population) -> None:
    net.connect(net.population("hidden_1", 2, gp.spikes()), cells, EXP, weight=1.0)


def dale(net: gp.Network, _: Population, cells: Population, __: Population) -> None:
    net.connect(cells, cells, EXP, weight=gp.dale(gp.learn(gp.uniform(0.0, 0.4))))


def different(**given: object) -> list[gp.Simulator]:
    """Parts of different sizes, models and connections."""
    rng = np.random.default_rng()
    seeds = rng.integers(0, 2**31, 3).tolist()
    return [
        made(seeds[0], 5, more=recurrent, **given),  # pyright: ignore[reportArgumentType]
        made(seeds[1], 7, gp.neuron("ALIF"), more=direct, **given),  # pyright: ignore[reportArgumentType]
        made(seeds[2], 6, gp.neuron("LIF", tau_mem=10 * ms), more=dale, **given),  # pyright: ignore[reportArgumentType]
    ]


def batch(samples: int = 3) -> SpikeBatch:
    rng = np.random.default_rng()
    events = [(np.sort(rng.uniform(0, 40, 30)), rng.integers(0, 4, 30)) for _ in range(samples)]
    return SpikeBatch.from_events(
        events, channels=4, duration=T, labels=rng.integers(0, 3, samples)
    )


@pytest.mark.parametrize("backend", ["reference", gp.Native("double")], ids=str)
@pytest.mark.parametrize("clock", ["grid", "exact"])
def test_the_readout_is_the_mean_of_its_parts_at_every_time(
    clock: str, backend: str | gp.Native
) -> None:
    parts, shown = different(clock=clock, backend=backend), batch()
    whole = gp.ensemble(parts)
    assert whole.program.clock.name == clock
    found = whole.run(shown, record=["out.v", "out.I"])
    alone = [part.run(shown, record=["out.v", "out.I"]) for part in parts]
    for state in ("out.v", "out.I"):
        due = np.mean([one.recorded[state] for one in alone], 0)
        assert np.abs(due).max() > 1e-2
        assert found.recorded[state] == pytest.approx(due, abs=1e-9 * float(np.abs(due).max()))
    due = np.mean([one.scores for one in alone if one.scores is not None], 0)
    assert found.scores == pytest.approx(due, abs=1e-9 * float(np.abs(due).max()))
    for number, one in enumerate(alone):
        assert one.spikes["hidden"].sum() > 10
        assert (found.spikes[f"hidden_{number}"] == one.spikes["hidden"]).all()


def test_synapses_and_parameters_are_those_of_now() -> None:
    part = made(1, 5, more=recurrent)
    synapses = part.topology["hidden->hidden"]
    every = np.setdiff1d(np.arange(25), synapses.numbers)
    chosen = np.sort(np.random.default_rng().permutation(every)[: synapses.column.size])
    if chosen.size < synapses.column.size:
        chosen = np.sort(np.append(chosen, synapses.numbers[: synapses.column.size - chosen.size]))
    values = {"hidden->hidden.weight": np.full(chosen.size, 0.8)}
    part.rewire("hidden->hidden", Synapses.of_numbers(5, 5, chosen), values)
    part.parameters["inp->hidden.weight"] *= 1.5
    shown = batch()
    whole, due = gp.ensemble([part]), part.run(shown)
    assert (whole.run(shown).spikes["hidden_0"] == due.spikes["hidden"]).all()
    assert whole.topology["hidden->hidden_0"].numbers.tolist() == chosen.tolist()


def test_it_is_saved_evaluated_and_retargeted(tmp_path: Path) -> None:
    lif = [made(k, 4, dt=1.0) for k in (1, 2)]
    whole = gp.ensemble(lif, name="two")
    shown = batch(6)
    data = gp.data.Dataset(shown, classes=3)
    back = gp.load(gp.save(whole, tmp_path / "two"))
    assert (gp.predict(back, data) == gp.predict(whole, data)).all()
    assert back.spec.name == "two" and not any(p.learned for p in back.spec.parameters())
    chip = whole.retarget("loihi")
    assert chip.run(shown).spikes["hidden_1"].shape[-1] == 4


def test_a_readout_of_moving_weights_has_a_mean_and_one_of_conductances_has_none() -> None:
    moving = gp.Neuron(
        "moving",
        flow="dv/dt = (I*x - v)/tau_mem;  dx/dt = 2/trial",
        parameters={"tau_mem": 10 * ms, "trial": T * ms},
        initial={"x": -1.0},
    )
    parts, shown = [made(k, 5, out=moving) for k in (1, 2)], batch()
    found = gp.ensemble(parts).run(shown, record=["out.v"]).recorded["out.v"]
    due = np.mean([part.run(shown, record=["out.v"]).recorded["out.v"] for part in parts], 0)
    assert found == pytest.approx(due, abs=1e-6) and np.abs(due).max() > 1e-2
    conductance = gp.Neuron(
        "conductance", flow="dv/dt = (I*(1 - v) - v)/tau_mem", parameters={"tau_mem": 10 * ms}
    )
    with pytest.raises(UnsupportedError, match=r"not affine in [vI]"):
        gp.ensemble([made(1, 5, out=conductance)])


def spike_count(out: Population) -> Loss:
    return gp.CrossEntropy(gp.spike_count(out))


def budget(out: Population) -> Loss:
    return leaky(out) + 0.1 * gp.SpikeBudget("hidden", 3)


def at_the_end(out: Population) -> Loss:
    return gp.CrossEntropy(ReadoutSpec("final", out.name, "v"))


def test_a_budget_of_spikes_is_left_out() -> None:
    whole = gp.ensemble([made(1, 5, loss=budget), made(2, 6, loss=budget)])
    assert [term.kind for term in whole.spec.loss] == ["cross_entropy"]


@pytest.mark.parametrize(
    ("parts", "fault", "words"),
    [
        (lambda: [], ConfigurationError, "no networks"),
        (lambda: made(1, 5), ConfigurationError, "a list"),
        (lambda: ["runs/a"], ConfigurationError, "cannot be a str"),
        (lambda: [made(1, 5), made(1, 5, dt=1.0)], ConfigurationError, "dt 1.0"),
        (lambda: [made(1, 5), made(1, 5, clock="exact")], ConfigurationError, "clock exact"),
        (lambda: [made(1, 5), made(1, 5, loss=at_the_end)], DescriptionError, "another loss"),
        (lambda: [made(1, 5), made(1, 5, inputs=6)], DescriptionError, "6 neurons, not 4"),
        (lambda: [made(1, 5), made(1, 5, more=hears_more)], DescriptionError, "source 'other'"),
        (lambda: [made(1, 5, more=hears_more), made(1, 5)], DescriptionError, "one of them only"),
        (
            lambda: [made(1, 5, more=numbered), made(1, 5, more=numbered)],
            DescriptionError,
            "hidden_1",
        ),
        (
            lambda: [made(1, 5), made(1, 5, out=gp.neuron("LI", tau_mem=9 * ms))],
            DescriptionError,
            "other equations or parameters",
        ),
        (
            lambda: [made(1, 5, out=gp.neuron("LIF"), loss=spike_count)],
            UnsupportedError,
            "spikes, and spikes have no mean",
        ),
    ],
)
def test_what_has_no_mean_is_refused(
    parts: Callable[[], list[gp.Simulator]], fault: type[GenpropError], words: str
) -> None:
    with pytest.raises(fault, match=words):
        gp.ensemble(parts())
