"""The native backend: generated C++ on the machine at hand."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genprop._checks import integer, is_one_of, memory
from genprop.backends.native.engine import NativeEngine
from genprop.backends.native.graded import NativeGraded
from genprop.build.compile import build
from genprop.emit.layout import GROUPS
from genprop.emit.local_names import spelt_names
from genprop.emit.names import belongs_to_cpp, in_users_words
from genprop.equations.threshold import rising
from genprop.errors import (
    ConfigurationError,
    GenpropError,
    InternalError,
    ToolchainError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genprop.describe.spec import NetworkSpec
    from genprop.emit.bundle import SourceBundle
    from genprop.lower.clocks.base import Clock
    from genprop.lower.graded_program import GradedProgram
    from genprop.lower.program import Program

__all__ = ["Native", "default"]

_GRADED_WORDS = """
Real AlignedArray Batch lanes lane block rows size moved largest batch sample group i dt steps
tolerance groups greatest least sign padded
"""
_RESERVED_GRADED = frozenset(_GRADED_WORDS.split())


@dataclass(frozen=True, slots=True)
class Native:
    """Generated C++17, compiled with the machine's compiler and run on its cores.

    Args:
        precision: ``"float"`` or ``"double"``.
        threads: how many cores to use; 0 means all. Results do not depend on it.
        memory: [bytes] that the tapes of a batch may take together; 0 means half of what there is.
            Where a loss sees the mean over the batch, a batch whose tapes would take more runs in
            chunks, forwards twice. Results do not depend on it.
    """

    precision: str = "float"
    threads: int = 0
    memory: int = 0
    name: str = "native"

    def __post_init__(self) -> None:
        if not is_one_of(self.precision, ("float", "double")):
            raise UnsupportedError(
                f"there is no precision {self.precision!r:.60}", remedy="use 'float' or 'double'"
            )
        object.__setattr__(self, "threads", integer(self.threads, "Native(threads=…)"))
        object.__setattr__(self, "memory", integer(self.memory, "Native(memory=…)"))

    @property
    def form(self) -> str:
        """Threads and memory do not change the text."""
        return f"native {self.precision}"

    def check(self, spec: NetworkSpec, clock: Clock) -> list[GenpropError]:
        """What the clock cannot run here."""
        return list(_unreset(spec, clock))

    def render(self, program: Program) -> SourceBundle:
        """The C++ text."""
        from genprop.emit.render import render_native

        return render_native(program, self.precision)

    def load(
        self, program: Program, spec: NetworkSpec, bundle: SourceBundle | None
    ) -> NativeEngine:
        """Compile, or find compiled, and load."""
        if bundle is None:
            raise InternalError("the native backend was given no text")
        _refuse_beyond_offsets(program)
        threads = min(self.threads or _cores(), GROUPS)  # more would have nothing to do
        try:
            made = build(bundle)
        except ToolchainError as error:
            raise in_users_words(error, program.names, spelt_names(program)) from error
        return NativeEngine(
            program, spec, made, self.precision, threads, self.memory or memory() / 2
        )

    def check_graded(self, spec: NetworkSpec) -> list[GenpropError]:
        """Names that C++ or the generated code keeps."""
        return [
            UnsupportedError(
                f"{word!r} is taken in generated C++",
                where=f"neuron or synapse model {owner}",
                remedy="give the state, value or parameter another name",
            )
            for owner, word in sorted({*_words(spec), *_graded_words(spec)})
            if word in _RESERVED_GRADED or belongs_to_cpp(word)
        ]

    def render_graded(self, program: GradedProgram) -> SourceBundle:
        """The C++ text of a network whose neurons send values."""
        from genprop.emit.graded import render_graded

        return render_graded(program, self.precision)

    def load_graded(self, program: GradedProgram, bundle: SourceBundle | None) -> NativeGraded:
        """Compile, or find compiled, and load."""
        if bundle is None:
            raise InternalError("the native backend was given no text")
        threads = min(self.threads or _cores(), GROUPS)
        return NativeGraded(program, build(bundle), self.precision, threads)


def default() -> Native:
    """The backend as ``backend="native"`` gives it; ``GENPROP_THREADS`` sets its threads."""
    given = os.environ.get("GENPROP_THREADS", "").strip() or "0"
    if not given.isdecimal():
        raise ConfigurationError(
            f"GENPROP_THREADS={given!r:.60} is no number of threads",
            where="environment variable GENPROP_THREADS",
            remedy="give an integer; 0 means all cores",
        )
    return Native(threads=int(given))


def _refuse_beyond_offsets(program: Program) -> None:
    """Refuse delay lines of more places than the offset of a synapse, of 32 bits, can name."""
    if not program.clock.rounds:
        return
    for p in program.populations:
        for receptor in p.receptors:
            places = program.grid.slots(receptor.max_delay_steps) * p.size
            if places >= 2**32:
                raise UnsupportedError(
                    f"arrivals at {receptor.name!r} have {places:.4g} places, of a step and neuron "
                    "each, and synapses name fewer than 2³²",
                    where=f"population {p.name}",
                    remedy="use a shorter trial, a longer dt, or divide the population",
                )


def _unreset(spec: NetworkSpec, clock: Clock) -> Iterator[UnsupportedError]:
    """Spikes without a reset, whose crossings this backend looks for on steps alone."""
    for population in spec.populations:
        cell = population.neuron
        if not clock.rounds and cell is not None and cell.spike is not None and rising(cell):
            yield UnsupportedError(
                "it spikes without a reset, which generated C++ runs on the time grid alone",
                where=f"population {population.name}",
                remedy="clock='grid', or backend='reference'",
            )


def _graded_words(spec: NetworkSpec) -> Iterator[tuple[str, str]]:
    for population in spec.populations:
        if cell := population.neuron:
            yield from ((cell.name, q.name) for q in cell.inputs)
            yield from ((cell.name, e.target) for e in cell.send)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _words(spec: NetworkSpec) -> list[tuple[str, str]]:
    words: list[tuple[str, str]] = []
    for population in spec.populations:
        if population.neuron is not None:
            cell = population.neuron
            words += [(cell.name, q.name) for q in (*cell.states, *cell.parameters)]
        for receptor in population.receptors:
            words += [(receptor.synapse.name, q.name) for q in receptor.synapse.states]
    for p in spec.projections:
        words += [(f"of the sender of {p.name}", q.key) for q in p.sender_parameters]
    return words
