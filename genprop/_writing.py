"""Files of ours: what cannot be written is a GenpropError that names the place."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Generator
from pathlib import Path

from genprop.errors import OutputError

__all__ = ["NO_ROOM", "writing"]

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
"""What a system says of a disk that is full, read-only or broken."""


@contextlib.contextmanager
def writing(path: str | Path, what: str = "the file", remedy: str = "") -> Generator[None]:
    """Turn every fault of the system within into an OutputError that names ``path``.

    What was not there before is not there then: half of a file or folder is in nobody's way.

    Args:
        path: the file or folder that is written.
        what: it is, in words that begin a sentence.
        remedy: what to do about it, where that is not to make room.
    """
    new = not Path(path).exists()
    try:
        yield
    except OSError as error:
        if new:
            _remove(Path(path))
        raise OutputError(
            f"{what} cannot be written ({error.strerror or error})",
            where=str(path),
            remedy=remedy or "make room there, or choose another folder that you may write",
        ) from error


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
