"""Times of networks of several sizes, each written as soon as it is measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from clocks.machine import machine


def measure_sizes(
    output: Path,
    sizes: Iterable[int],
    about: Mapping[str, object],
    measure: Callable[[int], Mapping[str, Mapping[str, object]]],
) -> None:
    """Put what ``measure`` finds of every size into ``output``, in the place of what it held of it.

    Args:
        output: JSON, {size: about | {"machine": …, "found": {variant: numbers}}}.
        sizes: numbers of neurons.
        about: how it is measured.
        measure: numbers of every variant, of a size.
    """
    for size in sizes:
        found = measure(size)
        text = output.read_text(encoding="utf-8") if output.exists() else "{}"
        all_sizes = json.loads(text) | {str(size): {**about, "machine": machine(), "found": found}}
        ordered = {key: all_sizes[key] for key in sorted(all_sizes, key=int)}
        output.write_text(f"{json.dumps(ordered, indent=1)}\n", encoding="utf-8")
        for variant, numbers in found.items():
            print(size, variant, numbers, flush=True)
