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

KILLS, BUILDERS, EPOCHS, LONGER = 20, 16, 60, 1.2
LAST = "checkpoints/last.h5"
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
    kills, amid, tries = 0, 0, 0
    while kills < KILLS:
        cache, begin, tries = tmp_path / f"cache-{tries}", time.perf_counter(), tries + 1
        if killed_within(start(["-c", BUILD], tmp_path, cache), rng.uniform(0.0, whole)):
            kills, late = kills + 1, cache.exists()
            amid, whole = amid + late, whole if late else LONGER * whole
        else:
            whole = time.perf_counter() - begin
        monkeypatch.setenv("GENPROP_CACHE", str(cache))
        assert load_library(build(BUNDLE).path).four() == 4, seed
        assert build(BUNDLE).cached
    assert amid, f"no kill came once the cache was begun: seed {seed}"


def test_sixteen_builders_of_one_key_all_get_its_library(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    running = [start(["-c", BUILD], tmp_path, cache) for _ in range(BUILDERS)]
    assert [r.communicate()[0] for r in running] == [b"4\n"] * BUILDERS
    assert len(list((cache / "builds").glob("[!.]*"))) == 1


def described(folder: Path, epochs: int) -> Path:
    folder.mkdir()
    (folder / "network.py").write_text(NETWORK)
    settings = SETTINGS.replace("epochs = 3", f"epochs = {epochs}")
    (folder / "train.toml").write_text(settings.replace('"reference"', '"native"'))
    return folder / "train.toml"


def through_kills(arguments: list[str], folder: Path, whole: float, begun: str) -> list[Path]:
    """Run folders that were killed ``KILLS`` times in all, and asked for again until they ended.

    The moments are drawn from the time that one takes in ``whole``, which follows the load of the
    machine: it is that of the last one that ended, and longer after a kill that came too early. A
    folder that ends by itself is followed by another. ``begun`` is a pattern of files that are
    there once something is done: some of the kills have to come later.
    """
    seed = secrets.randbits(32)
    rng, kills, amid, ended = random.Random(seed), 0, 0, list[Path]()
    print("seed", seed)
    while kills < KILLS:
        place = folder / f"killed-{len(ended)}"
        begin = time.perf_counter()
        running = start([*arguments, str(place)], folder, folder / "cache")
        if killed_within(running, rng.uniform(0.0, whole)):
            kills, late = kills + 1, any(place.glob(begun))
            amid, whole = amid + late, whole if late else LONGER * whole
        else:
            assert running.returncode == 0, seed
            whole = time.perf_counter() - begin
            ended.append(place)
    last = folder / f"killed-{len(ended)}"
    seconds_of([*arguments, str(last)], folder, folder / "cache")
    assert amid, f"no kill came after its first epoch: seed {seed}"
    return [*ended, last]


def test_trainings_that_are_killed_end_in_the_same_bits(tmp_path: Path) -> None:
    toml = described(tmp_path / "own", EPOCHS)
    run = ["-m", "genprop", "train", str(toml), "--resume", "--run"]
    seconds_of([*run, "derived"], tmp_path, tmp_path / "cache")
    seconds = seconds_of([*run, "whole"], tmp_path, tmp_path / "cache")
    whole = read_snapshot(tmp_path / "whole" / LAST)
    assert len(whole.records) == EPOCHS
    for place in through_kills(run, tmp_path, seconds, LAST):
        found = read_snapshot(place / LAST)
        assert equal_states(found.simulator, whole.simulator)
        assert found.records == whole.records


def test_sweeps_that_are_killed_end_in_the_same_table(tmp_path: Path) -> None:
    toml = described(tmp_path / "own", EPOCHS // 4)
    sweep = ["-m", "genprop", "sweep", str(toml), "--set", "seed=0..2", "--run"]
    seconds_of([*sweep, "derived"], tmp_path, tmp_path / "cache")
    seconds = seconds_of([*sweep, "whole"], tmp_path, tmp_path / "cache")
    whole = table(tmp_path / "whole")
    assert np.isfinite([row["mean"] for row in whole]).all()
    for place in through_kills(sweep, tmp_path, seconds, f"*/{LAST}"):
        assert table(place) == whole


def table(sweep: Path) -> list[dict[str, float]]:
    return json.loads((sweep / "sweep.json").read_text())["table"]
