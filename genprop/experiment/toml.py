"""TOML: reading it with the lines of its keys, and writing tables."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import zip_longest
from operator import getitem
from pathlib import Path
from typing import Any, cast

import tomlkit
from tomlkit.exceptions import ConvertError

from genprop._reading import reading
from genprop.errors import ConfigurationError, caret

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

__all__ = ["Table", "line_of", "parse_assignment", "read_toml", "toml_text"]

Table = dict[str, object]


def read_toml(path: Path) -> tuple[Table, str]:
    """The tables of a file, and its text.

    Raises:
        ConfigurationError: for a missing file, or text that is no TOML, with its place.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(
            "there is no such file", where=str(path), remedy="check the path"
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigurationError(f"the file cannot be read: {fault}", where=str(path)) from None
    with reading(path, "table in TOML", ConfigurationError, "write it as the guide shows"):
        try:
            return tomllib.loads(text), text
        except tomllib.TOMLDecodeError as fault:
            raise _syntax_error(str(fault), text, path) from None


def parse_assignment(assignment: str) -> Table:
    """``"a.b=1"`` as ``{"a": {"b": 1}}``; a value that is no TOML is taken as a string.

    Raises:
        ConfigurationError: for text that assigns nothing.
    """
    key, equals, value = assignment.partition("=")
    for shown in (value, json.dumps(value)):
        try:
            found = tomllib.loads(f"{key} = {shown}")
        except tomllib.TOMLDecodeError:
            continue
        if equals and found and "\n" not in key:
            return found
    raise ConfigurationError(
        f"{assignment!r} sets nothing", remedy="write KEY=VALUE, for example epochs=5"
    )


def line_of(text: str, path: Sequence[str]) -> int:
    """The line (from 1) that sets the key at ``path``, else that of its table; 0 if not found.

    It is the first line that changes when the key is taken out.
    """
    document = tomlkit.parse(text)
    for depth in range(len(path), 0, -1):
        *tables, key = path[:depth]
        try:
            del reduce(getitem, tables, cast("Any", document))[key]
        except (KeyError, TypeError):
            continue
        lines = zip_longest(text.splitlines(), document.as_string().splitlines())
        return next((n for n, (old, new) in enumerate(lines, 1) if old != new), 0)
    return 0


def toml_text(tables: Mapping[str, object]) -> str:
    """Tables (strings, numbers, booleans, lists, tables) as TOML; None is left out."""
    try:
        return tomlkit.dumps(_stated(tables))  # pyright: ignore[reportArgumentType]
    except ConvertError as fault:
        raise ConfigurationError(f"this cannot be written as TOML: {fault}") from None


def _stated(value: object) -> object:
    """``value`` without the keys of its tables that hold None."""
    if not isinstance(value, Mapping):
        return value
    return {str(name): _stated(inner) for name, inner in value.items() if inner is not None}


def _syntax_error(message: str, text: str, path: Path) -> ConfigurationError:
    place = re.search(r"line (\d+), column (\d+)", message)
    where = str(path)
    if place:
        row, column = int(place[1]), int(place[2])
        lines = text.splitlines()
        shown = lines[row - 1] if row <= len(lines) else ""
        where = caret(shown, max(column - 1, 0), f"{path}, line {row}")
    return ConfigurationError(f"the file is no TOML: {message}", where=where)
