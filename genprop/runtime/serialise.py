"""Frozen descriptions and Programs as JSON: data only, safe to read from a stranger."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import cast

import numpy as np

from genprop.describe import declaration, draws, modelspec, spec
from genprop.errors import ConfigurationError, UnsupportedError
from genprop.lower import (
    continuous,
    delivery,
    derivation,
    formula,
    graded_program,
    loss_program,
    nodes,
    program,
    update_program,
)
from genprop.lower.clocks import CLOCKS
from genprop.stages import derived, distance, gram, neuronal, penalties, signed, tied, wiring_cost
from genprop.stages.rewiring import deep_r, rigl, sparse_evolution

__all__ = ["deserialised", "is_data", "serialised"]

_KIND = "is"


def _title(kind: type) -> str:
    """``"spec.NetworkSpec"``: two rooms may use one word."""
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"


_DESCRIBED = (modelspec, spec, draws, declaration)
_STAGES = (derived, distance, gram, neuronal, penalties, signed, tied, wiring_cost)
_RULES = (deep_r, rigl, sparse_evolution)
_LOWERED = (program, graded_program, continuous, loss_program, delivery, nodes, update_program)
_PROGRAMS = (*_LOWERED, derivation, formula)
_clocks = (import_module(f"genprop.lower.clocks.{name}") for name in CLOCKS)
_KNOWN: Mapping[str, type] = {
    _title(found): found
    for module in (*_DESCRIBED, *_PROGRAMS, *_STAGES, *_RULES, *_clocks)
    for found in vars(module).values()
    if isinstance(found, type) and is_dataclass(found) and found.__module__ == module.__name__
}
_FORMERLY: Mapping[str, type] = {
    **{f"spec.{name}": getattr(modelspec, name) for name in modelspec.__all__},
    "program.UpdateProgram": update_program.UpdateProgram,
    "derived.Operand": derivation.Operand,
}
"""Titles in files of before these had modules of their own."""


def is_data(value: object) -> bool:
    """Whether :func:`serialised` can write an object of this class."""
    return _KNOWN.get(_title(type(value))) is type(value)


def serialised(value: object) -> object:
    """``value`` as dictionaries, lists, strings and numbers; arrays keep every bit.

    Raises:
        UnsupportedError: for an object of a class that is not genprop's own.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple):
        return [serialised(item) for item in cast("tuple[object, ...]", value)]
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {_KIND: "array", "dtype": value.dtype.str, "shape": list(value.shape), "data": data}
    kind = _title(type(value))
    if _KNOWN.get(kind) is not type(value) or not is_dataclass(value):
        raise UnsupportedError(
            f"a value of class {type(value).__name__} cannot be written to a file",
            remedy="initialise with gp.constant, gp.normal, gp.uniform or gp.values",
        )
    held = (f.name for f in fields(value) if f.init)
    return {_KIND: kind} | {name: serialised(getattr(value, name)) for name in held}


def deserialised(data: object, where: str) -> object:
    """What :func:`serialised` wrote; ``where`` names the file in errors.

    Raises:
        ConfigurationError: for data that this version of genprop did not write.
    """
    if isinstance(data, list):
        return tuple(deserialised(item, where) for item in cast("list[object]", data))
    if not isinstance(data, dict):
        return data
    table = {str(k): v for k, v in cast("dict[object, object]", data).items()}
    kind = str(table.pop(_KIND, ""))
    try:
        if kind == "array":
            return _array(table)
        values = {name: deserialised(item, where) for name, item in table.items()}
        return _made(_KNOWN.get(kind) or _FORMERLY[kind], values)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{kind or 'something'} is not understood ({error})",
            where=where,
            remedy="write the folder again: genprop build NET -o DIR",
        ) from error


def _array(table: Mapping[str, object]) -> np.ndarray:
    shape = tuple(cast("list[int]", table["shape"]))
    flat = np.frombuffer(base64.b64decode(str(table["data"])), np.dtype(str(table["dtype"])))
    found = flat.reshape(shape)
    found.setflags(write=False)
    return found


_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (int, float),
    "np.ndarray": np.ndarray,
    "None": type(None),
}


def _made(kind: type, values: Mapping[str, object]) -> object:
    """An object whose fields hold what they are declared to hold, as far as that is simple."""
    for field in (f for f in fields(kind) if f.init):
        value = values.get(field.name, field.default)
        if not _fits(value, str(field.type), finite=kind.__module__ != nodes.__name__):
            raise TypeError(f"{field.name} is declared as {field.type}, not {value!r:.60}")
    return kind(**values)


def _fits(value: object, declared: str, *, finite: bool) -> bool:
    if declared.startswith("tuple["):
        return isinstance(value, tuple)
    parts = [part.strip() for part in declared.split("|")]
    if not all(part in _KINDS for part in parts):
        return True  # an expression, an initialiser or another class of ours: it is read as one
    if isinstance(value, bool) and "bool" not in parts:
        return False
    if isinstance(value, float) and (math.isnan(value) or (finite and math.isinf(value))):
        return False
    return any(isinstance(value, _KINDS[part]) for part in parts)
