"""What GeNN's CUDA backend computes and how fast, beside the processor; see README.md."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import genprop as gp
from genprop.backends.genn.pygenn import devices
from genprop.testing import contract
from genprop.testing.zoo import NAMES

if TYPE_CHECKING:
    from genprop.backends.base import Target

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DEVICE_TESTS = "tests/backends/genn/test_genn_gpu.py"
BATCHES = (32, 256, 1024)


def main() -> None:
    """Every measurement; the tests first, since figures of wrong results are none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", help="another name of devices() for a trial")
    parser.add_argument("--networks", nargs="*", default=list(NAMES), help="of the zoo")
    parser.add_argument("--batches", nargs="*", type=int, default=list(BATCHES))
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--no-tests", action="store_true", help=f"leave out {DEVICE_TESTS}")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    if options.device not in devices():
        sys.exit(
            f"error: PyGeNN is not here with its backend for {options.device!r}, "
            f"there are {sorted(devices())}: build it by GeNN's guide, outside of genprop, with "
            "CUDA_PATH set, and call this with that Python"
        )
    found: dict[str, object] = {"machine": machine()}
    if not options.no_tests:
        found["tests"] = tests()
    found["zoo"] = zoo(options.networks, options.device)
    found["speed [ms/sample]"] = speed(options.batches, options.hidden, options.device)
    options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    query = ["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        gpu = subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        gpu = ""
    return {"gpu": gpu or "none", "cores": os.cpu_count(), "genprop": gp.__version__}


def tests() -> dict[str, int]:
    """How many tests on the device passed, failed or were skipped; skipped ones show nothing."""
    line = [sys.executable, "-m", "pytest", "-q", "-n0", "-m", "device", DEVICE_TESTS]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    last = (done.stdout.strip().splitlines() or [""])[-1]
    return {what: int(n) for n, what in re.findall(r"(\d+) (passed|failed|skipped|error)", last)}


def zoo(networks: Sequence[str], device: str) -> dict[str, dict[str, float | str]]:
    """Largest relative difference of gradients from the interpreter's, by network and precision."""
    return {
        name: {p: _difference(name, gp.GeNN(device, p)) for p in ("double", "float")}
        for name in networks
    }


def _difference(name: str, target: Target) -> float | str:
    case = contract.Case(name, 0.5)
    try:
        loss, own = contract.simulator(target, case).gradients(case.example.batch())
        due_loss, due = contract.simulator("reference", case).gradients(case.example.batch())
    except gp.GenpropError as fault:
        return str(fault).splitlines()[0]
    worst = abs(loss - due_loss) / max(abs(due_loss), 1e-30)
    for key, slope in due.items():
        scale = np.abs(slope).max()
        worst = max(worst, float(np.abs(own[key] - slope).max() / scale)) if scale else worst
    return float(f"{worst:.2e}")


def speed(batches: Sequence[int], hidden: int, device: str) -> dict[str, dict[str, object]]:
    """The network of experiments/speed: an update on the device, and on this processor, in turn."""
    sys.path.insert(0, str(HERE.parent / "speed"))
    network = importlib.import_module("network")
    found: dict[str, dict[str, object]] = {}
    for count in batches:
        data = network.batch(count)
        sims = {
            "device": network.simulator(hidden, samples=count, backend=gp.GeNN(device)),
            "processor": network.simulator(hidden, samples=count, backend=gp.Native()),
        }
        times = {name: [_update(sim, data) for _ in range(4)][1:] for name, sim in sims.items()}
        slopes = {name: sim.gradients(data)[1] for name, sim in sims.items()}
        apart = [
            float(np.abs(slopes["device"][key] - own).max() / np.abs(own).max())
            for key, own in slopes["processor"].items()
        ]
        found[str(count)] = {name: round(min(t), 4) for name, t in times.items()}
        found[str(count)]["largest difference of gradients"] = float(f"{max(apart):.2e}")
    return found


def _update(sim: gp.Simulator, data: gp.data.SpikeBatch) -> float:
    """By the clock, [ms] for a sample."""
    begun = time.perf_counter()
    sim.gradients(data)
    sim.step()
    return (time.perf_counter() - begun) / len(data) * 1e3


if __name__ == "__main__":
    main()
