"""A search chooses by the validation alone, and ends in the same trials however it was killed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from genprop.cli.main import main
from genprop.errors import ConfigurationError, TrainingError, UnsupportedError
from genprop.experiment import storages
from genprop.experiment.config import read_config
from genprop.experiment.pruning import pruning
from genprop.experiment.search import best_of, run_search, trial_name
from genprop.experiment.search_settings import search_of
from genprop.experiment.studies import Study, Trial
from genprop.report.figures.searches import best_so_far
from genprop.train.callbacks import Training
from genprop.train.folder import RunFolder
from genprop.train.history import History
from tests.experiment.test_config import write
from tests.experiment.test_sweep import silent
from tests.train.fake import ROOT, FakeSimulator

pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'genprop[search]'")
slow = pytest.mark.slow

HEAD = 'network = "network.py"\nseed = 3\n[fit]\nepochs = 3\n'
SEARCH = HEAD + '[search]\n"options.rate" = "log 1e-4..1"\ntrials = 8\n'


@pytest.fixture(scope="module", autouse=True)
def at_root() -> Iterator[None]:
    """The trainings of a search import their network from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        yield


def study(path: Path, root: Path, *overrides: str) -> Study:
    config = read_config(path, overrides)
    return Study(config, search_of(config), root)


def told(root: Path) -> list[dict[str, object]]:
    return json.loads((root / "search.json").read_text())["trials"]


def test_the_same_trials_are_asked_for_after_an_end(tmp_path: Path) -> None:
    path = write(tmp_path, SEARCH + '"options.kind" = ["a", "b"]\n"options.n" = "int 1..99"\n')
    whole, asked, parts = study(path, tmp_path / "whole"), list[Trial](), list[Trial]()
    for k in range(14):
        asked.append(whole.ask())
        whole.tell(asked[-1], float(asked[-1].settings["options.rate"]))
        parts.append(study(path, tmp_path / "parts").ask())
        study(path, tmp_path / "parts").tell(parts[-1], whole.trials()[k].value)
    assert parts == asked
    assert len({trial.settings["options.rate"] for trial in asked}) == 14
    assert study(path, tmp_path / "parts").trials() == whole.trials()
    assert sum(whole.importance().values()) == pytest.approx(1.0)


def test_trials_of_a_dead_search_are_left_with_all_their_settings(tmp_path: Path) -> None:
    path = write(tmp_path, SEARCH + '"options.n" = "int 1..99"\n')
    root = tmp_path / "runs"
    done, open_ = study(path, root), study(path, root)
    done.tell(done.ask(), 1.0)
    asked = open_.ask()
    assert study(path, root).left() == [asked]
    journal = root / "trials.journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    last = max(k for k, line in enumerate(lines) if b"options.n" in line)
    journal.write_bytes(b"".join(lines[:last]) + lines[last][:9])  # killed while it wrote that
    left = study(path, root).left()
    assert [t.number for t in left] == [1]
    assert left[0].settings["options.rate"] == asked.settings["options.rate"]
    assert study(path, root).left() == left, "what was cut is written anew, once"


def test_a_search_about_something_else_is_refused(tmp_path: Path) -> None:
    path, root = write(tmp_path, SEARCH), tmp_path / "runs"
    study(path, root)
    study(path, root, "search.trials=99")
    for other in ('search."options.rate"=0.1..1', "search.metric=valid.accuracy", "epochs=9"):
        with pytest.raises(ConfigurationError, match="about something else"):
            study(path, root, other)


def test_a_journal_that_is_locked_for_too_long_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storages, "PATIENCE", 0.2)
    path, root = write(tmp_path, SEARCH), tmp_path / "runs"
    own = study(path, root)
    with (root / "trials.journal.lock").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ConfigurationError, match="locked by others") as fault:
            own.ask()
    assert "trials.journal" in str(fault.value)
    assert own.ask().number == 0


def test_a_database_is_taken_and_when_it_is_locked_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storages, "PATIENCE", 0.2)
    path = write(tmp_path, SEARCH)
    place = f"search.storage=sqlite:///{tmp_path / 'studies.db'}"
    own = study(path, tmp_path / "runs", place)
    own.tell(own.ask(), 0.5)
    other = sqlite3.connect(tmp_path / "studies.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(ConfigurationError, match="locked by others"):
        own.ask()
    other.close()
    assert [t.value for t in study(path, tmp_path / "runs", place).trials()] == [0.5]
    with pytest.raises(ConfigurationError, match="folder was"):
        study(path, tmp_path / "other" / "runs", place)


@pytest.mark.parametrize("place", ["nosql://x", "sqlite:////proc/none/x.db", "redis://x"])
def test_a_storage_that_is_none_is_refused(place: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="storage of the search cannot be used"):
        study(write(tmp_path, SEARCH), tmp_path / "runs", f"search.storage={place}")


def test_without_optuna_a_search_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UnsupportedError, match=r"genprop\[search\]"):
        run_search(write(tmp_path, SEARCH), [], tmp_path / "runs")


