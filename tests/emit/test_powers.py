"""Whole powers of a name are products; pow is left to the others."""

from __future__ import annotations

import numpy as np
import pytest

from genprop.emit.printers import CPrinter, GeNNPrinter
from genprop.lower.nodes import Add, Divide, Name, Negate, Number, Power

X = Name("x")


@pytest.mark.parametrize("printer", [CPrinter(), GeNNPrinter()])
@pytest.mark.parametrize("exponent", range(2, 9))
def test_a_whole_power_is_a_product(printer: CPrinter, exponent: int) -> None:
    x = np.random.default_rng().uniform(-2, 2)
    text = printer.expression(Divide(Number(1.0), Power(X, float(exponent))))
    value = eval(text, {"x": x, "Real": float})
    assert "pow" not in text
    assert value == pytest.approx(1 / x**exponent, rel=1e-14)


@pytest.mark.parametrize("exponent", [-4.0, -1.0, 0.5, 2.5, 9.0, 100.0])
def test_other_powers_are_left_to_pow(exponent: float) -> None:
    assert CPrinter().expression(Power(X, exponent)).startswith("maths::pow(x, ")


def test_what_is_long_is_not_written_out_five_times() -> None:
    long = Add((X, Name("y"), Negate(Name("z"))))
    assert CPrinter().expression(Power(long, 5.0)) == "maths::pow(x + y - z, Real(5))"
    assert CPrinter().expression(Power(long, 2.0)) == "(x + y - z) * (x + y - z)"
