"""Neurons that send values as Lava processes: the emulator's bits, and what Lava cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.backends.loihi.graded.emulator import GradedEmulator
from genprop.errors import UnsupportedError
from tests.backends.loihi.test_emulator import interpreter
from tests.graded.networks import CLASSES, DIM, Problem
from tests.graded.test_senders import SENDERS, sent, two_layers

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.runtime.graded_chip import GradedChip

STEPS = 100


KINDS = ("lca", "group_lca", "two layers", *SENDERS)


def compiled(kind: str, problem: Problem) -> gp.Simulator:
    if kind in SENDERS:
        return sent(problem, SENDERS[kind], "reference", steps=STEPS)
    if kind == "two layers":
        return gp.compile(two_layers(problem), dt=1.0, duration=20_000.0, batch=2,
                          backend="reference", tolerance=1e-5)  # fmt: skip
    return problem.compiled("reference", tolerance=1e-5, duration=20_000.0)


def on_chip(kind: str) -> tuple[Problem, GradedChip]:
    problem = Problem(grouped=kind == "group_lca", batch=2)
    data = gp.data.Dataset(problem.samples, CLASSES)
    chip = compiled(kind, problem).retarget("loihi", gp.Quantise(calibrate=data))
    return problem, cast("GradedChip", chip)


@pytest.mark.lava
@pytest.mark.parametrize("kind", KINDS)
def test_lava_gives_the_emulators_bits(kind: str) -> None:
    interpreter()
    problem, chip = on_chip(kind)
    theirs = chip.run_lava(problem.samples, sample=1, steps=STEPS)
    constants = chip.constants(chip.floats.inputs(problem.samples))
    ours = GradedEmulator(chip.network, problem.batch, constants)
    for step in range(STEPS):
        ours.step()
        for (population, name), x in (ours.states | ours.sent).items():
            np.testing.assert_array_equal(theirs[f"{population}.{name}"][step], x[1])
    assert all(theirs[name].any() for name in ("atoms.u", "atoms.a"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_program_is_whole_python_and_holds_its_integers(kind: str, tmp_path: Path) -> None:
    chip = on_chip(kind)[1]
    path = chip.write_lava(tmp_path)
    text = path.read_text()
    compile(text, str(path), "exec")
    assert "genprop import" not in text and "class AtomsModel(PyLoihiProcessModel)" in text
    with np.load(tmp_path / "network.npz") as arrays:
        for k, synapse in enumerate(chip.network.synapses):
            key, exponent = f"{k}:{synapse.name}.weight", synapse.exponent
            assert np.array_equal(arrays[key], synapse.weight.T)
            assert f'numbers["{key}"],\n        weight_exp={exponent},' in text
    assert (chip.network.synapses[0].name == "atoms->atoms (excitatory)") == (kind in KINDS[:2])


def test_what_lava_and_netx_cannot_hold_is_refused(tmp_path: Path) -> None:
    net = gp.Network("taken")
    x = net.population("x", DIM, gp.graded())
    cell = gp.Neuron("cell", flow="dvars/dt = (I - vars)/tau", send="a = vars",
                     parameters={"tau": 10 * ms})  # fmt: skip
    net.population("cells", 4, cell)
    net.connect(x, "cells", gp.synapse("graded"), weight=1.0)
    sim = gp.compile(net, dt=1.0, duration=50.0, backend="reference", tolerance=1e-1)
    data = gp.data.Dataset(gp.data.GradedBatch.of(np.ones((2, DIM)), labels=[0, 1]), 2)
    chip = cast("GradedChip", sim.retarget("loihi", gp.Quantise(calibrate=data)))
    with pytest.raises(UnsupportedError, match="'vars' is taken in a Lava process"):
        chip.write_lava(tmp_path)
    with pytest.raises(UnsupportedError, match="NetX files hold neurons of one kind"):
        chip.save(tmp_path / "mine.net")
