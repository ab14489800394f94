"""Charts: what was drawn where, in a page's colours, and files for papers."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from genprop._resources import data_dir
from genprop.errors import ConfigurationError
from genprop.plot import confusion, distribution, raster, states
from genprop.plot.style import rule
from genprop.report.figures.drawing import draw_figures, panel_svg
from genprop.report.figures.figure import Chart, Figure, Panel, drawing

TIMES = np.arange(5.0)


def every_mark() -> Figure:
    curves = np.stack([TIMES, 4 - TIMES], axis=1)
    counts = np.array([[3, 1], [0, 4]])
    panels = (
        Panel(
            "a",
            (
                Chart(drawing(raster, (TIMES, TIMES), size=5, duration=4.0), "spikes", 0.6),
                Chart(drawing(states, curves, chosen={}, others="label <&>"), "v < 5"),
            ),
        ),
        Panel("b", (Chart(drawing(distribution, {"after": TIMES, "before": TIMES}), "n"),)),
        Panel("c", (Chart(lambda ax: rule(ax, 1.0, "mean"), "rule"),)),
        Panel("d", (Chart(drawing(confusion, counts, ("yes", "no")), "c"),)),
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
