"""Finding the users' files, and reading them packed or plain."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import IO

from genprop._checks import given_path
from genprop.errors import DataError

__all__ = ["data_folder", "existing", "find", "unpacked"]

_ENDINGS = ("", ".gz", ".zip")


def data_folder(folder: str | Path | None) -> Path:
    """The folder given, else ``$GENPROP_DATA``.

    Raises:
        DataError: where neither is given, or it is no folder.
    """
    given = os.environ.get("GENPROP_DATA") if folder is None else folder
    if given is None or (isinstance(given, str) and not given):
        raise DataError(
            "no data folder was given",
            remedy="name the folder that holds the files, or set GENPROP_DATA to it",
        )
    place = given_path(given, "the folder of the data", DataError)
    if not place.is_dir():
        raise DataError(
            "there is no such folder", where=str(place), remedy="check the path, or GENPROP_DATA"
        )
    return place


def existing(path: str | Path, *, folders: bool = False) -> Path:
    """The file ``path``; a relative one is looked for here, then in ``$GENPROP_DATA``.

    Args:
        path: the file.
        folders: whether it may be a folder.

    Raises:
        DataError: where it is in neither place.
    """
    given = given_path(path, "the path of the data", DataError)
    folder = os.environ.get("GENPROP_DATA")
    places = [given, *([Path(folder).expanduser() / given] if folder else [])]
    found = next((p for p in places if p.is_file() or (folders and p.is_dir())), None)
    if found is None:
        raise DataError(
            "there is no such file" + " or folder" * folders,
            where=" or ".join(str(place) for place in dict.fromkeys(places)),
            remedy="check the path" if folder else "check the path, or set GENPROP_DATA",
        )
    return found


def find(folder: Path, name: str, below: Sequence[str] = ()) -> Path | None:
    """The file ``name``, plain or with ``.gz`` or ``.zip`` added, here or in a folder ``below``.

    The plain file is preferred to a packed one beside it.
    """
    places = [folder / sub for sub in ("", *below)]
    candidates = (place / f"{name}{ending}" for place in places for ending in _ENDINGS)
    return next((file for file in candidates if file.is_file()), None)


@contextlib.contextmanager
def unpacked(file: Path) -> Generator[Path]:
    """The plain file: itself, or a temporary copy of what a ``.gz`` or ``.zip`` holds.

    Raises:
        DataError: for an archive that is damaged, or a ``.zip`` that does not hold one ``.h5``.
    """
    if file.suffix not in (".gz", ".zip"):
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="genprop-") as folder:
        plain = Path(folder) / "plain.h5"
        try:
            with _opened(file) as packed, plain.open("wb") as out:
                shutil.copyfileobj(packed, out, 1 << 20)
        except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as fault:
            raise DataError(
                f"the archive is damaged: {fault}",
                where=str(file),
                remedy="it is probably half downloaded: delete it and fetch it again",
            ) from fault
        except OSError as fault:
            raise DataError(
                f"it could not be unpacked: {fault}",
                where=str(file),
                remedy=f"make room in {folder}, or unpack it yourself",
            ) from fault
        yield plain


@contextlib.contextmanager
def _opened(file: Path) -> Generator[IO[bytes]]:
    if file.suffix == ".gz":
        with gzip.open(file) as stream:
            yield stream  # pyright: ignore[reportReturnType]
        return
    with zipfile.ZipFile(file) as archive:
        members = [n for n in archive.namelist() if n.endswith((".h5", ".hdf5"))]
        if len(members) != 1:
            raise DataError(
                f"the archive holds {len(members)} .h5 files, expected one",
                where=str(file),
                remedy="unpack it and name the file",
            )
        with archive.open(members[0]) as stream:
            yield stream
