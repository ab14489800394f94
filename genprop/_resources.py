"""Where folders lie: the templates and the model files, and the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

from genprop.errors import InternalError

__all__ = ["cache_dir", "data_dir"]

_FOLDERS = ("templates", "models")
_PACKAGE = Path(__file__).resolve().parent


def cache_dir() -> Path:
    """The user's cache folder; it need not exist.

    ``$GENPROP_CACHE``, else the platform's place for caches: ``$XDG_CACHE_HOME/genprop``,
    ``~/.cache/genprop`` or ``~/Library/Caches/genprop``.
    """
    if chosen := os.environ.get("GENPROP_CACHE"):
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("genprop", appauthor=False, opinion=False)


def data_dir(name: str) -> Path:
    """The folder ``"templates"`` or ``"models"``.

    An installed genprop holds it inside the package (``genprop/_templates``); in a checkout or an
    editable install it stands beside the package, in a folder that proves itself to be genprop's
    by its pyproject.toml.

    Raises:
        InternalError: for another name, or where neither place has the folder.
    """
    if name not in _FOLDERS:
        raise InternalError(f"no data folder is called {name!r}; there are: {', '.join(_FOLDERS)}")
    installed, checkout = _PACKAGE / f"_{name}", _PACKAGE.parent
    if installed.is_dir():
        return installed
    if _is_genprop(checkout) and (checkout / name).is_dir():
        return checkout / name
    raise InternalError(
        f"the {name} of genprop are missing: there is neither {installed} nor a checkout of "
        f"genprop with {name}/ at {checkout}. The installation is damaged: install it again"
    )


def _is_genprop(folder: Path) -> bool:
    """Whether ``folder`` has a pyproject.toml that says genprop (read as text: it is ours)."""
    try:
        lines = (folder / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return 'name = "genprop"' in lines
