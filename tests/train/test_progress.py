"""What one sees of a training or a long rounding, on a terminal and in a notebook."""

from __future__ import annotations

import io
import signal
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

import genprop as gp
from genprop.plot.notebook import curves_html
from genprop.train import progress
from genprop.train.callbacks import Callback, Training
from genprop.train.fit import fit
from genprop.train.progress import LineReporter, reporter, rounding_bar
from tests.train.fake import FakeSimulator, counts_task, equal_states

if TYPE_CHECKING:
    from genprop.train.history import History


class Terminal(io.StringIO):
    """Keeps what it is shown."""

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Stands for sys.stdout from now on."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setenv("TERM", "xterm")
    return shown


def test_a_rounding_that_takes_long_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    with rounding_bar() as on_rounded:
        assert on_rounded is not None
        on_rounded("in->hidden", 1, 7)
        on_rounded("hidden->out", 3, 3)
    assert "in->hidden" in shown.getvalue()
    assert "1/7" in shown.getvalue()
    assert "3/3" in shown.getvalue()


def test_a_short_one_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal(monkeypatch)
    with rounding_bar() as on_rounded:
        assert on_rounded is not None
        on_rounded("in->hidden", 7, 7)
    assert not shown.getvalue()


def test_nothing_is_told_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with rounding_bar() as on_rounded:
        assert on_rounded is None


class Shown:
    """What IPython's display gives: a place whose content can change."""

    def __init__(self) -> None:
        self.contents: list[str] = []
        self.pages: list[str] = []

    def __call__(self, content: dict[str, str], *, raw: bool, display_id: bool) -> Shown:
        assert raw and display_id
        return self._keep(content)

    def update(self, content: dict[str, str], *, raw: bool) -> None:
        assert raw
        self._keep(content)

    def _keep(self, content: dict[str, str]) -> Shown:
        self.contents.append(content["text/plain"])
        self.pages.append(content["text/html"])
        return self


class ZMQInteractiveShell:
    """The shell of a notebook's kernel, by its name."""


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Shown:
    shown, package, display = Shown(), ModuleType("IPython"), ModuleType("IPython.display")
    monkeypatch.setattr(package, "get_ipython", ZMQInteractiveShell, raising=False)
    monkeypatch.setattr(package, "version_info", (9, 0), raising=False)
    monkeypatch.setattr(display, "display", shown, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return shown


def test_a_notebook_shows_a_bar_in_place_and_a_line_per_epoch(
    notebook: Shown, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(FakeSimulator(batch=8), counts_task(45), epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["1/2", "2/2"]
    *drawn, last = notebook.contents
    assert last == ""  # no bar is left behind
    assert any(text.startswith("epoch 2/2 ━") and " 6/6  loss " in text for text in drawn)
    assert all(len(text.split()[2]) == 24 for text in drawn)


def test_a_notebook_shows_curves_that_grow_and_stay(
    notebook: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is in the extra 'plot'")
    monkeypatch.setattr("genprop.train.notebook._OF_TIME", 1e9)  # each epoch draws them anew
    history = fit(FakeSimulator(batch=8), counts_task(45), counts_task(9), epochs=3)
    *during, last = notebook.pages
    assert all('<progress value="' in page and "epoch" in page for page in during)
    assert "<svg" not in during[0] and "<progress" not in last
    curves = [page[page.index("<svg") :] for page in [*during, last] if "<svg" in page]
    assert len(set(curves)) >= 2, "they grew"
    assert curves[-1] == curves_html(history)[curves_html(history).index("<svg") :]
    assert "training" in last and "validation" in last and "accuracy [%]" in last


def test_curves_take_no_more_of_the_time_than_a_twentieth(
    notebook: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def slow(history: History) -> str:
        time.sleep(0.05)
        drawn.append(len(history))
        return "curves"

    monkeypatch.setattr("genprop.plot.notebook.curves_html", slow)
    fit(FakeSimulator(batch=8), counts_task(9), epochs=12)
    assert drawn[0] == 2 and drawn[-1] == 12
    assert len(drawn) <= 4, "twelve epochs of milliseconds pay for few drawings"
    assert notebook.pages[-1] == "<div></div>curves"


def test_a_notebook_without_matplotlib_has_the_bar_alone(
    notebook: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    fit(FakeSimulator(batch=8), counts_task(45), epochs=3)
    assert any("<progress" in page for page in notebook.pages)
    assert notebook.pages[-1] == "<div></div>"


def test_ctrl_c_in_a_cell_saves_leaves_no_bar_and_the_next_cell_goes_on(
    notebook: Shown, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A notebook sends SIGINT to its kernel, which runs the cell in its main thread."""

    class Interrupt(Callback):
        def on_batch_end(self, training: Training) -> None:
            if (training.epoch, training.batch) == (2, 2):
                signal.raise_signal(signal.SIGINT)

    sim, task = FakeSimulator(batch=8), counts_task(45)
    with pytest.raises(KeyboardInterrupt):
        fit(sim, task, epochs=3, callbacks=[Interrupt()], run=tmp_path / "run")
    assert notebook.contents[-1] == ""
    assert "resume=True" in capsys.readouterr().out
    history = fit(sim, task, epochs=3, run=tmp_path / "run", resume=True)
    whole = FakeSimulator(batch=8)
    assert history == fit(whole, task, epochs=3, progress=False)
    assert equal_states(sim.state(), whole.state())


def test_a_terminal_that_runs_ipython_is_no_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("IPython")
    monkeypatch.setattr(package, "get_ipython", object, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", package)
    assert type(reporter(True)) is LineReporter


@pytest.mark.parametrize(("weight", "told"), [(0.01, True), (3.0, False)])
def test_a_population_that_never_spikes_is_told(
    weight: float, told: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is learned through it, and the loss alone does not tell why."""
    data, net = gp.data.yin_yang(20, seed=0), gp.Network("quiet")
    source = net.population("input", data.channels, gp.spikes())
    cells = net.population("cells", 3, gp.neuron("LIF"))
    out = net.population("out", data.classes, gp.neuron("LI"))
    net.connect(source, cells, gp.synapse("exp"), weight=gp.learn(weight))
    net.connect(cells, out, gp.synapse("exp"), weight=gp.learn(gp.normal(0.0, 0.5)))
    sim = gp.compile(
        net,
        loss=gp.CrossEntropy(gp.maximum(out, "v")),
        optimiser=gp.Adam(),
        clock="grid",
        dt=1.0,
        duration=60.0,
        batch=20,
        backend="reference",
    )
    gp.fit(sim, data, epochs=1)
    assert ("(cells never spiked)" in capsys.readouterr().out) == told
