"""An environment for Lava is made whole or not at all, and then found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from genprop.backends.loihi.files import lava_python
from genprop.backends.loihi.files.lava_python import UNFINISHED, python310
from genprop.backends.loihi.files.lava_setup import REQUIREMENTS, set_up_lava
from genprop.cli.doctor import examine
from genprop.cli.main import main
from genprop.errors import ConfigurationError, ToolchainError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the pretender is a shell script")

PRETENDER = """#!/bin/sh
# a Python 3.10 that makes copies of itself, and whose pip does what {pip} says
if [ "$1" = -c ]; then exit 0; fi
if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit 0; fi
if [ "$2" = pip ]; then echo "$@" > {folder}/asked; {pip}; fi
"""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No interpreter of this machine, and a cache folder of its own."""
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "uv"))
    monkeypatch.delenv("GENPROP_LAVA_PYTHON", raising=False)


def pretender(folder: Path, pip: str = "echo collecting; exit 0", name: str = "python3.10") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PRETENDER.format(folder=folder, pip=pip))
    path.chmod(0o755)
    return str(path)


def alive(pid: str) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    found = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True)
    return found.stdout.strip()[:1] not in ("", "Z")


def test_the_environment_is_made_with_progress_and_found_again(tmp_path: Path) -> None:
    said: list[str] = []
    python = set_up_lava(python=pretender(tmp_path), show=said.append)
    assert python == tmp_path / "cache" / "lava" / "bin" / "python"
    assert not (tmp_path / "cache" / "lava" / UNFINISHED).exists()
    assert "  collecting" in said
    asked = (tmp_path / "asked").read_text()
    assert all(word in asked for word in ("install", *REQUIREMENTS))
    assert "index" not in asked
    assert str(python) in lava_python._candidates()
    said.clear()
    assert set_up_lava(python=pretender(tmp_path), show=said.append) == python
    assert said == [f"there is one already: {tmp_path / 'cache' / 'lava'}"]


def test_lava_python_and_the_doctor_find_it(tmp_path: Path) -> None:
    python = set_up_lava(python=pretender(tmp_path), show=lambda _: None)
    if lava_python._imports_lava(sys.executable):
        pytest.skip("this interpreter imports lava itself, and goes first")
    assert lava_python.lava_python() == str(python)
    (found,) = (f for f in examine() if f.name == "lava-nc")
    assert found.state == "ok"
    assert str(python) in found.text


def test_python310_is_looked_for_in_pyenv_and_uv_and_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.version_info[:2] == (3, 10):
        pytest.skip("this interpreter is a Python 3.10 itself")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    shim = tmp_path / "bin" / "python3.10"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    with pytest.raises(ToolchainError, match=r"no Python 3\.10 on this machine") as missing:
        set_up_lava()
    assert str(shim) in missing.value.where
    assert "--python PATH" in missing.value.remedy
    assert not (tmp_path / "cache").exists()
    real = "/bin:/usr/bin"
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{real}")
    uv = pretender(tmp_path / "uv", name="cpython-3.10.4-linux/bin/python3.10")
    assert python310() == uv
    pyenv = pretender(tmp_path / "pyenv", name="versions/3.10.13/bin/python3.10")
    assert python310() == pyenv


def test_an_interpreter_of_another_version_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    with pytest.raises(ToolchainError, match=r"is no Python 3\.10"):
        set_up_lava(tmp_path / "env", python=str(other))
    assert not (tmp_path / "env").exists()


@pytest.mark.parametrize(
    ("pip", "words"),
    [
        ("echo wheels are broken; exit 1", "lava-nc could not be made ready"),
        ("echo 'ERROR: No matching distribution found for lava-nc'; exit 1", "reached no index"),
        ("echo 'NewConnectionError: Name or service not known'; exit 1", "reached no index"),
    ],
)
def test_a_pip_that_fails_leaves_nothing_and_shows_its_log(
    tmp_path: Path, pip: str, words: str
) -> None:
    with pytest.raises(ToolchainError, match=words) as found:
        set_up_lava(tmp_path / "env", python=pretender(tmp_path, pip), show=lambda _: None)
    assert pip.split("echo ")[1].split(";")[0].strip("'") in found.value.where
    assert not (tmp_path / "env").exists()


def test_a_pip_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    hangs = pretender(tmp_path, f"sleep 600 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(ToolchainError, match="not ready within"):
        set_up_lava(tmp_path / "env", python=hangs, show=lambda _: None, timeout=1.0)
    assert not alive((tmp_path / "child").read_text().strip())
    assert not (tmp_path / "env").exists()


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def show(line: str) -> None:
        if "pip installs" in line:
            raise KeyboardInterrupt  # not SIGINT itself, which may be ignored here

    with pytest.raises(KeyboardInterrupt):
        set_up_lava(tmp_path / "env", python=pretender(tmp_path), show=show)
    assert not (tmp_path / "env").exists()


def test_what_a_kill_left_is_not_used_and_made_anew(tmp_path: Path) -> None:
    half = tmp_path / "cache" / "lava"
    pretender(half, name="bin/python")
    (half / UNFINISHED).touch()
    assert str(half / "bin" / "python") not in lava_python._candidates()
    (half / "litter").touch()
    set_up_lava(python=pretender(tmp_path), show=lambda _: None)
    assert not (half / "litter").exists()
    assert not (half / UNFINISHED).exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "thesis.tex").write_text("all of it")
    with pytest.raises(ConfigurationError, match="something else"):
        set_up_lava(tmp_path / "env", python=pretender(tmp_path))
    assert (tmp_path / "env" / "thesis.tex").read_text() == "all of it"


def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = pretender(tmp_path)
    assert main(["lava", "setup", str(tmp_path / "mine"), "--python", python]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[-2] == f"ready: {tmp_path / 'mine' / 'bin' / 'python'}"
    assert shown[-1].endswith(f"GENPROP_LAVA_PYTHON={tmp_path / 'mine' / 'bin' / 'python'}")
    assert main(["lava", "setup", "--python", str(tmp_path / "nowhere")]) == 2
    assert "is no Python 3.10" in capsys.readouterr().err


def test_while_it_is_made_nobody_takes_it_for_whole(tmp_path: Path) -> None:
    seen: list[bool] = []

    def show(line: str) -> None:
        if "collecting" in line:
            seen.append((tmp_path / "cache" / "lava" / UNFINISHED).exists())

    set_up_lava(python=pretender(tmp_path), show=show)
    assert seen == [True]
