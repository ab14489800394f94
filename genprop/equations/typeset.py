"""Equations to read: as text, and as LaTeX in a notebook."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sympy
from sympy.printing.str import StrPrinter

__all__ = ["Equations", "Line", "formula"]

_GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "phi": "φ",
    "omega": "ω",
}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class _Formula(StrPrinter):
    """sympy's one-line form with the letters and signs of the field."""

    def _print_Symbol(self, expr: sympy.Symbol) -> str:
        head, mark, rest = expr.name.partition("_")
        return f"{_GREEK.get(head, head)}{mark}{rest}"

    def _print_linoid(self, expr: sympy.Expr) -> str:
        x, k = expr.args
        return f"linoid{'′' * int(str(k))}({self._print(x)})"


def formula(expression: sympy.Basic) -> str:
    """One line of unicode: ``(I − v)/τ_mem``."""
    text = _Formula().doprint(expression)
    text = re.sub(r"\*\*(\d+)", lambda m: m[1].translate(_RAISED), text)
    text = text.replace("**", "^").replace("*", "·").replace("-", "−")
    return text.replace("sqrt(", "√(")


@dataclass(frozen=True, slots=True)
class Line:
    """One equation: ``left`` in text and LaTeX, the ``relation``, the right side, a remark."""

    left: str
    left_latex: str
    right: sympy.Basic
    relation: str = "="
    remark: str = ""

    def text(self, width: int = 0) -> str:
        """The equation in unicode, its left side padded to ``width``."""
        text = f"{self.left.ljust(width)} {self.relation} {formula(self.right)}"
        return f"{text}    ({self.remark})" if self.remark else text

    def latex(self) -> str:
        """The equation as a row of ``aligned``."""
        relation = r"\mathrel{+}=" if self.relation == "+=" else self.relation
        right = sympy.latex(self.right).replace("ġ", r"\dot{g}").replace("κ", r"\kappa ")
        text = f"{self.left_latex} &{relation} {right}"
        return rf"{text} && \text{{{self.remark}}}" if self.remark else text


@dataclass(frozen=True, slots=True)
class Equations:
    """Equations under headings: ``print`` it, or let a notebook typeset it."""

    title: str
    sections: tuple[tuple[str, tuple[Line, ...]], ...]

    def show(self) -> None:
        """Print the equations."""
        print(self)

    def __str__(self) -> str:
        parts = [self.title]
        for heading, lines in self.sections:
            width = max(len(line.left) for line in lines)
            parts += [f"  {heading}", *(f"    {line.text(width)}" for line in lines)]
        return "\n".join(parts)

    def latex(self) -> str:
        r"""The equations as LaTeX, one ``aligned`` block."""
        rows: list[str] = []
        for heading, lines in self.sections:
            rows.append(rf"&\text{{{heading}}}")
            rows += [line.latex() for line in lines]
        body = " \\\\\n".join(rows)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"
