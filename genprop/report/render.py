"""The pages of reports, from plain data to HTML."""

from __future__ import annotations

from collections.abc import Mapping

from genprop.emit.environment import environment

__all__ = ["render_chip_report", "render_report", "render_sweep_report"]


def render_report(view: Mapping[str, object]) -> str:
    """The text of ``templates/report/page.html.j2`` for ``view``: plain names, numbers, strings.

    Everything that is not markup of the template's is escaped.
    """
    return environment().get_template("report/page.html.j2").render(view)


def render_chip_report(view: Mapping[str, object]) -> str:
    """The text of ``templates/report/chip.html.j2``, likewise."""
    return environment().get_template("report/chip.html.j2").render(view)


def render_sweep_report(view: Mapping[str, object]) -> str:
    """The text of ``templates/report/sweep.html.j2``, likewise."""
    return environment().get_template("report/sweep.html.j2").render(view)
