"""Where a search keeps its trials: a file beside its trainings, or any storage of Optuna's.

The file's lock ends with the process that holds it, so one that was killed locks nobody out; a line
that it had only begun is taken away by the next that writes.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any

from genprop.errors import ConfigurationError, UnsupportedError

__all__ = ["optuna", "pruner_of", "storage_of", "storing"]

PATIENCE = 30.0
"""[s] that a storage may be locked by others."""


def optuna() -> Any:
    """The library, silent.

    Raises:
        UnsupportedError: where it is not installed.
    """
    try:
        found = importlib.import_module("optuna")
    except ImportError:
        raise UnsupportedError(
            "a search needs Optuna, which is not installed",
            where="genprop search",
            remedy="pip install 'genprop[search]', on every computer that trains",
        ) from None
    found.logging.set_verbosity(found.logging.ERROR)
    return found


def storage_of(place: str) -> Any:
    """The storage at ``place``, a URL such as ``sqlite:///FILE`` or the path of a journal.

    Raises:
        ConfigurationError: for one that cannot be opened.
        UnsupportedError: without Optuna.
    """
    library = optuna()
    with storing(place):
        if "://" not in place:
            journal = importlib.import_module("optuna.storages.journal")
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            backend = journal.JournalFileBackend(place, lock_obj=_Lock(Path(place)))
            return library.storages.JournalStorage(backend)
        waiting = {"connect_args": {"timeout": PATIENCE}} if place.startswith("sqlite") else {}
        return library.storages.RDBStorage(place, engine_kwargs=waiting)


def pruner_of(prune: bool, epochs: int) -> Any:
    """Stops what is worse than the median at its epoch, after a fifth of the epochs; or nothing.

    The first five trials run to their end, as there is nothing to compare them with.
    """
    pruners = optuna().pruners
    if not prune:
        return pruners.NopPruner()
    return pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=max(1, epochs // 5))


@contextlib.contextmanager
def storing(place: str) -> Generator[None]:
    """While trials are read or written, what goes wrong is reported with the storage's name.

    Raises:
        ConfigurationError: for a storage that is locked, damaged, not there or of no known kind.
    """
    try:
        yield
    except (ImportError, OSError, ValueError, *_faults()) as fault:
        message = str(fault).strip().splitlines()
        locked = "locked" in str(fault) or "locked" in str(fault.__cause__)
        raise ConfigurationError(
            f"the storage of the search is locked by others for {PATIENCE:g} s"
            if locked
            else f"the storage of the search cannot be used: {(message or [repr(fault)])[0]:.200}",
            where=place,
            remedy="end the process that holds it, then give the same command again"
            if locked
            else "give a URL of SQLAlchemy (sqlite:///FILE, postgresql://…) with its driver "
            "installed, or none for a file in the search's folder",
        ) from fault


def _faults() -> tuple[type[Exception], ...]:
    """What Optuna and its database raise."""
    kinds = [("optuna.exceptions", "OptunaError"), ("sqlalchemy.exc", "SQLAlchemyError")]
    found: list[type[Exception]] = []
    for module, name in kinds:
        with contextlib.suppress(ImportError):
            found.append(getattr(importlib.import_module(module), name))
    return tuple(found)


class _Lock:
    """Optuna's lock of a journal, as the system keeps it: gone with the process that holds it."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._held: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Wait for the lock, and mend what a killed process has left.

        Raises:
            OSError: where others hold it for too long.
        """
        import fcntl

        file = Path(f"{self._journal}.lock").open("wb")  # noqa: SIM115 - closed by release()
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    file.close()
                    raise OSError("locked by another process") from None
                time.sleep(0.01)
        self._held = file
        _drop_torn_line(self._journal)
        return True

    def release(self) -> None:
        """Let others write."""
        if self._held is not None:
            self._held.close()
            self._held = None


def _drop_torn_line(journal: Path) -> None:
    """Cut the file after its last complete line."""
    with journal.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        if not size:
            return
        file.seek(size - 1)
        if file.read(1) != b"\n":
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
