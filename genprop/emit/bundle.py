"""The text of a program: ``render`` gives it, ``build`` compiles it, the user may edit it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast

from genprop._reading import reading
from genprop.errors import ConfigurationError, InternalError

__all__ = ["SourceBundle"]

_MANIFEST = "bundle.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class SourceBundle:
    """Generated source files, as plain data.

    Args:
        name: what the library is called, a plain word.
        files: (path, text) of every file, paths relative with ``/``, in the order of reading.
        main: the path of the one file that is given to the compiler (it includes the others).
        metadata: (key, text) of what a loader has to know, such as the digest of the network.
    """

    name: str
    files: tuple[tuple[str, str], ...]
    main: str
    metadata: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        paths = [path for path, _ in self.files]
        if not self.name.replace("-", "_").isidentifier():
            raise InternalError(f"a bundle cannot be called {self.name!r}")
        if len(set(paths)) != len(paths) or _MANIFEST in paths or not all(map(_is_inside, paths)):
            raise InternalError(f"the bundle {self.name!r} has unusable file names: {paths}")
        if self.main not in paths:
            raise InternalError(f"the bundle {self.name!r} has no file {self.main!r}")

    def __repr__(self) -> str:
        return f"SourceBundle({self.name!r}, main {self.main!r}, {len(self.files)} files)"

    def text(self, path: str) -> str:
        """The text of one file."""
        return dict(self.files)[path]

    def digest(self) -> str:
        """sha256 over name, main and every file, as hex; metadata does not reach the compiler."""
        content = json.dumps([_FORMAT, self.name, self.main, self.files], ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Write the files and a manifest below ``folder``, which is made where it is missing."""
        for path, text in self.files:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        manifest = {
            "format": _FORMAT,
            "name": self.name,
            "main": self.main,
            "files": [path for path, _ in self.files],
            "metadata": dict(self.metadata),
        }
        text = json.dumps(manifest, indent=2) + "\n"
        (folder / _MANIFEST).write_text(text, encoding="utf-8", newline="\n")

    @classmethod
    def read(cls, folder: Path) -> SourceBundle:
        """The bundle that ``write`` left in ``folder``, with the edits made there since.

        Raises:
            ConfigurationError: where the folder holds no bundle, or only part of one.
        """
        remedy = "write one: genprop build NET -o DIR"
        with reading(folder, "folder of generated sources", ConfigurationError, remedy):
            manifest = cast("dict[str, Any]", json.loads(_text(folder / _MANIFEST)))
            if manifest["format"] != _FORMAT:
                raise ConfigurationError(
                    f"the bundle has format {manifest['format']}, this genprop reads {_FORMAT}",
                    where=str(folder / _MANIFEST),
                    remedy="write it again with this version: genprop build NET -o DIR",
                )
            paths = [path for path in manifest["files"] if _is_inside(path)]
            files = tuple((path, _text(folder / path)) for path in paths)
            metadata = tuple((str(k), str(v)) for k, v in manifest["metadata"].items())
            return cls(str(manifest["name"]), files, str(manifest["main"]), metadata)


def _is_inside(path: str) -> bool:
    """Whether ``path`` stays below the folder it is joined to."""
    pure = PurePosixPath(path)
    return bool(path) and not pure.is_absolute() and ".." not in pure.parts and "\\" not in path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ValueError(f"there is no {path.name}") from None
