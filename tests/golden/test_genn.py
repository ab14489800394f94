"""The rendered PyGeNN programs of two networks, file by file: every change is seen in review.

``pytest tests/golden --update-golden`` writes them anew. They end in .txt, since they are no part
of this project's Python.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.adjoint.derive import derive
from genprop.backends.genn import GeNN
from genprop.describe.update import Adam
from genprop.equations.analyse import understand
from genprop.equations.graded import understand_graded
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.graded import lower_graded
from genprop.lower.network import lower
from genprop.testing.zoo import example

if TYPE_CHECKING:
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.graded_program import GradedProgram
    from genprop.lower.program import Program

HERE = Path(__file__).parent / "genn"
# The plainest network with an optimiser, one with sparse delays and refractoriness without, and one
# with positions, a conduction speed and Dale's law, of which one projection is sparse.
# A sparse code in groups, whose neurons send values, has templates of its own.
EXAMPLES = ("feed_forward", "branched", "spatial", "group_lca")


def rendered(name: str) -> SourceBundle:
    if name == "spatial":
        return GeNN().render(spatial())
    if name == "group_lca":
        return GeNN().render_graded(group_lca())
    chosen = example(name)
    optimiser = Adam() if name == "feed_forward" else None
    spec = chosen.network.freeze(chosen.loss, optimiser)
    program = lower(spec, derive(understand(spec), spec), clock=TimeGrid.of(1.0, chosen.duration))
    return GeNN().render(program)


def spatial() -> Program:
    """Hidden neurons and channels in the plane."""
    net, exp = gp.Network("spatial"), gp.synapse("exp", tau=5 * ms)
    place = gp.learn(gp.uniform(-5, 5), dims=2)
    source = net.population("input", 6, gp.spikes(), position=place)
    hidden = net.population("hidden", 5, gp.neuron("LIF", tau_mem=20 * ms), position=place)
    out = net.population("out", 3, gp.neuron("LI", tau_mem=20 * ms))
    weight = gp.dale(gp.learn(gp.normal(1.5, 0.8)), excitatory=0.8)
    quick = gp.distance(max=20 * ms, speed=gp.learn(1.5))
    net.connect(source, hidden, exp, weight=gp.learn(gp.normal(1.0, 0.5)), delay=quick)
    far, some = gp.distance(max=20 * ms), gp.sparse(0.5, seed=3)
    net.connect(hidden, hidden, exp, weight=weight, delay=far, pattern=some)
    net.connect(hidden, out, exp, weight=gp.learn(gp.normal(0.0, 0.5)))
    return gp.compile(
        net,
        loss=gp.CrossEntropy(gp.integral(out, "v")),
        optimiser=gp.Adam(1e-2),
        dt=1 * ms,
        duration=60 * ms,
        clock="grid",
        backend="reference",
    ).program


def group_lca() -> GradedProgram:
    """Six atoms in groups of two, and a readout."""
    groups = gp.groups(6, 2)
    net = gp.Network("group-lca")
    source = net.population("x", 4, gp.graded())
    atoms = net.population("atoms", 6, gp.neuron("group_lca"))
    norm = gp.neuron("group_norm", gamma=gp.values(np.array([0.1, 0.2, 0.3])))
    norms = net.population("norms", groups.count, norm)
    net.connect(source, atoms, gp.synapse("graded"), weight=gp.learn(gp.normal(0, 0.25)))
    sent = gp.Synapse("sent", arrival="I = I + w*a")
    net.connect(atoms, atoms, sent, weight=gp.gram("x->atoms.weight"))
    power = gp.Synapse("power", arrival="q = q + w*power")
    gate = gp.Synapse("gate", arrival="shrinkage = shrinkage + w*shrinkage")
    net.connect(atoms, norms, power, weight=1.0, pattern=groups.gather)
    net.connect(norms, atoms, gate, weight=1.0, pattern=groups.spread)
    spec = net.freeze()
    return lower_graded(spec, understand_graded(spec), TimeGrid.of(1.0, 1000.0), 1e-6)


@pytest.mark.parametrize("name", EXAMPLES)
def test_rendered_programs_are_the_reviewed_ones(name: str, pytestconfig: pytest.Config) -> None:
    bundle, folder = rendered(name), HERE / name
    if pytestconfig.getoption("--update-golden"):
        for old in folder.rglob("*.*"):
            old.unlink()
        for path, text in bundle.files:
            target = folder / f"{path}.txt"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    known = {p.relative_to(folder).as_posix() for p in folder.rglob("*.*")}
    assert known == {f"{path}.txt" for path, _ in bundle.files}
    for path, text in bundle.files:
        assert text == (folder / f"{path}.txt").read_text(encoding="utf-8"), (
            f"{path} changed: if that is meant, pytest tests/golden --update-golden"
        )


@pytest.mark.parametrize("name", EXAMPLES)
def test_rendered_text_names_neither_us_nor_any_place(name: str) -> None:
    """No import of genprop, no path, host or date; no tabs, no line of blanks."""
    for path, text in rendered(name).files:
        assert "import genprop" not in text, path
        for word in (str(Path.home()), str(Path(__file__).parents[2]), "http://", "localhost"):
            assert word not in text, path
        assert all(line == line.rstrip() and "\t" not in line for line in text.splitlines()), path


@pytest.mark.parametrize("name", [*EXAMPLES, "frozen", "per_neuron", "spiking_trace", "budgeted"])
def test_rendered_programs_are_laid_out_and_linted_as_our_own(name: str, tmp_path: Path) -> None:
    rendered(name).write(tmp_path)
    for line in (["format", "--check"], ["check", "--select", "E9,F,I,B,UP,SIM"]):
        answer = subprocess.run(
            [sys.executable, "-m", "ruff", *line, "--isolated", "--line-length", "100", tmp_path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
