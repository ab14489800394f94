"""Integrals over the flow are the same in whatever portions stretches are integrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from genprop.backends.reference.exact import flow_integrals

if TYPE_CHECKING:
    from tests.gradients.conftest import Zoo


@pytest.mark.parametrize("name", ["adaptive", "refractory", "per_neuron"])
@pytest.mark.parametrize("portion", [1, 7])
def test_the_portions_do_not_matter(
    zoo: Zoo, name: str, portion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    solved = zoo.solved(name)
    whole = solved.gradients().gradients
    monkeypatch.setattr(flow_integrals, "_AT_ONCE", portion)
    parts = solved.gradients().gradients
    for key, expected in whole.items():
        size = np.abs(expected).max(initial=0.0)
        np.testing.assert_allclose(parts[key], expected, rtol=0, atol=1e-12 * size, err_msg=key)
