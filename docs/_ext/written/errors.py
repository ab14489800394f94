"""The reference of errors: the tree, and every message with its remedy, read from the code."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from genprop import errors

__all__ = ["messages", "pages"]


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """One page: the tree, then a section per kind of error."""
    tree = (inspect.getdoc(errors) or "").split("::", 1)[1]
    parts = [
        "# Errors",
        "Everything that is wrong is reported at once: what, where, and what to do. All derive from "
        "`gp.GenpropError`, so that one `except` catches them; `InternalError` is a fault of genprop.",
        f"```text\n{inspect.cleandoc(tree).strip()}\n```",
        "Below stands what the code may say, with `…` for names and numbers, and the remedy.",
    ]
    found = sorted(set(messages(root / "genprop")))
    for name in errors.__all__:
        own = [(what, remedy) for kind, what, remedy in found if kind == name]
        if own:
            parts += [f"## {name}", (inspect.getdoc(getattr(errors, name)) or "").split("\n")[0]]
            parts.append("\n\n".join(f"{what}\n: → {remedy}" for what, remedy in own))
    yield "errors.md", "\n\n".join(parts) + "\n"


def messages(package: Path) -> Iterator[tuple[str, str, str]]:
    """Kind, message and remedy of every error that is made with words of its own."""
    kinds = set(errors.__all__)
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id in kinds and node.args:
                given = {word.arg: word.value for word in node.keywords}
                what, remedy = _words(node.args[0]), _words(given.get("remedy"))
                if what.strip("… ") and remedy.strip("… "):
                    yield node.func.id, what, remedy


def _words(node: ast.expr | None) -> str:
    """A string as it is written, with … for what is filled in; escaped for Markdown."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        text = "".join(_words(v) if isinstance(v, ast.Constant) else "…" for v in node.values)
        return text
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _words(node.left) + _words(node.right)
    elif isinstance(node, ast.IfExp):
        return _words(node.body) or _words(node.orelse)
    else:
        return "…" if node is not None else ""
    for sign in "\\`*_[]<>{}#|$":
        text = text.replace(sign, "\\" + sign)
    return text.replace("\n", " ")
