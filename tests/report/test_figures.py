"""Charts: ticks that are round, pixels that are proportional, files for papers."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from genprop.errors import ConfigurationError
from genprop.report.figures.chart import Axis, Bars, Chart, Dots, Figure, Heat, Line, Panel
from genprop.report.figures.paper import draw_figures
from genprop.report.figures.scales import Scale, span, ticks
from genprop.report.figures.svg import lay_out, thinned

AXES = [(0, 1), (-3.2, 7.9), (0, 0.00123), (1, 12), (0, 123456), (-0.1, 2.5e6), (99.1, 99.3)]


def number(text: str) -> float:
    scale = {"k": 1e3, "M": 1e6}.get(text[-1], 1.0)
    return scale * float(text.rstrip("kM").replace("−", "-"))


@pytest.mark.parametrize(("low", "high"), AXES)
@pytest.mark.parametrize("most", [3, 6, 10])
def test_ticks_lie_on_the_axis_and_say_where_they_are(low: float, high: float, most: int) -> None:
    found = ticks(Axis("", low, high), most)
    assert 1 <= len(found) <= most
    for at, text in found:
        assert low - 1e-9 <= at <= high + 1e-9
        assert abs(number(text) - at) <= 1e-6 * (high - low)
    assert len({text for _, text in found}) == len(found)


def test_ticks_of_whole_things_are_whole() -> None:
    assert [at for at, _ in ticks(Axis("", 0, 2.1, whole=True), 9)] == [0, 1, 2]


def test_a_span_holds_every_finite_value() -> None:
    low, high = span(np.array([1.0, np.nan, 3.0]), np.array([[-2.0, np.inf]]))
    assert low < -2
    assert high > 3
    assert span(np.array([np.nan])) == (0.0, 1.0)
    assert span(np.array([5.0]), floor=0.0)[0] == 0.0


def test_pixels_are_proportional_to_values() -> None:
    scale = Scale(0.0, 10.0, 200.0, 100.0)
    assert [scale(v) for v in (0, 5, 10)] == [200.0, 150.0, 100.0]


def test_a_curve_goes_through_its_points_and_breaks_where_there_are_none() -> None:
    x, y = np.arange(5.0), np.array([0.0, 1.0, np.nan, 3.0, 4.0])
    chart = Chart(Axis("x", 0, 4), Axis("y", 0, 4), "a curve", lines=(Line(x, y),))
    paths = lay_out(chart)["paths"]
    assert isinstance(paths, list)
    (path,) = paths
    assert path["d"].count("M") == 2
    points = np.array(re.findall(r"[ML]([\d.]+) ([\d.]+)", path["d"]), float)
    assert np.allclose(np.diff(points[:, 0]), np.array([1, 2, 1]) * (points[1, 0] - points[0, 0]))
    assert np.allclose(np.diff(points[:, 1]), np.array([1, 2, 1]) * (points[1, 1] - points[0, 1]))


def test_a_long_curve_keeps_its_lowest_and_highest_value() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    kept = thinned(values, 100)
    assert len(kept) <= 100
    assert {values.argmin(), values.argmax()} <= set(kept.tolist())


def test_the_shade_of_a_heat_map_is_the_root_of_the_share_of_the_row() -> None:
    heat = Heat(np.array([[9, 1], [0, 0]]))
    assert np.allclose(heat.shade**2, [[0.9, 0.1], [0, 0]])


def every_mark() -> Figure:
    axis = Axis("time [ms]", 0.0, 4.0)
    x = np.arange(5.0)
    raster = Chart(axis, Axis("neuron", -0.5, 4.5), "spikes", dots=(Dots(x, x, 1),))
    curve = Chart(axis, Axis("v", 0, 4), "v", lines=(Line(x, x, "label"), Line(x, 4 - x)))
    bars = Chart(axis, Axis("n", 0, 4), "n", bars=(Bars(x, x[1:], "after"),))
    names = ("yes", "no")
    heat = Chart(
        Axis("answer", -0.5, 1.5, names=names),
        Axis("label", 1.5, -0.5, names=names),
        "confusion",
        heat=Heat(np.array([[3, 1], [0, 4]])),
    )
    panels = (Panel("a", (raster, curve)), Panel("b", (bars,)), Panel("c", (heat,)))
    return Figure("all", "All", "", panels)


def test_figures_for_papers_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")
    first = draw_figures([every_mark()], tmp_path / "a")
    again = draw_figures([every_mark()], tmp_path / "b")
    assert [path.name for path in first] == ["all.svg", "all.pdf"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[1].read_bytes().startswith(b"%PDF")
    text = first[0].read_text(encoding="utf-8")
    for word in ("time [ms]", "label", "after", "yes"):
        assert f">{word}</text>" in text


def test_without_matplotlib_the_line_to_install_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'genprop\[plot\]'"):
        draw_figures([every_mark()], tmp_path)
