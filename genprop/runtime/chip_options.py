"""Which chip a network goes to, and how it is rounded there."""

from __future__ import annotations

from genprop._checks import refuse_unlike
from genprop.backends.loihi.mapping.options import Quantise
from genprop.errors import UnsupportedError, did_you_mean

__all__ = ["chip_options"]

_TARGETS = ("loihi",)


def chip_options(target: str, options: Quantise | None) -> Quantise:
    """The options that were given, or those by default.

    Raises:
        UnsupportedError: for a chip that there is not.
        ConfigurationError: for options that are none.
    """
    if not isinstance(target, str) or target not in _TARGETS:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise UnsupportedError(
            f"there is no chip {target!r:.60}",
            where="retarget(…)",
            remedy=did_you_mean(target, _TARGETS),
        )
    chosen = Quantise() if options is None else options
    refuse_unlike(chosen, "rounding scale", "retarget(…, quantise)", "gp.Quantise(…)")
    return chosen
