"""Stages in their order: forward to the arrays that run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genprop.describe.bounds import clipped
from genprop.errors import (
    CheckpointError,
    DescriptionError,
    GenpropError,
    InternalError,
    refuse_if,
)
from genprop.stages.base import Stage
from genprop.stages.flow import Flow

if TYPE_CHECKING:
    import numpy.typing as npt

    from genprop.describe.spec import NetworkSpec, ParameterSpec
    from genprop.describe.topology import Topology
    from genprop.stages.base import Arrays
    from genprop.stages.rewire import Candidates, Rewired

__all__ = ["Stages"]

_PREFIX = "stage/"


class Stages:
    """The stages of one network."""

    def __init__(self, stages: Sequence[Stage], spec: NetworkSpec, dtype: npt.DTypeLike) -> None:
        self.all, self._dtype = tuple(stages), np.dtype(dtype)
        self._expressed = [stage.expression(spec) for stage in self.all]
        self._used = {p.name: p for p in spec.parameters()}
        self._derived = frozenset(spec.derived)
        self._leaves = [p for p in spec.leaf_parameters() if p.learned]
        sparse = (p for p in spec.projections if p.pattern.kind != "dense")
        self._synaptic = {p.name: spec.synaptic(p) for p in sparse}
        names = [stage.name for stage in self.all]
        refuse_if(
            DescriptionError(
                f"two stages are called {name!r}", remedy="give one of them another name"
            )
            for name in dict.fromkeys(names)
            if names.count(name) > 1
        )

    def forward(
        self,
        parameters: Mapping[str, np.ndarray],
        topology: Topology,
        *,
        penalised: bool = True,
        elsewhere: Collection[str] = (),
    ) -> Flow:
        """The arrays that run, and all between them and the parameters.

        Args:
            parameters: by flat name.
            topology: the synapses.
            penalised: whether the stages' terms of the loss count.
            elsewhere: parameters that the engine derives itself, see
                :class:`~genprop.backends.base.Derives`; where all stages are of that kind,
                nothing is computed here.
        """
        if not self.all:
            return Flow(self, topology, [], [], parameters, penalised)
        if all(self._left_to(elsewhere)):
            return Flow(self, topology, [dict(parameters)], [], None, penalised, elsewhere)
        values, outputs = [dict(parameters)], list["Arrays"]()
        for stage in self.all:
            made = stage.forward(values[-1], topology)
            outputs.append(made)
            values.append({**values[-1], **made})
        shape = {
            name: topology[owner].shape
            for owner, names in self._synaptic.items()
            for name in names
            if name in self._used
        }
        used = {
            name: self._cast(values[-1], spec, shape.get(name, spec.shape))
            for name, spec in self._used.items()
        }
        return Flow(self, topology, values, outputs, used, penalised, elsewhere)

    def given(
        self,
        parameters: Mapping[str, np.ndarray],
        outputs: Sequence[Arrays],
        topology: Topology,
        elsewhere: Collection[str],
    ) -> tuple[frozenset[str], Arrays]:
        """What the engine derives itself, and the arrays from which it does."""
        made: set[str] = set()
        read: Arrays = {}
        for stage, derivation in zip(self.all, self._expressed, strict=True):
            if derivation is None or derivation.target not in elsewhere:
                continue
            if sum(derivation.target in output for output in outputs) > 1:
                continue  # a later stage moves it
            made.add(derivation.target)
            constants = stage.constants(topology)
            for source in derivation.sources:
                own = constants if source.constant else parameters
                read[source.name] = np.asarray(own[source.name])
        return frozenset(made), read

    def _left_to(self, elsewhere: Collection[str]) -> Iterator[bool]:
        """For every stage, whether the engine does all that it does."""
        for stage, derivation in zip(self.all, self._expressed, strict=True):
            alone = type(stage).penalty is Stage.penalty
            yield derivation is not None and derivation.target in elsewhere and alone

    def hold_constants(self, parameters: Mapping[str, np.ndarray], topology: Topology) -> None:
        """Let every stage keep what its gradient takes as constant; see ``Stage.held``."""
        if self.all:
            values = self.forward(parameters, topology, penalised=False).values[1:]
            pairs = zip(self.all, values, strict=True)
            self.all = tuple(stage.held(after, topology) for stage, after in pairs)

    def candidates(
        self, parameters: Mapping[str, np.ndarray], topology: Topology
    ) -> dict[str, tuple[Stage, Candidates]]:
        """By projection, the dormant synapses that a stage wants to know more of."""
        return {
            name: (stage, found)
            for stage in self.all
            for name, found in stage.candidates(parameters, topology).items()
        }

    def synaptic(self, projection: str) -> list[str]:
        """The parameters, leaves too, that have one value per synapse of a sparse projection."""
        return self._synaptic[projection]

    def leaf_gradients(self, gradients: Mapping[str, np.ndarray]) -> Arrays:
        """One gradient for every learned leaf, zero where nothing depends on it."""
        found: Arrays = {}
        for leaf in self._leaves:
            given = gradients.get(leaf.name, np.zeros(leaf.shape))
            found[leaf.name] = np.array(given, self._dtype).reshape(leaf.shape)
        return found

    def hold(self, parameters: Mapping[str, np.ndarray]) -> None:
        """Bring leaves back to where every stage lets them be."""
        for stage in self.all:
            stage.hold(parameters)

    def rewire(
        self,
        parameters: Mapping[str, np.ndarray],
        gradients: Mapping[str, np.ndarray],
        topology: Topology,
    ) -> Iterator[tuple[str, Rewired]]:
        """Projections that a stage gives other synapses, one after another."""
        for stage in self.all:
            yield from stage.rewire(parameters, gradients, topology).items()

    def metrics(self) -> dict[str, float]:
        """What every stage counts."""
        return {name: value for stage in self.all for name, value in stage.metrics().items()}

    def state(self) -> Arrays:
        """Every stage's state, as ``"stage/<name>/<key>"``."""
        return {
            f"{_PREFIX}{stage.name}/{key}": np.array(value)
            for stage in self.all
            for key, value in stage.state().items()
        }

    def split(self, state: Mapping[str, np.ndarray]) -> tuple[Arrays, Arrays]:
        """The parts of a state that are stages', and the rest.

        Raises:
            CheckpointError: for a stage that this network does not have.
        """
        own = {name: value for name, value in state.items() if name.startswith(_PREFIX)}
        known = tuple(f"{_PREFIX}{stage.name}/" for stage in self.all)
        if strange := sorted(name for name in own if not name.startswith(known)):
            raise CheckpointError(
                f"this state belongs to a network with another stage: {', '.join(strange)}",
                remedy="compile with the stages it was saved with",
            )
        return own, {name: value for name, value in state.items() if name not in own}

    def restore(self, own: Mapping[str, np.ndarray]) -> None:
        """The reverse of :meth:`state`.

        Raises:
            CheckpointError: where a stage cannot take its part; then nothing has changed.
        """
        before = self.state()
        try:
            self._restore(own)
        except Exception as fault:
            self._restore(before)
            if isinstance(fault, GenpropError):
                raise
            raise CheckpointError(
                f"a stage cannot take the state that is its own ({type(fault).__name__}: {fault})",
                where=", ".join(stage.name for stage in self.all),
                remedy="compile with the stages it was saved with, or mend their restore(state)",
            ) from fault

    def _restore(self, own: Mapping[str, np.ndarray]) -> None:
        for stage in self.all:
            prefix = f"{_PREFIX}{stage.name}/"
            stage.restore(
                {k.removeprefix(prefix): v for k, v in own.items() if k.startswith(prefix)}
            )

    def _cast(
        self, values: Mapping[str, np.ndarray], spec: ParameterSpec, shape: tuple[int, ...]
    ) -> np.ndarray:
        if spec.name not in values:
            raise InternalError(f"no stage gave {spec.name}, which is derived")
        made = np.asarray(values[spec.name], self._dtype)
        if spec.name in self._derived and not _within(made, spec):
            wrong = made[made != clipped(made, spec)]
            raise DescriptionError(
                f"the stages give {spec.name} the value {wrong.flat[0]:g}, beyond its bounds",
                remedy="bound the leaves; of delays the longest is connect(…, max_delay=…)",
            )
        try:
            return np.asarray(np.broadcast_to(made, shape), order="C")
        except ValueError:
            raise DescriptionError(
                f"{spec.name} has shape {shape}, but the stages gave {made.shape}",
                remedy="let forward() give the shape of the synapses: topology[projection].shape",
            ) from None


def _within(values: np.ndarray, spec: ParameterSpec) -> bool:
    """Whether all are within the bounds, in the precision they have; NaN is not."""
    if not values.size or (spec.minimum is None and spec.maximum is None):
        return True
    ends = np.array([values.min(), values.max()])
    return np.array_equal(ends, clipped(ends, spec))
