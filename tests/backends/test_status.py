"""What fails in generated code has the same error, whichever kind of network it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.errors import InternalError, UnsupportedError
from genprop.testing.contract import Case, simulator

if TYPE_CHECKING:
    from collections.abc import Callable

NATIVE = gp.Native(threads=1)


class Failing:
    """A library all of whose functions end with one status."""

    def __init__(self, status: int) -> None:
        self.status = status

    def __getitem__(self, _: str) -> Callable[..., int]:
        return lambda *_: self.status

    def __getattr__(self, _: str) -> Callable[..., int]:
        return lambda *_: self.status


def spiking() -> tuple[gp.Simulator, gp.data.SpikeBatch]:
    case = Case("feed_forward", 1.0)
    return simulator(NATIVE, case), case.example.batch()


def graded() -> tuple[gp.Simulator, gp.data.SpikeBatch]:
    net = gp.Network("values")
    net.population("x", 2, gp.graded())
    net.population("out", 2, gp.neuron("li", tau_mem=5.0))
    net.connect("x", "out", gp.synapse("graded"), weight=gp.learn(1.0))
    loss = gp.CrossEntropy(gp.final("out", "v"))
    sim = gp.compile(net, loss=loss, dt=1.0, duration=100.0, tolerance=1e-4, backend=NATIVE)
    return sim, gp.data.GradedBatch.of(np.ones((1, 2)), labels=[0])


@pytest.mark.parametrize("made", [spiking, graded])
def test_a_status_has_one_error(
    made: Callable[[], tuple[gp.Simulator, gp.data.SpikeBatch]],
) -> None:
    sim, batch = made()
    sim.gradients(batch)
    engine = sim._machine if made is graded else sim.engine  # type: ignore[attr-defined]
    for call in (sim.run, sim.gradients):
        engine._library = Failing(1)  # type: ignore[attr-defined]
        words = r"(?s)memory does not suffice for this batch.*at network .*, 1 threads"
        with pytest.raises(UnsupportedError, match=words):
            call(batch)
        engine._library = Failing(2)  # type: ignore[attr-defined]
        with pytest.raises(InternalError, match="failed with status 2"):
            call(batch)
