"""Draws large.svg from results.json: memory and time beside the number of synapses."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt

HERE = Path(__file__).parent


def main() -> None:
    """One panel for memory, one for time."""
    rows = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    plt.rcParams["svg.hashsalt"] = "large"
    figure, (memory, events) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained")
    synapses = [row["synapses"] for row in rows]
    memory.plot(synapses, [row["most memory [MB]"] for row in rows], "o-")
    memory.set(xscale="log", yscale="log", xlabel="synapses", ylabel="memory while learning [MB]")
    times = [row["a synaptic event, forwards and in reverse [ns]"] for row in rows]
    events.plot(synapses, times, "o-")
    events.set(xscale="log", xlabel="synapses", ylabel="time of a synaptic event [ns]")
    events.set_ylim(bottom=0)
    figure.savefig(HERE / "large.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
