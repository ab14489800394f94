"""sign and abs of what is real without sympy's knowing, as roots of states."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

import genprop as gp
from genprop import ms
from genprop.runtime.random_batch import random_batch


def gradients(
    rate: str, backend: str, clock: Literal["grid", "exact"] = "grid"
) -> tuple[float, dict[str, np.ndarray]]:
    """Of the cross entropy of ∫ ``rate``, with v > 0 at all times."""
    cell = gp.Neuron(
        "kinked",
        flow=f"dv/dt = (I + n - v)/tau; da/dt = ({rate})/tau",
        parameters={"tau": gp.learn(20 * ms, min=1 * ms), "n": gp.learn(0.5, min=0.1)},
        initial={"v": 0.3},
    )
    cell.adjoint()
    net = gp.Network("kinked")
    net.population("in", 2, gp.spikes())
    net.population("b", 2, cell)
    net.connect("in", "b", gp.synapse("exp"), weight=gp.learn(gp.uniform(0.2, 0.5)))
    sim = gp.compile(
        net,
        loss=gp.CrossEntropy(gp.final("b", "a")),
        dt=1,
        duration=10,
        batch=2,
        backend=gp.Native(precision="double") if backend == "native" else backend,
        clock=clock,
        solver="runge_kutta" if clock == "grid" else "exact",
    )
    return sim.gradients(random_batch(sim.spec, sim.duration, 0))


SAME = [
    ("abs(v**0.5)", "v**0.5"),
    ("sign(sqrt(v))*v", "v"),
    ("abs(log(v))", "-log(v)"),
    ("abs(sign(v**n)*v)", "v"),
    ("max(abs(v/n), sign(v*I)*0)", "v/n"),
    ("abs(sign(log(v)))*v", "v"),
]


@pytest.mark.parametrize(
    ("kinked", "smooth", "backend"),
    [*((*pair, "reference") for pair in SAME), ("sign(sqrt(v))*abs(v**n)", "v**n", "native")],
)
def test_a_kink_that_is_not_reached_changes_no_gradient(
    kinked: str, smooth: str, backend: str
) -> None:
    value, found = gradients(kinked, backend)
    expected, slopes = gradients(smooth, backend)
    assert value == pytest.approx(expected, rel=1e-12)
    assert found.keys() == slopes.keys()
    for name, slope in slopes.items():
        assert np.any(slope) and np.allclose(found[name], slope, rtol=1e-10, atol=0)


def test_a_maximum_of_parallel_lines_is_affine() -> None:
    value, found = gradients("max(I + n, I)", "reference", "exact")
    expected, slopes = gradients("I + n", "reference", "exact")
    assert value == pytest.approx(expected, rel=1e-12)
    assert all(np.allclose(found[name], slope, rtol=1e-10) for name, slope in slopes.items())
