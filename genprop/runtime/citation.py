"""Citations of a network: the papers of its models, its optimisers and the method."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from genprop._checks import refuse_unlike
from genprop.adjoint.readouts import papers
from genprop.describe.network import Network
from genprop.describe.spec import NetworkSpec

if TYPE_CHECKING:
    from genprop.describe.objective import Loss
    from genprop.describe.update import Update
    from genprop.runtime.simulator import Simulator

__all__ = ["citation"]

_EVENTPROP = (
    "Wunderlich & Pehle (2021), Event-based backpropagation can compute exact gradients for "
    "spiking neural networks, Sci. Rep. 11:12829, doi:10.1038/s41598-021-91786-z"
)
_DELAYS = (
    "Mészáros, Knight & Nowotny (2025), Efficient event-based delay learning in spiking neural "
    "networks, arXiv:2501.07331"
)


def citation(
    net: Network | NetworkSpec | Simulator,
    loss: Loss | None = None,
    optimiser: Update | Mapping[str, Update] | None = None,
) -> str:
    """The papers behind a network, each once, with what it is cited for.

    Args:
        net: a description or a compiled network; of a compiled one, loss and optimiser are known.
        loss: what is minimised, as for ``gp.compile``.
        optimiser: as for ``gp.compile``.
    """
    if not isinstance(net, (Network, NetworkSpec)):
        refuse_unlike(net, "spec program", "citation(net)", "a network, or what gp.compile(…) gave")
    if isinstance(net, Network):
        spec = net.freeze(loss, optimiser)
    else:
        spec = net if isinstance(net, NetworkSpec) else net.spec
    uses: dict[str, list[str]] = {}
    keys: dict[str, str] = {}
    for use, paper in _papers(spec):
        first = keys.setdefault(_key(paper), paper)
        found = uses.setdefault(first, [])
        if use not in found:
            found.append(use)
    return "\n".join(f"{paper}\n    for {', '.join(found)}" for paper, found in uses.items())


def _papers(spec: NetworkSpec) -> Iterator[tuple[str, str]]:
    """(what for, paper), the method first."""
    if spec.loss:
        yield "the gradient", _EVENTPROP
    if any(p.delay is not None and p.delay.learned for p in spec.projections):
        yield "learned delays", _DELAYS
    yield from spec.papers
    for kind in sorted({term.readout.kind for term in spec.loss}):
        yield from papers(kind)
    for population in spec.populations:
        if population.neuron is not None:
            yield from _cited(f"neuron {population.neuron.name}", population.neuron.cite)
        for receptor in population.receptors:
            yield from _cited(f"synapse {receptor.synapse.name}", receptor.synapse.cite)
    for update in spec.updates:
        yield from _cited(f"optimiser {update.name}", update.cite)


def _cited(use: str, cite: str) -> Iterator[tuple[str, str]]:
    """A model file separates papers by semicolons; a word before a colon says what one is for."""
    for part in filter(None, (p.strip() for p in cite.split(";"))):
        yield use, re.sub(r"^[a-z]+:\s+", "", part)


def _key(paper: str) -> str:
    """What tells papers apart: their doi or arXiv number, else their text."""
    found = re.search(r"(10\.\d{4,}/[^\s,;]+|arXiv:\s*[\w.]+)", paper)
    return found[0].lower().rstrip(".") if found else paper
