"""The folder of a run: settings, environment, history, checkpoints, result.

::

    runs/<name>/
      config.toml          the exact settings
      network.py           a copy of the network.py that is trained
      environment.json     versions, compiler, processor, revision
      history.jsonl        one line per epoch
      checkpoints/last.h5  the latest moment of the training, to resume from
      checkpoints/best.h5  the best epoch
      result.json          what came out; there when the run is finished
      report.html          the run as one page, where one was written
      loihi.html           its network on Loihi 2 as one page, likewise
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from genprop._checks import given_path
from genprop._reading import reading
from genprop._writing import writing
from genprop.errors import ConfigurationError, DataError
from genprop.train.files import read_table, write_atomically

__all__ = ["RunFolder", "TakenError", "run_path"]


class TakenError(ConfigurationError):
    """A run folder in which another training is, or was."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of a run, and what may be done with them."""

    path: Path

    @staticmethod
    def of(run: str | Path | RunFolder | None) -> RunFolder | None:
        """The folder that ``run`` names."""
        if run is None or isinstance(run, RunFolder):
            return run
        return RunFolder(given_path(run, "the run folder"))

    @classmethod
    def of_run(cls, run: str | Path) -> RunFolder:
        """The folder of a run that was begun, ``~`` being the user's own folder.

        Raises:
            ConfigurationError: for a folder that holds no run.
        """
        folder = cls(Path(run).expanduser())
        if not folder.config.exists():
            raise ConfigurationError(
                "this is no run folder: it has no config.toml",
                where=str(folder.path),
                remedy="give the folder that genprop train wrote",
            )
        return folder

    @property
    def config(self) -> Path:
        """The exact settings."""
        return self.path / "config.toml"

    @property
    def network(self) -> Path:
        """A copy of the network.py that is trained."""
        return self.path / "network.py"

    @property
    def environment(self) -> Path:
        """Versions, compiler, processor, revision."""
        return self.path / "environment.json"

    @property
    def history(self) -> Path:
        """One line of JSON per epoch."""
        return self.path / "history.jsonl"

    @property
    def last(self) -> Path:
        """The latest checkpoint."""
        return self.path / "checkpoints" / "last.h5"

    @property
    def best(self) -> Path:
        """The checkpoint of the best epoch."""
        return self.path / "checkpoints" / "best.h5"

    @property
    def result(self) -> Path:
        """What came out, when the run is finished."""
        return self.path / "result.json"

    @property
    def report(self) -> Path:
        """The run as one page, where one was written."""
        return self.path / "report.html"

    @property
    def chip_report(self) -> Path:
        """Its network on a chip as one page, where one was written."""
        return self.path / "loihi.html"

    @property
    def begun(self) -> bool:
        """Whether a training has left something here."""
        return any(path.exists() for path in (self.history, self.last, self.best, self.result))

    def prepare(self, resume: bool) -> None:
        """Make the folder; refuse one that holds a training which is not to be resumed.

        Raises:
            ConfigurationError: for such a folder.
        """
        if self.begun and not resume:
            raise TakenError(
                "the run folder already holds a training",
                where=str(self.path),
                remedy="resume it (--resume, resume=True) or choose another folder (--run, run=…)",
            )
        with writing(self.last.parent, "the run folder"):
            self.last.parent.mkdir(parents=True, exist_ok=True)

    def write_json(self, path: Path, content: Mapping[str, object]) -> None:
        """Write ``content`` whole or not at all."""
        write_atomically(path, (json.dumps(content, indent=2) + "\n").encode())

    def read_result(self) -> dict[str, object]:
        """The content of ``result.json``.

        Raises:
            DataError: for a run without a result, or a damaged one.
        """
        remedy = "remove it and --resume"
        try:
            found = read_table(self.result, remedy)
        except FileNotFoundError:
            raise DataError(
                "the run has no result", where=str(self.path), remedy="finish it with --resume"
            ) from None
        with reading(self.result, "result of a run: the file is damaged", DataError, remedy):
            _refuse_unsound(found)
        return found

    @contextlib.contextmanager
    def locked(self, wait: bool = False) -> Generator[None]:
        """Keep other processes from training in this folder; the lock ends with the process.

        Args:
            wait: wait for another process that trains here, instead of refusing.

        Raises:
            ConfigurationError: when another process trains here.
        """
        with writing(self.path, "the run folder"):
            self.path.mkdir(parents=True, exist_ok=True)
        if os.name != "posix":
            yield
            return
        import fcntl

        with (self.path / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise TakenError(
                    "another process trains in this run folder",
                    where=str(self.path),
                    remedy="wait until it ends (--wait), or choose another folder with --run",
                ) from None
            yield


_COUNTS = ("epochs", "best_epoch", "seconds", "samples_per_second")


def _refuse_unsound(result: Mapping[str, object]) -> None:
    """Refuse a result in which what is shown and compared is no number.

    Raises:
        TypeError, OverflowError: saying what.
    """
    for name in _COUNTS:
        _number(result.get(name, 0), name)
    for table in ("metrics", "test"):
        found = result.get(table)
        if not isinstance(found, (Mapping, type(None))):
            raise TypeError(f"{table} is no table")
        for name, value in (found or {}).items():
            _number(value, f"{table}.{name}")


def _number(value: object, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} is no number")
    float(value)  # an integer may be beyond all floats


def run_path(
    name: str, *, resume: bool, root: Path = Path("runs"), taken: Collection[Path] = ()
) -> Path:
    """``runs/<name>`` for a training: a new folder, numbered where there are older ones.

    Args:
        name: of the training.
        resume: take the latest that there is instead.
        root: where run folders are kept.
        taken: folders that others have begun to use since.
    """
    latest, number = root / name, 1
    while (path := root / (name if number == 1 else f"{name}-{number}")) in taken or RunFolder(
        path
    ).begun:
        latest, number = path, number + 1
    return latest if resume else path
