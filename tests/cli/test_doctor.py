from __future__ import annotations

from pathlib import Path

import pytest

from genprop.build import toolchain
from genprop.cli import doctor
from genprop.cli.main import main


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))


def compiler(tmp_path: Path, script: str) -> str:
    path = tmp_path / "compiler"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def found(name: str) -> doctor.Finding:
    return next(f for f in doctor.examine() if f.name == name)


def test_the_compiler_is_tried_not_only_found() -> None:
    try:
        toolchain.find_toolchain()
    except toolchain.ToolchainError as error:
        pytest.skip(f"no compiler: {error}")
    finding = found("compiler")
    assert finding.state == "ok"
    assert "compiles three lines in" in finding.text


def test_a_missing_compiler_is_told_with_the_way_to_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(toolchain, "_zig", lambda: None)
    assert main(["doctor"]) == 1
    assert "ziglang" in capsys.readouterr().out


def test_a_compiler_that_cannot_compile_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = 'test "$1" = --version && { echo "cc 1.0"; exit 0; }; echo no headers; exit 1'
    monkeypatch.setenv("CXX", compiler(tmp_path, script))
    finding = found("compiler")
    assert finding.state == "missing"
    assert "no headers" in finding.text


def test_what_is_optional_is_absent_with_its_way_never_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = doctor.importlib.util.find_spec
    names = {module for module, *_ in doctor._OPTIONAL}
    monkeypatch.setattr(
        doctor.importlib.util, "find_spec", lambda n: None if n in names else real(n)
    )
    for _, package, _, way in doctor._OPTIONAL:
        finding = found(package)
        assert (finding.state, finding.remedy) == ("absent", way)
