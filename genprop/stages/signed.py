"""Weights that are sign × magnitude: one sign per presynaptic neuron (Dale) or per synapse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from genprop._checks import integer, real
from genprop.describe.derived import Declared, leaf
from genprop.describe.draws import Absolute, Bounded, Clipped, Initialiser, Signs, Values
from genprop.errors import DescriptionError
from genprop.lower.derivation import Derivation, Operand, Source
from genprop.lower.formula import Formula
from genprop.lower.nodes import Multiply, Name
from genprop.stages.base import Stage
from genprop.stages.expressed import derivation

if TYPE_CHECKING:
    from genprop.describe.initial import Learn, Value
    from genprop.describe.spec import NetworkSpec, ParameterSpec, ProjectionSpec
    from genprop.describe.topology import Synapses, Topology
    from genprop.stages.base import Arrays

__all__ = ["DaleWeight", "SignedWeight", "dale", "signed"]


@dataclass(frozen=True)
class SignedWeight(Stage):
    """w_ij = s_ij m_ij, m ≥ 0 the magnitude: ∂L/∂m_ij = s_ij ∂L/∂w_ij.

    The sign of a pair of neurons follows from ``seed`` and the pair alone, whether there is a
    synapse or not: one that is removed and regrown has the sign it had.
    """

    projection: str
    magnitude: ParameterSpec
    positive: float
    seed: int
    found: list[tuple[Synapses, np.ndarray]] = field(
        default_factory=list["tuple[Synapses, np.ndarray]"], init=False, repr=False, compare=False
    )

    @property
    def form(self) -> str:
        """All but the number of synapses, which is state where they are sparse."""
        return repr(replace(self, magnitude=replace(self.magnitude, shape=())))

    @property
    def name(self) -> str:
        """``"sign <projection>"``."""
        return f"sign {self.projection}"

    @property
    def target(self) -> str:
        """The weight that it computes."""
        return f"{self.projection}.weight"

    def declare(self, spec: NetworkSpec) -> Declared:
        """The magnitudes, and the weights."""
        return Declared((self.magnitude,), (self.target,))

    def expression(self, spec: NetworkSpec) -> Derivation | None:
        """The product; signs are the stage's constants."""
        signs = Source(self._sign_name, 1, False, constant=True)
        return self._product(spec, Operand("sign", signs.name), [signs])

    def constants(self, topology: Topology) -> Arrays:
        """The signs of the synapses."""
        synapses = topology[self.projection]
        return {self._sign_name: self.signs({}, synapses)}

    def forward(self, values: Mapping[str, np.ndarray], topology: Topology) -> Arrays:
        """The weights."""
        signs = self.signs(values, topology[self.projection])
        return {self.target: signs * values[self.magnitude.name]}

    def backward(
        self, values: Mapping[str, np.ndarray], gradients: Arrays, topology: Topology
    ) -> Arrays:
        """The gradients of the magnitudes."""
        if self.target not in gradients:
            return {}
        signs = self.signs(values, topology[self.projection])
        return {self.magnitude.name: signs * gradients[self.target]}

    def signs(self, values: Mapping[str, np.ndarray], synapses: Synapses) -> np.ndarray:
        """±1 at every synapse; broadcasts to their shape."""
        for known, signs in self.found:
            if known is synapses:
                return signs
        pre, post = synapses.all_pairs()
        drawn = _uniform_of_pairs(self.seed, pre * synapses.post + post)
        signs = np.where(drawn < self.positive, 1.0, -1.0).reshape(synapses.shape)
        self.found[:] = [*self.found[-1:], (synapses, signs)]  # of now, and with candidates
        return signs

    @property
    def _sign_name(self) -> str:
        return f"{self.projection}.sign"

    def _product(
        self, spec: NetworkSpec, sign: Operand, constants: Sequence[Source] = ()
    ) -> Derivation | None:
        product = Multiply((Name("sign"), Name("magnitude")))
        formula = Formula(product, (("sign", Name("magnitude")), ("magnitude", Name("sign"))))
        operands = [sign, Operand("magnitude", self.magnitude.name)]
        return derivation(spec, self.target, formula, operands, constants=constants)


@dataclass(frozen=True)
class DaleWeight(SignedWeight):
    """w_ij = s_i m_ij: a presynaptic neuron excites all its targets or inhibits all (Dale's law).

    The signs are the leaf ``"<population>.sign"``, (n,), which is not learned; all projections of
    the population that follow the law have the same.
    """

    pre: str = ""
    given: Initialiser = Signs()  # noqa: RUF009  (frozen)

    @property
    def sign(self) -> str:
        """The leaf that holds the signs."""
        return f"{self.pre}.sign"

    def declare(self, spec: NetworkSpec) -> Declared:
        """The magnitudes, the signs where no projection before has declared them, the weights.

        Raises:
            DescriptionError: for signs that differ from those of an earlier projection.
        """
        size = spec.population(self.pre).size
        doc = "+1 of an excitatory neuron, −1 of an inhibitory one"
        made = leaf(self.sign, size, self.given, role="sign", min=-1.0, max=1.0, doc=doc)
        before = next((x for x in spec.leaves if x.name == self.sign), None)
        if before is not None and before.initial != made.initial:
            raise DescriptionError(
                f"{self.pre} is given other signs than by an earlier projection",
                where=self.target,
                remedy="give all projections from one population the same signs or excitatory=…",
            )
        signs = () if before is not None else (made,)
        return Declared((*signs, self.magnitude), (self.target,))

    def expression(self, spec: NetworkSpec) -> Derivation | None:
        """The product of the sender's sign and the synapse's magnitude."""
        return self._product(spec, Operand("sign", self.sign, "pre"))

    def constants(self, topology: Topology) -> Arrays:
        """None: the signs are a leaf."""
        return {}

    def signs(self, values: Mapping[str, np.ndarray], synapses: Synapses) -> np.ndarray:
        """The signs of the senders.

        Raises:
            DescriptionError: for signs that were set to other numbers than ±1.
        """
        own = np.asarray(values[self.sign], np.float64)
        if not np.all(np.abs(own) == 1.0):
            wrong = own[np.abs(own) != 1.0][0]
            raise DescriptionError(
                f"{self.sign} holds {wrong:g}, which is no sign", remedy="give +1 or −1"
            )
        return synapses.of_pre(own)


