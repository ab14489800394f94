"""Level E: the clocked gradient tends to the exact one as the step shrinks, at first order.

Generated code in double stands for the interpreter, to which the contract holds it. The order shows
over many draws of the parameters, of which a quarter keep the order of their events at 0.01 ms, and
a mistake would stand in every one: see ``genprop/testing/convergence.py`` for why, and
``experiments/clock_order`` for more steps. A tenfold finer step leaves a tenth of the error, which
the quartiles of 16 draws give to a factor of two.
"""

from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop.testing.convergence import Deviation, deviations
from genprop.testing.zoo import examples

COARSE, FINE = 0.1, 0.01
SEEDS = range(16)
GAIN = 5.0
SYSTEMATIC = 2e-2
DOUBLE = gp.Native(precision="double")
LINEAR = [e.name for e in examples() if e.linear]
ALWAYS = ("recurrent", "refractory", "branched", "spiking_final")


def errors(found: list[Deviation], dt: float) -> list[float]:
    return [d.error for d in found if d.dt == dt]


@pytest.mark.parametrize(
    "name", [n if n in ALWAYS else pytest.param(n, marks=pytest.mark.nightly) for n in LINEAR]
)
def test_clocked_gradient_tends_to_the_exact_one_at_first_order(name: str) -> None:
    found = deviations(DOUBLE, name, (COARSE, FINE), SEEDS)
    coarse, fine = errors(found, COARSE), errors(found, FINE)
    assert np.quantile(coarse, 0.25) / np.quantile(fine, 0.25) >= GAIN
    assert min(fine) <= SYSTEMATIC
    assert np.median([d.same_spikes for d in found if d.dt == FINE]) == 1
