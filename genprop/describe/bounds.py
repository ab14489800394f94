"""The bounds of a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from genprop.describe.spec import ParameterSpec

__all__ = ["clipped"]


def clipped(values: np.ndarray, spec: ParameterSpec) -> np.ndarray:
    """A copy of ``values`` within the bounds of ``spec``, in the precision it has."""
    if spec.minimum is None and spec.maximum is None:
        return np.array(values)  # np.clip takes no two Nones before numpy 2.1
    return np.clip(values, spec.minimum, spec.maximum)
