from __future__ import annotations

import numpy as np
import pytest

import genprop as gp
from genprop import ms, mV
from genprop.describe.declaration import declare
from genprop.describe.digest import digest_of
from genprop.describe.initial import (
    Clipped,
    Initialiser,
    Uniform,
    constant,
    initialiser,
    normal,
    uniform,
    values,
)
from genprop.describe.spec import QuantitySpec
from genprop.errors import DescriptionError, DimensionError

RNG = np.random.default_rng
TIME = QuantitySpec("tau", 0.0, ms.dimension, minimum=0.5, maximum=100.0)
PLAIN = QuantitySpec("x", 0.0)


def test_each_initialiser_fills_the_shape_with_its_numbers() -> None:
    assert np.array_equal(constant(3).sample(RNG(0), (2, 3)), np.full((2, 3), 3.0))
    draws = normal(5.0, 2.0).sample(RNG(0), (4000,))
    assert abs(draws.mean() - 5.0) < 0.15  # 5 standard errors of 2/sqrt(4000)
    assert abs(draws.std() - 2.0) < 0.15
    draws = uniform(1 * ms, 3 * ms).sample(RNG(0), (4000,))
    assert 1.0 <= draws.min() < 1.02
    assert 2.98 < draws.max() <= 3.0
    assert np.array_equal(values([[1, 2], [3, 4]]).sample(RNG(0), (2, 2)), [[1.0, 2.0], [3.0, 4.0]])


def test_same_generator_gives_same_draws() -> None:
    a, b = (normal(0, 1).sample(RNG(7), (5,)) for _ in range(2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, normal(0, 1).sample(RNG(8), (5,)))


@pytest.mark.parametrize("made", [constant(2), normal(1, 0.5), uniform(1, 2), values([1.0, 2.0])])
def test_scaling_scales_every_draw(made: Initialiser) -> None:
    draws = made.sample(RNG(3), (2,))
    assert np.allclose(made.scaled(4.0).sample(RNG(3), (2,)), 4.0 * draws, rtol=1e-12)


def test_quantities_are_kept_in_base_units() -> None:
    assert uniform(0 * ms, 0.03 * gp.s) == Uniform(0.0, 30.0)
    assert values(np.array([1.0, 2.0]) * gp.s).array.tolist() == [1000.0, 2000.0]
    assert values([1 * ms, 2 * ms]).dimension == ms.dimension
    assert constant(np.float64(2.0) * ms).dimension == ms.dimension
    assert constant(2).dimension is None


def test_zero_needs_no_unit_but_other_plain_numbers_do() -> None:
    assert uniform(0, 30 * ms).dimension == ms.dimension
    with pytest.raises(DimensionError, match="different units"):
        uniform(1, 30 * ms)
    with pytest.raises(DimensionError, match=r"mV.*ms|ms.*mV"):
        normal(1 * ms, 1 * mV)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(DescriptionError, match="negative"):
        normal(0, -1)
    with pytest.raises(DescriptionError, match="above high"):
        uniform(2, 1)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(DescriptionError, match="finite"):
            constant(bad)
        with pytest.raises(DescriptionError, match="finite"):
            values([1.0, bad])
    with pytest.raises(DescriptionError, match="no value"):
        initialiser("3 ms")  # pyright: ignore[reportArgumentType]
    with pytest.raises(DescriptionError, match="inside learn"):
        gp.learn(gp.learn(1.0))


def test_array_values_are_frozen_and_equal_by_content() -> None:
    given = np.array([1.0, 2.0])
    made = values(given)
    given[0] = 5.0
    assert made.array[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        made.array[0] = 3.0
    assert made == values([1.0, 2.0])
    assert hash(made) == hash(values([1.0, 2.0]))
    assert made != values([1.0, 2.1])
    assert digest_of(made) == digest_of(values([1.0, 2.0])) != digest_of(values([1.0, 2.1]))
    with pytest.raises(DescriptionError, match=r"\(2,\).*\(3,\)"):
        made.sample(RNG(0), (3,))


def test_plain_numbers_are_taken_in_the_declared_unit_and_quantities_checked() -> None:
    assert declare(0.02, TIME, 1000.0, "n.tau").typical() == 20.0
    assert declare(20 * ms, TIME, 1000.0, "n.tau").typical() == 20.0
    assert declare(gp.uniform(0.01, 0.03), TIME, 1e3, "n.tau").extent() == (10.0, 30.0)
    with pytest.raises(DimensionError, match=r"n\.tau is declared in ms but was given in mV"):
        declare(20 * mV, TIME, 1.0, "n.tau")


def test_one_number_is_shared_and_an_array_or_initialiser_is_not() -> None:
    assert declare(2.0, PLAIN, 1.0, "x").shared
    assert declare(gp.learn(np.array(2.0)), PLAIN, 1.0, "x").shared
    assert not declare([2.0, 3.0], PLAIN, 1.0, "x").shared
    assert not declare(gp.learn(gp.constant(2.0)), PLAIN, 1.0, "x").shared


def test_learn_bounds_narrow_those_of_the_model() -> None:
    found = declare(gp.learn(20 * ms, min=1 * ms), TIME, 1.0, "n.tau")
    assert (found.learned, found.minimum, found.maximum) == (True, 1.0, 100.0)
    with pytest.raises(DescriptionError, match="below the model's own minimum"):
        declare(gp.learn(20, min=0.1), TIME, 1.0, "n.tau")
    with pytest.raises(DescriptionError, match="above its maximum"):
        declare(gp.learn(20, min=30, max=10), TIME, 1.0, "n.tau")
    with pytest.raises(DimensionError, match="mV"):
        declare(gp.learn(20, max=50 * mV), TIME, 1.0, "n.tau")


def test_values_outside_the_bounds_are_refused_and_open_draws_clipped() -> None:
    with pytest.raises(DescriptionError, match=r"0\.1 is below its minimum 0\.5"):
        declare(0.1, TIME, 1.0, "n.tau")
    with pytest.raises(DescriptionError, match="200 is above its maximum 100"):
        declare(gp.uniform(1, 200), TIME, 1.0, "n.tau")
    found = declare(gp.normal(1, 20), TIME, 1.0, "n.tau").parameter("n.tau", "neuron", 500, TIME)
    assert isinstance(found.initial, Clipped)
    draws = found.initial.sample(RNG(0), found.shape)
    assert (draws.min(), found.shape) == (0.5, (500,))
    assert draws.max() < 100.0
