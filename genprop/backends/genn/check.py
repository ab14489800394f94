"""What the GeNN backend cannot run, and what is missing to run it; all of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from genprop.backends.genn.pygenn import INSTALL, devices, version
from genprop.emit.names import belongs_to_cpp, identifier
from genprop.errors import ToolchainError, UnsupportedError

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec
    from genprop.errors import GenpropError
    from genprop.lower.clocks.base import Clock

__all__ = ["findings", "graded_findings"]

LONGEST_DELAY = 65_534
"""Steps. A delay of d needs d + 1 places, and its index is a uint16."""

_WORDS = """
scalar timepoint t dt id batch num_batch num_neurons step steps sent if else for while do switch
case default break continue const char short int long float double signed unsigned bool true false
size_t Isyn inSyn weight delay exp expm1 exp2 pow log log1p log2 log10 sin cos tan sinh cosh tanh
sqrt cbrt ceil floor round rint fabs fmin fmax min max abs erf fma gennrand printf assert
"""
_WORDS_OF_SPIKES = """
now tape held rate shift released adjoint_current adjoint_event spikes capacity free_at induced_cost
crossed arrived_at_once below above fraction rise dL_dt_arrival refractory_steps time_start time_end
multiplicity back_step
"""
_WORDS_OF_VALUES = "moved inputs_held"
_RESERVED = frozenset([*_WORDS.split(), *_WORDS_OF_SPIKES.split()])
_RESERVED_OF_VALUES = frozenset([*_WORDS.split(), *_WORDS_OF_VALUES.split()])
_TAKEN = frozenset(["np", "expm", "slope", "stack", "steps_of"])
"""Names that a population or projection cannot have among those of a rendered module."""


def findings(spec: NetworkSpec, device: str, clock: Clock) -> list[GenpropError]:
    """Every reason why this network cannot run on ``device``."""
    return [
        *_missing(device),
        *_clock(clock),
        *_names(spec, _RESERVED),
        *_delays(spec, clock),
        *_empty(spec),
        *_senders(spec),
    ]


def graded_findings(spec: NetworkSpec, device: str) -> list[GenpropError]:
    """The same of a network whose neurons send values."""
    return [*_missing(device), *_names(spec, _RESERVED_OF_VALUES), *_empty(spec)]


def _missing(device: str) -> Iterator[GenpropError]:
    found = version()
    if found is None:
        yield ToolchainError("PyGeNN is not installed", where="backend genn", remedy=INSTALL)
    elif not found.startswith("5."):
        yield ToolchainError(
            f"PyGeNN {found} is too old, 5.4 is needed", where="backend genn", remedy=INSTALL
        )
    elif device not in devices():
        yield ToolchainError(
            f"the installed PyGeNN was built without {device}",
            where=f"gp.GeNN(device={device!r})",
            remedy="build it again with CUDA_PATH or HIP_PATH set, or use device='cpu'",
        )


def _clock(clock: Clock) -> Iterator[GenpropError]:
    if clock.name != "grid":
        yield UnsupportedError(
            f"GeNN delivers spikes on time steps, the clock {clock.name!r} does not",
            where="compile(clock=…)",
            remedy="clock='grid'",
        )


def _names(spec: NetworkSpec, reserved: frozenset[str]) -> Iterator[GenpropError]:
    for owner, word in sorted(set(_words(spec))):
        if word in reserved or belongs_to_cpp(word):
            yield UnsupportedError(
                f"{word!r} is taken in generated GeNN code",
                where=f"neuron or synapse model {owner}",
                remedy="give the state or parameter another name",
            )
    for kind, groups in (("population", spec.populations), ("projection", spec.projections)):
        for group in groups:
            if identifier(group.name) in _TAKEN:
                yield UnsupportedError(
                    f"{group.name!r} is taken in generated GeNN code",
                    where=f"{kind} {group.name}",
                    remedy=f"give the {kind} another name",
                )


def _words(spec: NetworkSpec) -> Iterator[tuple[str, str]]:
    for population in spec.populations:
        if population.neuron is not None:
            cell = population.neuron
            yield from ((cell.name, q.name) for q in (*cell.states, *cell.parameters))
            yield from ((cell.name, q.name) for q in cell.inputs)
            yield from ((cell.name, e.target) for e in cell.send)
        for receptor in population.receptors:
            yield from ((receptor.synapse.name, q.name) for q in receptor.synapse.states)


def _delays(spec: NetworkSpec, clock: Clock) -> Iterator[GenpropError]:
    """A delay beyond the trial delivers nothing, so only those within it count."""
    for projection in spec.projections:
        if projection.delay is None:
            continue
        steps = clock.longest_delay(min(projection.max_delay, clock.duration))
        if steps > LONGEST_DELAY:
            yield UnsupportedError(
                f"delays of up to {steps} steps; GeNN has room for {LONGEST_DELAY}",
                where=f"projection {projection.name}",
                remedy="bound the delays more tightly: learn(…, max=…), or use longer steps",
            )


def _senders(spec: NetworkSpec) -> Iterator[GenpropError]:
    for projection in spec.projections:
        if projection.sender:
            states = ", ".join(q.name for q in projection.sender.states)
            yield UnsupportedError(
                f"states on the sender's side ({states}): the rendered GeNN program's spikes have "
                "no values, nor does it carry back what these cost",
                where=f"projection {projection.name}",
                remedy="backend='native' or 'reference', or a synapse without sender_flow",
            )


def _empty(spec: NetworkSpec) -> Iterator[GenpropError]:
    for projection in spec.projections:
        if projection.weight.shape == (0,):
            yield UnsupportedError(
                "a projection without synapses",
                where=f"projection {projection.name}",
                remedy="leave it out, or join at least one pair",
            )
