"""The tables of README.md, from theorem.json, validation.json, attacks.json and chip.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent


def theorem(found: dict[str, Any]) -> str:
    """Predicted and seen, by noise and γ."""
    lines = [
        "| ε | γ/ε | samples with a false group | largest error/ε | bound | groups missed |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in found["rows"]:
        bound = f"{found['bound/eps']:g}" if row["gamma/eps"] == 4 else "none"
        false, error = row["samples with a false group"], row["largest error/eps"]
        lines.append(
            f"| {row['eps']:g} | {row['gamma/eps']:g} | {false} of {row['samples']} | "
            f"{error:.2f} | {bound} | {row['groups missed']} |"
        )
    return "\n".join(lines)


def attacks(found: dict[str, Any]) -> str:
    """Mean ± standard deviation over draws."""
    first = next(iter(next(iter(found.values())).values()))
    eps, supports = [*first["accuracy"]], [*first["support"]]
    head = [*(f"ε = {float(e):g}" for e in eps), *supports, "draws"]
    lines = [f"| | {' | '.join(head)} |", f"|{' --- |' * (len(head) + 1)}"]
    for estimator, draws in found.items():
        cells = [
            *(_percent([d["accuracy"][e] for d in draws.values()]) for e in eps),
            *(_percent([d["support"][s] for d in draws.values()]) for s in supports),
        ]
        lines.append(f"| {estimator} | {' | '.join(cells)} | {len(draws)} |")
    return "\n".join(lines)


def validation(found: dict[str, dict[str, float | None]]) -> str:
    """Mean accuracy over draws and ε by which γ was chosen."""
    gammas = list(next(iter(found.values())))
    lines = [f"| | {' | '.join(f'γ = {g}' for g in gammas)} |", f"|{' --- |' * (len(gammas) + 1)}"]
    for estimator, own in found.items():
        cells = [f"{100 * a:.1f} %" if (a := own[g]) is not None else "none" for g in gammas]
        lines.append(f"| {estimator} | {' | '.join(cells)} |")
    return "\n".join(lines)


def chip(found: dict[str, Any]) -> str:
    """What the chip's integers cost, by model and weight bits."""
    lines = [
        "| model | weight bits | samples | mean gap | largest gap | of weights alone | "
        "largest error |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in found["rows"]:
        lines.append(
            f"| `{row['model']}` | {row['bits']} | {row['samples']} | {row['mean gap']:.1e} | "
            f"{row['largest gap']:.1e} | {row['mean gap of weights']:.1e}, "
            f"{row['largest gap of weights']:.1e} | {row['largest error']:.3f} |"
        )
    return "\n".join(lines)


def _percent(values: list[float]) -> str:
    return f"{100 * np.mean(values):.0f} ± {100 * np.std(values, ddof=1):.0f} %"


if __name__ == "__main__":
    for table in (theorem, validation, attacks, chip):
        print(table(json.loads((HERE / f"{table.__name__}.json").read_text())), end="\n\n")
