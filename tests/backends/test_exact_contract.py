"""The contract on the exact clock, over all of the zoo that it runs; each backend that has one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.data.spikes import SpikeBatch
from genprop.testing import contract
from genprop.testing.contract import Case, ContractError

if TYPE_CHECKING:
    from genprop.backends.base import Target
    from genprop.runtime.simulator import Simulator

DOUBLE, FLOAT = gp.Native(precision="double"), gp.Native(precision="float")
BACKENDS: list[str | Target] = ["reference", DOUBLE]
CASES = [c for c in contract.cases(1.0, "exact") if c.name != "no_reset"]
"""Spikes without a reset are refused, as tests/gradients/test_channels.py holds."""
TOLERANCE = 1e-9
ALWAYS = ("recurrent", "refractory", "branched", "coupled", "delta_synapse", "spiking_trace")
SUMS = [Case(name, 1.0, clock="exact") for name in ("recurrent", "highest")]
RECURRENT = Case("recurrent", 1.0, clock="exact")
Arrays = dict[str, np.ndarray]

each_backend = pytest.mark.parametrize("backend", BACKENDS, ids=["reference", "double"])


def some(case: Case) -> object:
    """Those that are always run; the others by night."""
    marks = () if case.name in ALWAYS else pytest.mark.nightly
    return pytest.param(case, id=str(case), marks=marks)


@pytest.mark.parametrize("case", map(some, CASES))
def test_double_gives_what_the_event_solver_gives(case: Case) -> None:
    contract.check_spikes(DOUBLE, case)
    contract.check_states(DOUBLE, case, TOLERANCE)
    contract.check_loss(DOUBLE, case, TOLERANCE)
    contract.check_gradients(DOUBLE, case, TOLERANCE)


@pytest.mark.nightly
@pytest.mark.parametrize("case", CASES, ids=str)
def test_float_gives_what_the_event_solver_gives(case: Case) -> None:
    contract.check_spikes(FLOAT, case, 1e-3)
    contract.check_states(FLOAT, case, 1e-4)
    contract.check_loss(FLOAT, case, 1e-4)
    contract.check_gradients(FLOAT, case, 1e-2)  # grazes and cancelling sums; most are below 1e-4


def test_the_reference_is_the_contract() -> None:
    contract.check_gradients("reference", RECURRENT, 0.0)


@each_backend
@pytest.mark.parametrize("case", SUMS, ids=str)
def test_nothing_is_left_of_a_trial_and_a_batch_is_the_mean_of_its_samples(
    backend: str | Target, case: Case
) -> None:
    contract.check_determinism(backend, case)
    contract.check_clean_start(backend, case)
    contract.check_samples(backend, case, TOLERANCE)


WITHOUT_STEPS = [
    pytest.param(
        backend,
        name,
        id=f"{name}-{title}",
        marks=pytest.mark.nightly
        if title == "double" and name.endswith(("final", "highest"))
        else (),
    )
    for title, backend in zip(("reference", "double"), BACKENDS, strict=True)
    for name in ("recurrent", "spiking_final", "time_to_first_spike", "highest")
]


@pytest.mark.parametrize(("backend", "name"), WITHOUT_STEPS)
def test_dt_is_a_matter_of_speed_alone(backend: str | Target, name: str) -> None:
    """Losses over time apart, which are defined on steps, nothing depends on it."""
    found: list[tuple[float, Arrays]] = []
    for dt in (0.1, 5.0):
        sim = contract.simulator(backend, Case(name, dt, clock="exact"))
        found.append(sim.gradients(sim_batch(name)))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-12)
    for parameter, gradient in found[0][1].items():
        assert contract.distance(found[1][1][parameter], gradient) < TOLERANCE


def sim_batch(name: str) -> SpikeBatch:
    return Case(name, 1.0).example.batch()


def run(sim: Simulator, parameters: Arrays, batch: SpikeBatch) -> Arrays:
    sim.parameters.update(parameters)
    return {name: np.array(g) for name, g in sim.gradients(batch)[1].items()}


@each_backend
def test_permuted_neurons_have_permuted_gradients(backend: str | Target) -> None:
    sim, order = contract.simulator(backend, RECURRENT), np.array([2, 0, 1])
    batch, parameters = RECURRENT.example.batch(), RECURRENT.example.parameters()

    def permuted(arrays: Arrays) -> Arrays:
        def one(name: str, x: np.ndarray) -> np.ndarray:
            pre, post = name.split(".", maxsplit=1)[0].split("->")
            x = x[order] if pre == "hidden" else x
            return x[:, order] if post == "hidden" else x

        return {n: one(n, x) if "->" in n else x for n, x in arrays.items()}

    plain = run(sim, parameters, batch)
    turned = run(sim, permuted(parameters), batch)
    for name, gradient in permuted(plain).items():
        assert contract.distance(turned[name], gradient) < TOLERANCE


@each_backend
@pytest.mark.parametrize("later", [0.3, 1.7])
def test_any_constant_added_to_all_delays_equals_shifted_input(
    backend: str | Target, later: float
) -> None:
    """Not a multiple of dt: nothing is rounded."""
    sim, batch = contract.simulator(backend, RECURRENT), RECURRENT.example.batch()
    parameters = RECURRENT.example.parameters()
    delays = parameters["inp->hidden.delay"]
    one = run(sim, {**parameters, "inp->hidden.delay": delays + later}, batch)
    two = run(sim, parameters, replace(batch, times=batch.times + later))
    for name in one:
        assert contract.distance(one[name], two[name]) < 10 * TOLERANCE


@each_backend
def test_a_delay_equal_to_its_maximum_is_a_delay(backend: str | Target) -> None:
    sim, batch = contract.simulator(backend, RECURRENT), RECURRENT.example.batch()
    parameters = RECURRENT.example.parameters()
    longest, none = np.full((4, 3), 15.0), np.zeros((4, 3))
    kept = [(t[t < 25.0] + 15.0, c[t < 25.0]) for t, c in map(batch.sample, range(len(batch)))]
    late = SpikeBatch.from_events(kept, channels=4, duration=batch.duration, labels=batch.labels)
    one = run(sim, {**parameters, "inp->hidden.delay": longest}, batch)
    assert sim.last.spikes["hidden"].sum() > 0
    two = run(sim, {**parameters, "inp->hidden.delay": none}, late)
    for name in one:
        assert contract.distance(one[name], two[name]) < 10 * TOLERANCE


@each_backend
@pytest.mark.parametrize(
    "update",
    [
        pytest.param(gp.SGD(1e-2), id="sgd", marks=pytest.mark.nightly),
        pytest.param(gp.Adam(1e-2), id="adam"),
    ],
)
def test_optimisers_step_as_everywhere(backend: str | Target, update: object) -> None:
    contract.check_updates(backend, RECURRENT, update, 1e-12)  # type: ignore[arg-type]


def test_spikes_a_little_late_break_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    contract.check_spikes("reference", RECURRENT)
    read = gp.Simulator.run

    def late(sim: Simulator, *arguments: object) -> object:
        outcome = read(sim, *arguments)  # type: ignore[arg-type]
        moved = {
            n: [np.asarray(x) + np.array([1e-6, 0]) for x in r] for n, r in outcome.recorded.items()
        }
        return replace(outcome, recorded=moved)

    monkeypatch.setattr(gp.Simulator, "run", late)
    with pytest.raises(ContractError, match="neuron 0 spikes at"):
        contract.check_spikes("reference", RECURRENT)
