"""The network as the scientist writes it: populations, projections, and what is wanted of them."""

from __future__ import annotations

import copy
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, SupportsIndex

from genprop._checks import refuse_unlike, refuse_unlike_all
from genprop.describe.assign import assign_updates
from genprop.describe.derivation import declared_as, derived_parameters
from genprop.describe.derived import extended
from genprop.describe.drawings import drawings
from genprop.describe.graded import mixed
from genprop.describe.neuron import Neuron, Source, spikes
from genprop.describe.pattern import Pattern, dense
from genprop.describe.population import Population, Receptors
from genprop.describe.position import position_leaf
from genprop.describe.projection import Projection, Wiring, incompatibilities
from genprop.describe.spec import NetworkSpec, ParameterSpec, ProjectionSpec
from genprop.describe.synapse import Synapse
from genprop.describe.target import check_loss
from genprop.describe.text import check_identifier, check_title
from genprop.errors import DescriptionError, did_you_mean, refuse_if

if TYPE_CHECKING:
    from genprop.describe.derivation import Derivation, Rewiring
    from genprop.describe.derived import Declares
    from genprop.describe.initial import Learn, Number, Value
    from genprop.describe.objective import Loss
    from genprop.describe.update import Update

__all__ = ["Network", "Projection", "spikes"]

_MOST_NEURONS = 2**31 - 1  # of one population: what 32 bits count


