"""The GeNN backend: a rendered PyGeNN program, on the CPU or a GPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from genprop._checks import integer, is_one_of
from genprop.backends.genn.check import findings, graded_findings
from genprop.backends.genn.engine import GeNNEngine
from genprop.backends.genn.graded import GradedGeNN
from genprop.backends.genn.memory import memory_text
from genprop.backends.genn.pygenn import DEVICES
from genprop.errors import InternalError, UnsupportedError

if TYPE_CHECKING:
    import numpy as np

    from genprop.describe.spec import NetworkSpec
    from genprop.describe.topology import Topology
    from genprop.emit.bundle import SourceBundle
    from genprop.errors import GenpropError
    from genprop.lower.clocks.base import Clock
    from genprop.lower.graded_program import GradedProgram
    from genprop.lower.program import Program

__all__ = ["GeNN", "default"]


@dataclass(frozen=True, slots=True)
class GeNN:
    """Neuron, synapse and update models that GeNN compiles; needs PyGeNN 5.4.

    Args:
        device: ``"cpu"`` (one sample at a time, on one core), ``"cuda"`` or ``"hip"``.
        precision: ``"float"`` or ``"double"``.
        tape: how many spikes of a neuron and trial there is room for; None begins with a few and
            makes room where a trial needs more. With a number, more spikes are an error.

    Spikes happen at the ends of steps here, also those of flows that are not linear, which the
    native backend locates inside steps: their times are right to the first order in dt, and what a
    coarse dt makes of a steep upstroke is not noticed before a state leaves the finite numbers.
    """

    locates: ClassVar[bool] = False

    device: str = "cpu"
    precision: str = "float"
    tape: int | None = None
    name: str = "genn"

    def __post_init__(self) -> None:
        if not is_one_of(self.device, DEVICES):
            raise UnsupportedError(
                f"there is no device {self.device!r:.60}", remedy="use 'cpu', 'cuda' or 'hip'"
            )
        if not is_one_of(self.precision, ("float", "double")):
            raise UnsupportedError(
                f"there is no precision {self.precision!r:.60}", remedy="use 'float' or 'double'"
            )
        if self.tape is not None:
            integer(self.tape, "GeNN(tape=…)", least=1, fault=UnsupportedError)

    @property
    def form(self) -> str:
        """The tape's length does not change the text."""
        return f"genn {self.device} {self.precision}"

    def check(self, spec: NetworkSpec, clock: Clock) -> list[GenpropError]:
        """What GeNN cannot express, and what is missing on this machine."""
        return findings(spec, self.device, clock)

    def render(self, program: Program) -> SourceBundle:
        """The Python text."""
        from genprop.emit.genn import render_genn

        return render_genn(program, self.precision, self.device)

    def load(self, program: Program, spec: NetworkSpec, bundle: SourceBundle | None) -> GeNNEngine:
        """An engine that compiles, or finds compiled, once it knows the batch."""
        if bundle is None:
            raise InternalError("the GeNN backend was given no text")
        return GeNNEngine(program, spec, bundle, self.device, self.precision, self.tape)

    def check_graded(self, spec: NetworkSpec) -> list[GenpropError]:
        """The same of a network whose neurons send values."""
        return graded_findings(spec, self.device)

    def render_graded(self, program: GradedProgram) -> SourceBundle:
        """The Python text of a network whose neurons send values."""
        from genprop.emit.genn_graded import render_graded_genn

        return render_graded_genn(program, self.precision, self.device)

    def load_graded(self, program: GradedProgram, bundle: SourceBundle | None) -> GradedGeNN:
        """An engine that compiles, or finds compiled, once it knows the batch."""
        if bundle is None:
            raise InternalError("the GeNN backend was given no text")
        return GradedGeNN(program, bundle, self.device, self.precision)

    @property
    def compiles_topology(self) -> str:
        """Why other synapses are another program."""
        return (
            "GeNN compiles the longest row of a sparse projection in, and its connectivity updates "
            "remove and add synapses row by row, each row by itself; a constant number of synapses "
            "and the best of all candidates are decided over all rows together"
        )

    def auxiliary_arrays(self, topology: Topology) -> Mapping[str, Mapping[str, np.ndarray]]:
        """Arrays that the rendered program reads beside its parameters, by file name."""
        from genprop.backends.genn.connectivity import connectivity_arrays

        arrays = connectivity_arrays(topology)
        return {"connectivity.npz": arrays} if arrays else {}

    def memory_table(self, spec: NetworkSpec, program: Program, batch: int) -> str:
        """A table of what is held."""
        return memory_text(spec, program, self.device, self.precision, self.tape, batch)


def default() -> GeNN:
    """The backend as ``backend="genn"`` gives it: the CPU."""
    return GeNN()