@dataclass(frozen=True, slots=True)
class Magnitudes:
    """What :func:`signed` gives: a weight as ``connect`` takes it."""

    value: Value | Learn
    positive: float
    seed: int = 0

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> Value | Learn:
        """The magnitudes, which have the unit of the weight."""
        return self.value

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> SignedWeight:
        """The stage."""
        return SignedWeight(projection.name, _magnitude(target), self.positive, self.seed)


@dataclass(frozen=True, slots=True)
class DaleMagnitudes:
    """What :func:`dale` gives: a weight as ``connect`` takes it."""

    value: Value | Learn
    signs: Initialiser

    def placeholder(self, known: Mapping[str, ParameterSpec]) -> Value | Learn:
        """The magnitudes, which have the unit of the weight."""
        return self.value

    def of(self, projection: ProjectionSpec, target: ParameterSpec) -> DaleWeight:
        """The stage."""
        own = projection.name, _magnitude(target), 0.5, 0
        return DaleWeight(*own, projection.pre, self.signs)


def signed(magnitude: Value | Learn, *, excitatory: float = 0.5, seed: int = 0) -> Magnitudes:
    """Weights of a fixed sign per synapse and a magnitude: ``weight=gp.signed(gp.learn(…))``.

    The magnitudes are the parameter ``"<projection>.magnitude"``, at least 0; of random draws the
    absolute values are taken.

    Args:
        magnitude: as a weight would be given, but not negative.
        excitatory: the probability of +1.
        seed: of the signs.

    Raises:
        DescriptionError: for no probability; and, in ``connect``, for negative magnitudes.
    """
    return Magnitudes(magnitude, _probability(excitatory), integer(seed, "signed(seed=…)"))


def dale(
    magnitude: Value | Learn,
    *,
    excitatory: float = 0.5,
    signs: Sequence[float] | np.ndarray | None = None,
) -> DaleMagnitudes:
    """Weights under Dale's law: one sign per presynaptic neuron, a magnitude per synapse.

    The signs are the fixed parameter ``"<population>.sign"``, which all projections from that
    population have in common, the magnitudes ``"<projection>.magnitude"``, at least 0; of random
    draws the absolute values are taken.

    Args:
        magnitude: as a weight would be given, but not negative.
        excitatory: the probability with which a neuron's sign is +1.
        signs: ±1 for every presynaptic neuron, instead of drawing.

    Raises:
        DescriptionError: for signs that are not ±1, or no probability; and, in ``connect``, for
            negative magnitudes.
    """
    if signs is None:
        return DaleMagnitudes(magnitude, Signs(_probability(excitatory)))
    given = np.asarray(signs, np.float64)
    if given.ndim != 1 or not np.all(np.abs(given) == 1.0):
        raise DescriptionError(
            "dale(signs=…): signs are +1 or −1", remedy="give one per presynaptic neuron"
        )
    given.setflags(write=False)
    return DaleMagnitudes(magnitude, Values(given))


def _probability(given: float) -> float:
    return real(given, "excitatory", least=0.0, most=1.0, fault=DescriptionError)


def _magnitude(weight: ParameterSpec) -> ParameterSpec:
    """The leaf for a weight that was declared as a magnitude.

    Raises:
        DescriptionError: for bounds or values below 0, which no sign could mend.
    """
    low, high = weight.initial.extent() if isinstance(weight.initial, Bounded) else (0.0, 0.0)
    listed = low == high or isinstance(weight.initial, Values)
    below = (weight.minimum or 0.0) < 0 or (weight.maximum is not None and weight.maximum <= 0)
    if below or (listed and low < 0):
        raise DescriptionError(
            f"{weight.name} is sign × magnitude, and a magnitude is not negative",
            where=weight.name,
            remedy="give bounds and values of at least 0; the sign decides on excitation",
        )
    least = max(weight.minimum or 0.0, 0.0)
    inner = weight.initial.inner if isinstance(weight.initial, Clipped) else weight.initial
    initial = inner if listed else Absolute(inner)
    if least > 0 or weight.maximum is not None:
        initial = Clipped(initial, least, weight.maximum)
    return replace(
        weight,
        name=weight.name.removesuffix("weight") + "magnitude",
        key="magnitude",
        initial=initial,
        minimum=least,
        doc="|w|, of which the weight is made by a sign",
    )


def _uniform_of_pairs(seed: int, pair: np.ndarray) -> np.ndarray:
    """A number in [0, 1) for every pair of neurons, the same whenever it is wanted (SplitMix64)."""
    with np.errstate(over="ignore"):
        z = pair.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / 2.0**53
