"""The page of a report, from plain data to HTML."""

from __future__ import annotations

from collections.abc import Mapping

from genprop.emit.environment import environment

__all__ = ["render_report"]


def render_report(view: Mapping[str, object]) -> str:
    """The text of ``templates/report/page.html.j2`` for ``view``: plain names, numbers, strings.

    Everything that is not markup of the template's is escaped.
    """
    return environment().get_template("report/page.html.j2").render(view)
