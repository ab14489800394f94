"""What .ci/run finds out about the machine and the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def call(function: str, *arguments: str, path: str = "/usr/bin:/bin") -> str:
    """One function of the script, with what it calls, in the project's folder."""
    helpers = SCRIPT[SCRIPT.index("say()") : SCRIPT.index("setup=$(")]
    code = f"{helpers}\n{function} {' '.join(arguments)}"
    line = ["bash", "-euo", "pipefail", "-c", f"root=. copy=.\n{code}"]
    return subprocess.run(
        line,
        cwd=ROOT,
        env={"PATH": path, "HOME": "/nowhere", "CI_INSTALL": "no"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_the_lowest_versions_are_those_of_the_project() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = text[
        text.index("\ndependencies = [") : text.index("\n]", text.index("\ndependencies"))
    ]
    declared = re.findall(r'"([a-z0-9]+)>=([\d.]+)', listed)
    assert len(declared) > 5
    assert call("lowest").split() == [f"{name}=={version}.*" for name, version in declared]


def test_a_python_of_another_version_is_not_taken(tmp_path: Path) -> None:
    own = "%d.%d" % sys.version_info[:2]  # noqa: UP031
    for name in (own, "3.99"):
        (tmp_path / f"python{name}").symlink_to(sys.executable)
    path = f"{tmp_path}:/usr/bin:/bin"
    assert call("interpreter", own, path=path) == f"python{own}"
    assert call("interpreter", "3.99", path=path) == ""


def test_what_a_machine_lacks_is_reported() -> None:
    assert "NOT tried on Python 3.99" in call("smoke", "3.99", "numpy")


def test_every_compiler_that_is_looked_for_is_tried() -> None:
    from tests.build.test_generated import COMPILERS

    wanted = re.findall(r"for version in ([\d ]+);", SCRIPT)
    assert wanted
    for versions in wanted:
        assert {f"clang++-{v}" for v in versions.split()} <= set(COMPILERS)


def test_the_rules_of_pyright_that_are_off_are_named_with_their_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    off = re.findall(r'^(report\w+) = "none"$', text, re.MULTILINE)
    shown = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = shown[shown.index("### Five of pyright's strict rules stay off") :]
    assert 'typeCheckingMode = "strict"' in text
    assert set(off) == set(re.findall(r"`(report\w+)`", section))
