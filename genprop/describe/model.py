"""Common to neuron and synapse models: named quantities, overrides, and their checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from genprop.describe.declaration import Declaration, declare
from genprop.describe.initial import Learn, Number, Value, base_number, initialiser
from genprop.describe.spec import Equation, QuantitySpec
from genprop.describe.text import check_name
from genprop.errors import DescriptionError, did_you_mean, refuse_if
from genprop.units import DIMENSIONLESS, Dimension, Quantity, parse_unit

__all__ = [
    "Units",
    "declare_all",
    "default_values",
    "names_of",
    "parameter_quantities",
    "parameter_units",
    "quantity",
    "refuse_clashes",
    "refuse_no_text",
    "refuse_unknown",
    "table_of",
    "targets",
    "with_initial",
]

Units = Mapping[str, Quantity]
"""The unit in which numbers of a state, parameter or input are taken, by name."""


def quantity(name: str, value: float, unit: Quantity, doc: str = "") -> QuantitySpec:
    """A quantity of ``value`` base units."""
    return QuantitySpec(name, float(value), unit.dimension, doc=doc)


def parameter_units(
    parameters: Mapping[str, Value | Learn], units: Mapping[str, str]
) -> dict[str, Quantity]:
    """The unit of every parameter: declared in ``units``, else that of the value itself."""
    declared = {name: parse_unit(text) for name, text in units.items()}
    return {
        name: declared[name] if name in declared else Quantity(1.0, _dimension_of(value))
        for name, value in parameters.items()
    }


def _dimension_of(value: Value | Learn) -> Dimension:
    inner = value.value if isinstance(value, Learn) else value
    found: Dimension | None = None
    if isinstance(inner, Quantity):
        found = inner.dimension
    elif not isinstance(inner, (int, float)):
        found = initialiser(inner).dimension
    return DIMENSIONLESS if found is None else found


def parameter_quantities(
    owner: str, parameters: Mapping[str, Value | Learn], units: Units
) -> tuple[tuple[QuantitySpec, ...], dict[str, Declaration]]:
    """The quantities that a model written in Python declares, and their values."""
    blank = tuple(quantity(name, 0.0, units[name]) for name in parameters)
    given = declare_all(owner, parameters, blank, units)
    return tuple(given[q.name].quantity(q) for q in blank), given


def declare_all(
    owner: str,
    given: Mapping[str, Value | Learn],
    quantities: Iterable[QuantitySpec],
    units: Units,
) -> dict[str, Declaration]:
    """Every given value checked against the quantity of its name; all faults at once."""
    known = {q.name: q for q in quantities}
    faults: list[DescriptionError] = []
    found: dict[str, Declaration] = {}
    for name, value in given.items():
        if name not in known:
            faults.append(
                DescriptionError(
                    f"{owner} has no parameter {name!r}", remedy=did_you_mean(name, known)
                )
            )
            continue
        try:
            found[name] = declare(value, known[name], units[name].value, f"{owner}.{name}")
        except DescriptionError as fault:
            faults.append(fault)
    refuse_if(faults)
    return found


def default_values(
    owner: str, quantities: Iterable[QuantitySpec], units: Units
) -> dict[str, Declaration]:
    """The declared defaults as values."""
    found = tuple(quantities)
    given = {q.name: Quantity(q.value, q.dimension) for q in found}
    return declare_all(owner, given, found, units)


def with_initial(
    owner: str,
    states: tuple[QuantitySpec, ...],
    initial: Mapping[str, Number] | None,
    units: Units,
) -> tuple[QuantitySpec, ...]:
    """The states with other values at t = 0."""
    initial = table_of(initial, owner, "initial")
    refuse_unknown(owner, "state", initial, [q.name for q in states])

    def value(q: QuantitySpec) -> float:
        where = f"{owner}, initial {q.name}"
        return base_number(initial[q.name], q.dimension, units[q.name].value, where)

    return tuple(replace(q, value=value(q)) if q.name in initial else q for q in states)


def table_of(given: object, owner: str, what: str) -> dict[str, Any]:
    """What was given by name, such as the parameters of a model; nothing where it is None.

    Raises:
        DescriptionError: for what is no mapping from names.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise DescriptionError(
            f"{owner}: {what} cannot be {given!r:.60}",
            remedy=f"give values by name: {what}={{'name': …}}",
        )
    return dict(cast("Mapping[str, Any]", given))


def names_of(given: object, owner: str, what: str) -> tuple[str, ...]:
    """A list of names, such as the inputs of a neuron.

    Raises:
        DescriptionError: for what is none.
    """
    listed = cast("Sequence[object]", given if isinstance(given, (list, tuple)) else (given,))
    if not all(isinstance(name, str) for name in listed):
        raise DescriptionError(
            f"{owner}: {what} cannot be {given!r:.60}", remedy="give a list of names"
        )
    return tuple(map(str, listed))


def refuse_no_text(owner: str, **given: object) -> None:
    """Refuse equations and descriptions that are no text, each by its argument's name."""
    refuse_if(
        DescriptionError(f"{owner}: {name} cannot be {value!r:.60}", remedy="give it as text")
        for name, value in given.items()
        if not isinstance(value, str)
    )


def refuse_unknown(owner: str, what: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that ``owner`` does not have, each with the closest one it has."""
    choices = list(known)
    refuse_if(
        DescriptionError(f"{owner} has no {what} {name!r}", remedy=did_you_mean(name, choices))
        for name in names
        if name not in choices
    )


def refuse_clashes(owner: str, names: Iterable[str]) -> None:
    """Refuse names that are no identifiers, reserved, or used for two things."""

    def findings() -> Iterator[DescriptionError]:
        seen: set[str] = set()
        for name in names:
            check_name(name, owner)
            if name in seen:
                yield DescriptionError(
                    f"{owner} uses {name!r} for two things", remedy="rename one of the two"
                )
            seen.add(name)

    refuse_if(findings())


def targets(equations: Iterable[Equation]) -> tuple[str, ...]:
    """What the equations set, in order."""
    return tuple(e.target for e in equations)
