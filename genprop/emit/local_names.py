"""States and parameters whose names C++ or its templates have given a meaning, under others.

A user's ``errno``, ``register`` or ``weight`` stays what it is in Python, files and errors. In the
generated text it is called as :func:`genprop.emit.names.identifier` spells it, or has a ``q1`` in
front. All others keep their names, so that the text reads as the equations do.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from genprop.emit.names import belongs_to_cpp, identifier
from genprop.lower.delivery import Delivery
from genprop.lower.given import crossing_name
from genprop.lower.loss_program import ReadoutProgram

if TYPE_CHECKING:
    from genprop.lower.program import PopulationProgram, Program

__all__ = ["spelt_names", "with_legal_names"]

_WORDS = """
Real Pair AlignedArray DelayBuffer SentBy lane lanes neuron block blocks numbers record gradients
steps step size size_t dt duration learning held held_all index kink sent sent_by shift rate spike
spikes fired freed freed_all freed_at released released_all arrived induced_cost dL_dw dL_dt now
better before turned value weight gradient label target above below fire left left_at padded
release refractory_steps fraction batch_weight step_weight
at adjoints late induced time_taken motion apart apart_at whole flows holds wait_at
"""
_TEMPLATES = frozenset(_WORDS.split())
"""What the templates of a population call things that its expressions are in sight of."""
_FORMS = re.compile(r"_(start|end|held|at|all|crossing|seen)(_(at|all))?")
"""What the text calls a number of a step, beside the name itself."""
_OTHERS = ("name", "receptor", "loss", "function", "relation", "kind", "population")
"""Fields that hold names of other things."""
_T = TypeVar("_T")


def spelt_names(program: Program) -> dict[str, str]:
    """What states and parameters are called in C++, where that is another word.

    Those of populations and those that synapses keep on the sender's side.
    """
    cells = (*program.populations, *(s.cell for s in program.senders))
    return {word: spelt for cell in cells for word, spelt in _local_names(cell).items()}


def _local_names(population: PopulationProgram) -> dict[str, str]:
    own = dict.fromkeys((*population.states, *(q.local for q in population.parameters)))
    found = {word: _spelt(word) for word in own if _clashes(word, own)}
    while again := [w for w in own if w not in found and w in found.values()]:
        found |= {word: _spelt(word) for word in again}
    return found


def with_legal_names(program: Program) -> Program:
    """``program`` with such states and parameters called by :func:`spelt_names`."""
    names = {p.name: _local_names(p) for p in program.populations}
    cells = [(s, _local_names(s.cell)) for s in program.senders]
    if not any(names.values()) and not any(own for _, own in cells):
        return program
    return replace(
        program,
        populations=tuple(_renamed(p, names[p.name]) for p in program.populations),
        losses=tuple(
            replace(x, readout=_renamed(x.readout, names[x.population])) for x in program.losses
        ),
        senders=tuple(_renamed(s, own) for s, own in cells),
    )


def _clashes(word: str, own: Iterable[str]) -> bool:
    if word in _TEMPLATES or belongs_to_cpp(word):
        return True
    bare = word.removeprefix("gradient_")
    return any(
        bare.startswith(other) and (bare != word or _FORMS.fullmatch(bare, len(other)))
        for other in own
    )


def _spelt(word: str) -> str:
    made = identifier(word)
    return made if made != word else f"q1{word}"


def _renamed(part: _T, names: Mapping[str, str]) -> _T:
    if not names:
        return part
    crossings = {crossing_name(x): crossing_name(y) for x, y in names.items()}
    return cast("_T", _in(part, {**crossings, **names}))


def _in(part: Any, names: Mapping[str, str]) -> Any:
    """``part`` with every name of ``names`` replaced, wherever it stands."""
    if isinstance(part, str):
        return names.get(part, part)
    if isinstance(part, tuple):
        return tuple(_in(x, names) for x in cast("tuple[Any, ...]", part))
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return part
    changed = {name: _in(getattr(part, name), names) for name in _fields(part)}
    if arrivals := getattr(part, "arrivals", ()):  # by receptor
        changed["arrivals"] = tuple((receptor, _in(e, names)) for receptor, e in arrivals)
    return replace(part, **changed)


def _fields(part: Any) -> Iterator[str]:
    """The fields that may hold states, parameters, or expressions of them."""
    if isinstance(part, Delivery):
        yield from ("arrival", "exposed")
        return
    for field in dataclasses.fields(part):
        of_clock = isinstance(part, ReadoutProgram) and field.name in ("y", "weight", "buffers")
        if field.name not in _OTHERS and not of_clock:
            yield field.name
