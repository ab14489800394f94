"""The page of a run says what its files and its network say, and needs nothing but itself."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from genprop.errors import CheckpointError, ConfigurationError, DataError
from genprop.experiment.config import read_config
from genprop.experiment.experiment import compile_experiment, load_experiment
from genprop.plot import learning_curves
from genprop.report.figures import RunData, collect_run, figures
from genprop.report.render import render_report
from genprop.report.run_report import page_view, write_report
from genprop.train.checkpoint import read_snapshot
from genprop.train.history import History, Record, read_history
from tests.plot.drawn import axes
from tests.train.fake import ROOT
from tests.train.small_run import small_run

VOID = ("meta", "link", "br", "img", "hr", "input")
FIGURES = (
    "learning-curves",
    "samples",
    "distributions",
    "receptive-fields",
    "confusion",
    "activity",
    "speed",
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome"))), None)


class Reader(HTMLParser):
    """Refuses tags that do not nest; keeps tags, attributes, tables and all text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.rows: list[list[str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def read(page: Path | str) -> Reader:
    reader = Reader()
    reader.feed(page if isinstance(page, str) else page.read_text(encoding="utf-8"))
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def page(run: Path) -> Path:
    return write_report(run)


@pytest.fixture(scope="module")
def data(run: Path) -> RunData:
    return collect_run(run)


def fetches(page: Path) -> list[str]:
    """What a page takes from elsewhere or runs; places within it begin with #."""
    text = page.read_text(encoding="utf-8")
    away = r"https?:|url\((?!#)|href=\"(?!#)|@import|\bsrc=|<script|<link|<iframe|<image|\bon\w+="
    return re.findall(away, text)


def test_the_page_is_well_formed_and_its_links_lead_somewhere(page: Path) -> None:
    tags = read(page).tags
    names = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(names) == len(set(names))
    links = [attributes["href"] for tag, attributes in tags if tag == "a"]
    assert links
    assert {link.removeprefix("#") for link in links} <= set(names)


def test_the_page_fetches_nothing_and_runs_nothing(page: Path) -> None:
    assert fetches(page) == []


def test_every_figure_is_there_with_axes_that_are_named(page: Path, data: RunData) -> None:
    reader = read(page)
    shown = [attributes.get("id") for tag, attributes in reader.tags if tag == "section"]
    assert [key for key in FIGURES if key not in shown] == []
    panels = [panel for figure in figures(data) for panel in figure.panels]
    drawn = [attributes for tag, attributes in reader.tags if tag == "svg"]
    assert [d["role"] for d in drawn] == ["img"] * len(panels)
    for panel, attributes in zip(panels, drawn, strict=True):
        assert all(chart.says in attributes["aria-label"] for chart in panel.charts)
    for label in ("time [ms]", "delay [ms]", "accuracy [%]", "duration [s]", "input channel"):
        assert label in reader.text


def test_the_table_of_epochs_says_what_the_history_says(run: Path, page: Path) -> None:
    head, *rows = [row for row in read(page).rows if len(row) == 6]
    assert head == [
        "epoch",
        "train.loss",
        "train.accuracy",
        "valid.loss",
        "valid.accuracy",
        "seconds",
    ]
    records = read_history(run / "history.jsonl")
    assert len(rows) == len(records) == 3
    for row, record in zip(rows, records, strict=True):
        assert int(row[0]) == record.epoch
        for name, cell in zip(head[1:-1], row[1:-1], strict=True):
            told = float(cell.rstrip("%")) / (100 if cell.endswith("%") else 1)
            assert math.isclose(told, record.metrics[name], rel_tol=1e-3)


@pytest.mark.parametrize(("name", "factor"), [("loss", 1), ("accuracy", 100)])
def test_the_curves_are_those_of_the_history(data: RunData, name: str, factor: int) -> None:
    ax = axes()
    learning_curves(data.history, name, best=data.best, ax=ax)
    curves = {str(line.get_label()): line.get_ydata() for line in ax.get_lines()}
    for part, word in (("train", "training"), ("valid", "validation")):
        assert np.array_equal(curves[word], factor * data.history[f"{part}.{name}"])


def test_without_matplotlib_a_page_has_no_charts_and_says_how_to_get_them(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    reader = read(write_report(run, output=tmp_path / "page.html"))
    assert "svg" not in {tag for tag, _ in reader.tags}
    shown = [attributes.get("id") for tag, attributes in reader.tags if tag == "section"]
    assert [key for key in FIGURES if key not in shown] == []
    assert sum("pip install 'genprop[plot]'" in text for text in reader.text) == 1


def test_the_answers_on_the_page_are_those_of_the_result(run: Path, page: Path) -> None:
    result = json.loads((run / "result.json").read_text())
    text = " ".join(read(page).text)
    assert f"{result['test']['accuracy']:.2%} right on 30 test samples" in text
    assert f"{round(30 * result['test']['accuracy'])} of 30 right" in text
    assert f"{result['best_epoch']} of 3" in text


def test_before_are_the_values_that_training_began_with(tmp_path: Path) -> None:
    run = small_run(tmp_path, "options.rate=0.0", "epochs=1")
    trained = read_snapshot(run / "checkpoints" / "last.h5").parameters()
    changes = collect_run(run).changes
    assert len(changes) == 4
    for change in changes:
        assert np.array_equal(change.before, change.after)
        assert np.array_equal(change.before, np.ravel(trained[change.name]))


def test_before_is_drawn_from_the_seed_and_after_is_the_best(run: Path, data: RunData) -> None:
    config = read_config(run / "config.toml")
    fresh, _ = compile_experiment(load_experiment(config), config)
    best = read_snapshot(run / "checkpoints" / "best.h5").parameters()
    for change in data.changes:
        assert np.array_equal(change.before, np.ravel(fresh.parameters[change.name]))
        assert np.array_equal(change.after, np.ravel(best[change.name]))
        assert not np.array_equal(change.before, change.after)


def test_a_sample_is_drawn_with_its_events_and_the_spikes_of_the_network(run: Path) -> None:
    views = collect_run(run, samples=(25, 2)).samples
    config = read_config(run / "config.toml")
    experiment = load_experiment(config)
    sim, _ = compile_experiment(experiment, config)
    for name, value in read_snapshot(run / "checkpoints" / "best.h5").parameters().items():
        sim.parameters[name] = value
    assert [view.index for view in views] == [25, 2]
    everything = next(iter(experiment.split("test").batches(30)))
    for view in views:
        times, channels = everything.sample(view.index)
        assert np.array_equal(view.inputs[0].times, times)
        assert np.array_equal(view.inputs[0].neurons, channels)
        outcome = sim.run(everything.select([view.index]))
        counts = np.bincount(view.hidden[0].neurons, minlength=6)
        assert np.array_equal(counts, outcome.spikes["hidden"][0])
        assert outcome.scores is not None
        assert view.prediction == int(outcome.scores[0].argmax())
        highest = view.outputs[0].values.max(axis=0)  # at instants; the score looks between them
        assert np.all(highest <= outcome.scores[0] + 1e-12)
        assert np.allclose(highest, outcome.scores[0], atol=0.05)


def test_the_first_mistake_is_among_the_samples_chosen_by_default(data: RunData) -> None:
    assert [view.label for view in data.samples[:3]] != [data.samples[0].label] * 3
    assert any(view.label != view.prediction for view in data.samples)


def test_samples_that_are_not_there_are_refused(run: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no sample 30.*\n.*0 to 29"):
        collect_run(run, samples=(30,))


def test_what_is_learned_as_one_number_stands_in_a_table(page: Path, data: RunData) -> None:
    (tau,) = (c for c in data.changes if c.before.size == 1)
    row = next(row for row in read(page).rows if row[:1] == ["hidden.tau_mem"])
    assert row == ["hidden.tau_mem", "10", f"{tau.after[0]:.6g}", "ms"]


def test_equations_configuration_and_environment_are_told(page: Path) -> None:
    text = "".join(read(page).text)
    assert "dv/dt = (I − v)/τ_mem" in text
    assert "adjoint p = ∂L/∂x, backwards in time" in text
    assert "duration = 60.0" in text
    assert "processor" in text


def test_a_number_that_is_not_reproduced_is_told(run: Path, tmp_path: Path) -> None:
    copy = copied(run, tmp_path)
    result = json.loads((copy / "result.json").read_text())
    result["test"]["accuracy"] = 0.123
    (copy / "result.json").write_text(json.dumps(result))
    assert "result.json says 12.30%" in " ".join(collect_run(copy).remarks)


def test_a_changed_network_is_told(run: Path, tmp_path: Path) -> None:
    copy = copied(run, tmp_path)
    network = copy / "network.py"
    network.write_text(network.read_text().replace("tau=5 * ms", "tau=6 * ms"))
    assert "differ from those of the checkpoint" in " ".join(collect_run(copy).remarks)


def test_an_undisturbed_run_needs_no_remark(data: RunData) -> None:
    assert data.remarks == ()


def test_a_run_under_way_is_shown_as_such(run: Path, tmp_path: Path) -> None:
    copy = copied(run, tmp_path)
    (copy / "result.json").unlink()
    assert "training not finished" in " ".join(read(write_report(copy)).text)


def test_what_a_run_does_not_have_leaves_a_gap_and_no_fault(data: RunData) -> None:
    history = History([Record(1, {"train.loss": math.nan}), Record(2, {"train.loss": 1.0})])
    found = replace(data.evaluation, accuracy=None, confusion=None, predictions=None, spikes={})
    bare = replace(
        data,
        environment={},
        result={},
        history=history,
        evaluation=found,
        changes=(),
        samples=(),
        equations="",
        connections=(),
    )
    reader = read(render_report(page_view(bare)))
    shown = [attributes.get("id") for tag, attributes in reader.tags if tag == "section"]
    assert shown == ["learning-curves", "speed", "configuration"]
    assert ["1", "–", "0.00"] in reader.rows
    none = replace(bare, history=History())
    assert [f.key for f in figures(none)] == []
    read(render_report(page_view(none)))


def test_many_classes_and_neurons_are_drawn_within_the_chart(data: RunData) -> None:
    counts = np.random.default_rng(0).integers(0, 9, (35, 35))
    rates = {"hidden": np.zeros(2000)}
    found = replace(data.evaluation, confusion=counts, spikes=rates)
    names = tuple(f"word number {k}" for k in range(35))
    reader = read(render_report(page_view(replace(data, evaluation=found, classes=names))))
    assert "word number 34" in reader.text
    assert "2000 of 2000 neurons silent" in reader.text
    for tag, attributes in reader.tags:
        if tag == "text":
            assert 0 <= float(attributes["x"]) <= 400


def test_names_are_text_and_never_markup(data: RunData, run: Path, tmp_path: Path) -> None:
    """What files say, and the names in memory, which files may not have."""
    name = "<b>&amp;</b><script>"
    copy = copied(run, tmp_path)
    (copy / "environment.json").write_text(json.dumps({"processor": name}))
    named = replace(data, config=replace(data.config, name=name))
    for reader in (read(write_report(copy)), read(render_report(page_view(named)))):
        assert "script" not in [tag for tag, _ in reader.tags]
        assert name in reader.text


def test_what_is_no_run_or_damaged_is_told(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no run folder"):
        write_report(tmp_path)
    copy = copied(run, tmp_path)
    (copy / "result.json").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        write_report(copy)
    (copy / "checkpoints" / "best.h5").unlink()
    with pytest.raises(CheckpointError, match="no checkpoint"):
        write_report(copy)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1280])
def test_no_browser_has_to_scroll_sideways(
    page: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    ask = (
        "<script>document.title = 'measured ' + [document.documentElement.scrollWidth, innerWidth,"
    )
    ask += " matchMedia('(prefers-color-scheme: dark)').matches,"
    ask += " getComputedStyle(document.body).backgroundColor].join('|')</script></body>"
    copy = tmp_path / "page.html"
    text = page.read_text(encoding="utf-8").replace("<details>", "<details open>")
    copy.write_text(text.replace("</body>", ask), encoding="utf-8")
    found = re.search(r"<title>measured (.*?)</title>", dom(copy, tmp_path, width, scheme))
    assert found is not None
    needed, given, dark, background = found[1].split("|")
    assert int(needed) <= int(given)
    assert dark == str(scheme == "dark").lower()
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == (scheme == "dark")


def dom(page: Path, folder: Path, width: int, scheme: str) -> str:
    """What Chromium makes of a page."""
    assert CHROMIUM is not None
    line = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        f"--user-data-dir={folder / 'profile'}",
        f"--window-size={width},1000",
        f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(line, capture_output=True, timeout=120, check=True)
    return done.stdout.decode("utf-8")


def copied(run: Path, folder: Path) -> Path:
    """A copy of the run with its network beside it."""
    shutil.copytree(run.parent, folder / "copy")
    return folder / "copy" / run.name


def test_a_simulator_without_a_description_has_a_report_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from genprop.experiment.training import train_run
    from tests.experiment.test_config import write

    monkeypatch.setenv("PYTHONPATH", os.fspath(ROOT))
    text = 'network = "network.py"\nname = "toy"\n[fit]\nepochs = 2\n'
    config = read_config(write(tmp_path, text))
    train_run(config, tmp_path / "run", progress=False)
    reader = read(write_report(tmp_path / "run"))
    shown = [attributes.get("id") for tag, attributes in reader.tags if tag == "section"]
    assert "equations" not in shown
    assert "confusion" in shown
