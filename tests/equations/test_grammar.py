from __future__ import annotations

import math
import re

import pytest
import sympy

import genprop as gp
from genprop.describe.spec import Equation
from genprop.describe.text import FUNCTIONS, derivatives
from genprop.equations.grammar import parse_expression, parse_guard
from genprop.errors import EquationError

NAMES = {n: sympy.Symbol(n, real=True) for n in ("v", "a", "I", "E", "S", "tau_mem", "v_th")}
V, A = NAMES["v"], NAMES["a"]
POINT = {"v": 0.7, "a": -0.3, "I": 1.9, "E": 2.0, "S": 3.0, "tau_mem": 20.0, "v_th": 1.0}


def parse(text: str) -> sympy.Expr:
    return parse_expression(Equation("v", text, "flow of x", 3, 8), NAMES)


def fails_at(text: str) -> tuple[str, str]:
    """The message, and what stands above its caret."""
    with pytest.raises(EquationError) as fault:
        parse(text)
    lines = str(fault.value).splitlines()
    row = next(k for k, line in enumerate(lines) if line.strip() == "^")
    return str(fault.value), lines[row - 1][lines[row].index("^") :]


@pytest.mark.parametrize(
    "text",
    [
        "(I - v)/tau_mem",
        "v - a - I",
        "v/a/I",
        "v - a*I + v*a",
        "-v**2",
        "2**-v",
        "2**3**2",
        "(2**3)**2",
        "--v + +a",
        "v*-a",
        "1.5e-3*v + .5 + 2.",
        "E*I*S",
        "exp(-v/2)*sin(a) + cos(v)*tanh(a) - log(I) + sqrt(I)",
        "abs(a) + sign(a)*min(v, a) - max(v, a*2)",
        "exp(1)",
    ],
)
def test_expressions_mean_what_they_mean_in_python(text: str) -> None:
    functions = {n: getattr(math, n) for n in ("exp", "sin", "cos", "tanh", "log", "sqrt")}
    functions |= {"abs": abs, "min": min, "max": max, "sign": lambda x: math.copysign(1, x)}
    expected = eval(text, functions, POINT)
    found = float(parse(text).subs([(NAMES[n], x) for n, x in POINT.items()]))
    assert found == pytest.approx(expected, rel=1e-14)


def test_names_are_the_given_symbols_even_where_sympy_has_its_own() -> None:
    assert parse("E*I*S").free_symbols == {NAMES["E"], NAMES["I"], NAMES["S"]}


def test_numbers_are_exact() -> None:
    assert parse("0.1 + 0.2") == sympy.Rational(3, 10)
    assert parse("0.04*v**2") == sympy.Rational(1, 25) * V**2


def test_every_function_of_the_description_is_understood() -> None:
    for name in FUNCTIONS:
        assert parse(f"{name}(v, a)" if name in ("min", "max") else f"{name}(v)").has(V)


def test_a_guard_is_left_minus_right() -> None:
    guard = parse_guard(Equation("", "v > v_th + a", "spike of x"), NAMES)
    assert guard == V - NAMES["v_th"] - A
    with pytest.raises(EquationError, match="'>' was expected"):
        parse_guard(Equation("", "v", "spike of x"), NAMES)


@pytest.mark.parametrize(
    ("text", "message", "above"),
    [
        ("(I - v)/tau_mm", "did you mean 'tau_mem'", "tau_mm"),
        ("v + foo(a)", "'foo' is no function", "foo(a)"),
        ("v + exq(a)", "did you mean 'exp'", "exq(a)"),
        ("2 v", "write \\* for products", "v"),
        ("v^2", "write \\*\\* for powers", "^2"),
        ("v + $a", "'\\$' cannot be read", "$a"),
        ("v + # a", "cannot be read", "# a"),
        ("v + *a", "unexpected", "*a"),
        ("v)", "unexpected", ")"),
        ("max(v)", "takes 2", "max(v)"),
        ("exp(v, a)", "takes 1", "exp(v, a)"),
        ("v > a", "unexpected", "> a"),
        ("v + 1/(2 - 2)", "not a finite", "/(2 - 2)"),
        ("v + log(0 - 1)", "not a finite real", "log(0 - 1)"),
        ("v*sqrt(-2)", "not a finite real", "sqrt(-2)"),
        ("v + sqrt(0 - 1)", "not a finite real", "sqrt(0 - 1)"),
        ("v + 10**(10**10)", "not a finite", "**(10**10)"),
        ("v + (-8)**(1/3)", "not a finite real", "**(1/3)"),
        ("(-1)**v", "base that is not positive", "**v"),
        ("v + 0**a", "base that is not positive", "**a"),
        ("v + exp(1000)", "not a finite", "exp(1000)"),
        ("v + 10**10**10", "not a finite", "**10**10"),
        ("v + 1e400", "reach", "1e400"),
        ("v + 1e-999999999", "reach", "1e-999999999"),
    ],
)
def test_errors_point_at_the_offending_character(text: str, message: str, above: str) -> None:
    found, pointed = fails_at(text)
    assert re.search(message, found), found
    assert pointed == above


def test_an_equation_that_stops_too_early_is_pointed_at_its_end() -> None:
    for text in ("v +", "(v", "exp(", ""):
        found, above = fails_at(text)
        assert "ends here" in found
        assert above == ""


def test_errors_tell_source_line_and_column_and_show_the_left_side() -> None:
    found, _ = fails_at("(I - v)/tau_mm")
    assert "flow of x, line 3, column 17" in found
    assert "dv/dt = (I - v)/tau_mm" in found


def test_positions_count_lines_inside_parentheses() -> None:
    (equation,) = derivatives("\ndv/dt = (I\n  - w)/tau_mem", "flow of x")
    with pytest.raises(EquationError, match="line 3, column 5"):
        parse_expression(equation, NAMES)


TOO_LARGE = {
    "parentheses": "(" * 300 + "v" + ")" * 300,
    "functions": "exp(" * 300 + "v" + ")" * 300,
    "signs": "I " + "- " * 500 + "v",
    "powers": "v" + "**v" * 300,
    "terms": " + ".join(["0.001*v"] * 1000),
    "factors": "*".join(["v"] * 1000),
    "long sums in one another": "(" * 30 + "v" + (" + v" * 40 + ")") * 30,
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_what_is_too_large_to_be_taken_apart_is_told_with_its_place(case: str) -> None:
    message, _ = fails_at(TOO_LARGE[case])
    assert "flow of x, line 3" in message and "divide it" in message


def test_what_is_as_large_as_can_be_is_taken_apart_from_within_other_programs() -> None:
    """Callers have frames of their own: notebooks some sixty, this test adds two hundred."""

    def within(frames: int) -> None:
        if frames:
            return within(frames - 1)
        nested = "sqrt(1 + " * 12 + "v*v" + ")" * 12
        for flow in ("(" * 29 + "I - v" + ")" * 29, "I" + " - v" * 190, f"I - v + {nested}"):
            gp.Neuron(
                "x",
                flow=f"dv/dt = ({flow})/tau",
                spike="v > 1",
                reset="v = 0",
                parameters={"tau": 20 * gp.ms},
            ).adjoint()
        return None

    within(200)
