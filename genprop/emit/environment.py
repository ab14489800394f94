"""The one Jinja environment."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from genprop.emit.templates import template_folders

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["environment", "remember_compiled"]


def environment() -> Environment:
    """Renders ``templates/``, the user's own first; line statements are ``//%``.

    A name that a template does not know is an error. What goes into a page (``.html.j2``) is
    escaped, what goes into code is not.
    """
    return _environment(template_folders())


def remember_compiled(
    read: Callable[[str], bytes | None], write: Callable[[str, bytes], object]
) -> None:
    """Let :func:`environment` take what its templates were compiled to before, and keep it."""
    from genprop.emit.compiled_templates import CompiledTemplates

    environment().bytecode_cache = CompiledTemplates(read, write)


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        line_statement_prefix="//%",
        autoescape=_is_page,
    )


def _is_page(template: str | None) -> bool:
    return template is not None and template.endswith(".html.j2")
