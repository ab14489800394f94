"""Builds, trainings and sweeps that are killed at random moments lose nothing."""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from genprop.build.compile import build, load_library
from genprop.emit.bundle import SourceBundle
from genprop.train.checkpoint import read_snapshot
from tests.train.fake import equal_states
from tests.train.small_run import NETWORK, SETTINGS

pytestmark = [pytest.mark.slow, pytest.mark.nightly]

KILLS, BUILDERS = 20, 16
BUNDLE = SourceBundle(
    "four", (("four.cpp", '#include <vector>\nextern "C" int four() { return 4; }\n'),), "four.cpp"
)
BUILD = (
    "from genprop.build.compile import build, load_library;"
    "from tests.experiment.test_random_kills import BUNDLE;"
    "print(load_library(build(BUNDLE).path).four())"
)


def start(arguments: list[str], folder: Path, cache: Path) -> subprocess.Popen[bytes]:
    """Python with these arguments, in a process group of its own."""
    environment = {
        **os.environ,
        "GENPROP_CACHE": str(cache),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path]),
    }
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def killed_within(running: subprocess.Popen[bytes], seconds: float) -> bool:
    """Kill it with all it started after so long; whether it still ran."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.wait(seconds)
    ended = running.poll() is not None
    if not ended:
        os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    return not ended


def seconds_of(arguments: list[str], folder: Path, cache: Path) -> float:
    begin = time.perf_counter()
    running = start(arguments, folder, cache)
    output, _ = running.communicate()
    assert running.returncode == 0, output.decode()
    return time.perf_counter() - begin


def test_builds_that_are_killed_leave_a_cache_that_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = secrets.randbits(32)
    rng, whole = random.Random(seed), seconds_of(["-c", BUILD], tmp_path, tmp_path / "whole")
    kills = 0
    for k in range(KILLS):
        cache = tmp_path / f"cache-{k}"
        kills += killed_within(start(["-c", BUILD], tmp_path, cache), rng.uniform(0.1, whole))
        monkeypatch.setenv("GENPROP_CACHE", str(cache))
        assert load_library(build(BUNDLE).path).four() == 4, seed
        assert build(BUNDLE).cached
    assert kills > KILLS // 2


def test_sixteen_builders_of_one_key_all_get_its_library(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    running = [start(["-c", BUILD], tmp_path, cache) for _ in range(BUILDERS)]
    assert [r.communicate()[0] for r in running] == [b"4\n"] * BUILDERS
    assert len(list((cache / "builds").glob("[!.]*"))) == 1


def described(folder: Path) -> Path:
    folder.mkdir()
    (folder / "network.py").write_text(NETWORK)
    (folder / "train.toml").write_text(SETTINGS.replace("epochs = 3", "epochs = 20"))
    return folder / "train.toml"


def through_kills(arguments: list[str], folder: Path) -> int:
    """Start, kill and start again, until it ends by itself; how many kills that took.

    Its first moments are those of imports: it is killed between half and all of the time that it
    takes to come to its first epochs, so that it goes on from where the one before came to.
    """
    seed = secrets.randbits(32)
    rng, kills = random.Random(seed), 0
    cache = folder / "cache"
    print("seed", seed)
    while kills < KILLS and killed_within(start(arguments, folder, cache), rng.uniform(0.5, 3.0)):
        kills += 1
    seconds_of(arguments, folder, cache)
    return kills


def test_a_training_that_is_killed_ends_in_the_same_bits(tmp_path: Path) -> None:
    toml = described(tmp_path / "own")
    run = ["-m", "genprop", "train", str(toml), "--resume", "--run"]
    seconds_of([*run, "whole"], tmp_path, tmp_path / "cache")
    kills = through_kills([*run, "killed"], tmp_path)
    found, whole = (
        read_snapshot(tmp_path / name / "checkpoints/last.h5") for name in ("killed", "whole")
    )
    assert kills > 3
    assert equal_states(found.simulator, whole.simulator)
    assert found.records == whole.records
    assert len(found.records) == 20


def test_a_sweep_that_is_killed_ends_in_the_same_table(tmp_path: Path) -> None:
    toml = described(tmp_path / "own")
    sweep = ["-m", "genprop", "sweep", str(toml), "--set", "seed=0..3", "--run"]
    seconds_of([*sweep, "whole"], tmp_path, tmp_path / "cache")
    kills = through_kills([*sweep, "killed"], tmp_path)
    tables = [
        json.loads((tmp_path / name / "sweep.json").read_text())["table"]
        for name in ("killed", "whole")
    ]
    assert kills > 3
    assert tables[0] == tables[1]
    assert np.isfinite([row["mean"] for row in tables[0]]).all()
