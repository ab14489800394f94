"""The short way to the simple form of a rational expression leads where sympy's leads."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sympy

from genprop.equations.rational import is_rational, rational_form

NAMES = "v I a p q tau_m tau_s v_th beta w"
SYMBOLS = {name: sympy.Symbol(name, real=True) for name in (*NAMES.split(), "S")}
EXPRESSIONS = """
(I - v)/tau_m*p - (I - v_th)/tau_m*p
p - (p*(I - v)/tau_m + S)/((I - v)/tau_m)
-1/tau_m - (-1/tau_m)
beta*(p*(v_th - I)/tau_m + q*a/tau_s)/((I - v_th - beta*a)/tau_m + beta*a/tau_s) + q
(v**2 - v_th**2)/(v - v_th)
(2*v + 2*I)/4 + a*(p + q)/2
1/(1/tau_m - 1/tau_s)
w*(I*(1 + a) - v)/tau_m - w*(-v + I)/tau_m
-(-a - p)/(-q - w)
(a + p)**3/(a**2 + 2*a*p + p**2) - p
3*(v - I)*(1/tau_m + 1/tau_s)
I*p - p*I
-v
7
"""


def parsed(text: str) -> sympy.Expr:
    return sympy.parse_expr(text, local_dict=SYMBOLS, evaluate=True)


@pytest.mark.parametrize("text", EXPRESSIONS.strip().splitlines())
def test_the_form_is_the_one_of_sympy(text: str) -> None:
    expression = parsed(text)
    assert is_rational(expression)
    assert rational_form(expression) == sympy.simplify(expression)


@pytest.mark.parametrize("text", ["exp(v)", "sqrt(v)", "v**w", "0.5*v", "Abs(v)", "pi*v", "oo"])
def test_what_is_not_rational_is_told(text: str) -> None:
    assert not is_rational(parsed(text))


def test_units_are_not_loaded_for_a_rational_network() -> None:
    code = (
        "import sys, genprop as gp\n"
        "from genprop.adjoint.derive import derive\n"
        "from genprop.equations.analyse import understand\n"
        "from genprop.testing.zoo import example\n"
        "spec = example('recurrent').spec()\n"
        "derive(understand(spec), spec)\n"
        "print('sympy.physics.units' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
