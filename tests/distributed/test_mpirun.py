"""Processes that mpirun starts train together, and end together."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from genprop.runtime.distributed import digest_of
from genprop.train.checkpoint import read_snapshot
from tests.train.small_run import NETWORK, SETTINGS

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
MPIRUN = str(BIN / "mpirun") if (BIN / "mpirun").exists() else shutil.which("mpirun")


def lacking() -> str:
    """What this machine lacks for these tests; nothing where it lacks nothing."""
    if MPIRUN is None:
        return "there is no mpirun: pip install mpi4py mpich"
    tried = subprocess.run([sys.executable, "-c", "from mpi4py import MPI"], capture_output=True)
    return "" if tried.returncode == 0 else "mpi4py finds no MPI: pip install mpi4py mpich"


LACKING = lacking()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(LACKING), reason=LACKING)]


def environment() -> dict[str, str]:
    allowed = ("OMPI_ALLOW_RUN_AS_ROOT", "PRTE_ALLOW_RUN_AS_ROOT")
    roots = {f"{name}{end}": "1" for name in allowed for end in ("", "_CONFIRM")}
    several = {"PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe"}
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])
    return {**os.environ, **roots, **several, "PYTHONPATH": str(ROOT), "PATH": path}


def command(folder: Path, ranks: int, *options: str) -> list[str]:
    """Trains ``folder``/train.toml; of one rank without mpirun."""
    own = [sys.executable, "-m", "genprop", "train", str(folder / "train.toml"), *options]
    return own if ranks == 1 else [str(MPIRUN), "-n", str(ranks), *own]


def train(folder: Path, ranks: int, *options: str) -> subprocess.CompletedProcess[str]:
    line = command(folder, ranks, *options)
    return subprocess.run(
        line, capture_output=True, text=True, env=environment(), cwd=folder, timeout=300
    )


def started(folder: Path, ranks: int, *options: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(folder, ranks, *options),
        env=environment(),
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "network.py").write_text(NETWORK)
    native = SETTINGS.replace('backend = "reference"', 'backend = "native"\nclock = "grid"')
    (tmp_path / "train.toml").write_text(native)
    return tmp_path


def bits(run: Path) -> str:
    return digest_of(read_snapshot(run / "checkpoints" / "last.h5").simulator)


EPOCHS = 10
"""Of 2 batches each."""


def test_ranks_and_threads_end_in_the_bits_of_one_process(folder: Path) -> None:
    found: dict[tuple[int, int], str] = {}
    for ranks, threads in ((1, 1), (1, 2), (2, 1), (3, 1), (4, 1), (2, 2)):
        run = folder / f"{ranks}x{threads}"
        options = ("--set", f"epochs={EPOCHS}", "--threads", str(threads), "--run", str(run))
        done = train(folder, ranks, *options)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("run folder:") == 1
        found[ranks, threads] = bits(run)
    assert len(set(found.values())) == 1, found
    one, four = (folder / name / "history.jsonl" for name in ("1x1", "4x1"))
    assert len(one.read_text().splitlines()) == len(four.read_text().splitlines()) == EPOCHS


def ranks_below(pid: int) -> list[int]:
    """The ranks below ``pid``, without the processes that they read checkpoints in."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True)
    rows = [line.split(None, 2) for line in listed.stdout.splitlines()[1:]]
    below, found = {pid}, list[int]()
    for _ in range(4):
        below |= {int(own) for own, parent, _ in rows if int(parent) in below}
    for own, _, arguments in rows:
        rank = arguments.startswith(f"{sys.executable} -m genprop train ")
        if int(own) in below and int(own) != pid and rank:
            found.append(int(own))
    return found


