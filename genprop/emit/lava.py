"""The text of a stand-alone Lava program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genprop._version import __version__
from genprop.emit.bundle import SourceBundle
from genprop.emit.comments import comment
from genprop.emit.environment import environment
from genprop.emit.names import file_stem

__all__ = ["render_lava"]

Entries = Sequence[Mapping[str, object]]


def render_lava(
    name: str, digest: str, *, sources: Entries, cells: Entries, synapses: Entries
) -> SourceBundle:
    """``program.py``, which builds and runs a network whose arrays lie beside it.

    Args:
        name: of the network.
        digest: of its description.
        sources: ``name`` of each.
        cells: ``name``, ``size``, ``du``, ``dv``, ``vth`` of each.
        synapses: ``key`` of their arrays, ``pre``, ``post``, ``exponent``, ``bits``, ``delayed``
            and ``graded`` of each.
    """
    template = environment().get_template("loihi/program.py.j2")
    text = template.render(
        name=comment(name),
        digest=digest,
        version=__version__,
        sources=sources,
        cells=cells,
        synapses=synapses,
    )
    return SourceBundle(
        name=file_stem(name),
        files=(("program.py", text),),
        main="program.py",
        metadata=(("digest", digest), ("target", "lava")),
    )
