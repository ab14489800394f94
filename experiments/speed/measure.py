"""Measures the claims of this experiment; see README.md. Prints tables and writes results.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from network import batch, simulator
from spread import ratios, spread

import genprop as gp

HERE = Path(__file__).parent
SAMPLES = 32
SPIN = """\
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>
int main(int, char** given) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (int t = 0; t < std::atoi(given[1]); ++t)
        threads.emplace_back([] { for (volatile long k = 0; k < 100000000; k = k + 1) {} });
    for (auto& thread : threads) thread.join();
    const std::chrono::nanoseconds taken = std::chrono::steady_clock::now() - begin;
    std::printf("together %f ms", double(taken.count()) / 1e6);
}
"""
"""Each thread counts in memory of its own: what two of them gain is what the machine gives."""


def main() -> None:
    """Run every measurement that was requested."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--yardstick", type=Path, help="C++ source of a program to compare with")
    parser.add_argument("--rounds", type=int, default=7, help="alternations of the paired timings")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    options = parser.parse_args()
    results: dict[str, object] = {
        "machine": machine(),
        "batch": batch_times(options.rounds, options.yardstick),
        "start-up [s]": start_up(),
        "peak memory [MB]": peak_memory(),
        "scaling [ms/sample]": scaling(),
    }
    options.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=2))


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True, check=False)
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load before": os.getloadavg()[0],
        "compiler": (compiler.stdout.splitlines() or ["unknown"])[0],
        "python": platform.python_version(),
        "genprop": gp.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def batch_times(rounds: int, yardstick: Path | None) -> dict[str, object]:
    """One training batch (gradients and update) in ms a sample: variants and yardstick in turn."""
    data = batch(SAMPLES)
    sims = {
        "1 thread": simulator(threads=1),
        "2 threads": simulator(threads=2),
        "1 thread, no delays": simulator(longest=0.0, threads=1),
    }
    variants: dict[str, Callable[[], float]] = {
        name: (lambda sim=sim: _train(sim, data)) for name, sim in sims.items()
    }
    with tempfile.TemporaryDirectory() as place:
        spin = Path(place) / "spin.cpp"
        spin.write_text(SPIN, encoding="utf-8")
        bare = _compiled(spin, Path(place), "-pthread")
        variants |= {f"spin of {n}": (lambda n=n: _told(bare, n)) for n in (1, 2)}
        if yardstick is not None:
            program = _compiled(yardstick, Path(place))
            variants["yardstick"] = lambda: _told(program, SAMPLES)
        for run in variants.values():
            run()
        times: dict[str, list[float]] = {name: [] for name in variants}
        for _ in range(rounds):
            for name, run in variants.items():
                times[name].append(run())
    activity = float(sims["1 thread"].last.spikes["hidden"].mean())
    report: dict[str, object] = {name: spread(t) for name, t in times.items()}
    report["spikes per hidden neuron"] = round(activity, 2)
    report["2 threads / 1 thread, speed-up"] = ratios(times["1 thread"], times["2 threads"])
    report["spin of two threads, speed-up"] = ratios(
        [2 * t for t in times["spin of 1"]], times["spin of 2"]
    )
    report["speed-up by spin, round by round"] = [
        [round(one / two, 2), round(2 * own / both, 2)]
        for one, two, own, both in zip(
            times["1 thread"],
            times["2 threads"],
            times["spin of 1"],
            times["spin of 2"],
            strict=True,
        )
    ]
    report["no delays / delays"] = ratios(times["1 thread, no delays"], times["1 thread"])
    if yardstick is not None:
        report["1 thread / yardstick"] = ratios(times["1 thread"], times["yardstick"])
    return report


def start_up() -> dict[str, float]:
    """Import, and compile with an empty and a filled cache, each in a process of its own."""
    one = f"import sys; sys.path.insert(0, {str(HERE)!r}); import time; t = time.perf_counter(); "
    imported = one + "import genprop; print(time.perf_counter() - t)"
    compiled = (
        f"import sys; sys.path.insert(0, {str(HERE)!r}); import time, network; "
        "import genprop.runtime.compile; t = time.perf_counter(); network.simulator(); "
        "print(time.perf_counter() - t)"
    )
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"GENPROP_CACHE": cache}
        return {
            "import genprop": min(_python(imported, environment) for _ in range(3)),
            "compile, cold": _python(compiled, environment),
            "compile, cached": min(_python(compiled, environment) for _ in range(3)),
        }


def added_memory() -> float:
    """What 700-256-20 at batch 32 on one thread adds to a process with genprop [MB]."""
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r}); import network; data = network.batch(32); "
        "now = lambda: int(open('/proc/self/statm').read().split()[1]) * 4096 / 1e6; at = now(); "
        "sim = network.simulator(threads=1); "
        "[(sim.gradients(data), sim.step()) for _ in range(3)]; "
        "print(now() - at)"
    )
    return _python(code, dict(os.environ))


def peak_memory() -> dict[str, float]:
    """Largest resident memory of a process that trains 700-512-20 at batch 256, two threads."""
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r}); import network, resource; "
        "sim = network.simulator(hidden=512, samples=256, threads=2); data = network.batch(256); "
        "[(sim.gradients(data), sim.step()) for _ in range(2)]; "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    return {
        "700-512-20, batch 256": round(_python(code, dict(os.environ)), 1),
        "added by 700-256-20, batch 32": round(added_memory(), 1),
    }


def scaling() -> dict[str, dict[str, float]]:
    """How time grows with samples (per batch), hidden neurons and input events (per sample)."""
    sim = simulator(samples=128)
    samples = {}
    for count in (16, 32, 64, 128):
        data = batch(count)
        samples[str(count)] = round(min(_train(sim, data) for _ in range(3)) * count, 1)
    data = batch(8)
    hidden = {}
    for size in (64, 128, 256, 512, 1024):
        wide = simulator(hidden=size, samples=8)
        _train(wide, data)
        hidden[str(size)] = round(min(_train(wide, data) for _ in range(3)), 3)
    events = {}
    for count in (1000, 2000, 4000, 8000, 16000):
        quiet = batch(16, events=count)
        events[str(count)] = round(min(_train(sim, quiet) for _ in range(3)), 3)
    return {"samples [ms/batch]": samples, "hidden neurons": hidden, "input events": events}


def _train(sim: gp.Simulator, data: gp.data.SpikeBatch) -> float:
    started = time.perf_counter()
    sim.gradients(data)
    sim.step()
    return (time.perf_counter() - started) / len(data) * 1e3


def _compiled(source: Path, place: Path, *more: str) -> Path:
    flags = ["-O3", "-march=native", "-ffast-math", "-mprefer-vector-width=512", *more]
    compiler = shutil.which("g++") or shutil.which("c++") or "c++"
    program = place / source.stem
    subprocess.run([compiler, *flags, str(source), "-o", str(program)], check=True)
    return program


def _told(program: Path, argument: int) -> float:
    """The time that a program says it took."""
    run = subprocess.run([program, str(argument)], capture_output=True, text=True, check=True)
    found = re.search(r"together ([\d.]+) ms", run.stdout)
    if found is None:
        sys.exit(f"{program.name} printed no time: {run.stdout}")
    return float(found.group(1))


def _python(code: str, environment: dict[str, str]) -> float:
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return round(float(run.stdout.split()[-1]), 3)


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = re.search(r"model name\s*:\s*(.*)", text)
    return found.group(1) if found else platform.processor()


if __name__ == "__main__":
    main()
