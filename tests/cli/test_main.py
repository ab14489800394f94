from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from genprop.cli import _command
from genprop.cli import main as cli
from genprop.cli.main import command_names, main
from genprop.errors import DataError, InternalError


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENPROP_CACHE", str(tmp_path / "cache"))


def replaced_by(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``genprop doctor`` end in ``error``."""
    module = ModuleType("doctor")

    def add(commands: _command.Commands) -> None:
        commands.add_parser("doctor")

    def run(_args: object) -> int:
        raise error

    module.__dict__.update(add=add, run=run)
    monkeypatch.setattr(cli, "_module", lambda _: module)


def test_every_module_is_a_command_with_help_and_examples(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names = command_names()
    assert {"cache", "doctor"} <= set(names)
    for name in names:
        with pytest.raises(SystemExit) as done:
            main([name, "--help"])
        assert done.value.code == 0
        text = capsys.readouterr().out
        assert "examples:" in text, name
        assert text.count(f"genprop {name}") >= 2, name


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    assert all(f"\n    {name}" in text for name in command_names())


def test_a_mistyped_command_is_answered_with_the_closest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["doctr"]) == 2
    assert "did you mean 'doctor'?" in capsys.readouterr().err


def test_a_users_fault_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = DataError("labels [0, 1] do not fit", where="x.h5", remedy="look at [bold]it[/bold]")
    replaced_by(fault, monkeypatch)
    assert main(["doctor"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"error: {fault}" in shown.err
    assert "Traceback" not in shown.err


def test_our_own_fault_asks_for_a_report_and_keeps_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced_by(InternalError("x"), monkeypatch)
    with pytest.raises(InternalError):
        main(["doctor"])
    assert "report" in capsys.readouterr().err


def test_an_interrupt_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced_by(KeyboardInterrupt(), monkeypatch)
    assert main(["doctor"]) == 130


def test_the_module_runs_as_the_command() -> None:
    line = [sys.executable, "-m", "genprop", "--version"]
    prediction = subprocess.run(line, capture_output=True, text=True, check=True)
    assert prediction.stdout.startswith("genprop ")


def test_old_names_in_a_file_are_told_to_who_runs_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = 'network = "network.py"\n[fit]\nepochs = 1\n[callbacks.bump]\namount = 1.0\n'
    (tmp_path / "train.toml").write_text(text)
    assert main(["show", str(tmp_path / "train.toml")]) == 2
    shown = capsys.readouterr().err.splitlines()
    name = tmp_path / "train.toml"
    assert shown[0] == (f"warning: {name}: callbacks.bump is now called callbacks.revive_silent")
