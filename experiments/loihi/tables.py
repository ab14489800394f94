"""The tables of README.md from results.json: ``python tables.py results.json``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Networks = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]


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
        if "exponents" in own[0]:
            found[name]["exponents"] = {"8": together([o["exponents"] for o in own])}
    return found


def rows(part: Mapping[str, Any]) -> list[str]:
    """What of a part was seen on samples."""
    return [name for name, row in part.items() if isinstance(row, dict)]


def together(seen: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several runs' row as one: pooled agreement with its standard error, accuracies ± sd."""
    samples = np.array([s["samples"] for s in seen])
    same = float(sum(s["same"] for s in seen) / samples.sum())
    return {
        "runs": len(seen),
        "samples": int(samples.sum()),
        "same predictions": round(same, 4),
        "standard error": round(float(np.sqrt(same * (1 - same) / samples.sum())), 4),
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
    """Both tables as Markdown."""
    networks = found["pooled"]
    return "\n\n".join([test_table(networks), rules_table(networks)])


def test_table(networks: Networks) -> str:
    """Test samples: same predictions ± standard error / accuracy ± sd over runs, per cent."""
    written: dict[tuple[str, str], dict[str, str]] = {}
    for name, own in networks.items():
        for part in ("test", "exponents", "tuned"):
            for row, seen in own.get(part, {}).items():
                way = row.split("/")[0] if part == "test" else part
                cells = written.setdefault((title(name, seen), way), {})
                cells[row.split("/")[-1]] = f"{agreed(seen)} / {accuracy(seen, 'chip')}"
    bits = list(dict.fromkeys(b for cells in written.values() for b in cells))
    lines = ((*place, *(cells.get(b, "") for b in bits)) for place, cells in written.items())
    return table(("test", "rounding", *(f"{b} bits" for b in bits)), lines)


def title(name: str, seen: Mapping[str, Any]) -> str:
    """A network, how many samples, and its accuracy in floats."""
    each = seen["samples"] // seen["runs"]
    return f"{name}, {seen['runs']} × {each}, float {accuracy(seen, 'float')}"


def rules_table(networks: Networks) -> str:
    """Validation samples: same predictions ± standard error by rounding and scale, per cent."""
    rules: dict[str, list[str]] = {}
    for own in networks.values():
        for row in own.get("rules", {}):
            rules.setdefault(row.rsplit("/", 1)[0], []).append(row)
    lines: list[list[str]] = []
    for rule, found in rules.items():
        several = list(dict.fromkeys(found))
        seen = [[own["rules"][row] for row in several] for own in networks.values()]
        cells = [", ".join(agreed(s) for s in own) for own in seen]
        every = [merged([own[k] for own in seen]) for k in range(len(several))]
        over = [sum(s[what] for own in seen for s in own) for what in ("wraps", "saturations")]
        lines.append([rule, *cells, ", ".join(map(agreed, every)), f"{over[0]}, {over[1]}"])
    return table(("rounding/scale", *networks, "all", "wraps, saturations"), lines)


def merged(seen: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Several networks' agreement as one."""
    samples = sum(s["samples"] for s in seen)
    same = sum(s["same predictions"] * s["samples"] for s in seen) / samples
    return {"same predictions": same, "standard error": (same * (1 - same) / samples) ** 0.5}


def agreed(seen: Mapping[str, Any]) -> str:
    """Per cent ± standard error."""
    return f"{100 * seen['same predictions']:.1f} ± {100 * seen['standard error']:.1f}"


def accuracy(seen: Mapping[str, Any], side: str) -> str:
    """Per cent ± standard deviation over runs, ``"float"`` or on the ``"chip"``."""
    mean, sd = seen[f"{side} accuracy"]
    return f"{100 * mean:.1f} ± {100 * sd:.1f}"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rule = "|".join("---" for _ in head)
    written = [" | ".join(line) for line in (head, *lines)]
    return "\n".join([f"| {written[0]} |", f"|{rule}|", *(f"| {line} |" for line in written[1:])])


if __name__ == "__main__":
    print(text(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
