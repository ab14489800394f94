"""Optimisers: equations of one element, from the library of models."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genprop._checks import real
from genprop.describe.library import load_update
from genprop.describe.model import refuse_unknown
from genprop.errors import DescriptionError, refuse_if
from genprop.units import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from genprop.describe.initial import Number
    from genprop.describe.spec import UpdateSpec

__all__ = ["SGD", "Adam", "AdamW", "Update", "refuse_unsound_settings", "update"]

_ELSEWHERE = {
    "lr": ("rate",),
    "learning_rate": ("rate",),
    "betas": ("beta1", "beta2"),
    "eps": ("epsilon",),
    "weight_decay": ("decay",),
}
"""Settings by the names that other libraries have for them."""


@dataclass(frozen=True, slots=True)
class Update:
    """An optimiser with its settings, not yet given to any parameter."""

    spec: UpdateSpec

    def __repr__(self) -> str:
        settings = "".join(f", {q.name}={q.value:g}" for q in self.spec.settings)
        return f"update({self.spec.name!r}{settings})"

    def of(self, *parameters: str) -> UpdateSpec:
        """The optimiser of these parameters, by flat name."""
        return replace(self.spec, parameters=parameters)


def update(model: str, **settings: Number) -> Update:
    """An optimiser of the library by name, or of a model file by its path.

    Settings are in base units of the parameter (a rate for delays in ms); those not named keep the
    values of the file.

    Raises:
        DescriptionError: for an unknown optimiser or setting, or one out of its bounds.
    """
    spec = load_update(model).spec
    refuse_if(_of_other_libraries(spec, settings))
    refuse_unknown(f"update {spec.name!r}", "setting", settings, [q.name for q in spec.settings])

    def value(name: str, default: float) -> float:
        given = settings.get(name, default)
        number = given.value if isinstance(given, Quantity) else given
        return real(number, f"{model}({name}=…)", fault=DescriptionError)

    found = replace(
        spec, settings=tuple(replace(q, value=value(q.name, q.value)) for q in spec.settings)
    )
    refuse_if(_outside(found))
    return Update(found)


def refuse_unsound_settings(
    updates: Iterable[UpdateSpec], settings: Mapping[str, Mapping[str, float]]
) -> None:
    """Refuse what was written into an optimiser's settings beyond its bounds, or is no number.

    Args:
        updates: of the network, with the parameters that each moves.
        settings: by parameter and name.

    Raises:
        DescriptionError: naming the parameter, the setting and its bounds.
    """
    for update in updates:
        for name in update.parameters:
            for q in update.settings:
                if q.name in settings.get(name, {}):
                    real(
                        settings[name][q.name],
                        f"settings[{name!r}][{q.name!r}]",
                        least=-math.inf if q.minimum is None else q.minimum,
                        most=math.inf if q.maximum is None else q.maximum,
                        fault=DescriptionError,
                    )


def _of_other_libraries(
    spec: UpdateSpec, settings: Mapping[str, Number]
) -> Iterator[DescriptionError]:
    own = {q.name for q in spec.settings}
    for name in settings.keys() & _ELSEWHERE.keys() - own:
        if own.issuperset(_ELSEWHERE[name]):
            meant = " and ".join(map(repr, _ELSEWHERE[name]))
            what = f"update {spec.name!r} has no setting {name!r}"
            yield DescriptionError(what, remedy=f"did you mean {meant}?")


def _outside(spec: UpdateSpec) -> Iterator[DescriptionError]:
    for q in spec.settings:
        low = float("-inf") if q.minimum is None else q.minimum
        high = float("inf") if q.maximum is None else q.maximum
        if not low <= q.value <= high:
            yield DescriptionError(
                f"update {spec.name!r}: {q.name} = {q.value:g} is not between {low:g} and {high:g}"
            )


def Adam(
    rate: Number = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    **other: Number,
) -> Update:
    """Adam (Kingma & Ba 2015): steps of about ``rate``, whatever the scale of the gradient."""
    return update("adam", rate=rate, beta1=beta1, beta2=beta2, epsilon=epsilon, **other)


def AdamW(
    rate: Number = 1e-3,
    decay: float = 0.01,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    **other: Number,
) -> Update:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019): x ← (1 − rate·decay) x − ….

    The decay draws towards 0, which is for weights; delays and time constants have other origins.
    """
    return update(
        "adamw", rate=rate, decay=decay, beta1=beta1, beta2=beta2, epsilon=epsilon, **other
    )


def SGD(rate: Number = 1e-3, momentum: float = 0.0, **other: Number) -> Update:
    """Stochastic gradient descent x ← x − rate·m, m ← momentum·m + g."""
    return update("sgd", rate=rate, momentum=momentum, **other)
