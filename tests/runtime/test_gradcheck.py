"""``gp.check_gradients``: it sees that gradients are right, and it sees when they are not."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop.backends.reference.exact.engine import ExactEngine
from genprop.backends.reference.exact.events import EventSimulator
from genprop.backends.reference.interpret import Interpreter
from genprop.errors import DescriptionError
from genprop.runtime import gradcheck
from genprop.runtime.differences import Parameters, fitted_slope
from genprop.runtime.random_batch import random_batch
from genprop.runtime.report import NEAR

if TYPE_CHECKING:
    from genprop.data.spikes import SpikeBatch
    from genprop.describe.objective import Loss
    from genprop.describe.spec import NetworkSpec
    from genprop.runtime.report import GradientReport

Net = tuple[gp.Network, "Loss"]


def small(hidden: gp.Neuron, drive: float, loss: str = "integral") -> Net:
    net = gp.Network("small")
    syn = gp.synapse("exp", tau=5.0)
    net.population("inp", 3, gp.spikes())
    net.population("hidden", 2, hidden)
    net.population("out", 2, gp.neuron("LI"))
    delay = gp.learn(gp.uniform(0.0, 3.0), max=5.0)
    net.connect("inp", "hidden", syn, weight=gp.learn(gp.normal(drive, 0.2)), delay=delay)
    net.connect("hidden", "out", syn, weight=gp.learn(gp.normal(0.0, 1.0)))
    if loss == "count":
        return net, gp.CrossEntropy(gp.integral("out")) + 0.1 * gp.SpikeBudget("hidden", 1.0)
    return net, gp.CrossEntropy(gp.integral("out"))


def check(net: Net, **options: Any) -> GradientReport:
    settings: dict[str, Any] = {
        "dt": 0.2,
        "fine": 0.05,
        "duration": 20.0,
        "backend": "reference",
        "samples": 2,
        **options,
    }
    return gp.check_gradients(net[0], loss=net[1], **settings)


@cache
def linear() -> GradientReport:
    return check(small(gp.neuron("LIF"), 2.0))


def test_gradients_of_a_linear_network_agree_with_the_exact_solver() -> None:
    report = linear()
    assert report.linear and report.spikes > 2
    assert report.passed, report
    names = [p.name for p in report.parameters]
    assert names == ["inp->hidden.weight", "inp->hidden.delay", "hidden->out.weight"]
    assert all(p.quotient is not None and p.quotient < 1e-7 for p in report.parameters)


@pytest.mark.usefixtures("production_flags")  # -Og takes many times as long to run
def test_gradients_of_a_non_linear_network_agree_with_difference_quotients() -> None:
    quick = gp.Native("double")
    # spikes arrive on steps, and the quotient sees that: it tends to the gradient as steps shrink
    report = check(small(gp.neuron("QIF", tau_mem=10.0), 2.0), fine=0.002, backend=quick)
    assert not report.linear and report.spikes > 0
    assert report.passed, report


def test_a_wrong_gradient_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Interpreter.gradients

    def wrong(*args: Any) -> tuple[object, dict[str, np.ndarray]]:
        outcome, gradients = right(*args)
        return outcome, {**gradients, "inp->hidden.delay": -gradients["inp->hidden.delay"]}

    monkeypatch.setattr(Interpreter, "gradients", wrong)
    monkeypatch.setattr(gradcheck, "_REFINEMENTS", 2)
    report = check(small(gp.neuron("LIF"), 2.0))
    assert not report.passed
    assert report.verdict == "✗ gradients are wrong: inp->hidden.delay"


def test_counts_of_spikes_are_told_to_be_heuristic() -> None:
    report = check(small(gp.neuron("LIF"), 2.0, "count"))
    assert report.heuristic and "surrogate" in str(report)
    assert all(p.quotient is None for p in report.parameters)


def test_code_that_was_not_compared_is_not_called_right() -> None:
    """Exact gradients and quotients agree, but no sample has the same spikes on the clocks."""
    report = check(small(gp.neuron("LIF"), 2.0), dt=10.0, fine=5.0)
    assert report.same == (False, False)
    assert "at 10 ms are different" in str(report)
    assert all(p.clocked is None and p.fine is None for p in report.parameters)
    assert all(p.quotient is not None and p.sound for p in report.parameters)
    assert not report.passed
    assert report.verdict.startswith("? the code was not compared")


def test_samples_with_other_spikes_on_the_clock_are_left_out() -> None:
    net = small(gp.neuron("LIF"), 2.0)
    spec = net[0].freeze(net[1])
    drawn = [random_batch(spec, 20.0, k) for k in range(8)]
    events = [batch.sample(k) for batch in drawn for k in range(2)]
    labels = np.concatenate([batch.labels for batch in drawn if batch.labels is not None])
    many = gp.data.SpikeBatch.from_events(events, channels=3, duration=20.0, labels=labels)
    whole = check(net, batch=many, fine=0.1)
    assert 0 < whole.samples[0] < whole.samples[1] == 16
    assert whole.same[1] and all(p.fine is not None for p in whole.parameters)
    assert f"{whole.samples[0]} of 16 samples" in str(whole)
    some = check(net, batch=many, fine=0.1, trials=2)
    assert some.samples == (2, 16) and some.same[1]


def test_random_input_is_drawn_until_spikes_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    net, drawn = small(gp.neuron("LIF"), 2.0), list[int]()

    def counted(spec: NetworkSpec, duration: float, seed: int, draw: int = 0) -> SpikeBatch:
        drawn.append(draw)
        return random_batch(spec, duration, seed, draw)

    monkeypatch.setattr(gradcheck, "random_batch", counted)
    found = [check(net, fine=0.5, dt=1.0, seed=seed, samples=1) for seed in range(4)]
    assert all(report.same[1] for report in found)
    assert max(drawn) > 0  # at a step this coarse some first draws have other spikes


def test_a_gradient_that_is_zero_is_right_where_nothing_depends_on_the_parameter() -> None:
    clocked = gp.Neuron(
        "clocked",
        flow="dv/dt = 1/tau + 0*I",
        spike="v > 1",
        reset="v = 0",
        parameters={"tau": gp.learn(3.0 * gp.ms)},
    )
    report = check(small(clocked, 2.0), fine=0.01)
    zero = next(p for p in report.parameters if p.name == "inp->hidden.weight")
    assert zero.largest == 0.0 and zero.sound
    assert report.spikes > 2 and not report.verdict.startswith("✗")


def test_a_gradient_that_is_zero_by_mistake_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    right = EventSimulator.solve

    def wrong(*args: Any, **options: Any) -> Any:
        found = right(*args, **options)
        gradients = {n: g * (n != "inp->hidden.weight") for n, g in found.gradients.items()}
        return replace(found, gradients=gradients)

    monkeypatch.setattr(EventSimulator, "solve", wrong)
    report = check(small(gp.neuron("LIF"), 2.0))
    assert report.verdict == "✗ gradients are wrong: inp->hidden.weight"


def test_gradients_that_are_all_zero_are_told_to_be() -> None:
    """Neurons that never spike, and a loss that sees nothing else, agree whatever the code does."""
    report = check(small(gp.neuron("LIF", v_th=1e3), 2.0), dt=1.0, fine=0.5)
    assert report.spikes == 0 and report.same == (True, True) and report.passed
    assert report.verdict.startswith("✓ gradients agree, and all are zero")
    assert "belong to other spikes" not in str(report)


def test_the_report_is_a_table_of_all_parameters() -> None:
    lines = str(linear()).splitlines()
    assert len(lines) == 2 + 3 + 5
    assert len({len(line) for line in lines[1:5]}) == 1


def test_the_error_of_both_clocks_is_told() -> None:
    report = linear()
    grid = max(p.clocked for p in report.parameters if p.clocked is not None)
    assert f"gradients on the grid of 0.2 ms are off by up to {grid:.1e}" in str(report)
    assert grid > 1e-3
    assert all(p.exact is not None and p.exact < 1e-12 for p in report.parameters)
    assert "gradients on the exact clock are off by up to" in str(report)


def test_a_loss_over_time_is_compared_on_the_steps_it_is_defined_on() -> None:
    net, _ = small(gp.neuron("LIF"), 2.0)
    report = check((net, gp.CrossEntropy(gp.trace("out"))), dt=1.0)
    assert all(p.exact is not None and p.exact < 1e-12 for p in report.parameters)


def test_a_network_without_an_exact_clock_has_no_such_column(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gradcheck, "_FITTED_REFINEMENTS", 0)
    report = check(small(gp.neuron("QIF", tau_mem=10.0), 2.0), fine=0.1)
    assert all(p.exact is None for p in report.parameters)
    assert "on the exact clock" not in str(report)


def test_a_wrong_gradient_on_the_exact_clock_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    right = ExactEngine.gradients

    def wrong(*args: Any) -> tuple[object, dict[str, np.ndarray]]:
        outcome, gradients = right(*args)
        return outcome, {n: g * (1 + 1e-4 * ("delay" in n)) for n, g in gradients.items()}

    monkeypatch.setattr(ExactEngine, "gradients", wrong)
    assert check(small(gp.neuron("LIF"), 2.0)).verdict == (
        "✗ gradients are wrong: inp->hidden.delay"
    )


def test_a_network_that_learns_nothing_is_refused() -> None:
    net = gp.Network()
    net.population("inp", 1, gp.spikes())
    net.population("out", 1, gp.neuron("LI"))
    net.connect("inp", "out", gp.synapse("exp"), weight=1.0)
    with pytest.raises(DescriptionError, match="nothing is learned"):
        gp.check_gradients(net, loss=gp.CrossEntropy(gp.integral("out")), backend="reference")


def test_a_fitted_slope_averages_the_jumps_of_a_clock() -> None:
    """0.7 x + x³ in stairs of 1e-3: single quotients are off by up to 0.1, the fit by 0.01."""

    def stairs(parameters: Parameters) -> tuple[float, tuple[int, ...]]:
        x = np.floor(float(parameters["x"][0]) / 1e-3) * 1e-3
        return 0.7 * x + x**3, (1,)

    slope = fitted_slope(stairs, {"x": np.array([1.23e-4])}, "x", 0, 7.1e-3)
    assert slope == pytest.approx(0.7, abs=0.01)


def test_a_fitted_slope_over_a_vanishing_spike_is_none() -> None:
    found = fitted_slope(
        lambda p: (0.0, (int(p["x"][0] > 0.05),)), {"x": np.zeros(1)}, "x", 0, 0.01
    )
    assert found is None


def test_a_step_that_is_not_fine_enough_is_taken_finer() -> None:
    """Errors of the clock vanish with the step; those of a wrong gradient stay."""
    report = check(small(gp.neuron("LIF"), 2.0), fine=0.2, dt=0.4)
    assert report.passed and report.fine < 0.2
    assert all(p.fine is not None and p.fine <= NEAR for p in report.parameters)