def test_what_no_trial_could_do_is_refused_before_any(tmp_path: Path) -> None:
    path, root = write(tmp_path, SEARCH), tmp_path / "runs"
    for wrong, words in (
        ('search."options.size"=0.1..1', "no option 'size'"),
        ('search."compile.batch"=0.5..2', "batch is an integer"),
        ('search."callbacks.clip.norms"=0.5..2', "no setting 'norms'"),
        ("search.metric=test.accuracy", "only by the validation"),
        ('search.trial="x"', "what a search tells"),
    ):
        with pytest.raises(ConfigurationError, match=words):
            run_search(path, [wrong], root)
    path.with_name("network.py").write_text(
        "from dataclasses import replace\nfrom tests.experiment.toy_network import build as toy\n"
        "def build(seed, rate):\n    return replace(toy(seed, rate=rate), valid=None)\n"
    )
    with pytest.raises(ConfigurationError, match="has no validation samples"):
        run_search(path, [], root)
    assert not root.exists()


def test_the_best_is_the_least_loss_or_the_most_of_others() -> None:
    trials = [Trial(k, {}, "finished", v) for k, v in enumerate((0.5, 0.2, 0.9, 0.2))]
    trials.append(Trial(4, {}, "stopped", None, {1: 0.0}))
    for metric, number in (("valid.loss", 1), ("valid.accuracy", 2)):
        best = best_of(trials, metric)
        assert best is not None and best.number == number
    assert best_of([], "valid.loss") is None
    assert best_so_far([0.5, 0.7, 0.2, 0.3], "valid.loss") == [0.5, 0.5, 0.2, 0.2]
    assert best_so_far([0.5, 0.7, 0.2], "valid.accuracy") == [0.5, 0.7, 0.7]


TEST_IS_REVERSED = """
from dataclasses import replace
from tests.experiment.toy_network import build as toy

def build(seed, rate):
    made = toy(seed, rate=rate)
    for batch in made.test.batches(1000):
        turned = replace(batch, labels=(batch.labels + 1) % 3)
    return replace(made, test=type(made.test)(turned, 3, "turned"))
"""


@slow
def test_the_test_has_no_say_in_what_is_chosen(tmp_path: Path) -> None:
    """Where the test says the reverse of the validation, the validation is followed."""
    path, root = write(tmp_path, SEARCH, TEST_IS_REVERSED), tmp_path / "runs"
    found = run_search(path, ["search.trials=4"], root, jobs=2, on_trial=silent)
    results = [RunFolder(root / trial_name(k)).read_result() for k in range(4)]
    valid = [float(r["metrics"]["valid.loss"]) for r in results]  # type: ignore[index]
    test = [float(r["test"]["loss"]) for r in results]  # type: ignore[index]
    assert valid.index(min(valid)) != test.index(min(test)), "the two must disagree here"
    assert found.best.number == valid.index(min(valid))
    assert [trial.value for trial in found.trials] == valid
    assert found.test["loss"] == test[found.best.number]


