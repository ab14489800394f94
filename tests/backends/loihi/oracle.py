"""Traces of the generated networks in live Lava.

``python tests/backends/loihi/oracle.py`` writes the golden file anew, with the interpreter that
``genprop lava`` shows; with ``--probe`` it only runs the first network, to see whether Lava runs.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from genprop.backends.loihi.files.lava_python import lava_python
from genprop.backends.loihi.files.process import run_group
from tests.backends.loihi.networks import Case, cases

GOLDEN = Path(__file__).parents[2] / "golden" / "loihi" / "lava.npz"


def lava_traces(case: Case, python: str) -> dict[str, np.ndarray]:
    """u, v and spikes (steps, n) of every population, by ``population.u``, … ."""
    network = {
        "cells": [asdict(c) for c in case.network.cells],
        "synapses": [asdict(s) for s in case.network.synapses],
        "counts": case.counts,
    }
    with tempfile.TemporaryDirectory() as folder:
        given, traces = Path(folder, "network.json"), Path(folder, "traces.npz")
        given.write_text(json.dumps(network, default=lambda value: value.tolist()))
        program = Path(__file__).with_name("live_lava.py")
        ended = run_group([python, str(program), str(given), str(traces)], timeout=120)
        assert ended.code == 0, "\n".join(ended.tail)
        with np.load(traces) as found:
            return {name: found[name] for name in found.files}


def main() -> None:
    python = lava_python()
    if sys.argv[1:] == ["--probe"]:
        lava_traces(cases()[0], python)
        return
    found: dict[str, np.ndarray] = {}
    for case in cases():
        for name, trace in lava_traces(case, python).items():
            small = trace if trace.dtype == bool else trace.astype(np.int32)
            found[f"{case.name}/{name}"] = small
        print(case.name, flush=True)
    np.savez_compressed(GOLDEN, **found)  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main()
