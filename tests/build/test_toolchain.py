from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from genprop.build import toolchain
from genprop.build.toolchain import find_toolchain, flags_for
from genprop.errors import ToolchainError


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def without_zig(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_zig", lambda: None)


@pytest.mark.usefixtures("without_zig")
def test_no_compiler_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError) as caught:
        find_toolchain({"PATH": str(tmp_path)})
    assert "install" in caught.value.remedy
    assert "ziglang" in caught.value.remedy


def test_every_platform_has_its_way_to_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    ways = {"linux": "apt install g++", "darwin": "xcode-select", "win32": "wsl"}
    for name, way in ways.items():
        monkeypatch.setattr(toolchain.sys, "platform", name)
        assert way in toolchain.how_to_get_a_compiler()


def test_cxx_comes_first_and_keeps_its_arguments(tmp_path: Path) -> None:
    program(tmp_path, "c++", "echo default")
    program(tmp_path, "mine", "echo mine $1")
    chain = find_toolchain({"PATH": str(tmp_path), "CXX": "mine -m32"})
    assert chain.command == (str(tmp_path / "mine"), "-m32")
    assert chain.version == "mine -m32"


def test_the_candidates_stand_in_order(tmp_path: Path) -> None:
    for name in ("clang++", "g++", "c++"):
        program(tmp_path, name, f"echo this is {name}")
        assert find_toolchain({"PATH": str(tmp_path)}).title == f"this is {name}"


def test_a_cxx_that_is_not_there_is_an_error_not_another_compiler(tmp_path: Path) -> None:
    program(tmp_path, "c++", "echo default")
    with pytest.raises(ToolchainError, match="CXX names 'nope'"):
        find_toolchain({"PATH": str(tmp_path), "CXX": "nope"})


def test_a_compiler_that_does_not_answer_is_told_as_such(tmp_path: Path) -> None:
    program(tmp_path, "c++", "echo broken install >&2; exit 3")
    with pytest.raises(ToolchainError, match=r"exit status 3.*broken install"):
        find_toolchain({"PATH": str(tmp_path)})


def test_a_program_of_another_machine_is_told_as_such(tmp_path: Path) -> None:
    path = program(tmp_path, "c++", "")
    path.write_bytes(b"\x7fELF not really")
    with pytest.raises(ToolchainError, match="does not run"):
        find_toolchain({"PATH": str(tmp_path)})


def test_the_version_is_asked_once_until_the_compiler_changes(tmp_path: Path) -> None:
    count = tmp_path / "count"
    script = f"echo asked >> {count}; echo version"
    path = program(tmp_path / "bin", "c++", script)
    for _ in range(3):
        assert find_toolchain({"PATH": f"{path.parent}:/bin:/usr/bin"}).version == "version"
    assert count.read_text() == "asked\n"
    program(tmp_path / "bin", "c++", script.replace("version", "renewed"))  # the size stays
    os.utime(path, (time.time() + 5, time.time() + 5))
    assert find_toolchain({"PATH": f"{path.parent}:/bin:/usr/bin"}).version == "renewed"


def test_the_flags_ask_for_every_warning_and_make_none_an_error() -> None:
    flags = flags_for("g++ 12")
    assert {"-std=c++17", "-O3", "-Wall", "-Wextra", "-Wconversion"} <= set(flags)
    assert "-Werror" not in flags
    assert "-Wno-pass-failed" in flags_for("clang version 18")
    assert not any(flag.startswith("-ffast-math") for flag in flags)


def test_added_flags_come_last_so_that_they_win_and_are_part_of_the_key(tmp_path: Path) -> None:
    program(tmp_path, "c++", "echo this is g++")
    plain = find_toolchain({"PATH": str(tmp_path)})
    added = find_toolchain({"PATH": str(tmp_path), "GENPROP_CXXFLAGS": "-O1 -DNAME='a b'"})
    assert added.flags == (*plain.flags, "-O1", "-DNAME=a b")
    assert added.identity() != plain.identity()


def test_native_code_is_keyed_by_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = toolchain.Toolchain(("c++",), "g++ 12", ("-O3", "-march=native"))
    portable = toolchain.Toolchain(("c++",), "g++ 12", ("-O3",))
    before = chain.identity(), portable.identity()
    monkeypatch.setattr(toolchain, "cpu", lambda: "another processor")
    assert chain.identity() != before[0]
    assert portable.identity() == before[1]


def test_the_processor_has_a_name() -> None:
    assert toolchain.cpu()
    assert "MHz" not in toolchain.cpu()
