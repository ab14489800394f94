"""Which optimiser updates which parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from genprop.describe.update import Update
from genprop.errors import DescriptionError, did_you_mean

if TYPE_CHECKING:
    from genprop.describe.spec import NetworkSpec, ParameterSpec, UpdateSpec

__all__ = ["ROLES", "assign_updates"]

ROLES = ("weight", "delay", "neuron", "synapse")
"""What a parameter can be."""


def assign_updates(
    network: NetworkSpec, optimiser: Update | Mapping[str, Update] | None
) -> tuple[tuple[UpdateSpec, ...], list[DescriptionError]]:
    """One specification per different optimiser, with its parameters in the network's order.

    Gives what is wrong beside it: keys that lead nowhere, learned parameters left out.
    """
    if optimiser is None:
        return (), []
    table = optimiser if isinstance(optimiser, Mapping) else {"default": optimiser}
    for chosen in table.values():
        if not isinstance(chosen, Update):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise DescriptionError(
                f"{chosen!r:.60} is no optimiser",
                where="optimiser=…",
                remedy='give gp.Adam(1e-3), or one for each: {"weight": gp.Adam(1e-3), …}',
            )
    learned = [p for p in network.leaf_parameters() if p.learned]
    findings = _stray(table, network)
    assigned: dict[Update, list[str]] = {}
    for parameter in learned:
        found = _choose(table, parameter)
        if found is None:
            keys = dict.fromkeys((parameter.role, parameter.key, parameter.name))
            named = ", ".join(f'"{key}"' for key in keys)
            findings.append(
                DescriptionError(
                    f"{parameter.name} is learned but has no optimiser",
                    remedy=f'give one for {named} or "default"',
                )
            )
        else:
            assigned.setdefault(found, []).append(parameter.name)
    return tuple(update.of(*names) for update, names in assigned.items()), findings


def _choose(table: Mapping[str, Update], parameter: ParameterSpec) -> Update | None:
    """The most specific entry: flat name, name in the model, role, default."""
    for key in (parameter.name, parameter.key, parameter.role, "default"):
        if key in table:
            return table[key]
    return None


def _stray(table: Mapping[str, Update], network: NetworkSpec) -> list[DescriptionError]:
    """Entries that no parameter could take, or whose parameter is not learned."""
    parameters = {p.name: p for p in network.leaf_parameters()}
    keys = {word for p in parameters.values() for word in (p.key, p.role)}
    known = {*parameters, *keys, *ROLES, "default"}
    findings = [
        DescriptionError(
            f"the optimiser has an entry for {key!r}, which is no parameter",
            remedy=did_you_mean(key, known),
        )
        for key in table
        if key not in known
    ]
    findings += [
        DescriptionError(
            f"the optimiser has an entry for {key!r}, which is not learned",
            remedy="wrap its value in gp.learn(…), or drop the entry",
        )
        for key in table
        if key in parameters and not parameters[key].learned
    ]
    return findings
