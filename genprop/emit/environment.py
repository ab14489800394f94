"""The one Jinja environment."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from genprop._resources import data_dir

__all__ = ["environment"]


@cache
def environment() -> Environment:
    """Renders ``templates/``; a name a template does not know is an error, line statements are ``//%``."""
    return Environment(
        loader=FileSystemLoader(data_dir("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        line_statement_prefix="//%",
        autoescape=False,
    )
