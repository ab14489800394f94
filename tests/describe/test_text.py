from __future__ import annotations

import pytest

from genprop.describe.text import assignments, derivatives, guard, right_side
from genprop.errors import EquationError


def test_flow_is_cut_into_equations_that_know_their_place() -> None:
    text = "dv/dt = (I - v)/tau_mem;  da/dt = -a/tau_a"
    v, a = derivatives(text, "flow of x")
    assert (v.target, v.text, v.line) == ("v", "(I - v)/tau_mem", 1)
    assert (a.target, a.text, a.line) == ("a", "-a/tau_a", 1)
    for equation in (v, a):
        assert text[equation.column :].startswith(equation.text)


def test_lines_end_equations_except_in_parentheses_and_comments_are_skipped() -> None:
    text = "# leak; really\ndv/dt = (I\n  - v)/tau  # ms\n\n  da/dt = -a/tau; ;\n"
    v, a = derivatives(text, "flow of x")
    assert (v.text, v.line) == ("(I\n  - v)/tau", 2)
    assert (a.text, a.line) == ("-a/tau", 5)
    assert text.splitlines()[4][a.column :].startswith("-a/tau")


def test_resets_and_guards_are_cut_likewise() -> None:
    v, a = assignments("v = 0;  a = a + 1", "reset of x")
    assert (v.target, v.text, a.target, a.text) == ("v", "0", "a", "a + 1")
    spike = guard(" v > v_th + beta*a ", "spike of x")
    assert spike is not None
    assert (spike.target, spike.text, spike.column) == ("", "v > v_th + beta*a", 1)
    assert guard("", "spike of x") is None
    assert right_side("I", "", "output of x") is None
    assert assignments("", "reset of x") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dv/dt", "without '='"),
        ("dv/dt =", "without a right side"),
        ("v = -v", "not a time derivative"),
        ("v' = -v", "not a time derivative"),
        ("dv/dt = -v; dv/dt = -2*v", "given twice"),
    ],
)
def test_a_faulty_flow_is_told(text: str, message: str) -> None:
    with pytest.raises(EquationError, match=message):
        derivatives(text, "flow of x")


def test_the_caret_stands_below_the_fault() -> None:
    with pytest.raises(EquationError) as fault:
        guard("v == v_th", "spike of x")
    lines = str(fault.value).splitlines()
    row = next(k for k, line in enumerate(lines) if "^" in line)
    assert lines[row - 1][lines[row].index("^") :].startswith("==")
    assert "write v > v_th" in str(fault.value)


@pytest.mark.parametrize("text", ["v = v_th", "v", "v != 1", "not v > 1", "v > 1; a > 1"])
def test_a_guard_compares(text: str) -> None:
    with pytest.raises(EquationError):
        guard(text, "spike of x")


def test_only_names_can_be_assigned() -> None:
    with pytest.raises(EquationError, match="cannot be assigned"):
        assignments("v + a = 0", "reset of x")
    with pytest.raises(EquationError, match="given twice"):
        assignments("v = 0; v = 1", "reset of x")
