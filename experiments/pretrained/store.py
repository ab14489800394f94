"""Keep the network of a run as one that comes with genprop: models/pretrained/NAME."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, cast

import numpy as np

import genprop as gp

PLACE = Path(__file__).resolve().parents[2] / "models" / "pretrained"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="the run folder")
    parser.add_argument("name", help="of the network")
    parser.add_argument("--half", action="store_true", help="weights in half precision")
    args = parser.parse_args()
    words = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
    found, experiment = gp.experiment.open_run(args.run)
    sim = cast("gp.Simulator", found)
    folder = PLACE / args.name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.json").write_text(json.dumps(description(sim)) + "\n", encoding="utf-8")
    np.savez_compressed(folder / "parameters.npz", allow_pickle=False, **stored(sim, args.half))
    test = cast("gp.data.Dataset", experiment.test or experiment.valid)
    card = {
        **words[args.name],
        "classes": list(test.label_names) or [str(k) for k in range(test.classes)],
        "samples": len(test),
        "dt": float(sim.dt),
        "duration": float(sim.duration),
        "batch": sim.batch,
        "clock": sim.program.clock.name,
        "solver": sim.program.solver,
    }
    write(folder / "card.toml", card | {"accuracy": 0.0})
    accuracy = gp.evaluate(gp.pretrained(args.name), test).accuracy or 0.0
    write(folder / "card.toml", card | {"accuracy": round(accuracy, 6)})
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{args.name}: {accuracy:.4%}, was {gp.evaluate(sim, test).accuracy:.4%}; {size} bytes")


def description(sim: gp.Simulator) -> object:
    """The description of a saved network, without what runs."""
    with tempfile.TemporaryDirectory() as folder:
        place = gp.save(sim, Path(folder) / "saved")
        return json.loads((place / "network.json").read_text(encoding="utf-8"))["spec"]


def stored(sim: gp.Simulator, half: bool) -> dict[str, np.ndarray]:
    """Parameters; delays in the steps of the clock that they are rounded to."""
    kind, arrays = (np.float16 if half else np.float32), dict[str, np.ndarray]()
    for name, array in sim.parameters.items():
        late = name.endswith(".delay") and sim.program.clock.rounds
        value = np.floor(array / sim.dt + 0.5) * sim.dt if late else array
        arrays[name] = value.astype(kind)
    return arrays


def write(path: Path, card: dict[str, Any]) -> None:
    """A card; its tables stand at its end, as TOML wants them."""
    plain = {k: v for k, v in card.items() if not isinstance(v, dict)}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in plain.items()]
    for key, table in card.items():
        if isinstance(table, dict):
            lines += ["", f"[{key}]"]
            lines += [f"{k} = {json.dumps(v)}" for k, v in cast("dict[str, Any]", table).items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
