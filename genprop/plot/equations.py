"""The equations of a neuron and of its adjoint, typeset."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from genprop._checks import refuse_unlike
from genprop.plot.canvas import axes_for
from genprop.runtime.show import adjoint as adjoint_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from genprop.describe.neuron import Neuron

__all__ = ["adjoint"]

_LINE = 0.36
"""The height of a line [inches]."""


def adjoint(neuron: Neuron, *, ax: Axes | None = None) -> Axes:
    """The equations of a neuron forwards, and those of p = ∂L/∂x backwards, typeset.

    They are those of ``neuron.adjoint()``, which prints them.

    Args:
        neuron: ``gp.neuron(…)`` or a ``gp.Neuron``.
        ax: where they are drawn; by default on new axes.

    Raises:
        DescriptionError: for equations that cannot be understood.
        ConfigurationError: where matplotlib is not installed.
    """
    refuse_unlike(neuron, "adjoint", "plot.adjoint(neuron, …)", "a gp.Neuron")
    found = adjoint_of(neuron)
    rows: list[tuple[str, bool]] = [(found.title, True)]
    for heading, lines in found.sections:
        rows.append((heading, True))
        rows += [(_typeset(line.latex()), False) for line in lines]
    height = _LINE * (len(rows) + 1)
    ax = axes_for(ax, (7.0, height))
    for k, (text, heading) in enumerate(rows):
        x = 0.0 if heading else 0.04
        size = 10 if heading else 11
        weight = "bold" if not k else "normal"
        ax.text(x, -k, text, ha="left", va="center", fontsize=size, fontweight=weight)
    ax.set(xlim=(0.0, 1.0), ylim=(-len(rows) + 0.3, 0.7))
    ax.axis("off")
    return ax


def _typeset(latex: str) -> str:
    """A row of ``aligned`` in what matplotlib typesets of LaTeX."""
    formula, _, remark = latex.partition(" && ")
    formula = formula.replace("&", "").replace(r"\mathrel{+}=", r"\,\mathrm{+\!\!=}\,")
    formula = formula.replace(r"\displaystyle", "")
    remark = re.sub(r"^\\text\{(.*)\}$", r"\1", remark)
    return f"${formula}$" + (f"   ({remark})" if remark else "")
