"""Leaves of stages beside a network on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import genprop as gp
from genprop.backends.genn.engine import GeNNEngine
from genprop.errors import (
    UnsupportedError,
)
from tests.stages.staged import (
    Signed,
    batch,
    network,
)

if TYPE_CHECKING:
    from genprop.stages.base import Arrays


class OnDevice:
    """A compiled GeNN network that updates what it holds itself, which leaves are not."""

    def __init__(self) -> None:
        self.updated: tuple[str, ...] = ()

    def update(self, parameters: Arrays, gradients: Arrays, *_: object) -> None:
        self.updated = tuple(gradients)


def test_genn_updates_leaves_beside_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """The leaves of a class of a user's own, which is no expression that a device could have."""
    sim = network([Signed("in->hidden")], dt=1.0, backend="reference")
    bundle = gp.GeNN().render(sim.program)
    leaf = "in->hidden.magnitude"
    assert all(leaf not in text for _, text in bundle.files)
    device = OnDevice()
    engine = GeNNEngine(sim.program, sim.spec, bundle, "cpu", "double", None)
    monkeypatch.setattr(engine, "_loaded", device)
    _, slopes = sim.gradients(batch())
    before = {name: np.array(value) for name, value in sim.parameters.items()}
    moments = {name: np.array(value) for name, value in sim.optimiser.items()}
    engine.update(before, slopes, moments, sim.settings, 1)
    sim.step()
    assert np.array_equal(before[leaf], sim.parameters[leaf])
    assert device.updated == tuple(name for name in slopes if name != leaf)
    sim.target = gp.GeNN()
    with pytest.raises(UnsupportedError, match=r"cannot derive in->hidden.weight"):
        gp.save(sim, "nowhere")
