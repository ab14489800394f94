"""Lines of files and of functions, and which are too long to read in one sitting."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

FILE, FUNCTION, TEMPLATE = 300, 60, 120


def too_long(root: Path) -> list[str]:
    """Python files and functions of ``genprop``, and files of ``templates``, above the bounds."""
    faults = [
        f"{path.relative_to(root)}: {count} lines"
        for folder, bound in (("genprop", FILE), ("templates", TEMPLATE))
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in (".py", ".j2")
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > bound
    ]
    return faults + [
        f"{path.relative_to(root)}: {name} has {count} lines"
        for path in sorted((root / "genprop").rglob("*.py"))
        for name, count in functions(path)
        if count > FUNCTION
    ]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file with its lines, docstring included, decorators not."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
