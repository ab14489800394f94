"""Networks of values on GeNN: what is rendered fits together, and ends where FISTA does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

import genprop as gp
from genprop.backends.genn.pygenn import INSTALL, devices
from genprop.errors import ToolchainError, UnsupportedError
from genprop.runtime.show import show
from tests.backends.genn.stub_pygenn import stub_pygenn
from tests.graded.networks import ATOMS, DIM, Problem
from tests.graded.test_senders import SENDERS, sent, sent_code, two_layers

if TYPE_CHECKING:
    from pathlib import Path

    from genprop.backends.graded import GradedOutcome
    from genprop.emit.bundle import SourceBundle

DOUBLE = gp.GeNN(precision="double")
AGREES = 1e-6  # of codes in double precision at the fixed point
there = pytest.mark.skipif("cpu" not in devices(), reason=f"PyGeNN is not installed: {INSTALL}")


def rendered(net: gp.Network) -> SourceBundle:
    from genprop.equations.graded import understand_graded
    from genprop.lower.clocks.grid import TimeGrid
    from genprop.lower.graded import lower_graded

    spec = net.freeze()
    clock = TimeGrid.of(1.0, 100.0)
    return DOUBLE.render_graded(lower_graded(spec, understand_graded(spec), clock, 1e-6))


@pytest.mark.parametrize("grouped", [False, True])
def test_the_rendered_model_fits_together(grouped: bool, tmp_path: Path) -> None:
    rendered(Problem(grouped).network()).write(tmp_path)
    pairs = {f"{a}->{b}": ([0], [0]) for a, b in (("atoms", "norms"), ("norms", "atoms"))}
    with stub_pygenn(tmp_path) as module:
        model: Any = module("model").describe("cpu", 1, pairs)
        names = {"q1x", "atoms", "norms"} if grouped else {"q1x", "atoms"}
        assert set(model.neuron_populations) == names
        assert len(model.synapse_populations) == (4 if grouped else 2)
        numbers = module("layout").NUMBERS["atoms"]({"atoms.tau": 10.0, "atoms.gamma": 0.3})
    assert numbers["dt_over_tau"] == 0.1 and ("gamma" in numbers) == (not grouped)


def test_the_text_is_shown_without_pygenn() -> None:
    text = show(Problem(grouped=True).network(), "source", backend="genn")
    assert 'pre_event_threshold_condition_code="sent != 0.0"' in text


def test_names_that_genn_has_are_refused() -> None:
    net = gp.Network("taken")
    x = net.population("x", DIM, gp.graded())
    cell = gp.Neuron("cell", flow="du/dt = (I - u)/tau", send="moved = u",
                     parameters={"tau": 10 * gp.ms})  # fmt: skip
    net.population("cells", ATOMS, cell)
    net.connect(x, "cells", gp.synapse("graded"), weight=1.0)
    found = DOUBLE.check_graded(net.freeze())
    assert any("'moved' is taken" in str(f) for f in found)
    assert ("cpu" in devices()) != any(isinstance(f, ToolchainError) for f in found)


@pytest.mark.parametrize("model", SENDERS)
def test_no_sender_of_the_library_has_a_name_that_genn_has(model: str, tmp_path: Path) -> None:
    net = sent_code(Problem(grouped=False), SENDERS[model])
    assert all(isinstance(f, ToolchainError) for f in DOUBLE.check_graded(net.freeze()))
    rendered(net).write(tmp_path)
    with stub_pygenn(tmp_path) as module:
        found: Any = module("model").describe("cpu", 1, {"atoms->senders": ([0], [0])})
        assert set(found.neuron_populations) == {"q1x", "atoms", "senders"}


@there
@pytest.mark.slow
@pytest.mark.parametrize("grouped", [False, True])
def test_codes_are_fistas(grouped: bool) -> None:
    problem = Problem(grouped)
    out = problem.compiled(DOUBLE).run(problem.samples, record=["atoms.a"])
    assert np.abs(np.asarray(out.recorded["atoms.a"]) - problem.code).max() < AGREES
    other = problem.compiled("reference").run(problem.samples)
    assert np.array_equal(cast("GradedOutcome", out).steps, cast("GradedOutcome", other).steps)


@there
@pytest.mark.slow
@pytest.mark.parametrize("grouped", [False, True])
def test_genn_makes_the_steps_of_the_reference(grouped: bool) -> None:
    """Also before it has settled, and where the input changes in steps."""
    problem, steps = Problem(grouped), 30
    x = np.random.default_rng().normal(size=(2, steps, DIM))
    record = ["atoms.a", "atoms.u"]
    for batch in (problem.samples, gp.data.GradedBatch.of(x)):
        ours, theirs = (
            problem.compiled(b, duration=float(steps), tolerance=None).run(batch, record=record)
            for b in (DOUBLE, "reference")
        )
        for name in record:
            a, b = (np.asarray(one.recorded[name]) for one in (ours, theirs))
            assert np.abs(a - b).max() < 1e-12


@there
@pytest.mark.slow
@pytest.mark.parametrize("model", SENDERS)
def test_senders_make_the_steps_of_the_reference(model: str) -> None:
    problem = Problem(grouped=False, batch=2)
    record = ["atoms.u", "senders.events", "senders.value"]
    ours, theirs = (
        sent(problem, SENDERS[model], b, steps=100).run(problem.samples, record=record).recorded
        for b in (DOUBLE, "reference")
    )
    for name in record:
        assert np.abs(np.asarray(ours[name]) - np.asarray(theirs[name])).max() < 1e-12
    assert 0 < np.asarray(ours["senders.events"]).max() < 100


@there
@pytest.mark.slow
def test_two_layers_end_where_fista_does() -> None:
    problem = Problem(grouped=False)
    sim = gp.compile(two_layers(problem), dt=1.0, duration=100_000.0, batch=4, backend=DOUBLE,
                     tolerance=1e-9)  # fmt: skip
    found = sim.run(problem.samples, record=["atoms.a", "residual.v"]).recorded
    code, left = (np.asarray(found[name]) for name in ("atoms.a", "residual.v"))
    assert np.abs(code - problem.code).max() < AGREES
    assert np.abs(left - (problem.x - problem.code @ problem.dictionary.T)).max() < 10 * AGREES


@there
@pytest.mark.slow
def test_a_trained_classifier_is_read_and_its_gradients_are_refused() -> None:
    problem = Problem(grouped=True, learned=True)
    native = problem.compiled("reference", classifier=True)
    sim = native.on(backend=DOUBLE)
    a, b = (n.run(problem.samples) for n in (sim, native))
    assert np.abs(np.asarray(a.scores) - np.asarray(b.scores)).max() < AGREES
    assert abs(a.loss - b.loss) < AGREES
    with pytest.raises(UnsupportedError, match="run forwards"):
        sim.gradients(problem.samples)


@there
@pytest.mark.slow
def test_single_precision_is_close_to_double() -> None:
    problem = Problem(grouped=False)
    sim = problem.compiled(gp.GeNN(), tolerance=1e-5)
    code = np.asarray(sim.run(problem.samples, record=["atoms.a"]).recorded["atoms.a"])
    assert np.abs(code - problem.code).max() < 1e-2