@slow
def test_a_search_that_is_killed_ends_in_the_trials_of_one_that_was_not(tmp_path: Path) -> None:
    (tmp_path / "kill").mkdir()
    calm = write(tmp_path, SEARCH)
    options = f'[options]\nkill = "{tmp_path / "mark"}"\ntogether = true\n'
    killing = write(tmp_path / "kill", SEARCH.replace("[search]", options + "[search]"))
    arguments = ["--set", "search.trials=4", "--jobs", "1", "--run"]
    assert main(["search", str(calm), *arguments, str(tmp_path / "whole")]) == 0
    command = ["search", str(killing), *arguments, str(tmp_path / "runs")]
    killed = subprocess.run(
        [sys.executable, "-m", "genprop", *command],
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=300,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert not (tmp_path / "runs" / "search.json").exists()
    assert main(command) == 0
    assert told(tmp_path / "runs") == told(tmp_path / "whole")
    assert [trial["state"] for trial in told(tmp_path / "whole")] == ["finished"] * 4
    page = (tmp_path / "runs" / "report.html").read_text()
    assert "Best trials" in page and "Importance" in page and "History" in page
    assert main(["report", str(tmp_path / "runs"), "-o", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_text() == page


@slow
@pytest.mark.nightly
def test_a_search_that_is_killed_at_ten_moments_loses_no_trial(tmp_path: Path) -> None:
    """With two at a time the sampler sees ends in another order; every trial stands, complete."""
    path, root, kills, whole = write(tmp_path, SEARCH), tmp_path / "runs", 0, 12
    line = [sys.executable, "-m", "genprop", "search", str(path), "--jobs", "2"]
    line += ["--set", f"search.trials={whole}", "--run", str(root)]

    def epochs() -> dict[Path, int]:
        return {file: file.stat().st_size for file in root.glob("*/history.jsonl")}

    for k in range(10):
        before, until = epochs(), time.monotonic() + 120
        running = subprocess.Popen(
            line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while running.poll() is None and epochs() == before:
            assert time.monotonic() < until, "nothing is trained"
            time.sleep(0.01)
        time.sleep(0.05 * k)
        if running.poll() is None:
            kills += 1
            os.killpg(running.pid, signal.SIGKILL)
        running.wait(60)
    assert kills > 5
    assert subprocess.run(line, stdout=subprocess.DEVNULL, timeout=400).returncode == 0
    trials = told(root)
    assert [trial["number"] for trial in trials] == list(range(whole))
    values: dict[object, object] = {}
    for trial in trials:
        assert trial["state"] in ("finished", "stopped")
        if trial["state"] == "finished":
            result = RunFolder(root / trial_name(int(str(trial["number"])))).read_result()
            assert trial["value"] == result["metrics"]["valid.loss"]  # type: ignore[index]
            values[trial["number"]] = trial["value"]
    best = json.loads((root / "search.json").read_text())["best"]
    assert values[best] == min(values.values())  # type: ignore[type-var]


@slow
@pytest.mark.nightly
def test_a_training_that_is_killed_costs_its_own_trial_alone(tmp_path: Path) -> None:
    """At ten moments, each in a search of its own, which goes on to its end."""
    path, kills = write(tmp_path, SEARCH), 0
    for k in range(10):
        root = tmp_path / f"runs{k}"
        line = [sys.executable, "-m", "genprop", "search", str(path), "--jobs", "2"]
        line += ["--set", "search.trials=3", "--run", str(root)]
        running = subprocess.Popen(line, stdout=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + 120
        while running.poll() is None and not list(root.glob("*/history.jsonl")):
            assert time.monotonic() < until
            time.sleep(0.02)
        time.sleep(0.05 * k)
        listed = subprocess.run(["pgrep", "-P", str(running.pid)], capture_output=True, text=True)
        for own in listed.stdout.split()[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(own), signal.SIGKILL)
                kills += 1
        assert running.wait(300) == 0
        states = [trial["state"] for trial in told(root)]
        assert len(states) == 3 and states.count("failed") <= 1
        again = subprocess.run(line, stdout=subprocess.DEVNULL)
        assert again.returncode == 0
    assert kills > 3


@slow
def test_a_search_on_dask_ends_in_the_trials_of_one_here(tmp_path: Path) -> None:
    """One training at a time, so that the sampler sees the same."""
    pytest.importorskip("distributed", reason="dask is not installed: pip install genprop[cluster]")
    path = write(tmp_path, SEARCH)
    here, there = tmp_path / "here", tmp_path / "dask"
    run_search(path, ["search.trials=4"], here, jobs=1, on_trial=silent)
    run_search(path, ["search.trials=4"], there, jobs=1, on="dask", on_trial=silent)
    assert told(there) == told(here)


def test_a_training_worse_than_the_median_is_stopped_at_its_epoch(tmp_path: Path) -> None:
    path, root, stops = write(tmp_path, SEARCH), tmp_path / "runs", list[int]()
    own = study(path, root)
    for offset in (0.0, 0.1, 0.2, 0.3, 0.4, 0.25, 0.15):
        trial = own.ask()
        where = f'{{number={trial.number}, study="{own.name}", storage="{own.place}"}}'
        (callback,) = pruning(read_config(path, [f"search.trial={where}"]))
        training = Training(FakeSimulator(), History(), epochs=3)
        for epoch in (1, 2, 3):
            training.epoch, training.metrics = epoch, {"valid.loss": offset + 1 / epoch}
            callback.on_epoch_end(training)
            if training.stop:
                stops.append(epoch)
                break
        told = own.tell(trial, 9.0 if training.stop else training.metrics["valid.loss"])
        assert told.state == ("stopped" if training.stop else "finished")
        assert (told.value is None) == bool(training.stop)
        assert list(told.curve) == list(range(1, training.epoch + 1))
    assert stops == [1], "0.25 is worse than the median 0.2 of five, 0.15 is not"
    best = best_of(own.trials(), "valid.loss")
    assert best is not None and best.number == 0
    assert pruning(read_config(path)) == [], "a training of its own has no trial"


@slow
def test_a_search_in_which_everything_fails_gives_up(tmp_path: Path) -> None:
    path = write(tmp_path, SEARCH, "from tests.experiment.toy_network import build\n")
    text = 'if __import__("sys").argv[1:2] == ["train"]:\n    raise SystemExit("error: no luck")\n'
    (tmp_path / "network.py").write_text(text + (tmp_path / "network.py").read_text())
    with pytest.raises(TrainingError, match=r"the first 3 trials failed.*no luck"):
        run_search(path, [], tmp_path / "runs", jobs=1, on_trial=silent)
