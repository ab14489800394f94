"""Whose the folders of the cache are: what lies there is loaded and run."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from genprop._resources import cache_dir
from genprop.errors import ConfigurationError

__all__ = ["owned", "refuse_shared"]


def refuse_shared(place: Path) -> None:
    """Refuse a folder of the cache that others can write: what lies there is loaded and run.

    One of this user's that its group can write, as many systems make them, is closed to the group.

    Raises:
        ConfigurationError: where it, or the folder it lies in, belongs to another user than this
            one and root, or can be written by anyone.
    """
    if not hasattr(os, "getuid"):
        return
    for folder in (place, cache_dir()):
        try:
            state = folder.stat()
        except OSError:
            continue  # not there yet
        if not owned(folder):
            raise ConfigurationError(
                "the cache folder can be written by others, and what lies there is run",
                where=str(folder),
                remedy=f"chmod go-w '{folder}', or set GENPROP_CACHE to a folder of your own",
            )
        if state.st_mode & 0o020:
            with contextlib.suppress(OSError):
                folder.chmod(state.st_mode & ~0o022)


def owned(path: Path) -> bool:
    """Whether ``path`` was written by this user or by root, and nobody else can write it."""
    if not hasattr(os, "getuid"):
        return True
    state = path.stat()
    return state.st_uid in (0, os.getuid()) and not state.st_mode & 0o002
