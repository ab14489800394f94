"""An environment of its own for lava: made whole, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from genprop._writing import writing
from genprop.backends.loihi.files.lava_python import UNFINISHED, lava_folder, python310
from genprop.backends.loihi.files.process import Ended, run_group
from genprop.errors import ConfigurationError, ToolchainError

__all__ = ["REQUIREMENTS", "set_up_lava"]

REQUIREMENTS = ("lava-nc==0.10.0", "numpy<2", "networkx<=2.8.7", "asteval<0.10")
"""What pip installs: lava-nc 0.10 breaks with newer versions of the others."""

_PIP = ("-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar=off")
_RETRIES = ("--retries=2", "--timeout=30")
_NO_INDEX = (
    "No matching distribution",
    "NewConnectionError",
    "Name or service not known",
    "Temporary failure in name resolution",
    "ConnectTimeoutError",
    "Connection refused",
    "ProxyError",
    "Max retries exceeded",
)
Show = Callable[[str], None]


def set_up_lava(
    place: str | Path | None = None,
    *,
    python: str | None = None,
    show: Show = print,
    timeout: float = 1800.0,
    requirements: Sequence[str] = REQUIREMENTS,
) -> Path:
    """Make an environment with lava-nc, and give its interpreter.

    An environment that is there already and imports lava is left as it is; one that was not
    finished is made anew.

    Args:
        place: its folder; by default in genprop's cache folder, where it is found again.
        python: the Python 3.10 to make it with; by default one that is found.
        show: is given every line of progress.
        timeout: [s] for each of its steps.
        requirements: what pip installs, through the index that it is configured for.

    Raises:
        ToolchainError: without a Python 3.10, or where a step fails; nothing is left then.
        ConfigurationError: for a folder that holds something else.
    """
    folder = (lava_folder() if place is None else Path(place).expanduser()).absolute()
    own = folder / "bin" / "python"
    finished = own.exists() and not (folder / UNFINISHED).exists()
    if finished and run_group([str(own), "-c", "import lava.magma"], timeout).code == 0:
        show(f"there is one already: {folder}")
        return own
    _refuse_other(folder)
    maker = python310(python)
    show(f"Python 3.10: {maker}")
    shutil.rmtree(folder, ignore_errors=True)
    with writing(folder, "the environment"):
        folder.mkdir(parents=True)
        (folder / UNFINISHED).touch()
    try:
        show(f"an environment in {folder}")
        _step([maker, "-m", "venv", str(folder)], timeout, show, "the environment")
        show(f"pip installs {', '.join(requirements)}")
        _step([str(own), *_PIP, *_RETRIES, *requirements], timeout, show, "lava-nc", indent="  ")
        show("lava is imported")
        _step([str(own), "-c", "import lava.magma"], timeout, show, "lava")
        (folder / UNFINISHED).unlink()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return own


def _refuse_other(folder: Path) -> None:
    """Only what this made, or nothing, may be replaced."""
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() and not (folder / UNFINISHED).exists():
        raise ConfigurationError(
            "the folder holds something else, or an environment that does not import lava",
            where=str(folder),
            remedy="remove it, or name another folder",
        )


def _step(line: Sequence[str], timeout: float, show: Show, what: str, indent: str = "") -> None:
    """One program, shown as it goes."""
    try:
        ended = run_group(line, timeout, lambda words: show(f"{indent}{words}"))
    except OSError as fault:
        ended = Ended(-1, (str(fault),))
    if ended.code == 0:
        return
    log = "\n".join(ended.tail)
    if ended.code is None:
        problem = f"{what} was not ready within {timeout:g} s"
        remedy = "look at the network, and try again"
    elif any(words in log for words in _NO_INDEX):
        problem = f"pip reached no index of packages that has {what}"
        remedy = "look at the network and at pip's configuration (pip config list)"
    else:
        problem = f"{what} could not be made ready"
        remedy = "the lines above say why"
    raise ToolchainError(
        f"{problem}; nothing is left of it",
        where="\n".join([" ".join(line), *ended.tail]),
        remedy=remedy,
    )
