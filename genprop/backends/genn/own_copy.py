"""A compiled model of GeNN in a folder of its own: loaded twice from one, it has one state."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genprop._writing import writing
from genprop.backends.genn.compiled import compiled
from genprop.backends.genn.pygenn import network_class
from genprop.emit.names import in_users_words
from genprop.errors import ToolchainError

if TYPE_CHECKING:
    from genprop.describe.topology import Topology
    from genprop.emit.bundle import SourceBundle

__all__ = ["own_copy"]


def own_copy(
    bundle: SourceBundle, topology: Topology, device: str, batch: int, names: Iterable[str]
) -> tuple[tempfile.TemporaryDirectory[str], Any]:
    """The folder, which ends with its object, and the class that runs what lies there.

    Raises:
        ToolchainError: where the model does not compile, in the ``names`` of the description.
        ConfigurationError: where the cache cannot be written.
    """
    try:
        entry = compiled(bundle, topology, device, batch)
    except ToolchainError as error:
        raise in_users_words(error, names) from error
    place = tempfile.TemporaryDirectory(prefix="genprop-genn-")
    for library in (entry / "code").glob("*_CODE/librunner*"):
        own = Path(place.name) / library.parent.name
        with writing(own, "a copy of the library"):
            own.mkdir(exist_ok=True)
            shutil.copy2(library, own)
    return place, network_class(entry / "source" / dict(bundle.metadata)["package"])
