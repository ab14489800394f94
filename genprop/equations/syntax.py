"""Right-hand sides as trees that know where every piece stands.

::

    sum     = product (("+" | "-") product)*
    product = signed (("*" | "/") signed)*
    signed  = ("-" | "+") signed | power
    power   = atom ("**" signed)?
    atom    = number | name | function "(" sum ("," sum)* ")" | "(" sum ")"
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from genprop.describe.text import FUNCTIONS
from genprop.errors import EquationError, caret, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genprop.describe.spec import Equation

__all__ = ["ZERO", "Node", "fault", "names_in", "place", "read", "read_guard"]

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<operator>\*\*|[<>]=|[-+*/(),^<>]))"
)
_ARGUMENTS = {name: 2 if name in ("min", "max") else 1 for name in FUNCTIONS}

_DEEPEST, _HIGHEST = 32, 200
"""Parentheses, functions, signs and powers in one another; pieces of which each holds the next."""


@dataclass(frozen=True, slots=True)
class Node:
    """One piece of an expression.

    ``kind`` is ``"number"``, ``"name"``, ``"call"`` (``text`` holds it), or an operation: ``"+"``,
    ``"-"``, ``"*"``, ``"/"``, ``"**"``, ``"negate"``. ``start`` is its 0-based place in the text.
    """

    kind: str
    text: str
    start: int
    operands: tuple[Node, ...] = ()
    height: int = field(init=False, compare=False, default=1)

    def __post_init__(self) -> None:
        height = 1 + max((operand.height for operand in self.operands), default=0)
        object.__setattr__(self, "height", height)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


@lru_cache(4096)
def read(equation: Equation) -> Node:
    """The tree of a right-hand side.

    Raises:
        EquationError: with a caret where reading stopped.
    """
    return _Parser(equation).whole()


@lru_cache(4096)
def read_guard(equation: Equation) -> tuple[Node, Node]:
    """The two sides of ``left > right``; of several conditions, their maximum or minimum and 0.

    Raises:
        EquationError: with a caret where reading stopped.
    """
    return _Parser(equation).guard()


def names_in(node: Node) -> Iterator[str]:
    """The names that a piece reads, as often as it does."""
    if node.kind == "name":
        yield node.text
    for operand in node.operands:
        yield from names_in(operand)


def place(equation: Equation, offset: int) -> str:
    """Where a piece stands: source, line and column, and the line with a caret below it."""
    lead = ""
    if equation.target:
        rate = equation.source.startswith("flow")
        lead = f"d{equation.target}/dt = " if rate else f"{equation.target} = "
    line = equation.text[:offset].count("\n")
    above = equation.text.rfind("\n", 0, offset) + 1
    column = offset - above if line else equation.column + offset
    where = f"  {equation.source}, line {equation.line + line}, column {column + 1}"
    shown = equation.text.replace("\n", " ")
    return f"{where}\n{caret(lead + shown, len(lead) + offset)}"


def fault(what: str, equation: Equation, offset: int, remedy: str = "") -> EquationError:
    """An error with a caret below the 0-based ``offset`` of the equation's text."""
    return EquationError(what, where=place(equation, offset), remedy=remedy)


ZERO = Node("number", "0", 0)


def _joined(
    function: str, token: _Token, one: tuple[Node, Node], other: tuple[Node, Node]
) -> tuple[Node, Node]:
    """Two conditions as one quantity above 0: the larger or the smaller of both differences."""
    parts = (
        left
        if right == ZERO and left.kind == "call"
        else Node("-", "-", token.start, (left, right))
        for left, right in (one, other)
    )
    return Node("call", function, token.start, tuple(parts)), ZERO


