from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from genprop._resources import cache_dir
from genprop.build import cache
from genprop.errors import ConfigurationError, OutputError


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_the_users_choice_of_folder_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setenv("GENPROP_CACHE", "~/chosen")
    assert cache_dir() == Path.home() / "chosen"
    monkeypatch.delenv("GENPROP_CACHE")
    assert cache_dir() == Path("/xdg/genprop")
    monkeypatch.delenv("XDG_CACHE_HOME")
    usual = "Library/Caches" if sys.platform == "darwin" else ".cache"
    assert cache_dir() == Path.home() / usual / "genprop"


def test_a_key_tells_apart_where_one_part_ends() -> None:
    assert cache.digest("ab", "c") != cache.digest("a", "bc")
    assert cache.digest("a", b"b") == cache.digest(b"a", "b")


def test_a_key_changes_with_the_version_of_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache.digest("a")
    monkeypatch.setattr(cache, "VERSION", cache.VERSION + 1)
    assert cache.digest("a") != before


def test_a_blob_comes_back_as_it_was_written() -> None:
    assert cache.read_blob("k") is None
    for data in (b"", b"one", bytes(range(256)) * 100):
        cache.write_blob("k", data)
        assert cache.read_blob("k") == data


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied"])
def test_a_damaged_blob_is_no_blob(damage: str) -> None:
    path = cache.write_blob("k", b"some data")
    content = path.read_bytes()
    flipped = bytes([*content[:-1], content[-1] ^ 1])
    path.write_bytes({"truncated": content[:-1], "flipped": flipped, "emptied": b""}[damage])
    assert cache.read_blob("k") is None


def test_a_blob_that_fails_half_way_leaves_the_old_one_and_no_litter(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_blob("k", b"old")

    def full(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(ConfigurationError, match="No space left"):
            cache.write_blob("k", b"new")
    assert cache.read_blob("k") == b"old"
    assert [p.name for p in (place / "blobs").iterdir()] == ["k"]


def test_prune_by_age_goes_by_last_use() -> None:
    for key in ("used", "unused"):
        age(cache.write_blob(key, b"x"), 1000.0)
    assert cache.read_blob("used") == b"x"
    assert cache.prune(older_than=500.0) == 33
    assert cache.read_blob("used") == b"x"
    assert cache.read_blob("unused") is None


def test_prune_by_size_removes_the_least_used_first() -> None:
    for k in range(4):
        age(cache.write_blob(f"k{k}", bytes(68)), 100.0 * (4 - k))
    assert cache.info().size == 400
    assert cache.prune(max_bytes=250) == 200
    assert [cache.read_blob(f"k{k}") is not None for k in range(4)] == [False, False, True, True]


def test_prune_without_a_bound_removes_nothing() -> None:
    age(cache.write_blob("k", b"x"), 1e6)
    assert cache.prune() == 0
    assert cache.info().entries == 1


def test_what_a_killed_process_left_is_removed_once_it_is_old(place: Path) -> None:
    with cache.workplace("builds") as one:
        (one / "half").write_text("x")
        cache.prune()
        assert one.is_dir()
        age(one, 1e5)
        cache.prune()
        assert not one.exists()
    assert cache.info().entries == 0


def test_clear_leaves_files_that_are_not_the_caches_own(place: Path) -> None:
    cache.write_blob("k", b"x")
    (place / "mine.txt").write_text("keep")
    cache.clear()
    assert cache.info().entries == 0
    assert [p.name for p in place.iterdir()] == ["mine.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="a file cannot stand for a folder there")
def test_an_unwritable_cache_says_what_to_set(place: Path) -> None:
    place.write_text("a file where the folder should be")
    with pytest.raises(ConfigurationError, match="GENPROP_CACHE"):
        cache.write_blob("k", b"x")
    assert cache.read_blob("k") is None


def test_of_two_that_install_the_first_stays(place: Path) -> None:
    target = place / "builds" / "key"
    with cache.workplace("builds") as first, cache.workplace("builds") as second:
        (first / "entry.json").write_text("first")
        (second / "entry.json").write_text("second")
        assert cache.install(first, target, sound=Path.is_dir)
        assert not cache.install(second, target, sound=Path.is_dir)
    assert (target / "entry.json").read_text() == "first"
    assert [p.name for p in (place / "builds").iterdir()] == ["key"]


@pytest.mark.parametrize("clean", [cache.clear, lambda: cache.prune(max_bytes=0)])
def test_what_cannot_be_removed_is_told_and_not_counted(
    clean: Callable[[], int], monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    """As on a disk that is read-only, or in a folder of another user."""
    blob = cache.write_blob("a" * 64, b"x" * 1000)
    build = place / "builds" / ("b" * 64)
    build.mkdir(parents=True)
    (build / "entry.json").write_text("{}")

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    for name in ("unlink", "rmdir"):
        monkeypatch.setattr(os, name, refused)
        monkeypatch.setattr(Path, name, refused)
    with pytest.raises(OutputError, match="2 entries of the cache cannot be removed") as told:
        clean()
    assert "Read-only" in str(told.value) and str(place) in str(told.value)
    monkeypatch.undo()
    monkeypatch.setenv("GENPROP_CACHE", str(place))
    assert blob.exists() and build.exists()


def test_what_is_dated_in_the_future_is_of_unknown_age_and_goes_first(place: Path) -> None:
    """Clocks are set back, and copies keep dates of other computers."""
    old, new = cache.write_blob("a" * 64, b"x"), cache.write_blob("b" * 64, b"x")
    later = time.time() + 40 * 86400
    os.utime(old, (later, later))
    left = place / "blobs" / ".left.tmp"
    left.touch()
    os.utime(left, (later, later))
    assert cache.info().newest <= time.time()
    assert cache.prune(max_bytes=new.stat().st_size) > 0
    assert new.exists() and not old.exists() and not left.exists()
    os.utime(new, (later, later))
    cache.prune(older_than=86400.0)
    assert not new.exists()


def test_a_clock_that_is_a_little_ahead_is_none_of_the_future(place: Path) -> None:
    """Files on other machines' disks may be seconds ahead of this one's clock."""
    blob = cache.write_blob("a" * 64, b"x")
    soon = time.time() + 60
    os.utime(blob, (soon, soon))
    assert cache.prune(older_than=3600.0) == 0
    assert blob.exists()
