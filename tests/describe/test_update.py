from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop.errors import DescriptionError

if TYPE_CHECKING:
    from genprop.describe.spec import UpdateSpec


def run(spec: UpdateSpec, gradients: list[float]) -> float:
    """x after one update per gradient, from x = 1, evaluated as Python."""
    scope: dict[str, float] = {"x": 1.0} | {q.name: q.value for q in (*spec.states, *spec.settings)}
    for n, g in enumerate(gradients, 1):
        for equation in spec.equations:
            known = {**scope, "g": g, "n": float(n), "sqrt": math.sqrt}
            scope[equation.target] = eval(equation.text, {}, known)
    return scope["x"]


def test_adam_is_the_algorithm_of_the_paper() -> None:
    gradients, m, s, x = [0.3, -0.1, 0.7], 0.0, 0.0, 1.0
    for n, g in enumerate(gradients, 1):
        m, s = 0.8 * m + 0.2 * g, 0.99 * s + 0.01 * g * g
        x -= 0.05 * (m / (1 - 0.8**n)) / (math.sqrt(s / (1 - 0.99**n)) + 1e-6)
    assert run(gp.Adam(0.05, 0.8, 0.99, 1e-6).spec, gradients) == pytest.approx(x, rel=1e-14)


def test_adamw_shrinks_the_parameter_apart_from_the_running_means() -> None:
    gradients, m, s, x = [0.3, -0.1, 0.7], 0.0, 0.0, 1.0
    for n, g in enumerate(gradients, 1):
        m, s = 0.8 * m + 0.2 * g, 0.99 * s + 0.01 * g * g
        x -= 0.05 * (0.4 * x + (m / (1 - 0.8**n)) / (math.sqrt(s / (1 - 0.99**n)) + 1e-6))
    assert run(gp.AdamW(0.05, 0.4, 0.8, 0.99, 1e-6).spec, gradients) == pytest.approx(x, rel=1e-14)
    assert run(gp.AdamW(0.05, 0).spec, gradients) == run(gp.Adam(0.05).spec, gradients)


def test_the_first_step_of_adam_is_the_rate() -> None:
    assert run(gp.Adam(0.1).spec, [123.0]) == pytest.approx(0.9, rel=1e-9)


def test_sgd_with_momentum_keeps_a_part_of_its_last_step() -> None:
    assert run(gp.SGD(0.1).spec, [1.0, 2.0]) == pytest.approx(0.7)
    assert run(gp.SGD(0.1, momentum=0.5).spec, [1.0, 2.0]) == pytest.approx(1 - 0.1 - 0.25)


def test_equal_settings_make_equal_optimisers() -> None:
    assert gp.Adam(1e-2) == gp.update("ADAM", rate=0.01)
    assert hash(gp.Adam(1e-2)) == hash(gp.update("adam", rate=0.01))
    assert gp.Adam(1e-2) != gp.Adam(1e-3)
    assert all(type(q.value) is float for q in gp.SGD(1, momentum=0).spec.settings)


def test_unknown_or_unsound_settings_are_refused() -> None:
    with pytest.raises(DescriptionError, match="did you mean 'rate'"):
        gp.update("adam", rates=1.0)
    with pytest.raises(DescriptionError, match="did you mean 'adam'"):
        gp.update("adm")
    with pytest.raises(DescriptionError, match=r"beta1 = 1\.5 is not between 0 and 1"):
        gp.Adam(beta1=1.5)
    with pytest.raises(DescriptionError, match="rate"):
        gp.SGD(float("nan"))
