"""Prints the tables of README.md from results.json, dcls.json and times.json."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import genprop as gp

HERE = Path(__file__).parent
STRUCTURES = {"fixed": "fixed", "rigl": "RigL", "deep_r": "DEEP R"}
CELLS = [(delays, rule) for rule in STRUCTURES for delays in ("fixed", "learned")]
MORAN = "Moran's I"
Case = Mapping[str, Any]


def main() -> None:
    """All that was measured."""
    cases: list[Case] = read(HERE / "results.json") or []
    for dale in (False, True):
        chosen = [case for case in cases if case["dale"] == dale]
        print(f"\nDale {dale}\n", square(chosen, "test accuracy"), sep="\n")
    for length, own in trainings(HERE / "dcls.json").items():
        for dale in (False, True):
            chosen = [case for case in own if bool(case["dale"]) == dale]
            if chosen:
                head = f"\nDCLS, {length}, Dale {dale}\n"
                print(head, square(chosen, "test.accuracy"), sep="\n")
    print("\nGrouping\n", grouping(cases), sep="\n")
    times = read(HERE / "times.json")
    if times:
        print("\nTimes\n", spent(times), sep="\n")


def square(cases: Sequence[Case], key: str) -> str:
    """A row per sparsity, a column per structure and kind of delays; percent ± sd (n)."""
    rows = []
    for halvings in sorted({case["halvings"] for case in cases}):
        row = [sparsity(halvings)]
        for delays, rule in CELLS:
            own = [c for c in cases if c["halvings"] == halvings]
            row.append(
                percent([c for c in own if (c["delays"], c["structure"]) == (delays, rule)], key)
            )
        rows.append(row)
    head = [f"{STRUCTURES[rule]}, delays {delays}" for delays, rule in CELLS]
    return gp.experiment.markdown(["sparsity", *head], rows)


def trainings(path: Path) -> dict[str, list[Case]]:
    """Cases of the published model by the length of their training, the longest first."""
    cases: list[Case] = (read(path) or {"cases": []})["cases"]
    lengths = sorted({(c["epochs"], c["batch"]) for c in cases}, reverse=True)
    return {
        f"{epochs} epochs, batches of {batch}": [
            c for c in cases if (c["epochs"], c["batch"]) == (epochs, batch)
        ]
        for epochs, batch in lengths
    }


def grouping(cases: Sequence[Case]) -> str:
    """Moran's I of the fields before and after training, and of their nulls; a row per cell."""
    rows = []
    for halvings in sorted({case["halvings"] for case in cases}):
        for dale in (False, True):
            for delays, rule in CELLS:
                want = {"halvings": halvings, "dale": dale, "delays": delays, "structure": rule}
                group = [c for c in cases if want.items() <= c.items() and c["after"]]
                if group:
                    place = [sparsity(halvings), "yes" if dale else "no", delays]
                    rows.append([*place, STRUCTURES[rule], *morans(group)])
    head = ["sparsity", "Dale", "delays", "structure", "before", "after"]
    return gp.experiment.markdown(
        [*head, "shuffled delays", "shuffled channels", "synapses that stayed"], rows
    )


def morans(group: Sequence[Case]) -> list[str]:
    """Means over seeds: before, after, and the nulls of after with the sd of a null."""
    found = [f"{np.mean([c[when][MORAN] for c in group]):.4f}" for when in ("before", "after")]
    for shuffled in ("delays", "channels"):
        value = np.mean([c["after"][f"with shuffled {shuffled}"] for c in group])
        sd = np.mean([c["after"][f"sd with shuffled {shuffled}"] for c in group])
        found.append(f"{value:.4f} ± {sd:.4f}")
    stayed = [c["unmoved"] for c in group if c["unmoved"] is not None]
    return [*found, f"{100 * np.mean(stayed):.0f} %" if stayed else "all"]


def spent(times: Mapping[str, Any]) -> str:
    """A row per size and rule."""
    rows = []
    for hidden, size in times.items():
        for rule, found in size["found"].items():
            of, each = found["of fixed"], found["ms per 5 batches"]["median"]
            ratio = f"{of['median']:.2f} ({of['min']:.2f} … {of['max']:.2f})"
            memory = (
                f"{found['MB allocated at most']:.1f} MB, {found['of N² floats']:.2f} N² floats"
            )
            row = [hidden, STRUCTURES[rule], str(size["rounds"]), f"{each:.0f} ms", ratio, memory]
            rows.append(row)
    return gp.experiment.markdown(
        ["H", "structure", "rounds", "5 batches", "of fixed", "allocated at most"], rows
    )


def sparsity(halvings: int) -> str:
    """1 − 2^−k in percent."""
    return f"{100 * (1 - 2.0**-halvings):.4g} %"


def percent(group: Sequence[Case], key: str) -> str:
    """Mean ± standard deviation (n) over seeds."""
    values = [100 * case[key] for case in group]
    if len(values) < 2:
        return f"{values[0]:.1f}" if values else "–"
    return f"{np.mean(values):.1f} ± {np.std(values, ddof=1):.1f} ({len(values)})"


def read(path: Path) -> Any:
    """JSON, or None."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


if __name__ == "__main__":
    main()
