"""The table of README.md, from theorem.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def theorem(found: dict[str, Any]) -> str:
    """Predicted and seen, by noise and γ."""
    lines = [
        "| ε | γ/ε | samples with a false group | largest error/ε | bound | groups missed |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in found["rows"]:
        bound = f"{found['bound/eps']:g}" if row["gamma/eps"] == 4 else "none"
        false, error = row["samples with a false group"], row["largest error/eps"]
        lines.append(
            f"| {row['eps']:g} | {row['gamma/eps']:g} | {false} of {row['samples']} | "
            f"{error:.2f} | {bound} | {row['groups missed']} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(theorem(json.loads((HERE / "theorem.json").read_text())))
