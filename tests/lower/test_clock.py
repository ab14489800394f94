"""The clock decides alone: what it says of a spike's arrival is what every backend does."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.data.spikes import SpikeBatch
from genprop.errors import UnsupportedError
from genprop.lower.clocks import CLOCKS, make_clock
from genprop.lower.clocks.grid import TimeGrid
from genprop.runtime.simulator import Simulator

if TYPE_CHECKING:
    from genprop.backends.base import Target

ROOT = Path(__file__).resolve().parents[2]
BACKENDS = [gp.Native(threads=1, precision="double"), "reference"]


@dataclass(frozen=True, slots=True)
class LateGrid(TimeGrid):
    """A time grid on which every spike arrives ``late`` steps later than on the plain one."""

    late: int = 2

    @property
    def latency(self) -> int:
        return 1 + self.late


def compiled(backend: str | Target, later: float = 0.0) -> gp.Simulator:
    """Two spiking populations with fixed delays from 0 to 4 ms, all ``later`` ms longer."""
    rng = np.random.default_rng(4)
    net, exp = gp.Network("late"), gp.synapse("exp", tau=5 * ms)
    inp = net.population("inp", 6, gp.spikes())
    hidden = net.population("hidden", 9, gp.neuron("LIF", tau_mem=10 * ms, tau_ref=2 * ms))
    out = net.population("out", 3, gp.neuron("LI", tau_mem=10 * ms))
    sparse = gp.sparse(0.6, seed=2)
    for pre, post, scale, pattern in (
        (inp, hidden, 2.0, None),
        (hidden, hidden, 0.5, sparse),
        (hidden, out, 1.0, sparse),
    ):
        delay = gp.learn(gp.uniform((later + 1) * ms, (later + 1) * ms), max=(later + 4) * ms)
        net.connect(
            pre, post, exp, weight=gp.learn(gp.normal(scale, 0.7)), delay=delay, pattern=pattern
        )
    sim = gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out)),
        clock="grid",
        dt=0.5,
        duration=40,
        batch=3,
        backend=backend,
        seed=3,
    )
    for name, array in sim.parameters.items():
        if name.endswith(".delay"):
            sim.parameters[name] = later + 0.5 * rng.integers(0, 8, array.shape)
    return sim


def on_clock(sim: gp.Simulator, clock: TimeGrid) -> gp.Simulator:
    program = replace(sim.program, clock=clock)
    engine = sim.target.load(program, sim.spec, sim.target.render(program))
    late = Simulator(sim.spec, program, engine, batch=3, seed=3, target=sim.target)
    late.parameters.update(sim.parameters)
    return late


def batch() -> SpikeBatch:
    rng = np.random.default_rng(1)
    events = [(np.sort(rng.uniform(0, 36, 40)), rng.integers(0, 6, 40)) for _ in range(3)]
    return SpikeBatch.from_events(events, channels=6, duration=40.0, labels=np.array([0, 1, 2]))


@pytest.mark.parametrize("backend", BACKENDS, ids=["native", "reference"])
def test_a_clock_that_delivers_later_equals_longer_delays(backend: str | Target) -> None:
    late = on_clock(compiled(backend), LateGrid(0.5, 80))
    longer = compiled(backend, later=1.0)
    found = [sim.gradients(batch()) for sim in (late, longer)]
    plain = compiled(backend).gradients(batch())[0]
    assert found[0][0] == found[1][0] != plain
    assert late.last.spikes["hidden"].sum() > 30
    for name, gradient in found[0][1].items():
        np.testing.assert_allclose(gradient, found[1][1][name], rtol=0, atol=0)


def test_an_unknown_clock_is_refused_with_those_there_are() -> None:
    assert CLOCKS == ("exact", "grid")
    with pytest.raises(UnsupportedError, match=r"no clock 'gird'[\s\S]*did you mean 'grid'"):
        make_clock("gird", 1.0, 10.0)


def test_a_file_of_the_folder_is_a_clock() -> None:
    for name, rounds in (("grid", True), ("exact", False)):
        made = make_clock(name, 0.5, 10.0)
        assert (made.name, made.steps, made.duration) == (name, 20, 10.0)
        assert made.rounds is rounds


RATES = ("graded_trial.py", "graded_reverse.py", "graded_chip.py")
"""Say how fast values still move when a network settles [1/ms]."""


def test_times_are_turned_into_steps_by_clocks_alone() -> None:
    """No other file of the pipeline or its machines divides by dt, but for rates per ms."""
    rooms = ("lower", "numerics", "emit", "backends", "runtime", "interchange")
    files = [p for room in rooms for p in (ROOT / "genprop" / room).rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files
        if path.parent.name != "clocks" and path.name not in RATES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, (ast.Div, ast.FloorDiv))
        and "dt" in (getattr(node.right, "id", ""), getattr(node.right, "attr", ""))
    ]
    assert len(files) > 50
    assert found == []
