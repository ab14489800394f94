"""Which keys a train.toml may have, and what does not fit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from genprop.errors import ConfigurationError, did_you_mean
from genprop.experiment.toml import Table, line_of

__all__ = ["AROUND", "SECTIONS", "TOP", "findings"]

Keys = Mapping[str, tuple[type, ...]]

_NUMBER = (int, float)
TOP: Keys = {
    "network": (str,),
    "code_snapshot": (str,),
    "recipe": (str,),
    "name": (str,),
    "seed": (int,),
}
"""The keys above all sections, with their types."""
SECTIONS: Mapping[str, Keys | None] = {
    "data": None,
    "options": None,
    "compile": {
        "dt": _NUMBER,
        "duration": _NUMBER,
        "batch": (int,),
        "backend": (str,),
        "solver": (str,),
        "precision": (str,),
        "threads": (int,),
        "memory": (int,),
        "device": (str,),
        "tape": (int,),
        "events": (str,),
        "clock": (str,),
    },
    "optimiser": None,
    "quantise": {
        "weight_bits": (int,),
        "rounding": (str,),
        "scale": (str,),
        "percentile": _NUMBER,
        "headroom": _NUMBER,
        "exponents": (bool,),
        "clip_delays": (bool,),
        "seed": (int,),
    },
    "fit": {"epochs": (int,), "best": (str,), "every": (int,), "start": (str,)},
    "callbacks": None,
    "cluster": None,
    "search": None,
}
"""The keys of each section with their types; None where what they are given to checks them."""

AROUND = ("cluster", "search")
"""Sections about many trainings, which are no part of the settings of one."""

_WORDS = {str: "a string", int: "an integer", float: "a number", bool: "true or false"}


def findings(tables: Table, text: str, path: Path) -> Iterator[ConfigurationError]:
    """Everything in ``tables`` that a train.toml may not have, with its place in ``text``."""
    for name, value in tables.items():
        if name not in SECTIONS:
            yield from _key_faults((name,), value, TOP, [*TOP, *SECTIONS], text, path)
        elif not isinstance(value, dict):
            yield _fault(f"{name} is a table", (name,), f"write [{name}]", text, path)
        elif (keys := SECTIONS[name]) is not None:
            for key, inner in value.items():
                yield from _key_faults((name, str(key)), inner, keys, list(keys), text, path)
    if "network" not in tables:
        yield _fault(
            "no network is named", (), 'write network = "network.py" at the top', text, path
        )
    fit = tables.get("fit")
    if fit is None or (isinstance(fit, dict) and "epochs" not in fit):
        remedy = "write epochs = 20 below [fit]"
        yield _fault("the number of epochs is missing", ("fit",), remedy, text, path)


def _key_faults(
    keys: tuple[str, ...], value: object, known: Keys, names: list[str], text: str, path: Path
) -> Iterator[ConfigurationError]:
    """An unknown key, or a value of another type."""
    name = keys[-1]
    if name not in known:
        yield _fault(f"{name!r} is no key here", keys, did_you_mean(name, names), text, path)
    elif not isinstance(value, known[name]) or isinstance(value, bool) != (bool in known[name]):
        wanted = _WORDS[known[name][-1]]
        yield _fault(f"{name} is {wanted}, not {value!r}", keys, f"give {wanted}", text, path)
    elif (fault := _beyond(keys, value)) is not None:
        yield _fault(f"{'.'.join(keys)} cannot be {value!r:.60}", keys, fault, text, path)


_LEAST: dict[tuple[str, ...], int] = {
    ("seed",): 0,
    ("fit", "epochs"): 0,
    ("fit", "every"): 0,
    ("compile", "batch"): 1,
    ("compile", "threads"): 0,
}


def _beyond(keys: tuple[str, ...], value: object) -> str | None:
    """What to do about a value of the right type that cannot be; None where it can."""
    if isinstance(value, float) and not math.isfinite(value):
        return "give a finite number"
    if isinstance(value, int) and keys in _LEAST and not _LEAST[keys] <= value < 1 << 63:
        return f"give an integer from {_LEAST[keys]}"
    if keys == ("name",) and not re.fullmatch(r"(?!\.)[^/\\:*?\"<>|]{1,100}(?<!\.)", str(value)):
        return "the name is that of a folder within runs/: use letters, digits, - and _"
    if keys == ("name",) and not str(value).isprintable():
        return "use letters, digits, - and _"
    return None


def _fault(
    what: str, keys: tuple[str, ...], remedy: str, text: str, path: Path
) -> ConfigurationError:
    line = line_of(text, keys) if keys else 0
    dotted = f" ({'.'.join(keys)})" if len(keys) > 1 else ""
    where = f"{path}, line {line}{dotted}" if line else f"{path}{dotted}"
    return ConfigurationError(what, where=where, remedy=remedy)
