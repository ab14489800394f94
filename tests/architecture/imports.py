"""Which module of a package imports what, read from its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "describe",
    "equations",
    "adjoint",
    "data",
    "lower",
    "numerics",
    "emit",
    "build",
    "backends",
    "stages",
    "runtime",
    "attack",
    "interchange",
    "train",
    "analysis",
    "plot",
    "experiment",
    "report",
    "testing",
    "cli",
)


@dataclass(frozen=True)
class Import:
    """``file`` (relative to the package) imports ``target``.

    ``inner`` says inside a function or for types alone, thus not when the file is imported.
    """

    file: str
    target: str
    inner: bool

    @property
    def module(self) -> str:
        """The dotted name of the importing module below genprop: ``build.cache``."""
        return self.file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imports(package: Path) -> Iterator[Import]:
    """Every import of ours and of others, below ``TYPE_CHECKING`` and inside functions too."""
    for path in sorted(package.rglob("*.py")):
        file = path.relative_to(package).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inner = {id(node) for f in ast.walk(tree) if _is_later(f) for node in ast.walk(f)}
        for node in ast.walk(tree):
            for target in targets(node, package, file):
                yield Import(file, target, id(node) in inner)


def _is_later(node: ast.AST) -> bool:
    """Whether what stands inside is not run when the file is imported."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))


def targets(node: ast.AST, package: Path, file: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    base = node.module or ""
    if node.level:
        above = ("genprop", *Path(file).parent.parts)
        base = ".".join([*above[: len(above) - node.level + 1], *filter(None, [node.module])])
    return [longest_module(package, base, alias.name) for alias in node.names]


def longest_module(package: Path, base: str, name: str) -> str:
    """``from base import name`` imports the module ``base.name`` where there is one."""
    place = package.joinpath(*base.split(".")[1:], name)
    ours = base.split(".")[0] == "genprop"
    is_module = ours and (place.is_dir() or place.with_suffix(".py").is_file())
    return f"{base}.{name}" if is_module else base


def room(module: str) -> str:
    return module.split(".")[0]


def inside(found: list[Import]) -> Iterator[tuple[Import, str]]:
    """(import, module below genprop) of our own modules."""
    for one in found:
        if one.target.startswith("genprop."):
            yield one, one.target.removeprefix("genprop.")
