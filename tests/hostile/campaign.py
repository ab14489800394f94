"""Many attempts in a process of their own, which may hang or crash: the caller learns which did.

::

    python -m tests.hostile.campaign KIND --count 10000 --seed 7       # all of them
    python -m tests.hostile.campaign KIND --count 1 --seed 7 --first 4321   # the one that failed
"""

from __future__ import annotations

import argparse
import collections
import faulthandler
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.hostile.bounds import fault_of

KINDS = "KIND is a reader of tests/hostile/readers.py, or a key of descriptions.DESCRIPTIONS"
Attempts = Callable[[random.Random], tuple[Callable[[], object], int]]


def attempts_of(kind: str, folder: Path) -> Attempts:
    from tests.hostile.descriptions import DESCRIPTIONS
    from tests.hostile.readers import attempts

    if kind not in DESCRIPTIONS:
        return attempts(kind, folder)
    make = DESCRIPTIONS[kind]
    return lambda rng: (make(rng), 0)


def faults(kind: str, folder: Path, count: int, seed: int, first: int = 0) -> Iterator[str]:
    """What went wrong, one line per attempt; attempt k of a seed is always the same."""
    folder.mkdir(exist_ok=True)
    attempt = attempts_of(kind, folder)
    for k in range(first, first + count):
        (folder.parent / f"{folder.name}.case").write_text(str(k), encoding="ascii")
        fault = fault_of(*attempt(random.Random(f"{kind}-{seed}-{k}")))
        if fault is not None:
            yield f"case {k} of seed {seed}: {fault[:600]}"


def campaign(kind: str, count: int, seed: int) -> list[str]:
    """The faults of a process with ``count`` attempts, and of those that follow its death."""
    found: list[str] = []
    first = 0
    while first < count:
        with tempfile.TemporaryDirectory(prefix="genprop-hostile-") as folder:
            line = [sys.executable, "-m", "tests.hostile.campaign", kind, "--folder", folder]
            line += ["--count", str(count - first), "--seed", str(seed), "--first", str(first)]
            environment = {**os.environ, "MALLOC_ARENA_MAX": "1", "GENPROP_THREADS": "1"}
            done = subprocess.run(
                line, env=environment, capture_output=True, text=True, check=False
            )
            found += [x for x in done.stdout.splitlines() if x.startswith("case ")]
            if done.returncode == 0:
                return found
            case = Path(folder, "files.case").read_text(encoding="ascii")
            ended = _how(done.returncode)
            found.append(f"case {case} of seed {seed}: {ended}\n{done.stderr[-2000:]}")
            first = int(case) + 1
    return found


def _how(status: int) -> str:
    if status in (-signal.SIGPROF, -signal.SIGALRM):
        return "did not come back"
    return f"ended with {status}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog=KINDS)
    parser.add_argument("kind")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--folder", default="")
    given = parser.parse_args()
    faulthandler.enable()
    os.fsync = lambda fd: None  # what is read is tested here, and the disk is slow
    begin, kinds = time.perf_counter(), collections.Counter[str]()
    with tempfile.TemporaryDirectory(prefix="genprop-hostile-") as own:
        folder = Path(given.folder or own) / "files"
        for fault in faults(given.kind, folder, given.count, given.seed, given.first):
            kinds[fault.partition(": ")[2][:50]] += 1
            print(fault, flush=True)
    seconds = time.perf_counter() - begin
    print(
        f"{given.kind}: {given.count} in {seconds:.1f} s, {kinds.total()} faults",
        dict(kinds),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
