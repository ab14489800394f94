"""The reference of the model files, from the files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from genprop.cli.models import _in_full
from genprop.describe.library import list_models

__all__ = ["pages"]

_KINDS = {"neuron": "Neurons", "synapse": "Synapses", "update": "Optimisers"}


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """One page: each model in full, and its file."""
    parts = [
        "# Models",
        "What `gp.neuron(name)`, `gp.synapse(name)` and `gp.update(name)` know. `genprop models NAME` "
        "prints the same; a file like these in a folder of yours, named by `$GENPROP_MODELS` or "
        "`[tool.genprop] models` in your pyproject.toml, is found by its name, too.",
    ]
    listed = list_models()
    for kind, title in _KINDS.items():
        parts.append(f"## {title}")
        for model in listed:
            if model.kind == kind:
                parts += [f"### {model.name}", f"```text\n{_in_full(model)}\n```"]
                text = Path(model.path).read_text(encoding="utf-8").strip()
                parts += [f":::{{admonition}} `{Path(model.path).name}`\n:class: dropdown\n\n"
                          f"```toml\n{text}\n```\n:::"]  # fmt: skip
    yield "models.md", "\n\n".join(parts) + "\n"
