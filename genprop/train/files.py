"""Files of a run: written so that there is always a whole one, and read as tables."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path

from genprop._reading import reading
from genprop._writing import writing
from genprop.errors import DataError

__all__ = ["read_table", "write_atomically"]


def write_atomically(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path``: at any moment the old file or the new one is there, whole.

    The content goes to a temporary file beside it, is forced to the disk and moved into place.

    Raises:
        OutputError: when it cannot be written; what was at ``path`` is untouched then.
    """
    with writing(path):
        _write(path, content)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _force_folder(path.parent)


def read_table(path: Path, remedy: str = "restore or remove it") -> dict[str, object]:
    """The table in a JSON file.

    Raises:
        FileNotFoundError: where there is no such file.
        DataError: for a damaged one.
    """
    text = path.read_bytes()
    with reading(path, "table in JSON: the file is damaged", DataError, remedy):
        found = json.loads(text.decode("utf-8-sig"))
        if not isinstance(found, dict):
            raise TypeError(f"it holds {type(found).__name__}")
        return found


def _force_folder(folder: Path) -> None:
    """Force the folder's own entry to the disk, where the system allows that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
