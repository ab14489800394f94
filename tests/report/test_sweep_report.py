"""The page of a sweep says what its table and its trainings' histories say, and needs nothing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from genprop.cli.main import main
from genprop.errors import ConfigurationError, DataError
from genprop.experiment.sweep import run_sweep, shown_cell
from genprop.report.figures.sweeps import sweep_curves
from genprop.report.sweep_report import short_group, sweep_view, write_sweep_report
from genprop.train.history import History, Record
from tests.experiment.test_config import write
from tests.plot.drawn import axes
from tests.report.test_run_report import CHROMIUM, Reader, dom, fetches
from tests.train.fake import ROOT

SHORT = 'network = "network.py"\n[fit]\nepochs = 2\n'


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rates of two seeds each."""
    folder = tmp_path_factory.mktemp("sweep")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        settings = ["seed=0..1", "options.rate=0.05,0.2"]
        run_sweep(write(folder, SHORT), settings, folder / "runs", jobs=2, on_case=lambda _: None)
    return folder / "runs"


def read(page: Path) -> tuple[Reader, str]:
    text = page.read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(text)
    assert not reader.open
    return reader, text


def test_the_table_on_the_page_is_that_of_the_sweep(sweep: Path) -> None:
    rows = json.loads((sweep / "sweep.json").read_text())["table"]
    reader, text = read(write_sweep_report(sweep, sweep.parent / "page.html"))
    shown = {cells[0]: cells for cells in reader.rows if cells}
    for group in ("rate=0.05", "rate=0.2"):
        own = [r for r in rows if r["group"] == f"options.{group}"]
        found = next(r for r in own if r["metric"] == "test.accuracy")
        assert f"{100 * found['mean']:.4g}" in shown[group][1]
        assert shown[group][-1] == "2"
    means = {short_group(r["group"]): r["mean"] for r in rows if r["metric"] == "valid.accuracy"}
    best = max(means, key=lambda group: means[group])
    assert f"Best by valid.accuracy: {best}" in text
    assert re.search(rf'<tr class="best"><td>{best}</td>', text)
    assert [cells[0] for cells in reader.rows[-20:]].count("0") == 2, "each training has a row"


def test_every_training_has_its_curve(sweep: Path) -> None:
    history = [
        History([Record(k, {"train.accuracy": k / 9, "valid.accuracy": k / 10}) for k in (1, 2)])
    ]
    (figure,) = sweep_curves({"a": history * 3, "b": history}, "a")
    assert [panel.title for panel in figure.panels] == ["a (best)", "b"]
    drawn = [axes(), axes()]
    for ax, panel in zip(drawn, figure.panels, strict=True):
        panel.charts[0].draw(ax)
    assert [len(ax.get_lines()) for ax in drawn] == [5, 3]
    for line in drawn[0].get_lines()[:4]:
        assert np.asarray(line.get_ydata()).tolist() == [10.0, 20.0]
    assert drawn[0].get_ylim() == drawn[1].get_ylim(), "groups are compared on one scale"
    assert sweep_curves({}, "") == []
    _, text = read(write_sweep_report(sweep, sweep.parent / "page.html"))
    assert text.count("<svg") == 2


def test_a_sweep_of_losses_alone_is_shown_too() -> None:
    (figure,) = sweep_curves({"all": [History([Record(1, {"train.loss": 2.0})])]}, "all")
    assert figure.panels[0].title == "all (best)"
    ax = axes()
    figure.panels[0].charts[0].draw(ax)
    assert ax.get_ylabel() == "mean loss per sample"
    assert ax.get_ylim()[0] == 0.0


def test_the_page_fetches_nothing_and_is_the_same_each_time(sweep: Path, tmp_path: Path) -> None:
    a, b = (write_sweep_report(sweep, tmp_path / name) for name in ("a.html", "b.html"))
    reader, _ = read(a)
    assert a.read_bytes() == b.read_bytes()
    assert fetches(a) == []
    known = {attributes["id"] for _, attributes in reader.tags if "id" in attributes}
    links = {a["href"].removeprefix("#") for tag, a in reader.tags if tag == "a"}
    assert links <= known


def test_the_command_writes_the_page_of_a_sweep(
    sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(sweep)]) == 0
    assert capsys.readouterr().out.strip() == str(sweep / "report.html")
    assert main(["report", str(sweep), "--samples", "1"]) == 2
    assert "one run" in capsys.readouterr().err


def test_a_sweep_that_has_not_ended_or_is_damaged_is_told(sweep: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no sweep\.json"):
        write_sweep_report(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(sweep, copy)
    for damage in ("{", '{"table": 3}', "[]"):
        (copy / "sweep.json").write_text(damage)
        with pytest.raises(DataError, match="damaged"):
            write_sweep_report(copy)


def test_a_training_without_its_folder_leaves_a_gap_and_no_fault(
    sweep: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(sweep, copy)
    for folder in copy.glob("seed=*"):
        shutil.rmtree(folder)
    assert sweep_view(copy)["figures"] == []


def test_a_single_run_has_no_deviation() -> None:
    assert shown_cell(None) == "–"


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
@pytest.mark.parametrize("width", [380, 1280])
def test_no_browser_has_to_scroll_a_sweep_sideways(sweep: Path, tmp_path: Path, width: int) -> None:
    page = write_sweep_report(sweep, tmp_path / "page.html")
    ask = "<script>document.title = [document.documentElement.scrollWidth, innerWidth].join('|')"
    text = page.read_text(encoding="utf-8").replace("</body>", f"{ask}</script></body>")
    page.write_text(text, encoding="utf-8")
    found = re.search(r"<title>(\d+)\|(\d+)</title>", dom(page, tmp_path, width, "light"))
    assert found is not None
    assert int(found[1]) <= int(found[2])
