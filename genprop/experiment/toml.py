"""TOML: reading it with the lines of its keys, and writing plain tables."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from genprop.errors import ConfigurationError, caret

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

__all__ = ["Table", "line_of", "parse_assignment", "read_toml", "toml_text"]

Table = dict[str, object]
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(path: Path) -> tuple[Table, str]:
    """The tables of a file, and its text.

    Raises:
        ConfigurationError: for a missing file, or text that is no TOML, with its place.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            "there is no such file", where=str(path), remedy="check the path"
        ) from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigurationError(f"the file cannot be read: {fault}", where=str(path)) from None
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
    """The line (from 1) that sets the key at ``path``, else that of its table; 0 if not found."""
    table, best = (), 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?([^\[\]]+)\]\]?\s*(#.*)?$", line)
        if header:
            table = _dotted(header[1])
            if table == tuple(path[: len(table)]):
                best = number
            continue
        key = re.match(r"""\s*((?:[A-Za-z0-9_.\s-]|"[^"]*"|'[^']*')+?)\s*=""", line)
        if key and (table + _dotted(key[1])) == tuple(path)[: len(table + _dotted(key[1]))]:
            return number
    return best


def toml_text(tables: Mapping[str, object]) -> str:
    """Plain tables (strings, numbers, booleans, lists, tables) as TOML."""
    return "\n".join(_lines(tables, ())).strip() + "\n"


def _lines(table: Mapping[str, object], path: tuple[str, ...]) -> list[str]:
    plain = {k: v for k, v in table.items() if not isinstance(v, Mapping) and v is not None}
    inner: list[tuple[str, Mapping[str, object]]] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            inner.append((name, {str(k): v for k, v in value.items()}))
    lines = [f"{_key(name)} = {_value(value)}" for name, value in plain.items()]
    if path and (plain or not inner):
        lines = ["", f"[{'.'.join(map(_key, path))}]", *lines]
    for name, sub in inner:
        lines += _lines(sub, (*path, name))
    return lines


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, (int, float, str)):
        return json.dumps(value, ensure_ascii=False)
    raise ConfigurationError(f"{value!r} cannot be written as TOML")


def _dotted(text: str) -> tuple[str, ...]:
    parts = re.findall(r""""[^"]*"|'[^']*'|[A-Za-z0-9_-]+""", text)
    return tuple(part.strip("\"'") for part in parts)


def _syntax_error(message: str, text: str, path: Path) -> ConfigurationError:
    place = re.search(r"line (\d+), column (\d+)", message)
    where = str(path)
    if place:
        row, column = int(place[1]), int(place[2])
        lines = text.splitlines()
        shown = lines[row - 1] if row <= len(lines) else ""
        where = caret(shown, max(column - 1, 0), f"{path}, line {row}")
    return ConfigurationError(f"the file is no TOML: {message}", where=where)