class _Parser:
    """Recursive descent over the tokens of one equation."""

    def __init__(self, equation: Equation) -> None:
        self.equation = equation
        self.tokens = self._tokens()
        self.next = self.depth = 0

    def _tokens(self) -> list[_Token]:
        text, position, found = self.equation.text, 0, list[_Token]()
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                position += len(text[position:]) - len(text[position:].lstrip())
                raise fault(f"{text[position]!r} cannot be read", self.equation, position)
            kind = str(match.lastgroup)
            found.append(_Token(kind, match.group(kind), match.start(kind)))
            position = match.end()
        found.append(_Token("end", "", len(text.rstrip())))
        return found

    def whole(self) -> Node:
        node = self.sum()
        self._finish()
        return node

    def guard(self) -> tuple[Node, Node]:
        sides = self._either()
        self._finish()
        return sides

    def _either(self) -> tuple[Node, Node]:
        sides = self._both()
        while (token := self._word("or")) is not None:
            sides = _joined("max", token, sides, self._both())
        return sides

    def _both(self) -> tuple[Node, Node]:
        sides = self._comparison()
        while (token := self._word("and")) is not None:
            sides = _joined("min", token, sides, self._comparison())
        return sides

    def _comparison(self) -> tuple[Node, Node]:
        start = self.next
        if self._accept("("):  # around a comparison, or around a part of one
            try:
                sides = self._either()
                self._expect(")", "close the parenthesis")
            except EquationError:
                self.next = start
            else:
                return sides
        left = self.sum()
        token = self._accept(">", "<", ">=", "<=")
        if token is None:
            raise self._unexpected("'>' was expected", "write left > right")
        right = self.sum()
        return (left, right) if token.text.startswith(">") else (right, left)

    def _word(self, text: str) -> _Token | None:
        token = self.tokens[self.next]
        if token.kind != "name" or token.text != text:
            return None
        self.next += 1
        return token

    def sum(self) -> Node:
        node = self.product()
        while (token := self._accept("+", "-")) is not None:
            node = self._operation(token, node, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        while (token := self._accept("*", "/")) is not None:
            node = self._operation(token, node, self.signed())
        return node

    def signed(self) -> Node:
        token = self._accept("-", "+")
        self.depth += 1
        if self.depth > _DEEPEST:
            raise self._too_large(f"more than {_DEEPEST} levels in one another")
        node = self.power() if token is None else self.signed()
        self.depth -= 1
        if token is None or token.text == "+":
            return node
        return Node("negate", "-", token.start, (node,))

    def power(self) -> Node:
        base = self.atom()
        token = self._accept("**")
        if token is None:
            return base
        return Node("**", "**", token.start, (base, self.signed()))

    def _operation(self, token: _Token, left: Node, right: Node) -> Node:
        """A sum or product so far; longer ones than can be taken apart are refused."""
        node = Node(token.text, token.text, token.start, (left, right))
        if node.height > _HIGHEST:
            raise self._too_large(f"more than {_HIGHEST} terms or factors")
        return node

    def _too_large(self, what: str) -> EquationError:
        start = self.tokens[max(self.next - 1, 0)].start
        remedy = "divide it: states and parameters of their own take parts of an expression"
        return fault(f"this expression has {what}", self.equation, start, remedy)

    def atom(self) -> Node:
        token = self.tokens[self.next]
        if token.kind == "number":
            self.next += 1
            return Node("number", token.text, token.start)
        if token.kind == "name":
            self.next += 1
            return self._call(token) if self._accept("(") else Node("name", token.text, token.start)
        if self._accept("("):
            inner = self.sum()
            self._expect(")", "close the parenthesis")
            return inner
        raise self._unexpected()

    def _call(self, name: _Token) -> Node:
        arguments = [self.sum()]
        while self._accept(","):
            arguments.append(self.sum())
        self._expect(")", "close the parenthesis")
        if name.text not in FUNCTIONS:
            raise fault(
                f"{name.text!r} is no function",
                self.equation,
                name.start,
                did_you_mean(name.text, FUNCTIONS),
            )
        if len(arguments) != _ARGUMENTS[name.text]:
            raise fault(
                f"{name.text} takes {_ARGUMENTS[name.text]} argument(s), not {len(arguments)}",
                self.equation,
                name.start,
            )
        return Node("call", name.text, name.start, tuple(arguments))

    def _accept(self, *texts: str) -> _Token | None:
        token = self.tokens[self.next]
        if token.kind != "operator" or token.text not in texts:
            return None
        self.next += 1
        return token

    def _expect(self, text: str, remedy: str) -> None:
        if self._accept(text) is None:
            raise self._unexpected(f"{text!r} was expected", remedy)

    def _finish(self) -> None:
        if self.tokens[self.next].kind != "end":
            raise self._unexpected()

    def _unexpected(self, expected: str = "", remedy: str = "") -> EquationError:
        token = self.tokens[self.next]
        found = "the equation ends here" if token.kind == "end" else f"unexpected {token.text!r}"
        what = f"{found}, but {expected}" if expected else found
        if token.text == "^":
            remedy = "write ** for powers"
        elif not expected and token.kind in ("name", "number"):
            remedy = "write * for products"
        return fault(what, self.equation, token.start, remedy)
