"""The tables of README.md, from the files of results."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).with_name("results")
METHODS = ("BP", "GBP", "PGBP")
PUBLISHED = {"BP": (97.8, 87.4), "GBP": (98.2, 86.1), "PGBP": (98.3, 88.3)}
"""Clean and at ε = .15 [%]."""


def found(pattern: str, folder: Path = RESULTS) -> list[dict[str, Any]]:
    """The files of a pattern, in the order of their seeds."""
    return [json.loads(file.read_text()) for file in sorted(folder.glob(pattern))]


def clean(folder: Path = RESULTS) -> str:
    """What was learned: accuracies on validation and test images."""
    lines = _head("", "γ", "images", "valid", "test", "seeds", "published")
    for method in METHODS:
        runs = found(f"{method}-?.json", folder)
        attacks = found(f"{method}-?-attacks.json", folder)
        settings = runs[0]["settings"]
        lines.append(
            f"| {method} | {settings['gamma']:g} | {settings['epochs'] * settings['images']} | "
            f"{_percent([r['epochs'][-1]['valid.accuracy'] for r in runs])} | "
            f"{_percent([a['clean']['accuracy'] for a in attacks if 'clean' in a])} | {len(runs)} "
            f"| {PUBLISHED[method][0]} % |"
        )
    return "\n".join(lines)


def longer(folder: Path = RESULTS) -> str:
    """What learned longer, from results/long and results/moved, a line for each training."""
    files = [
        file
        for place in ("long", "moved")
        for method in METHODS
        for file in sorted((folder / place).glob(f"{method}-?.json"))
    ]
    each = [json.loads(f.with_name(f"{f.stem}-attacks.json").read_text()) for f in files]
    eps = [e for e in each[0]["l2"] if e != "images"] if each else []
    head = (
        "",
        "passes",
        "batch",
        "moved by",
        "trained",
        "valid",
        "test",
        *(f"ε = {float(e):g}" for e in eps),
    )
    lines = _head(*head, "images")
    for file, attacks in zip(files, each, strict=True):
        run = json.loads(file.read_text())
        settings, last = run["settings"], run["epochs"][-1]
        cells = [
            str(settings["epochs"]),
            str(settings["batch"]),
            f"{moved} pixel" if (moved := settings.get("moved", 0)) else "–",
            _percent([last["train.accuracy"]]),
            _percent([last["valid.accuracy"]]),
            _percent([attacks["clean"]["accuracy"]]),
            *(_percent([attacks["l2"][e]]) for e in eps),
            str(attacks["l2"]["images"]),
        ]
        lines.append(f"| {file.stem[:-2]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def attacked(norm: str, folder: Path = RESULTS) -> str:
    """Accuracy by ε, of the images attacked."""
    every = {m: [a[norm] for a in found(f"{m}-?-attacks.json", folder) if norm in a]
             for m in METHODS}  # fmt: skip
    first = next(runs[0] for runs in every.values() if runs)
    eps = [key for key in first if key not in ("images", "norm")]
    last = ["published at .15"] if norm == "l2" else []
    lines = _head("", *(f"ε = {float(e):g}" for e in eps), "images", "seeds", *last)
    for method, runs in every.items():
        if not runs:
            continue
        cells = [_percent([run[e] for run in runs]) for e in eps]
        cells += [str(runs[0]["images"]), str(len(runs))]
        cells += [f"{PUBLISHED[method][1]} %"] if last else []
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join(lines)


def certified(folder: Path = RESULTS) -> str:
    """The fraction of images that no attack can change, beside those that this one did not."""
    rows = {m: found(f"{m}-?-attacks.json", folder) for m in METHODS}
    eps = list(next(r for runs in rows.values() for r in runs if "radius" in r)
               ["radius"]["certified"])  # fmt: skip
    head = ("median radius", *(f"certified at {float(e):g}" for e in eps), "broken")
    lines = _head("", *head, "σ²", "λ", "theorem's median", "its premises hold")
    for method, runs in rows.items():
        radii = [run["radius"] for run in runs if "radius" in run]
        if not radii:
            continue
        each: list[Callable[[dict[str, Any]], float]] = [
            lambda r: r["smallest eigenvalue"],
            lambda r: r["largest eigenvalue"],
            lambda r: r["theorem"]["median"],
        ]
        numbers = [f"{np.mean([take(r) for r in radii]):.2g}" for take in each]
        lines.append(
            f"| {method} | {np.mean([r['median'] for r in radii]):.2g} | "
            + " | ".join(_percent([r["certified"][e] for r in radii]) for e in eps)
            + f" | {sum(sum(r['certified and broken'].values()) for r in radii)} | "
            + " | ".join(numbers)
            + f" | {_percent([r['theorem']['holds'] for r in radii])} |"
        )
    return "\n".join(lines)


def anytime(folder: Path = RESULTS) -> str:
    """Accuracy after so many steps."""
    every = {m: [a["anytime"] for a in found(f"{m}-?-attacks.json", folder) if "anytime" in a]
             for m in METHODS}  # fmt: skip
    steps = list(next(runs[0] for runs in every.values() if runs))
    lines = _head("", *(f"{k} steps" for k in steps), "seeds")
    for method, runs in every.items():
        if runs:
            cells = " | ".join(_percent([run[k] for run in runs]) for k in steps)
            lines.append(f"| {method} | {cells} | {len(runs)} |")
    return "\n".join(lines)


def estimators(folder: Path = RESULTS) -> str:
    """Feed-forward estimators of the pooled code: attacked white-box, and by transfer."""
    runs = found("?-estimators.json", folder)
    eps = list(runs[0]["linear"]["white-box"])
    lines = _head("", "clean", *(f"white-box {float(e):g}" for e in eps), "transfer .15", "seeds")
    for name in (name for name, own in runs[0].items() if isinstance(own, dict)):
        cells = [_percent([r[name]["clean"] for r in runs])]
        cells += [_percent([r[name]["white-box"][e] for r in runs]) for e in eps]
        cells += [_percent([next(iter(r[name]["transfer"].values())) for r in runs])]
        lines.append(f"| {name} | {' | '.join(cells)} | {len(runs)} |")
    return "\n".join(lines)


def events(folder: Path = RESULTS) -> str:
    """Events per image and accuracy, by θ."""
    lines = ["| | θ | events per image | clean | attacked | seeds |", f"|{' --- |' * 6}"]
    for method in METHODS:
        runs = found(f"{method}-?-events.json", folder)
        for k, row in enumerate(runs[0]["rows"] if runs else []):
            own = [run["rows"][k] for run in runs]
            lines.append(
                f"| {method} | {row['theta']:g} | {np.mean([r['events'] for r in own]):.0f} | "
                f"{_percent([r['clean'] for r in own])} | "
                f"{_percent([r['attacked'] for r in own])} | {len(runs)} |"
            )
    return "\n".join(lines)


def _head(*titles: str) -> list[str]:
    return [f"| {' | '.join(titles)} |", f"|{' --- |' * len(titles)}"]


def _percent(values: list[float]) -> str:
    mean = f"{100 * np.mean(values):.1f}"
    return f"{mean} ± {100 * np.std(values, ddof=1):.1f} %" if len(values) > 1 else f"{mean} %"


TABLES: dict[str, Callable[[Path], str]] = {
    "clean": clean,
    "longer": longer,
    "l2": lambda folder: attacked("l2", folder),
    "linf": lambda folder: attacked("linf", folder),
    "l2 of pixels": lambda folder: attacked("l2 of pixels", folder),
    "certified": certified,
    "estimators": estimators,
    "anytime": anytime,
    "events": events,
}

if __name__ == "__main__":
    for name, table in TABLES.items():
        print(name, table(RESULTS), sep="\n\n", end="\n\n")