def wait_for(path: Path, running: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while not path.exists() and running.poll() is None and time.monotonic() < end:
        time.sleep(0.05)


def size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def whole(folder: Path, epochs: int) -> str:
    done = train(folder, 1, "--set", f"epochs={epochs}", "--run", "whole")
    assert done.returncode == 0, done.stderr
    return bits(folder / "whole")


def test_a_killed_rank_ends_the_job_and_another_number_of_ranks_goes_on(folder: Path) -> None:
    epochs = ("--set", "epochs=3000", "--run", "run")
    running = started(folder, 3, *epochs)
    wait_for(folder / "run/checkpoints/last.h5", running)
    os.kill(ranks_below(running.pid)[-1], signal.SIGKILL)
    begin = time.monotonic()
    assert running.wait(60) != 0
    assert time.monotonic() - begin < 20
    reached = read_snapshot(folder / "run/checkpoints/last.h5").epoch
    assert 1 < reached < 3000
    last = f"epochs={reached + 2}"
    done = train(folder, 2, "--set", last, "--run", "run", "--resume")
    assert done.returncode == 0, done.stderr
    assert bits(folder / "run") == whole(folder, reached + 2)


def test_ctrl_c_ends_all_ranks_between_two_batches(folder: Path) -> None:
    running = started(folder, 2, "--set", "epochs=3000", "--run", "run")
    wait_for(folder / "run/checkpoints/last.h5", running)
    running.send_signal(signal.SIGINT)
    assert running.wait(60) != 0
    snapshot = read_snapshot(folder / "run/checkpoints/last.h5")
    assert 1 <= snapshot.epoch < 3000
    last = f"epochs={snapshot.epoch + 1}"
    done = train(folder, 3, "--set", last, "--run", "run", "--resume")
    assert done.returncode == 0, done.stderr
    assert bits(folder / "run") == whole(folder, snapshot.epoch + 1)


def test_a_fault_is_reported_once_and_ends_all_ranks(folder: Path) -> None:
    done = train(folder, 3, "--set", "batch=2", "--run", "run")
    assert done.returncode != 0
    assert done.stderr.count("3 ranks cannot divide batches of 2 samples") == 1


def test_ranks_with_other_data_end_at_the_start(folder: Path) -> None:
    own = NETWORK.replace("10 * seed + k", "10 * seed + k + int(__import__('os').getpid())")
    (folder / "network.py").write_text(own)
    done = train(folder, 2, "--run", "run")
    assert done.returncode != 0
    assert "of rank 1 is not that of rank 0" in done.stderr
    assert not (folder / "run/checkpoints/last.h5").exists()


def test_a_mistake_in_the_network_of_one_rank_ends_all(folder: Path) -> None:
    """What genprop has no word for ends all ranks, too: those that wait would wait for ever."""
    fault = "    if int(os.environ.get('PMI_RANK', os.environ.get('OMPI_COMM_WORLD_RANK'))) == 1:\n"
    fails = f"import os\n{NETWORK}".replace(
        "    net = gp.Network", f"{fault}        raise KeyError('mine')\n    net = gp.Network"
    )
    (folder / "network.py").write_text(fails)
    done = train(folder, 2, "--run", "run")
    assert done.returncode != 0
    assert "KeyError: 'mine'" in done.stderr
    assert "rank 1 of 2 has failed" in done.stderr


def test_ranks_with_other_code_end_at_the_start(folder: Path) -> None:
    """A comment in a file that no generated text depends on is another code."""
    copy = folder / "copy"
    for name in ("genprop", "templates", "models"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)  # so that it is a checkout
    changed = copy / "genprop/train/fit.py"
    changed.write_text(changed.read_text() + "# another\n")
    one = command(folder, 1, "--run", "run")
    other = ["env", f"PYTHONPATH={copy}", *one]
    line = [str(MPIRUN), "-n", "1", *one, ":", "-n", "1", *other]
    done = subprocess.run(
        line, capture_output=True, text=True, env=environment(), cwd=folder, timeout=300
    )
    assert done.returncode != 0
    assert "the code of genprop of rank 1 is not that of rank 0" in done.stderr
    assert not (folder / "run/checkpoints/last.h5").exists()


@pytest.mark.nightly
def test_ranks_that_are_killed_ten_times_lose_nothing(folder: Path) -> None:
    epochs, kills, moments = 400, 0, 10
    begun = time.monotonic()
    due = whole(folder, epochs)
    part = (time.monotonic() - begun) / moments / 3  # of what the whole takes
    last = ("--set", f"epochs={epochs}", "--run", "run", "--resume")
    file = folder / "run/history.jsonl"
    for k in range(moments):
        before = size(file)
        running, until = started(folder, 2 + k % 3, *last), time.monotonic() + 120
        while running.poll() is None and size(file) == before:
            assert time.monotonic() < until, "no rank trains"
            time.sleep(0.01)
        there = ranks_below(running.pid)
        time.sleep(part * (k % 4) / 2)
        if running.poll() is None and there:
            os.kill(there[k % len(there)], signal.SIGKILL)
            kills += 1
        running.wait(300)
    assert kills > moments // 2
    done = train(folder, 2, *last)
    assert done.returncode == 0, done.stderr
    assert bits(folder / "run") == due
