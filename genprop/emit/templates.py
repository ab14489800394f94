"""Where templates are searched: the user's own folders first, then genprop's.

``$GENPROP_TEMPLATES`` (folders, separated like ``$PATH``), then ``[tool.genprop] templates`` of the
pyproject.toml in the working directory. A file there stands for the one of the same path in
genprop's.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from genprop._resources import data_dir
from genprop._writing import writing
from genprop.describe.library import project_folders
from genprop.errors import ConfigurationError, did_you_mean

__all__ = ["eject", "own_templates", "template_folders", "template_names"]


def template_folders() -> tuple[Path, ...]:
    """Every folder with templates, in the order of search.

    Raises:
        ConfigurationError: for a folder of the user's that is not there.
    """
    named = [
        *_named(os.environ.get("GENPROP_TEMPLATES", "").split(os.pathsep), "$GENPROP_TEMPLATES"),
        *_named(
            project_folders(Path.cwd() / "pyproject.toml", "templates"), "[tool.genprop] templates"
        ),
    ]
    return (*dict.fromkeys(folder.resolve() for folder in named), data_dir("templates"))


def template_names() -> tuple[str, ...]:
    """The paths of genprop's templates: ``"native/sample.hpp.j2"``."""
    root = data_dir("templates")
    return tuple(sorted(p.relative_to(root).as_posix() for p in root.rglob("*.j2")))


def own_templates() -> str:
    """A digest of the user's own templates, empty where there are none."""
    files = sorted(p for folder in template_folders()[:-1] for p in folder.rglob("*.j2"))
    if not files:
        return ""
    hasher = hashlib.sha256()
    for path in files:
        hasher.update(str(path).encode() + b"\0" + path.read_bytes())
    return hasher.hexdigest()


def eject(template: str, folder: Path) -> Path:
    """Copy a template to ``folder``, where the user changes it; gives the copy's path.

    Raises:
        ConfigurationError: for a name that is no template, or a copy that is there already.
    """
    if template not in template_names():
        raise ConfigurationError(
            f"there is no template {template!r}", remedy=did_you_mean(template, template_names())
        )
    copy = folder.expanduser() / template
    if copy.exists():
        raise ConfigurationError(
            "there is a copy already", where=str(copy), remedy="change it, or remove it first"
        )
    with writing(copy, "the copy"):
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((data_dir("templates") / template).read_bytes())
    return copy


def _named(names: list[str], where: str) -> list[Path]:
    folders = [Path(name).expanduser() for name in names if name]
    for folder in folders:
        if not folder.is_dir():
            raise ConfigurationError(
                f"{where} names {folder}, which is no folder", remedy="correct or remove it"
            )
    return folders
