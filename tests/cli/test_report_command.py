"""report and plot from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from genprop.cli.main import main


def test_the_page_is_written_into_the_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(run), "--split", "valid", "--samples", "4", "0"]) == 0
    assert capsys.readouterr().out.strip() == str(run / "report.html")
    text = (run / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.index("Sample 4:") < text.index("Sample 0:")
    assert "right on 20 valid samples" in text


def test_the_page_is_written_where_it_is_wanted(run: Path, tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.html"
    assert main(["report", str(run), "-o", str(page)]) == 0
    assert page.is_file()


def test_a_page_is_the_same_each_time(run: Path, tmp_path: Path) -> None:
    pages = [tmp_path / name for name in ("a.html", "b.html")]
    assert [main(["report", str(run), "-o", str(page)]) for page in pages] == [0, 0]
    assert pages[0].read_bytes() == pages[1].read_bytes()


def test_faults_are_told_with_status_2(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "runs/none"]) == 2
    assert "no run folder" in capsys.readouterr().err
    assert main(["report", str(run), "--samples", "99"]) == 2
    assert "choose from 0 to 29" in capsys.readouterr().err


def test_plot_without_matplotlib_says_how_to_get_it(
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["plot", str(run), "-o", str(tmp_path / "figures")]) == 2
    assert "pip install 'genprop[plot]'" in capsys.readouterr().err
    assert not (tmp_path / "figures").exists()


def test_plot_writes_the_figures_of_the_page(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")
    assert main(["plot", str(run), "-o", str(tmp_path / "figures"), "--format", "svg"]) == 0
    told = [Path(line) for line in capsys.readouterr().out.split()]
    assert [path.stem for path in told] == [
        "learning-curves",
        "samples",
        "distributions",
        "delays",
        "signs",
        "receptive-fields",
        "confusion",
        "activity",
        "speed",
    ]
    assert all("<svg" in path.read_text(encoding="utf-8") for path in told)
