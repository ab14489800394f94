"""Expressions keep their value from sympy to nodes to C++."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
import sympy

from genprop.build.compile import build
from genprop.emit.bundle import SourceBundle
from genprop.emit.environment import environment
from genprop.emit.printers import CPrinter, GeNNPrinter
from genprop.errors import InternalError
from genprop.lower.convert import assignments, convert
from genprop.lower.hoist import Hoister
from genprop.lower.nodes import Add, Assign, Divide, Multiply, Name, Negate, Number, names_in
from genprop.numerics.evaluate import evaluate, execute

A, B, C, D = SYMBOLS = sympy.symbols("a b c d", real=True)
VALUES = {"a": 0.7, "b": -1.3, "c": 2.1, "d": 0.4}
HEADER = """#include "platform/maths.hpp"
using Real = double;
inline Real sign(Real x) { return Real((x > 0) - (x < 0)); }
"""


def random_expressions(count: int = 60, seed: int = 1) -> list[sympy.Expr]:
    """Trees of the operations that models may use, of depth 4."""
    rng = np.random.default_rng(seed)
    unary = (
        sympy.exp,
        sympy.sin,
        sympy.cos,
        sympy.tanh,
        sympy.Abs,
        sympy.sign,
        lambda x: sympy.log(2 + x**2),
        lambda x: sympy.sqrt(1 + x**2),
        lambda x: -x,
        lambda x: x**3,
        lambda x: (1 + x**2) ** sympy.Float(-1.5),
    )
    binary = (
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: x * y,
        lambda x, y: x / (3 + sympy.tanh(y)),
        sympy.Min,
        sympy.Max,
        lambda x, y: (2 + sympy.tanh(x)) ** sympy.tanh(y),
        lambda x, y: x * sympy.Heaviside(x - y),
    )

    def grow(depth: int) -> sympy.Expr:
        if depth == 0:
            leaves = (*SYMBOLS, sympy.Integer(2), sympy.Rational(1, 3), sympy.Float(-0.25))
            return leaves[rng.integers(len(leaves))]
        if rng.random() < 0.35:
            return unary[rng.integers(len(unary))](sympy.tanh(grow(depth - 1)))
        return binary[rng.integers(len(binary))](grow(depth - 1), grow(depth - 1))

    return [grow(4) for _ in range(count)]


EXPRESSIONS = random_expressions()


def exact(expression: sympy.Expr) -> float:
    return float(expression.subs({s: VALUES[s.name] for s in SYMBOLS}))


def test_nodes_have_the_value_of_the_expression() -> None:
    values = {name: np.asarray(x) for name, x in VALUES.items()}
    for e in EXPRESSIONS:
        assert evaluate(convert(e), values) == pytest.approx(exact(e), rel=1e-12, abs=1e-12), e


def test_printed_expressions_have_the_value_of_the_expression(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path))
    printer = CPrinter()
    # Awkward on purpose: signs and brackets that sympy would have tidied away.
    a, b = Name("a"), Name("b")
    trees = [
        Negate(Negate(a)),
        Add((a, Negate(Negate(b)))),
        Divide(a, Divide(b, Multiply((a, b)))),
        Negate(Add((a, Number(-2.0)))),
        Multiply((Negate(a), Add((a, b)), Number(1e-7))),
    ]
    nodes = [*(convert(e) for e in EXPRESSIONS), *trees]
    arguments = ", ".join(f"[[maybe_unused]] Real {name}" for name in VALUES)
    functions = [
        f'extern "C" double f{k}({arguments}) {{ return {printer.expression(e)}; }}'
        for k, e in enumerate(nodes)
    ]
    text = HEADER + "\n".join(functions) + "\n"
    maths = "platform/maths.hpp"
    files = ((maths, environment().get_template(f"native/{maths}.j2").render()), ("f.cpp", text))
    library = ctypes.CDLL(str(build(SourceBundle("f", files, "f.cpp")).path))
    values = {name: np.asarray(x) for name, x in VALUES.items()}
    for k, e in enumerate(nodes):
        function = library[f"f{k}"]
        function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double] * 4
        due = float(evaluate(e, values))
        assert function(*VALUES.values()) == pytest.approx(due, rel=1e-13, abs=1e-13), functions[k]


def test_cases_are_taken_in_order() -> None:
    values = {name: np.asarray(x) for name, x in VALUES.items()}
    e = sympy.Piecewise((C, A < B), (D, A > 2 * D), (A, A <= 2 * D), (B, True))
    assert evaluate(convert(e), values) == VALUES["a"]


def test_either_of_two_conditions_is_enough() -> None:
    either = sympy.Piecewise((C, sympy.Or(A > 1, B < -1)), (D, True))
    for a, b, expected in ((2.0, 0.0, "c"), (0.0, -2.0, "c"), (0.0, 0.0, "d")):
        values = VALUES | {"a": a, "b": b}
        found = evaluate(convert(either), {k: np.asarray(x) for k, x in values.items()})
        assert float(found) == VALUES[expected]


def test_slopes_of_min_max_abs_and_sign_can_be_lowered() -> None:
    values = {name: np.asarray(x) for name, x in VALUES.items()}
    for e, slope in (
        (sympy.Max(A, 0), 1.0),
        (sympy.Min(A, 0), 0.0),
        (sympy.Max(A, C), 0.0),
        (sympy.Abs(A), 1.0),
        (sympy.sign(A), 0.0),
    ):
        assert evaluate(convert(sympy.diff(e, A)), values) == slope


@pytest.mark.parametrize(
    "name", ["cosh", "sinh", "coth", "sech", "csch", "tan", "cot", "sec", "csc"]
)
def test_functions_that_simplification_brings_in_can_be_lowered(name: str) -> None:
    expression = getattr(sympy, name)(A * B)
    found = evaluate(convert(expression), {k: np.asarray(x) for k, x in VALUES.items()})
    assert float(found) == pytest.approx(exact(expression), rel=1e-14)


def test_what_no_node_stands_for_is_ours_to_report() -> None:
    with pytest.raises(InternalError, match="gamma"):
        convert(sympy.gamma(A))


@pytest.mark.parametrize("seed", range(20))
def test_assignments_are_simultaneous_whatever_reads_what(seed: int) -> None:
    """Cycles of any length: every target gets its value from before the first assignment."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-2, 3, (4, 4)) * (rng.random((4, 4)) < 0.5)
    new = {s: sympy.Add(*(int(m) * x for m, x in zip(row, SYMBOLS, strict=True)))
           for s, row in zip(SYMBOLS, matrix, strict=True)}  # fmt: skip
    values = {name: np.asarray(x) for name, x in VALUES.items()}
    execute(assignments(new), values)
    due = matrix @ np.array(list(VALUES.values()))
    assert [float(values[s.name]) for s in SYMBOLS] == pytest.approx(due.tolist(), abs=1e-12)


