"""``genprop cache``: what the cache holds, and how to make room."""

from __future__ import annotations

import argparse
import re
import time

from genprop.build import cache
from genprop.cli._command import Commands, add_command
from genprop.errors import ConfigurationError

__all__ = ["add", "readable_size", "run"]

_SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_TIMES = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}


def add(commands: Commands) -> None:
    """Register ``genprop cache info | prune | clear``."""
    parser = add_command(
        commands,
        "cache",
        "show, prune or clear the cache of compiled networks and of data read before",
        """genprop cache                              what it holds, and where
           genprop cache prune --older-than 30d       remove what was not used for 30 days
           genprop cache prune --max-size 500M        remove the least recently used above 500 MB
           genprop cache clear                        remove everything
           genprop cache clear --only data            remove copies of data files""",
        more="The folder is $GENPROP_CACHE, else the user's cache folder.\n"
        "Nothing is lost: what is missing is compiled, or read from its file, again.",
    )
    parser.add_argument("action", nargs="?", choices=("info", "prune", "clear"), default="info")
    parser.add_argument("--max-size", metavar="SIZE", help="bytes, or with k, M, G: 500M")
    parser.add_argument("--only", choices=tuple(cache.KINDS), default="", help="leave the rest")
    parser.add_argument("--older-than", metavar="TIME", help="hours, days or weeks: 12h, 30d, 4w")


def run(args: argparse.Namespace) -> int:
    """Do it; gives 0."""
    if args.action == "clear":
        print(f"freed {readable_size(cache.clear(args.only))}")
    elif args.action == "prune":
        if args.max_size is None and args.older_than is None:
            raise ConfigurationError(
                "prune needs to know what may go",
                remedy="give --max-size 500M or --older-than 30d; for all: genprop cache clear",
            )
        size = None if args.max_size is None else int(_number(args.max_size, _SIZES))
        age = None if args.older_than is None else _number(args.older_than, _TIMES)
        freed = cache.prune(max_bytes=size, older_than=age, kind=args.only)
        print(f"freed {readable_size(freed)}")
    else:
        _show(args.only)
    return 0


def readable_size(size: float) -> str:
    """``1234567`` → ``"1.2 MB"``."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _show(only: str) -> None:
    found = cache.info(only)
    print(f"folder   {found.folder}")
    print(f"entries  {found.entries}")
    print(f"size     {readable_size(found.size)}")
    for kind in () if only else cache.KINDS:
        part = cache.info(kind)
        print(f"  {kind:<8} {part.entries} entries, {readable_size(part.size)}")
    if found.entries:
        newest, oldest = ((time.time() - t) / 86400 for t in (found.newest, found.oldest))
        print(f"last use {newest:.1f} to {oldest:.1f} days ago")


def _number(text: str, units: dict[str, int] | dict[str, float]) -> float:
    """``"500M"`` in bytes, ``"30d"`` in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]?)[bB]?", text.strip())
    if match is None or match[2].lower() not in units:
        known = ", ".join(repr(f"10{unit}") for unit in units)
        raise ConfigurationError(f"{text!r} is not understood", remedy=f"write for example {known}")
    return float(match[1]) * units[match[2].lower()]
