"""retarget from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from genprop.backends.loihi.files.netx import read_netx
from genprop.cli.main import main


def test_a_run_is_retargeted_and_written(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["retarget", str(run), "-o", str(tmp_path / "chip")]) == 0
    shown = capsys.readouterr().out
    assert "8 weight bits, scale 'calibrated'" in shown
    assert "30 samples  same predictions" in shown
    assert "estimate, Loihi 1 constants" in shown
    assert len(read_netx(tmp_path / "chip" / "network.net").cells) == 2
    assert (tmp_path / "chip" / "program.py").is_file()


def test_exponents_go_into_the_program_alone(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["retarget", str(run), "--exponents", "-o", str(tmp_path)]) == 0
    assert "same predictions" in capsys.readouterr().out
    assert (tmp_path / "program.py").is_file()
    assert not (tmp_path / "network.net").exists()


def test_rounding_by_data_goes_with_every_scale(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown: list[str] = []
    for rounding in ([], ["--rounding", "calibrated"], ["--rounding", "nearest"]):
        assert main(["retarget", str(run), "--bits", "4", "--scale", "max", *rounding]) == 0
        shown.append(capsys.readouterr().out)
    assert "4 weight bits, scale 'max'" in shown[0]
    assert shown[0] == shown[1] != shown[2]


def test_the_page_is_written_into_the_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retarget", str(run), "--report", "--samples", "3", "0"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(run / "loihi.html")
    text = (run / "loihi.html").read_text(encoding="utf-8")
    assert text.index("Sample 3:") < text.index("Sample 0:")
    assert "time, estimate, Loihi 1 constants" in text


def test_faults_are_told_with_status_2(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retarget", str(run), "--scale", "maximum"]) == 2
    assert "did you mean 'max'" in capsys.readouterr().err
    assert main(["retarget", str(run), "--bits", "9"]) == 2
    assert "from 2 to 8" in capsys.readouterr().err
    assert main(["retarget", "runs/none"]) == 2
    assert "no run folder" in capsys.readouterr().err
