"""Solvers, verification, and faults planted in the steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.linalg import expm

import genprop as gp
from genprop.adjoint.derive import derive
from genprop.backends.reference.backward import PopulationReverse
from genprop.backends.reference.wiring import Wiring
from genprop.equations.analyse import understand
from genprop.errors import InternalError, UnsupportedError
from genprop.lower.clocks.grid import TimeGrid
from genprop.lower.network import lower
from genprop.lower.nodes import Assign, Name, names_in
from genprop.lower.verify import verified
from genprop.numerics.constants import numbers
from genprop.numerics.evaluate import execute
from genprop.testing import contract
from genprop.testing.contract import Case
from genprop.testing.zoo import example

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram, Program

Arrays = dict[str, np.ndarray]


def program(name: str, dt: float, solver: str = "exact") -> tuple[Program, Arrays]:
    chosen = example(name)
    spec = chosen.spec()
    clock = TimeGrid.of(dt, chosen.duration)
    made = lower(spec, derive(understand(spec), spec), clock=clock, solver=solver)
    return made, chosen.parameters()


def step(population: PopulationProgram, parameters: Arrays, dt: float, start: Arrays) -> Arrays:
    values = {**numbers(population, parameters, dt), **start}
    execute(population.step, values)
    return {x: values[x] for x in population.states}


@pytest.mark.parametrize("tau_mem", [5.0, 5.0 + 1e-9, 5.0 * (1 + 1e-4), 12.0])
def test_the_exact_step_is_the_matrix_exponential(tau_mem: float) -> None:
    made, parameters = program("equal_time_constants", 0.8)
    hidden = made.population("hidden")
    parameters["hidden.tau_mem"] = np.asarray(tau_mem)
    parameters["hidden.exp.tau"] = np.asarray(5.0)
    found = step(hidden, parameters, 0.8, {"v": np.asarray(0.3), "I": np.asarray(1.9)})
    matrix = np.array([[-1 / tau_mem, 1 / tau_mem], [0, -1 / 5.0]])
    due = expm(matrix * 0.8) @ np.array([0.3, 1.9])
    assert [float(found["v"]), float(found["I"])] == pytest.approx(due.tolist(), rel=1e-14)


def test_the_derivative_of_the_exact_step_is_that_of_the_matrix_exponential() -> None:
    made, parameters = program("equal_time_constants", 0.8)
    hidden, h = made.population("hidden"), 1e-6
    values = numbers(hidden, parameters, 0.8)

    def entry(tau: float) -> float:
        return float(
            numbers(hidden, {**parameters, "hidden.tau_mem": np.asarray(tau)}, 0.8)["v_from_I"]
        )

    quotient = (entry(10.0 + h) - entry(10.0 - h)) / (2 * h)
    assert float(values["d_v_from_I_d_tau_mem"]) == pytest.approx(quotient, rel=1e-7)


def test_runge_kutta_is_of_order_4() -> None:
    """Halving the step of a smooth non-linear flow divides the error by 16."""
    start = {"v": np.asarray(-1.0), "I": np.asarray(2.0)}

    def after(dt: float) -> float:
        made, parameters = program("quadratic", dt, "runge_kutta:1")
        values = start
        for _ in range(round(4.0 / dt)):
            values = step(made.population("hidden"), parameters, dt, values)
        return float(values["v"])

    truth = after(0.05)
    order = np.log2(abs(after(0.5) - truth) / abs(after(0.25) - truth))
    assert order == pytest.approx(4.0, abs=0.5)


def test_sub_steps_are_shorter_steps() -> None:
    start = {"v": np.asarray(-1.0), "I": np.asarray(2.0)}
    one, parameters = program("quadratic", 1.0, "runge_kutta:2")
    two, _ = program("quadratic", 0.5, "runge_kutta:1")
    whole = step(one.population("hidden"), parameters, 1.0, start)
    halves = start
    for _ in range(2):
        halves = step(two.population("hidden"), parameters, 0.5, halves)
    assert float(whole["v"]) == pytest.approx(float(halves["v"]), rel=1e-14)


@pytest.mark.parametrize("substeps", [1, 13])
def test_stages_of_runge_kutta_overwrite_nothing(substeps: int) -> None:
    """Whatever the states are called: sub-step 1, stage 12 is not sub-step 11, stage 2."""
    neuron = gp.Neuron(
        "twins",
        flow="dv/dt = (v*v_1 - v)/tau;  dv_1/dt = (slope_v_1_1 - v_1)/tau;"
        "  dslope_v_1_1/dt = v/tau",
        parameters={"tau": gp.learn(5 * gp.ms)},
    )
    net = gp.Network()
    net.population("input", 2, gp.spikes())
    net.population("out", 2, neuron)
    net.connect("input", "out", gp.synapse("delta"), weight=gp.learn(1.0))
    spec = net.freeze(gp.CrossEntropy(gp.final("out", "v")))
    adjoint = derive(understand(spec), spec)

    def population(dt: float, parts: int) -> PopulationProgram:
        made = lower(spec, adjoint, clock=TimeGrid.of(dt, 10.0), solver=f"runge_kutta:{parts}")
        return made.population("out")

    whole, part = population(1.0, substeps), population(1.0 / substeps, 1)
    states = set(whole.states)
    for lines in (whole.step, whole.backward_step):
        fresh = [s.target for s in lines if isinstance(s, Assign)]
        moved = [name for name in fresh if name in states | {f"p_{x}" for x in states}]
        assert len(fresh) == len(set(fresh))
        assert len(moved) == len(states)
    parameters = {"out.tau": np.asarray(5.0)}
    start = {"v": np.asarray(0.3), "v_1": np.asarray(-0.7), "slope_v_1_1": np.asarray(0.4)}
    found, due = step(whole, parameters, 1.0, start), start
    for _ in range(substeps):
        due = step(part, parameters, 1.0 / substeps, due)
    assert {x: float(found[x]) for x in found} == pytest.approx(
        {x: float(due[x]) for x in due}, rel=1e-13
    )


@pytest.mark.parametrize("part", ["step", "backward_step"])
def test_a_step_has_no_line_that_nothing_reads(part: str) -> None:
    """A state that runs by itself has an adjoint to which no stage of its own contributes."""
    clock = gp.Neuron(
        "clock",
        flow="dv/dt = (I*x - v)/tau;  dx/dt = 1/tau",
        parameters={"tau": gp.learn(5 * gp.ms)},
    )
    net = gp.Network()
    net.population("inp", 2, gp.spikes())
    net.population("out", 2, clock)
    net.connect("inp", "out", gp.synapse("exp"), weight=gp.learn(1.0), delay=gp.learn(1.0, max=2.0))
    spec = net.freeze(gp.CrossEntropy(gp.integral("out")))
    adjoint = derive(understand(spec), spec)
    made = lower(spec, adjoint, clock=TimeGrid.of(1.0, 10.0), solver="exact").population("out")
    lines = getattr(made, part)
    read = {name for line in lines for name in names_in(line.value)} | {
        *made.states,
        *made.adjoints,
    }
    assigned = {line.target for line in lines if isinstance(line, Assign)}
    assert assigned <= read
    assert len(lines) > 10


def test_an_unknown_solver_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="no solver 'euler'"):
        program("recurrent", 1.0, "euler")


@pytest.mark.parametrize("part", ["step", "reset", "backward_step", "jump", "spike_tape"])
def test_a_name_from_nowhere_is_found_before_anything_is_rendered(part: str) -> None:
    made, _ = program("recurrent", 1.0)
    assert verified(made) is made
    hidden = made.population("hidden")
    planted = replace(
        hidden, **{part: (*getattr(hidden, part), Assign("planted", Name("nowhere")))}
    )
    populations = tuple(planted if p is hidden else p for p in made.populations)
    with pytest.raises(InternalError, match=r"hidden: .* reads nowhere"):
        verified(replace(made, populations=populations))


# Faults planted in the interpreter's clock: the contract with generated code turns red.


@pytest.fixture
def clean() -> Iterator[None]:
    contract.clear_references()
    yield
    contract.clear_references()


def no_hold(self: PopulationReverse, *args: object) -> None:
    self.held_adjoints = []
    expose(self, *args)  # pyright: ignore[reportArgumentType]


def no_release(self: PopulationReverse, step: int) -> None:
    """What the release is worth never reaches the spike."""


expose = PopulationReverse.expose
gather = Wiring.gather


def gather_early(self: Wiring, *args: object) -> np.ndarray:
    kept = [p.delay for p in self.projections]
    for p in self.projections:
        p.delay = np.maximum(p.delay - 1, 0)
    found = gather(self, *args)  # pyright: ignore[reportArgumentType]
    for p, delay in zip(self.projections, kept, strict=True):
        p.delay = delay
    return found


FAULTS = {
    "arrival read one step early": (Wiring, "gather", gather_early, "recurrent"),
    "held states move for arrivals": (PopulationReverse, "expose", no_hold, "refractory"),
    "release forgotten": (PopulationReverse, "release", no_release, "refractory"),
}


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_clock_breaks_the_contract(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, method, wrong, name = FAULTS[fault]
    case, backend = Case(name, 0.1), gp.Native("double")
    contract.check_gradients(backend, case, 1e-9)
    contract.clear_references()
    monkeypatch.setattr(owner, method, wrong)
    with pytest.raises(contract.ContractError, match="is off by"):
        contract.check_gradients(backend, case, 1e-9)
