"""The page of a retargeted run says what its report says, and needs nothing but itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genprop.backends.loihi.chip.costs import CONSTANTS, ESTIMATE
from genprop.backends.loihi.chip.published import PUBLISHED
from genprop.backends.loihi.files.netx import effective_weights
from genprop.errors import ConfigurationError
from genprop.experiment.deploy import Deployed, retarget_run
from genprop.report.chip_report import chip_page_view, write_chip_report
from genprop.report.figures.chip_data import collect_chip
from genprop.report.render import render_chip_report
from tests.report.test_run_report import CHROMIUM, dom, fetches, read
from tests.train.small_run import small_run

TABLES = {
    "agreement",
    "populations",
    "projections",
    "resources",
    "estimates",
    "constants",
    "published",
}


@pytest.fixture(scope="module")
def found(run: Path) -> Deployed:
    return retarget_run(run, overrides=["compile.clock=grid"])


@pytest.fixture(scope="module")
def page(found: Deployed) -> Path:
    return write_chip_report(found)


def test_the_page_stands_in_the_run_and_is_well_formed(found: Deployed, page: Path) -> None:
    assert page == found.run / "loihi.html"
    tags = read(page).tags
    names = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(names) == len(set(names))
    assert {"samples", "predictions", "activity", "weights", "configuration", *TABLES} <= set(names)
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    assert {link.removeprefix("#") for link in links} <= set(names)


def test_the_page_fetches_nothing_and_runs_nothing(page: Path) -> None:
    assert fetches(page) == []


def test_the_numbers_are_those_of_the_report(found: Deployed, page: Path) -> None:
    reader = read(page)
    text = " ".join(reader.text)
    seen, report = found.agreement, found.report
    assert seen.predictions is not None
    assert seen.accuracy is not None
    assert report.energy is not None
    assert report.latency is not None
    for number in (
        f"{seen.predictions:.2%}",
        f"{seen.accuracy[0]:.2%}",
        f"{seen.accuracy[1]:.2%}",
        f"{seen.correlation:.4f}",
        f"{report.energy.least:.3g} – {report.energy.most:.3g} µJ",
        f"{report.latency.least:.3g} – {report.latency.most:.3g} ms",
    ):
        assert number in reader.text
    assert "n = 30" in text
    assert text.count(ESTIMATE) >= 4
    rows = {row[0]: row for row in reader.rows if row}
    for cell in report.cells:
        assert rows[cell.name][-2:] == ["0", "0"] or sum(report.activity.wraps.values())
    for s in report.synapses:
        assert rows[s.name][2:5] == [f"{s.synapses:,}", f"{s.clipped:,}", f"{s.zeroed:,}"]
        assert rows[s.name][6] == str(s.longest)
    assert [p.method for p in report.placements] == ["index", "min-cut"]  # it has no positions
    for placed in report.placements:
        assert rows[placed.method][1:3] == [str(placed.cores), f"{placed.hops:,.4g}"]


def test_every_constant_and_published_figure_stands_with_its_source(page: Path) -> None:
    rows = read(page).rows
    for constant in CONSTANTS:
        assert [constant.what, str(constant), constant.unit, constant.source] in rows
        assert re.search("Davies|Intel Labs|calibrated, not read", constant.source)
    for figure in PUBLISHED:
        assert [figure.paper, figure.what, figure.value, figure.standing] in rows
        assert figure.standing


def test_what_must_not_be_overlooked_is_remarked(found: Deployed) -> None:
    activity = replace_activity(found, wraps=7, saturations=3)
    remarks = " ".join(map(str, _list(chip_page_view(activity)["remarks"])))
    assert "left its 24 bits 7 times" in remarks
    assert "held at the end of its 24 bits 3 times" in remarks
    assert chip_page_view(found)["remarks"] == [
        f"Unconfirmed: {words}." for words in found.report.resources.warnings
    ]


def test_of_a_run_on_the_exact_clock_it_is_told_what_rounding_to_steps_costs(run: Path) -> None:
    exact = retarget_run(run)
    page = chip_page_view(exact)
    first, *_ = map(str, _list(page["remarks"]))
    assert "learned on the exact clock; the chip runs in steps" in first
    steps = exact.agreement.steps
    assert steps is not None
    assert steps.loss is not None
    assert f"a loss of {steps.loss[1]:.4g} instead of {steps.loss[0]:.4g}" in first
    facts = [str(fact) for fact in _list(page["facts"])]
    assert any("accuracy in floats, in the chip's steps" in fact for fact in facts)


def test_a_run_that_learned_on_the_grid_says_what_float_means(tmp_path: Path) -> None:
    aware = retarget_run(small_run(tmp_path, "epochs=1", "quantise.weight_bits=4"))
    first, *_ = map(str, _list(chip_page_view(aware)["remarks"]))
    assert "rounded already" in first


def replace_activity(found: Deployed, wraps: int, saturations: int) -> Deployed:
    activity = found.report.activity.copy()
    activity.wraps["hidden"], activity.saturations["out"] = wraps, saturations
    return replace(found, report=replace(found.report, activity=activity))


def _list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def test_drawn_weights_and_voltages_are_those_of_the_chip_in_the_models_units(
    found: Deployed,
) -> None:
    data = collect_chip(found.recorders, found.simulator, found.chip, found.data, "test", (4,))
    for entry, made in zip(data.weights, found.chip.network.synapses, strict=True):
        assert len(np.unique(entry.rounded)) == len(np.unique(effective_weights(made)))
        assert np.abs(entry.rounded - entry.exact).max() < 0.02 * np.abs(entry.exact).max()
    (view,) = data.samples
    assert view.index == 4
    exact, ours = view.readouts["out.v"]
    assert exact.shape == ours.shape == (60, 3)
    late = np.abs(exact - ours)[-10:].max()  # a spike that moved by a step has died away by then
    assert late < 0.01 * np.abs(exact).max()
    assert np.corrcoef(exact.ravel(), ours.ravel())[0, 1] > 0.99
    one, other = found.recorders
    for side, rates in ((0, one.rates()), (1, other.rates())):
        told = found.agreement.spikes["hidden"][side]
        assert rates["hidden"].mean() == pytest.approx(told)


def test_samples_that_are_not_there_are_refused(found: Deployed) -> None:
    with pytest.raises(ConfigurationError, match="no sample 30"):
        write_chip_report(found, samples=(30,))


def test_names_are_text_and_never_markup(found: Deployed) -> None:
    named = replace(found, report=replace(found.report, name="<b>&amp;</b><script>"))
    reader = read(render_chip_report(chip_page_view(named)))
    assert "script" not in [tag for tag, _ in reader.tags]
    assert "<b>&amp;</b><script> on Loihi 2" in reader.text


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
@pytest.mark.parametrize(("width", "scheme"), [(380, "dark"), (1280, "light")])
def test_no_browser_has_to_scroll_sideways(
    page: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    ask = "<script>document.title = 'measured ' + [document.documentElement.scrollWidth,"
    ask += " innerWidth].join('|')</script></body>"
    copy = tmp_path / "page.html"
    copy.write_text(page.read_text(encoding="utf-8").replace("</body>", ask), encoding="utf-8")
    measured = re.search(
        r"<title>measured (\d+)\|(\d+)</title>", dom(copy, tmp_path, width, scheme)
    )
    assert measured is not None
    assert int(measured[1]) <= int(measured[2])
