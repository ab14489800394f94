"""A sweep killed at any moment, and asked for again, ends in the table of one that was not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from genprop.cli.main import main
from genprop.train.checkpoint import read_snapshot
from tests.experiment.test_config import write
from tests.train.fake import ROOT

pytestmark = pytest.mark.slow

SHORT = 'network = "network.py"\n[fit]\nepochs = 3\n'
MOMENTS = ("loading", "on_batch_begin", "on_gradients", "writing", "on_record", "on_train_end")


@pytest.fixture(scope="module", autouse=True)
def at_root() -> Iterator[None]:
    """The trainings of a sweep import their network from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, at_root: None) -> dict[str, object]:
    """Table and cases of a sweep that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    assert main(sweep(write(folder, SHORT), folder / "runs")) == 0
    return told(folder / "runs")


def sweep(toml: Path, root: Path) -> list[str]:
    """What follows ``genprop`` on the command line."""
    return ["sweep", str(toml), "--set", "seed=0..1", "--run", str(root), "--jobs", "1"]


def run_apart(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """The command in a process group of its own, which may be killed as a whole."""
    return subprocess.run(
        [sys.executable, "-m", "genprop", *arguments],
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=300,
    )


def told(root: Path) -> dict[str, object]:
    """What the sweep says, without the time it took."""
    summary = json.loads((root / "sweep.json").read_text())
    cases = [{k: v for k, v in case.items() if k != "seconds"} for case in summary["cases"]]
    return {"table": summary["table"], "cases": cases}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_sweep_killed_with_all_its_trainings_ends_in_the_same_table(
    moment: str, tmp_path: Path, whole: dict[str, object]
) -> None:
    options = f'[options]\nkill = "{tmp_path / "mark"}"\nmoment = "{moment}"\ntogether = true\n'
    toml = write(tmp_path, SHORT + options)
    for seed in (0, 1):
        killed = run_apart(sweep(toml, tmp_path / "runs"))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert (tmp_path / f"mark-{seed}").exists()
        assert not (tmp_path / "runs" / "sweep.json").exists()
    assert main(sweep(toml, tmp_path / "runs")) == 0
    assert told(tmp_path / "runs") == whole


def test_a_sweep_that_is_asked_to_end_ends_its_trainings_which_save(tmp_path: Path) -> None:
    long = 'network = "network.py"\n[fit]\nepochs = 100000\n'
    arguments = sweep(write(tmp_path, long), tmp_path / "runs")
    log = tmp_path / "runs" / "seed=0" / "log.txt"
    running = subprocess.Popen(
        [sys.executable, "-m", "genprop", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (log.exists() and "epoch 2/" in log.read_text()):
            time.sleep(0.05)
        running.terminate()
        assert running.wait(timeout=60) == 128 + signal.SIGTERM
    finally:
        running.kill()
    assert "resume=True" in log.read_text().splitlines()[-1]
    assert read_snapshot(log.with_name("checkpoints") / "last.h5").epoch >= 2
    assert not (tmp_path / "runs" / "seed=1" / "log.txt").exists()