class Network:
    """A network under description; ``freeze`` gives the value that every later stage reads.

    Names are letters, digits and underscores, for they appear in the generated code and in files.
    """

    def __init__(self, name: str = "network") -> None:
        self.name = check_title(name, "network")
        self._populations: dict[str, Population] = {}
        self._receptors: dict[str, Receptors] = {}
        self._projections: dict[str, ProjectionSpec] = {}
        self._positions: dict[str, ParameterSpec] = {}
        self._stages: list[Declares] = []

    def __repr__(self) -> str:
        populations = ", ".join(f"{p.name} ({p.size})" for p in self._populations.values())
        return f"Network({self.name!r}: {populations}; {', '.join(self._projections)})"

    def _repr_html_(self) -> str:
        """The network's diagram as SVG, in a notebook; its text where matplotlib is missing."""
        return drawings().network_html(self)

    def population(
        self,
        name: str,
        size: SupportsIndex,
        model: Neuron | Source,
        *,
        position: Value | Learn | None = None,
        dims: int | None = None,
    ) -> Population:
        """Add ``size`` neurons of a model, or a source of spikes (``gp.spikes()``).

        Args:
            name: of the population.
            size: how many neurons.
            model: ``gp.neuron(…)``, a ``gp.Neuron``, or ``gp.spikes()``.
            position: where the neurons are, ``(size, dims)``: the parameter ``"<name>.position"``,
                of which ``gp.distance`` makes delays.
            dims: of the space, where neither ``learn(…, dims=…)`` nor an array says; 2 by default.

        Raises:
            DescriptionError: for a name that is taken, a size below 1, or arrays of another size.
        """
        check_identifier(name, "population")
        if name in self._populations or name in self._projections:
            raise DescriptionError(f"there is a {name!r} already", remedy="choose another name")
        count = _count(name, size)
        if not isinstance(model, (Neuron, Source)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(
                f"population {name!r}: {model!r} is no neuron",
                remedy='give gp.neuron("LIF"), gp.Neuron(…) or gp.spikes()',
            )
        made = Population(name, count, model)
        made.freeze(Receptors())
        if position is not None:
            self._positions[name] = position_leaf(name, count, position, dims)
        self._populations[name], self._receptors[name] = made, Receptors()
        return made

    def connect(
        self,
        pre: Population | str,
        post: Population | str,
        synapse: Synapse,
        *,
        weight: Value | Learn | Derivation,
        delay: Value | Learn | Derivation = 0.0,
        pattern: Pattern | None = None,
        max_delay: Number | None = None,
        rewire: Rewiring | None = None,
        name: str | None = None,
    ) -> Projection:
        """Let the spikes of ``pre`` arrive at ``synapse`` on ``post``, weighted and after a delay.

        Args:
            pre: the population that sends.
            post: the population that receives.
            synapse: what an arrival does; equal synapses on one population have common states.
            weight: a value per synapse, ``(pre, post)`` if dense, else ``(nnz,)`` in row order; or
                what it is derived by: ``gp.dale(…)``, ``gp.signed(…)``, ``gp.tied(…)``.
            delay: likewise, in [0, max] [ms]; or ``gp.distance(…)``, ``gp.axonal(…)``,
                ``gp.dendritic(…)``, ``gp.tied(…)``.
            pattern: ``gp.dense()``, ``gp.sparse(…)`` or ``gp.one_to_one()``.
            max_delay: the bound of the delays, unless ``learn(…, max=…)`` gives it; by default the
                largest initial one.
            rewire: the rule by which synapses of a sparse pattern change while learning.
            name: of the projection; by default ``"pre->post"``.

        Raises:
            DescriptionError: for populations that cannot send or receive, or unsound values.
        """
        sender, receiver = self._find(pre), self._find(post)
        title = self._title(sender, receiver, name)
        if not isinstance(synapse, Synapse):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(
                f"{title}: {synapse!r:.60} is no synapse",
                remedy='give gp.synapse("exp") or gp.Synapse(…)',
            )
        if rewire is not None:
            refuse_unlike(rewire, "of removed", f"{title}: rewire=…", "gp.RigL(…)")
        refuse_if(incompatibilities(title, sender, receiver, synapse))
        if pattern is not None and not isinstance(pattern, Pattern):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(
                f"{title}: {pattern!r:.60} is no pattern",
                remedy="give gp.dense(), gp.sparse(…) or gp.one_to_one()",
            )
        wiring = Wiring(title, sender, receiver, pattern or dense(), synapse)
        known = {p.name: p for p in self._declared()}
        bare = wiring.project(
            declared_as(weight, known),
            declared_as(delay, known),
            max_delay,
            receptor=self._receptors[receiver.name].add,
        )
        spec, stages = derived_parameters(bare, weight, delay)
        self._projections[title] = spec
        self._stages += [*stages, *([] if rewire is None else [rewire.of(spec)])]
        return Projection(title, spec)

    def derive(self, stage: Declares) -> None:
        """Let ``stage`` compute parameters that are described already: ``gp.derived(…)``."""
        self._stages.append(stage)

    def stages(self, loss: Loss | None = None, more: Sequence[Declares] = ()) -> list[Declares]:
        """What derives parameters, from leaves to the network, then penalties; copies of its own.

        Args:
            loss: whose penalties on parameters stand last.
            more: what comes after the network's own.
        """
        if loss is not None:
            refuse_unlike(loss, "terms penalties", "loss=…", "gp.CrossEntropy(…)")
        refuse_unlike_all(more, "declare", "stages=[…]", "gp.derived(…)")
        penalties = () if loss is None else loss.penalties
        return [*copy.deepcopy(self._stages), *more, *penalties]

    def freeze(
        self,
        loss: Loss | None = None,
        optimiser: Update | Mapping[str, Update] | None = None,
        stages: Sequence[Declares] = (),
    ) -> NetworkSpec:
        """The frozen description; all findings of the cross-checks are reported at once.

        Args:
            loss: what is minimised.
            optimiser: one for all, or by role (``"weight"``, ``"delay"``, ``"neuron"``,
                ``"synapse"``), by name in the model (``"tau_mem"``), by flat name
                (``"inp->hidden.weight"``), or ``"default"``; the most specific one counts.
            stages: what derives parameters from leaves, in order from those to the network, after
                those of the network itself.

        Raises:
            DescriptionError: for losses that look at what is not there, or parameters
                without an optimiser.
        """
        all_stages = self.stages(loss, stages)
        bare = NetworkSpec(
            name=self.name,
            populations=tuple(
                p.freeze(self._receptors[p.name]) for p in self._populations.values()
            ),
            projections=tuple(self._projections.values()),
            loss=() if loss is None else loss.terms,
            leaves=tuple(self._positions.values()),
        )
        whole, unfit = extended(bare, all_stages)
        updates, findings = assign_updates(whole, optimiser)
        refuse_if([*self._findings(), *mixed(bare), *check_loss(bare), *unfit, *findings])
        return replace(whole, updates=updates)

    def _declared(self) -> Iterator[ParameterSpec]:
        """Weights and delays as far as they are described."""
        for projection in self._projections.values():
            yield projection.weight
            if projection.delay is not None:
                yield projection.delay

    def _findings(self) -> list[DescriptionError]:
        found: list[DescriptionError] = []
        if not self._populations:
            found.append(
                DescriptionError(f"network {self.name!r} has no population", remedy="add one")
            )
        for population in self._populations.values():
            names = self._receptors[population.name].clashes(population)
            if names:
                found.append(
                    DescriptionError(
                        f"population {population.name!r}: its neuron and its synapses both use "
                        f"{', '.join(names)}",
                        remedy="rename one of the two",
                    )
                )
        return found

    def _find(self, population: Population | str) -> Population:
        if not isinstance(population, (str, Population)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(
                f"{population!r:.60} is no population",
                where="connect(pre, post, …)",
                remedy="give what net.population(…) gave, or its name",
            )
        name = population if isinstance(population, str) else population.name
        found = self._populations.get(name)
        if found is None or (not isinstance(population, str) and found is not population):
            raise DescriptionError(
                f"network {self.name!r} has no such population: {name!r}",
                remedy=did_you_mean(name, self._populations),
            )
        return found

    def _title(self, pre: Population, post: Population, name: str | None) -> str:
        plain = f"{pre.name}->{post.name}"
        if name is not None:
            check_identifier(name, "projection")
            if name in self._projections or name in self._populations:
                raise DescriptionError(f"there is a {name!r} already", remedy="choose another name")
            return name
        title, number = plain, 1
        while title in self._projections:
            number += 1
            title = f"{plain}.{number}"
        return title


def _count(name: str, size: SupportsIndex) -> int:
    """The size of a population as a number of neurons."""
    try:
        count = 0 if isinstance(size, bool) else operator.index(size)
    except TypeError:
        count = 0
    if not 0 < count <= _MOST_NEURONS:
        raise DescriptionError(
            f"population {name!r}: {size!r:.60} is no number of neurons",
            remedy=f"give an integer from 1 to {_MOST_NEURONS}",
        )
    return count
