"""The text of a stand-alone Lava program of neurons that send values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop._version import __version__
from genprop.emit.bundle import SourceBundle
from genprop.emit.comments import comment
from genprop.emit.environment import environment
from genprop.emit.genn import tidy_python
from genprop.emit.names import file_stem, type_name
from genprop.emit.printers import NumpyPrinter

if TYPE_CHECKING:
    from genprop.lower.nodes import Assign

__all__ = ["GradedProcess", "render_graded_lava"]


@dataclass(frozen=True, slots=True)
class GradedProcess:
    """A population: names of what it has, and its statements of integers."""

    name: str
    size: int
    inputs: Sequence[str]
    values: Sequence[str]
    initial: Mapping[str, int]
    numbers: Sequence[str]
    statements: Sequence[Assign]


@dataclass(frozen=True, slots=True)
class _Printer(NumpyPrinter):
    """Prints statements of integers."""

    def _function(self, name: str) -> str:
        return "np.right_shift" if name == "shift" else NumpyPrinter._function(self, name)


def render_graded_lava(
    name: str,
    digest: str,
    cells: Sequence[GradedProcess],
    synapses: Sequence[Mapping[str, object]],
) -> SourceBundle:
    """``program.py``, whose arrays lie beside it.

    Args:
        name: of the network.
        digest: of its description.
        cells: the populations.
        synapses: ``name``, ``key`` of the array, ``pre``, ``value``, ``post``, ``input``,
            ``exponent`` of each.
    """
    printer = _Printer()
    text = (
        environment()
        .get_template("loihi/graded.py.j2")
        .render(
            name=comment(name),
            digest=digest,
            version=__version__,
            cells=[
                {
                    "name": c.name,
                    "title": comment(c.name),
                    "type": type_name(c.name),
                    "size": c.size,
                    "inputs": c.inputs,
                    "sends": c.values,
                    "initial": list(c.initial.items()),
                    "numbers": c.numbers,
                    "lines": [f"{s.target} = {printer.expression(s.value)}" for s in c.statements],
                }
                for c in cells
            ],
            synapses=synapses,
        )
    )
    return SourceBundle(
        name=file_stem(name),
        files=(("program.py", tidy_python(text)),),
        main="program.py",
        metadata=(("digest", digest), ("target", "lava")),
    )
