"""Cutting ``flow``, ``spike`` and ``reset`` texts into equations that remember where they stand.

Right-hand sides are not read here; ``equations/grammar`` does. Statements end at ``;`` or, outside
parentheses, at the end of a line; ``#`` starts a comment.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from genprop.describe.spec import Equation
from genprop.errors import DescriptionError, EquationError, caret

__all__ = [
    "CLOCK",
    "CONSTANTS",
    "FUNCTIONS",
    "assignments",
    "check_identifier",
    "check_name",
    "check_title",
    "derivatives",
    "guard",
    "right_side",
]

FUNCTIONS = ("abs", "cos", "exp", "exprel", "log", "max", "min", "sign", "sin", "sqrt", "tanh")
"""The functions that right-hand sides may call."""
CLOCK = "t"
"""The time [ms] since the trial began, in equations of neurons and synapses."""
CONSTANTS = {"pi": math.pi}
"""Numbers that right-hand sides may name."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RATE = re.compile(r"d([A-Za-z_][A-Za-z0-9_]*)\s*/\s*dt\Z")


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    line: int
    column: int


def derivatives(text: str, source: str) -> tuple[Equation, ...]:
    """``"dv/dt = …; da/dt = …"`` as equations of the states v, a.

    Raises:
        EquationError: for a left side that is no derivative, or a state with two flows.
    """
    found: list[Equation] = []
    for statement in _statements(text):
        left, right = _sides(statement, source, "dv/dt = …")
        match = _RATE.match(left)
        if match is None:
            raise _fault(
                f"the flow has {left!r} on its left side, not a time derivative",
                statement,
                source,
                0,
                f"write d{left}/dt = …" if _NAME.fullmatch(left) else "write dv/dt = …",
            )
        found.append(_equation(match.group(1), right, statement, source))
    return _once(found, "flow")


def assignments(text: str, source: str) -> tuple[Equation, ...]:
    """``"v = 0; a = a + 1"`` as equations of v and a.

    Raises:
        EquationError: for a left side that is no name, or a name that is set twice.
    """
    found: list[Equation] = []
    for statement in _statements(text):
        left, right = _sides(statement, source, "v = …")
        if not _NAME.fullmatch(left):
            raise _fault(f"{left!r} cannot be assigned to", statement, source, 0, "write v = …")
        found.append(_equation(left, right, statement, source))
    return _once(found, "value")


def guard(text: str, source: str) -> Equation | None:
    """The condition of a spike, ``"v > v_th"`` or ``"v > v_th or v < v_low"``; None of no text.

    Raises:
        EquationError: where nothing is above anything.
    """
    found = list(_statements(text))
    if not found:
        return None
    statement = found[0]
    if len(found) > 1:
        raise _fault("a neuron has one condition for a spike", found[1], source, 0)
    if not re.search(r"[<>]", statement.text) or re.search(r"[=!]=|\bnot\b", statement.text):
        match = re.search(r"[=!]=|=|\bnot\b", statement.text)
        raise _fault(
            "the condition of a spike is one quantity above another",
            statement,
            source,
            match.start() if match else 0,
            "write v > v_th, or v > v_th or v < v_low",
        )
    return _equation("", 0, statement, source)


def right_side(target: str, text: str, source: str) -> Equation | None:
    """A bare expression such as a synapse's output; None of an empty text."""
    found = list(_statements(text))
    if not found:
        return None
    if len(found) > 1:
        raise _fault("one expression was expected", found[1], source, 0)
    return _equation(target, 0, found[0], source)


def check_identifier(name: str, what: str) -> None:
    """Refuse a name that is no identifier, such as those of populations and receptors."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DescriptionError(
            f"{what}: {name!r:.60} is no name",
            remedy="use letters from a to z, digits and underscores",
        )


def check_title(title: str, what: str) -> str:
    """A title, which may be any line of text that can be printed.

    Raises:
        DescriptionError: for what is no text, has several lines, or is longer than 200 characters.
    """
    if not isinstance(title, str) or not title.isprintable() or not 0 < len(title) <= 200:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise DescriptionError(
            f"{what}: {title!r:.60} is no title",
            remedy="use one line of at most 200 letters, digits, blanks and signs",
        )
    return title


def check_name(name: str, what: str) -> None:
    """Refuse a name that equations cannot hold.

    Raises:
        EquationError: for a name that is no identifier, or that of a function.
    """
    check_identifier(name, what)
    if name in FUNCTIONS or name in (CLOCK, "dt", *CONSTANTS):
        raise EquationError(f"{what}: {name!r} is reserved", remedy="choose another name")


def _statements(text: str) -> Iterator[_Statement]:
    """Pieces between ``;`` and line ends, stripped, with 1-based line and 0-based column."""
    depth, line, line_start, start = 0, 1, 0, 0
    begin_line, begin_start = 1, 0
    text = re.sub(r"#[^\n]*", lambda m: " " * len(m.group()), text)
    for position, char in enumerate(text + ";"):
        depth += (char == "(") - (char == ")")
        ends = char == ";" or (char == "\n" and depth <= 0)
        if ends:
            piece = text[start:position]
            body = piece.lstrip()
            offset = start + len(piece) - len(body)
            skipped = piece[: len(piece) - len(body)].count("\n")
            if body.strip():
                yield _Statement(body.rstrip(), begin_line + skipped, offset - begin_start)
        if char == "\n":
            line, line_start = line + 1, position + 1
        if ends:
            depth, start, begin_line, begin_start = 0, position + 1, line, line_start


def _sides(statement: _Statement, source: str, form: str) -> tuple[str, int]:
    """The left side, and where the right side starts in the statement."""
    match = re.search(r"(?<![<>=!])=(?!=)", statement.text)
    if match is None:
        raise _fault("an equation without '='", statement, source, 0, f"write {form}")
    rest = statement.text[match.end() :]
    if not rest.strip():
        raise _fault(
            "an equation without a right side", statement, source, match.start(), f"write {form}"
        )
    return statement.text[: match.start()].strip(), match.end() + len(rest) - len(rest.lstrip())


def _equation(target: str, start: int, statement: _Statement, source: str) -> Equation:
    return Equation(
        target, statement.text[start:], source, statement.line, statement.column + start
    )


def _once(found: list[Equation], what: str) -> tuple[Equation, ...]:
    seen: set[str] = set()
    for equation in found:
        if equation.target in seen:
            raise EquationError(
                f"the {what} of {equation.target!r} is given twice",
                where=f"{equation.source}, line {equation.line}",
                remedy="keep one of the two",
            )
        seen.add(equation.target)
    return tuple(found)


def _fault(
    what: str, statement: _Statement, source: str, offset: int, remedy: str = ""
) -> EquationError:
    text = statement.text.replace("\n", " ")
    place = f"  {source}, line {statement.line}, column {statement.column + offset + 1}"
    return EquationError(what, where=f"{place}\n{caret(text, offset)}", remedy=remedy)
