from __future__ import annotations

import ctypes
import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from genprop.build import Toolchain, build, cache, find_toolchain
from genprop.build.compile import build_key
from genprop.emit.bundle import SourceBundle
from genprop.errors import ToolchainError


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Toolchain:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENPROP_CACHE", str(tmp_path_factory.mktemp("cache")))
        try:
            return find_toolchain()
        except ToolchainError as error:
            pytest.skip(f"no compiler: {error}")


def call(path: Path) -> int:
    return ctypes.CDLL(str(path)).four()


def test_a_bundle_becomes_a_library_with_sources_and_log_beside_it(
    bundle: SourceBundle, chain: Toolchain
) -> None:
    artifact = build(bundle, chain)
    assert call(artifact.path) == 4
    assert not artifact.cached
    assert SourceBundle.read(artifact.sources) == bundle
    assert "-Wconversion" in artifact.log.read_text()


def test_the_second_build_finds_the_first(bundle: SourceBundle, chain: Toolchain) -> None:
    first = build(bundle, chain)
    second = build(bundle, chain)
    assert (second.path, second.cached) == (first.path, True)
    assert second.seconds < first.seconds


def test_a_build_never_writes_to_the_working_directory(
    bundle: SourceBundle, chain: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    build(bundle, chain)
    assert list(work.iterdir()) == []


def test_the_key_follows_sources_compiler_and_flags(bundle: SourceBundle) -> None:
    chain = Toolchain(("c++",), "g++ 12", ("-O3",))
    files = tuple((path, text + "\n") for path, text in bundle.files)
    keys = {
        build_key(bundle, chain),
        build_key(dataclasses.replace(bundle, files=files), chain),
        build_key(bundle, dataclasses.replace(chain, version="g++ 13")),
        build_key(bundle, dataclasses.replace(chain, flags=("-O2",))),
    }
    assert len(keys) == 4
    documented = dataclasses.replace(bundle, metadata=(("note", "not compiled"),))
    assert build_key(documented, chain) in keys


def test_a_refused_source_shows_command_log_and_place(
    bundle: SourceBundle, chain: Toolchain, place: Path
) -> None:
    wrong = dataclasses.replace(bundle, files=(("four.cpp", "int four() { return tow; }\n"),))
    for _ in range(2):  # a failure is not cached, and the second finds the place taken
        with pytest.raises(ToolchainError) as caught:
            build(wrong, chain)
        message = str(caught.value)
        assert "-Wconversion" in message
        assert "tow" in message
        kept = Path(caught.value.where)
        assert kept.is_relative_to(place)
        assert (kept / "four.cpp").read_text() == "int four() { return tow; }\n"
    assert list((place / "builds").iterdir()) == []


@pytest.mark.parametrize("what", ["library", "manifest", "missing"])
def test_a_damaged_entry_is_built_again(bundle: SourceBundle, chain: Toolchain, what: str) -> None:
    path = build(bundle, chain).path
    if what == "library":
        path.write_bytes(path.read_bytes()[:100])
    elif what == "manifest":
        (path.parent / "entry.json").write_text("{")
    else:
        path.unlink()
    again = build(bundle, chain)
    assert not again.cached
    assert call(again.path) == 4
    assert build(bundle, chain).cached


def test_builders_of_the_same_library_do_not_disturb_each_other(
    bundle: SourceBundle, chain: Toolchain, place: Path
) -> None:
    def one(_: int) -> Path:
        return build(bundle, chain).path

    with ThreadPoolExecutor(4) as pool:
        paths = set(pool.map(one, range(4)))
    assert len(paths) == 1
    assert call(paths.pop()) == 4
    assert len(list((place / "builds").iterdir())) == 1


def test_a_builder_that_comes_second_leaves_the_entry_of_the_first_in_its_place(
    bundle: SourceBundle, chain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is done between the second's compile and its move, and loads its library."""
    install, first = cache.install, list[Path]()

    def late(place: Path, target: Path, *, sound: Callable[[Path], bool]) -> bool:
        monkeypatch.setattr(cache, "install", install)
        first.append(build(bundle, chain).path)
        file = first[0].stat().st_ino
        installed = install(place, target, sound=sound)
        assert first[0].stat().st_ino == file
        return installed

    monkeypatch.setattr(cache, "install", late)
    assert build(bundle, chain).path == first[0]
