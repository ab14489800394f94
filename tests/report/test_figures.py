"""Charts: what was drawn where, in a page's colours, and files for papers."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from genprop._resources import data_dir
from genprop.errors import ConfigurationError
from genprop.report.figures.drawing import draw_figures, panel_svg
from genprop.report.figures.figure import Chart, Figure, Panel
from genprop.report.figures.plots import confusion, histograms, raster, rule, traces
from tests.report.drawn import axes

TIMES = np.arange(5.0)


def test_a_raster_has_a_stroke_at_every_spike() -> None:
    ax = axes()
    times, neurons = np.array([1.5, 4.0]), np.array([2, 0])
    raster(ax, times, neurons, 3, 5.0, "hidden")
    (line,) = ax.get_lines()
    x, y = (np.asarray(values).reshape(-1, 3) for values in line.get_data())
    assert np.array_equal(x, np.repeat(times, 3).reshape(-1, 3))
    assert np.allclose(y[:, :2].mean(axis=1), neurons)
    assert np.isnan(y[:, 2]).all()
    assert (ax.get_xlim(), ax.get_ylim()) == ((0.0, 5.0), (-0.5, 2.5))


def test_histograms_share_their_bins_and_count_what_is_finite() -> None:
    ax = axes()
    histograms(ax, {"after": np.array([0.0, 4.0, 4.0, np.nan]), "before": TIMES}, bins=4)
    after, before = (np.asarray(patch.get_path().vertices) for patch in ax.patches)
    assert np.unique(after[:, 0]).tolist() == np.unique(before[:, 0]).tolist() == [0, 1, 2, 3, 4]
    assert (after[:, 1].max(), before[:, 1].max()) == (2, 2)


@pytest.mark.parametrize("rates", [np.zeros(3), np.array([2.0]), np.zeros(0)])
def test_a_histogram_of_one_value_or_none_is_drawn(rates: np.ndarray) -> None:
    ax = axes()
    histograms(ax, {"": rates}, low=0.0)
    assert ax.get_xlim()[1] > ax.get_xlim()[0]


def test_the_shade_of_a_confusion_is_the_root_of_the_share_of_the_row() -> None:
    ax = axes()
    confusion(ax, np.array([[9, 1], [0, 0]]), ("yes", "no"), "prediction", "label")
    (mesh,) = ax.collections
    assert np.allclose(np.ravel(np.asarray(mesh.get_array())) ** 2, [0.9, 0.1, 0, 0])
    assert [text.get_text() for text in ax.texts] == ["9", "1", "0", "0"]
    assert ax.get_ylim() == (2, 0), "the first label stands above"


def test_a_large_confusion_numbers_its_columns_and_leaves_its_cells_bare() -> None:
    ax = axes()
    names = tuple(f"word {k}" for k in range(40))
    confusion(ax, np.eye(40, dtype=int), names, "prediction", "label")
    assert [tick.get_text() for tick in ax.get_xticklabels()][:2] == ["0", "3"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(names)
    assert not ax.texts


def every_mark() -> Figure:
    curves = np.stack([TIMES, 4 - TIMES], axis=1)
    counts = np.array([[3, 1], [0, 4]])
    panels = (
        Panel(
            "a",
            (
                Chart(lambda ax: raster(ax, TIMES, TIMES, 5, 4.0, "neuron"), "spikes", 0.6),
                Chart(lambda ax: traces(ax, TIMES, curves, "label <&>"), "v < 5"),
            ),
        ),
        Panel("b", (Chart(lambda ax: histograms(ax, {"after": TIMES, "before": TIMES}), "n"),)),
        Panel("c", (Chart(lambda ax: rule(ax, 1.0, "mean"), "rule"),)),
        Panel("d", (Chart(lambda ax: confusion(ax, counts, ("yes", "no"), "x", "y"), "c"),)),
    )
    return Figure("all", "All", "", panels)


def test_what_is_drawn_for_a_page_has_the_pages_colours_alone() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")
    style = (data_dir("templates") / "report/style.css.j2").read_text(encoding="utf-8")
    drawn = [panel_svg(panel, panel.title) for panel in every_mark().panels]
    used = set(re.findall(r"var\(--(\w+)\)", "".join(drawn)))
    assert {"c0", "c1", "muted", "ink", "soft", "rule", "page"} <= used
    assert all(style.count(f"--{name}:") == 2 for name in used), "by day and by night"
    assert re.findall(r"#[0-9a-f]{3,8}\b(?!\))|rgb|black|white", "".join(drawn)) == []


def test_what_is_drawn_for_a_page_is_the_same_each_time_and_keeps_its_parts_apart() -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")
    panel = every_mark().panels[0]
    one, same, other = (panel_svg(panel, name) for name in ("one", "one", "other"))
    assert one == same
    places, others = (re.findall(r'id="([^"]*)"', text) for text in (one, other))
    assert places
    assert len({*places, *others}) == len(places) + len(others)
    assert {*re.findall(r"#(\w+)", one)} == {*places}
    assert 'aria-label="spikes. v &lt; 5"' in one
    assert "label &lt;&amp;&gt;</text>" in one


def test_figures_for_papers_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")
    first = draw_figures([every_mark()], tmp_path / "a")
    again = draw_figures([every_mark()], tmp_path / "b")
    assert [path.name for path in first] == ["all.svg", "all.pdf"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[1].read_bytes().startswith(b"%PDF")
    text = first[0].read_text(encoding="utf-8")
    for word in ("neuron", "label &lt;&amp;&gt;", "after", "yes"):
        assert f">{word}</text>" in text


def test_without_matplotlib_the_line_to_install_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'genprop\[plot\]'"):
        draw_figures([every_mark()], tmp_path)