def test_a_swap_needs_one_temporary_and_an_identity_nothing() -> None:
    assert assignments({A: B, B: A, C: C}) == (
        Assign("a_next", Name("b")),
        Assign("b", Name("a")),
        Assign("a", Name("a_next")),
    )


def test_hoisting_keeps_the_value_and_leaves_nothing_invariant_in_the_loop() -> None:
    for e in EXPRESSIONS:
        hoist = Hoister((A, B))
        moved = hoist(e)
        back = moved.subs({s: v for s, v in reversed(list(hoist.constants.items()))})
        assert exact(back) == pytest.approx(exact(e), rel=1e-12, abs=1e-12)
        assert all(v.free_symbols <= {A, B} for v in hoist.constants.values())


def test_equal_invariant_parts_share_a_name() -> None:
    hoist = Hoister((A,))
    first, second = hoist(C * sympy.exp(A)), hoist(D - sympy.exp(A))
    assert len(hoist.constants) == 1
    (constant,) = hoist.constants
    assert {constant.name} < set(names_in(convert(first))) | set(names_in(convert(second)))


def test_an_inverse_is_named_after_what_it_inverts() -> None:
    hoist = Hoister((A,))
    assert str(hoist(C / A)) == "c*inverse_a"


@pytest.mark.parametrize(
    ("part", "name", "text"),
    [
        (C * (A - 1), "one_minus_a", "1.0 - a"),
        (C * (1 - A), "one_minus_a", "1.0 - a"),
        (C * B / (1 - A**B), "b_over_one_minus_a_pow_b", "b / (1.0 - pow(a, b))"),
        (C * (A - B), "a_minus_b", "a - b"),
        (C + sympy.sqrt(A) * B, "b_times_sqrt_a", "sqrt(a) * b"),
        (C + sympy.tanh(sympy.sin(A * B) + sympy.cos(A - B) * A**B), "constant_1", None),
    ],
    ids=str,
)
def test_a_constant_is_named_after_what_it_is(
    part: sympy.Expr, name: str, text: str | None
) -> None:
    hoist = Hoister((A, B))
    used = hoist.nodes(part)
    ((found, value),) = hoist.definitions()
    assert found == name
    assert set(names_in(used)) == {"c", name}
    if text:
        assert GeNNPrinter().expression(convert(value)) == text


def test_two_constants_never_share_a_name() -> None:
    taken = sympy.Symbol("one_minus_a", real=True)
    hoist = Hoister((A, taken))
    hoist.nodes(C * (1 - A))
    assert [name for name, _ in hoist.definitions()] == ["constant_1"]


def test_a_negative_number_is_subtracted() -> None:
    assert GeNNPrinter().expression(convert(A - 1)) == "a - 1.0"
