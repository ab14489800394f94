"""The tables of README.md from results.json: ``python tables.py results.json``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Rows = Mapping[str, Mapping[str, Any]]


def pooled(runs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """The runs of each network together, by part and row."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name in dict.fromkeys(run.split(",")[0] for run in runs):
        own = [parts for run, parts in runs.items() if run.split(",")[0] == name]
        found[name] = {
            part: {row: together([o[part][row] for o in own]) for row in rows(own[0][part])}
            for part in ("test", "rules", "tuned")
            if part in own[0]
        }
        found[name] |= (
            {"exponents": {"8": together([o["exponents"] for o in own])}}
            if ("exponents" in own[0])
            else {}
        )
    return found


def rows(part: Mapping[str, Any]) -> list[str]:
    """What of a part was seen on samples."""
    return [name for name, row in part.items() if isinstance(row, dict)]


def together(seen: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several runs' row as one: pooled agreement with its standard error, accuracies ± sd."""
    samples = np.array([s["samples"] for s in seen])
    share = float(sum(s["same"] for s in seen) / samples.sum())
    return {
        "runs": len(seen),
        "samples": int(samples.sum()),
        "same predictions": round(share, 4),
        "standard error": round(float(np.sqrt(share * (1 - share) / samples.sum())), 4),
        "same, by run": [round(s["same"] / s["samples"], 4) for s in seen],
        "float accuracy": spread([s["right in floats"] / s["samples"] for s in seen]),
        "chip accuracy": spread([s["right on the chip"] / s["samples"] for s in seen]),
        "wraps": int(sum(s["wraps"] for s in seen)),
        "saturations": int(sum(s["saturations"] for s in seen)),
    }


def spread(values: Sequence[float]) -> list[float]:
    """Mean and standard deviation, 0 for a single value."""
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return [round(float(np.mean(values)), 4), round(sd, 4)]


def text(found: Mapping[str, Any]) -> str:
    """Every table as Markdown."""
    parts = [f"{name}\n\n{network(own)}" for name, own in found["pooled"].items()]
    return "\n\n".join(parts)


def network(own: Mapping[str, Rows]) -> str:
    """The tables of one network."""
    found: list[str] = []
    if test := own.get("test"):
        lines = [(row.replace("/calibrated/", ", ") + " bits", seen) for row, seen in test.items()]
        lines += [(f"fine-tuned, {row} bits", seen) for row, seen in own.get("tuned", {}).items()]
        lines += [("8 bits with exponents", seen) for seen in own.get("exponents", {}).values()]
        found.append(
            table(
                ("test", "same predictions", "by run", "float", "chip", "wraps, saturations"),
                ((name, agreed(s), by_run(s), *accuracies(s), lost(s)) for name, s in lines),
            )
        )
    if rules := own.get("rules"):
        bits = tuple(dict.fromkeys(row.split("/")[2] for row in rules))
        groups = dict.fromkeys(row.rsplit("/", 1)[0] for row in rules)
        found.append(
            table(
                ("rounding/scale, validation", *(f"{b} bits" for b in bits), "wraps, saturations"),
                (
                    (group, *(agreed(rules[f"{group}/{b}"]) for b in bits), both(rules, group))
                    for group in groups
                ),
            )
        )
    return "\n\n".join(found)


def agreed(seen: Mapping[str, Any]) -> str:
    """Per cent ± standard error."""
    return f"{100 * seen['same predictions']:.1f} ± {100 * seen['standard error']:.1f}"


def by_run(seen: Mapping[str, Any]) -> str:
    """Per cent by run."""
    return ", ".join(f"{100 * share:.1f}" for share in seen["same, by run"])


def accuracies(seen: Mapping[str, Any]) -> tuple[str, str]:
    """Per cent ± standard deviation over runs, in floats and on the chip."""
    one, other = (seen[f"{side} accuracy"] for side in ("float", "chip"))
    return (
        f"{100 * one[0]:.1f} ± {100 * one[1]:.1f}",
        f"{100 * other[0]:.1f} ± {100 * other[1]:.1f}",
    )


def lost(seen: Mapping[str, Any]) -> str:
    """How often integers ran over."""
    return f"{seen['wraps']}, {seen['saturations']}"


def both(rules: Rows, group: str) -> str:
    """How often integers ran over, with any number of bits."""
    own = [seen for row, seen in rules.items() if row.rsplit("/", 1)[0] == group]
    return f"{sum(s['wraps'] for s in own)}, {sum(s['saturations'] for s in own)}"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rule = "|".join("---" for _ in head)
    written = [" | ".join(line) for line in (head, *lines)]
    return "\n".join([f"| {written[0]} |", f"|{rule}|", *(f"| {line} |" for line in written[1:])])


if __name__ == "__main__":
    print(text(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
