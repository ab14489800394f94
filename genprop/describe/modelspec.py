"""The frozen models of the description: equations as text, and the quantities they read."""

from __future__ import annotations

from dataclasses import dataclass, field

from genprop.describe.digest import WHERE_USED
from genprop.units import DIMENSIONLESS, Dimension

__all__ = ["Equation", "NeuronSpec", "QuantitySpec", "SenderSpec", "SynapseSpec", "UpdateSpec"]


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation as the user wrote it: ``target`` (a state) and the text of its right-hand side.

    ``source`` and ``line``/``column`` say where the text stands, for errors with a caret.
    """

    target: str
    text: str
    source: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class QuantitySpec:
    """A state or parameter that a model declares, with its default value in base units."""

    name: str
    value: float
    dimension: Dimension = DIMENSIONLESS
    minimum: float | None = None
    maximum: float | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class NeuronSpec:
    """A neuron model: the hybrid system of one cell, as text.

    ``flow`` holds ẋ, ``spike`` the guard as ``"v > v_th"`` (empty for a readout that never spikes),
    ``reset`` the states that jump. ``inputs`` are the names that synapses drive (usually ``I``).
    ``refractory`` names the parameter with the refractory period, ``held`` the states held then.
    Graded neurons have no guard; ``send`` holds the values that they send after every step.
    """

    name: str
    flow: tuple[Equation, ...]
    spike: Equation | None
    reset: tuple[Equation, ...]
    states: tuple[QuantitySpec, ...]
    parameters: tuple[QuantitySpec, ...]
    inputs: tuple[QuantitySpec, ...]
    refractory: str = ""
    held: tuple[str, ...] = ()
    doc: str = ""
    cite: str = ""
    source: str = field(default="", compare=False)
    send: tuple[Equation, ...] = field(default=(), metadata=WHERE_USED)


@dataclass(frozen=True, slots=True)
class SenderSpec:
    """What a synapse keeps on the sender's side, once per sending neuron and projection.

    Between spikes ``states`` follow their ``flow``. ``spike`` are assignments that run in the order
    in which they are written when the sender spikes; one of them sets ``value``, by which the
    weight of what is sent is multiplied.
    """

    flow: tuple[Equation, ...]
    spike: tuple[Equation, ...]
    states: tuple[QuantitySpec, ...]
    parameters: tuple[QuantitySpec, ...]


@dataclass(frozen=True, slots=True)
class SynapseSpec:
    """A synapse model: its states' ``flow``, what an ``arrival`` of weight ``w`` adds, its output.

    ``arrival`` targets a state of the synapse or, for synapses without state, one of the neuron.
    ``output`` is an expression added to the neuron's input ``input`` (empty when there is none).
    ``sender`` is what is kept on the sender's side; a receptor's own synapse has none.
    """

    name: str
    flow: tuple[Equation, ...]
    arrival: tuple[Equation, ...]
    output: Equation | None
    input: str
    states: tuple[QuantitySpec, ...]
    parameters: tuple[QuantitySpec, ...]
    doc: str = ""
    cite: str = ""
    source: str = field(default="", compare=False)
    sender: SenderSpec | tuple[()] = field(default=(), metadata=WHERE_USED)


@dataclass(frozen=True, slots=True)
class UpdateSpec:
    """An optimiser as equations in order, per element, of its ``states``, ``g`` and ``x``.

    ``settings`` are its numbers by name; ``parameters`` the flat names of what it updates.
    """

    name: str
    equations: tuple[Equation, ...]
    states: tuple[QuantitySpec, ...]
    settings: tuple[QuantitySpec, ...]
    parameters: tuple[str, ...]
    doc: str = ""
    cite: str = ""
    source: str = field(default="", compare=False)
