"""What others could have written is never loaded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genprop.build import cache
from genprop.build.compile import build
from genprop.build.toolchain import find_toolchain
from genprop.errors import ConfigurationError

if TYPE_CHECKING:
    from genprop.emit.bundle import SourceBundle

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders here have no owners")


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o702])
def test_a_blob_that_others_can_write_is_refused(mode: int, place: Path) -> None:
    key = cache.digest("trusted")
    cache.write_blob(key, b"data")
    assert cache.read_blob(key) == b"data"
    (place / "blobs").chmod(mode)
    for use in (lambda: cache.read_blob(key), lambda: cache.write_blob(key, b"data")):
        with pytest.raises(ConfigurationError, match="written by others"):
            use()


@pytest.mark.parametrize("folder", ["builds", ""])
def test_a_library_that_others_can_replace_is_refused(
    folder: str, bundle: SourceBundle, place: Path
) -> None:
    build(bundle, find_toolchain())
    (place / folder).chmod(0o777)
    with pytest.raises(ConfigurationError, match="chmod go-w"):
        build(bundle, find_toolchain())


def test_a_folder_that_only_the_group_can_write_is_closed_to_it(place: Path) -> None:
    key = cache.digest("group")
    cache.write_blob(key, b"data")
    for folder in (place, place / "blobs"):
        folder.chmod(0o775)
    assert cache.read_blob(key) == b"data"
    assert all(not f.stat().st_mode & 0o022 for f in (place, place / "blobs"))


def test_what_another_user_wrote_is_not_read(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = cache.digest("stranger")
    path = cache.write_blob(key, b"data")
    if os.getuid() == 0:
        os.chown(path, 12345, -1)
        assert cache.read_blob(key) is None
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    if path.parent.stat().st_uid != 0:
        with pytest.raises(ConfigurationError, match="written by others"):
            cache.read_blob(key)


def test_the_cache_is_made_for_its_user_alone(place: Path) -> None:
    cache.write_blob(cache.digest("own"), b"data")
    assert (place / "blobs").stat().st_mode & 0o077 == 0


def test_a_file_that_anybody_can_write_is_made_anew(bundle: SourceBundle, place: Path) -> None:
    """In folders that are closed, as after a copy with its permissions from elsewhere."""
    key = cache.digest("open")
    blob = cache.write_blob(key, b"data")
    blob.chmod(0o606)
    assert cache.read_blob(key) is None
    cache.write_blob(key, b"data")
    assert cache.read_blob(key) == b"data" and blob.stat().st_mode & 0o077 == 0
    library = build(bundle, find_toolchain()).path
    before = library.stat().st_ino
    library.chmod(0o757)
    again = build(bundle, find_toolchain()).path
    assert again == library and library.stat().st_ino != before
    assert not library.stat().st_mode & 0o022


def test_a_library_is_closed_to_others_whatever_the_umask(
    bundle: SourceBundle, place: Path
) -> None:
    before = os.umask(0)
    try:
        library = build(bundle, find_toolchain()).path
    finally:
        os.umask(before)
    assert not library.stat().st_mode & 0o022
    assert not library.parent.stat().st_mode & 0o022
