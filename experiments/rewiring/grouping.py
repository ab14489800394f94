"""Gathers finished runs and looks at their receptive fields; writes results.json.

Accuracies; how excitation and inhibition group together in channel and delay, before and after
training, beside nulls; and what is left of the first synapses. A run that is there already is not
looked at again. See README.md.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

import genprop as gp
from genprop.errors import DataError
from genprop.experiment.experiment import compile_experiment

HERE = Path(__file__).parent
PROJECTION = "input->hidden"
WIDTH = 10.0
"""Of a column of a receptive field [ms], as of the published model's."""
OPTIONS = {"halvings": 5, "delays": "learned", "structure": "rigl", "dale": False}
"""Options that vary, and what they are where a run does not name them."""


def main() -> None:
    """Every run below the folders that were named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="of sweeps, or of single runs")
    parser.add_argument("--nulls", type=int, default=20, help="shuffled fields of each kind")
    parser.add_argument("--output", type=Path, default=HERE / "results.json", help="table of runs")
    options = parser.parse_args()
    gp.experiment.gather(
        options.folders,
        options.output,
        OPTIONS,
        lambda run: looked_at(run, options.nulls),
        tell=lambda row: print(json.dumps(row), flush=True),
    )


def looked_at(run: Path, nulls: int) -> dict[str, Any]:
    """Grouping in the fields of the hidden neurons, first and at the best epoch."""
    sim, _ = gp.experiment.open_run(run, overrides=["compile.threads=1"])
    assert isinstance(sim, gp.Simulator)
    config = gp.experiment.read_config(run / "config.toml", ["compile.threads=1"])
    first, _ = compile_experiment(gp.experiment.load_experiment(config), config)
    assert isinstance(first, gp.Simulator)
    after = gp.analysis.connections(sim, PROJECTION)
    return {
        "synapses": int(after.weight.size),
        "unmoved": after.unmoved if after.unmoved is None else round(after.unmoved, 4),
        "before": grouped(gp.analysis.connections(first, PROJECTION), nulls),
        "after": grouped(after, nulls),
    }


def grouped(found: gp.analysis.Connections, nulls: int) -> dict[str, float] | None:
    """Mean Moran's I over the neurons, and that of fields with shuffled delays and channels."""
    moran: dict[str, float] = {}
    for shuffled in ("delays", "channels"):
        try:
            measure = gp.analysis.field_grouping(
                found, shuffled=shuffled, width=WIDTH, nulls=nulls, seed=1
            )
        except DataError:  # nobody hears more than one cell
            return None
        moran["Moran's I"] = round(measure.value, 4)
        moran[f"with shuffled {shuffled}"] = round(float(np.mean(measure.nulls)), 4)
        moran[f"sd with shuffled {shuffled}"] = round(measure.deviation, 4)
    return moran


if __name__ == "__main__":
    main()
