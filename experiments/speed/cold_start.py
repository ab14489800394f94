"""From a fresh process and an empty cache to a simulator of this experiment's network.

python experiments/speed/cold_start.py --against OTHER_CHECKOUT

It is cold with an empty cache; new in a cache that holds another network, whose templates are
compiled; cached where the network itself is known. Two checkouts start in turn. Processor time, the
compiler's included, says what a start costs on a machine that others use too; by the clock it says
how long one waits there. Python has the bytecode of both before, as an installation has.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import machine
from spread import ratios

HERE = Path(__file__).parent
CODE = """
import os, resource, sys, time

def spent():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return [u.ru_utime + u.ru_stime for u in used] + [time.perf_counter()]

begun = spent()
sys.path.insert(0, sys.argv[1])
import network
import genprop.runtime.compile
imported = spent()
network.simulator(int(sys.argv[2]))
done = spent()
print(network.gp.__file__)
print(begun[0], *(b - a for a, b in zip(begun, imported)))
print(*(b - a for a, b in zip(imported, done)))
"""


def main() -> None:
    """Measure, print and keep the result beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="another checkout of genprop")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--output", type=Path, default=HERE / "cold_start.json")
    options = parser.parse_args()
    checkouts = {"this": HERE.parents[1]}
    if options.against is not None:
        checkouts["other"] = options.against.resolve()
    found: dict[str, object] = {"machine": machine(), "rounds": options.rounds}
    for kind in ("cold", "new", "cached"):
        times = {name: dict[str, list[float]]() for name in checkouts}
        with tempfile.TemporaryDirectory() as bytecode:
            for name, root in checkouts.items():
                start(root, Path(bytecode) / name)
            for _ in range(options.rounds):
                for name, root in checkouts.items():
                    for what, taken in start(root, Path(bytecode) / name, kind).items():
                        times[name].setdefault(what, []).append(taken)
        found[kind] = {
            name: {what: round(statistics.median(t), 3) for what, t in every.items()}
            for name, every in times.items()
        }
        if options.against is not None:
            found[f"{kind}, this / other"] = {
                what: ratios(times["this"][what], times["other"][what])
                for what in ("processor time", "by the clock")
            }
    options.output.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


def start(root: Path, place: Path, kind: str = "cached") -> dict[str, float]:
    """Seconds that one start took, in the cache of ``place`` or in one made for it."""
    with tempfile.TemporaryDirectory() as nothing:
        environment = os.environ | {
            "GENPROP_CACHE": str(place / "cache") if kind == "cached" else nothing,
            "PYTHONPATH": str(root),
            "PYTHONPYCACHEPREFIX": str(place / "bytecode"),
        }
        environment.pop("PYTHONDONTWRITEBYTECODE", None)

        def run(hidden: int) -> str:
            line = [sys.executable, "-c", CODE, str(HERE), str(hidden)]
            return subprocess.run(
                line, capture_output=True, text=True, check=True, env=environment, cwd=root
            ).stdout

        if kind == "new":
            run(hidden=128)
        printed = run(hidden=256)
    where, *numbers = printed.splitlines()
    assert Path(where).is_relative_to(root), f"{where} was measured in place of {root}"
    begin, *parts = map(float, " ".join(numbers).split())
    imports, rest = parts[:3], parts[3:]
    return {
        "processor time": begin + imports[0] + rest[0] + rest[1],
        "by the clock": imports[2] + rest[2],
        "begin Python, and import [processor]": begin + imports[0],
        "derive and render [processor]": rest[0],
        "compile C++ [processor]": rest[1],
        "gp.compile by the clock": rest[2],
    }


if __name__ == "__main__":
    main()
