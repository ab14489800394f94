"""What ``gp.check_gradients`` says of errors on a grid: those of rounding vanish, others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import genprop as gp
from genprop.backends.native.engine import NativeEngine
from genprop.runtime import gradcheck
from genprop.runtime.report import stays

if TYPE_CHECKING:
    from genprop.describe.objective import Loss
    from genprop.runtime.report import GradientReport

pytestmark = pytest.mark.usefixtures("production_flags")  # -Og takes many times as long to run


def two_sided(first: list[list[float]]) -> tuple[gp.Network, Loss]:
    """A neuron that the exact clock does not run, with these weights of its inputs."""
    cell = gp.Neuron(
        "cell", flow="dv/dt = (I - v)/tau", spike="v > 1 or v < -1", reset="v = 0",
        parameters={"tau": gp.learn(10 * gp.ms)},
    )  # fmt: skip
    net = gp.Network("two sides")
    net.population("inp", 2, gp.spikes())
    net.population("cell", 2, cell)
    net.population("out", 2, gp.neuron("LI"))
    weights = [gp.values(np.array(x)) for x in (first, [[0.5, 0.1], [0.4, 1]])]
    syn = gp.synapse("exp", tau=5.0)
    net.connect("inp", "cell", syn, weight=gp.learn(weights[0]))
    net.connect("cell", "out", syn, weight=gp.learn(weights[1]))
    return net, gp.CrossEntropy(gp.integral("out"))


GRAZING = [[6.0, -6.0], [5.0, -5.0]]
"""A spike comes slowly to its threshold: rounding makes errors of a third at 0.01 ms."""
STEEP = [[5.0, -5.0], [3.0, -6.0]]


def check_two_sides(weights: list[list[float]], fine: float) -> GradientReport:
    batch = gp.data.SpikeBatch.from_events(
        [([1.0, 7.0], [0, 1])], channels=2, duration=40.0, labels=[1]
    )
    net, loss = two_sided(weights)
    return gp.check_gradients(net, loss=loss, batch=batch, duration=40.0, fine=fine, samples=1)


def spoil(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    """Let native multiply the gradient of one parameter."""
    right = NativeEngine.gradients

    def wrong(*args: Any, **options: Any) -> tuple[object, dict[str, np.ndarray]]:
        outcome, found = right(*args, **options)
        return outcome, {n: g * (factor if n == "cell.tau" else 1.0) for n, g in found.items()}

    monkeypatch.setattr(NativeEngine, "gradients", wrong)


def test_errors_that_rounded_spikes_make_vanish_on_finer_steps() -> None:
    report = check_two_sides(STEEP, 0.02)
    assert not report.linear and report.spikes >= 4
    assert report.passed, report
    assert report.fine < 0.02  # where it began
    assert "exactly" not in str(report)


def test_errors_that_rounded_spikes_make_are_not_called_wrong() -> None:
    report = check_two_sides(GRAZING, 0.01)
    assert not report.verdict.startswith("✗"), report
    assert report.fine < 0.01


def test_an_error_that_stays_on_finer_steps_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, 2.0)
    report = check_two_sides(STEEP, 0.01)
    assert report.verdict == "✗ gradients are wrong: cell.tau", report


def test_an_error_is_not_called_wrong_where_no_finer_step_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gradcheck, "_FITTED_STEPS", 0)
    spoil(monkeypatch, 2.0)
    report = check_two_sides(STEEP, 0.01)
    assert not report.passed
    assert report.verdict.startswith("? right or wrong, unknown: cell.tau")
    assert "0.01 ms" in report.verdict


@pytest.mark.parametrize(
    ("errors", "due"),
    [([], False), ([0.5], False), ([0.5, 0.5], False), ([0.5, 0.4, 0.45], True),
     ([0.5, 0.4, 0.1], False), ([0.5, 0.5, 0.5, 0.2], False)],
)  # fmt: skip
def test_an_error_stays_that_three_steps_show_and_none_halves(
    errors: list[float], due: bool
) -> None:
    assert stays(errors) == due
