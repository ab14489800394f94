"""The rooms stand in one order, and each library has one door (CONTRIBUTING.md draws both)."""

from __future__ import annotations

from collections.abc import Callable
from graphlib import CycleError
from pathlib import Path

import pytest

from tests.architecture.imports import ROOMS, ROOT, Import, imports, inside, room
from tests.architecture.picture import PAGE, drawn, graph_of, place, redrawn, reduced

LEAVES = (
    "errors",
    "units",
    "_checks",
    "_hdf5",
    "_hdf5_copy",
    "_isolated",
    "_moved",
    "_printed",
    "_ranks",
    "_reading",
    "_resources",
    "_version",
    "_warn",
    "_writing",
)
ALONE = ("data",)  # imports no other room
FRONT = ("__init__", "__main__")  # the package's own faces may name every room
DOORS = {
    "sympy": ("equations/", "adjoint/", "lower/", "numerics/callables.py", "emit/"),
    "jinja2": ("emit/",),
    "h5py": (
        "_hdf5.py",
        "_hdf5_copy.py",
        "data/store.py",
        "train/checkpoint.py",
        "backends/loihi/files/netx.py",
    ),
    "tensorboardX": ("train/tensorboard.py",),
    "tomlkit": ("experiment/toml.py",),
    "soundfile": ("data/sounds.py",),
    "tonic": ("data/tonic_sets.py",),
    "matplotlib": ("describe/drawings.py", "plot/", "report/figures/"),
    "platformdirs": ("_resources.py",),
    "pygenn": ("backends/genn/engine.py",),
    "lava": (),
    "mpi4py": ("_ranks.py",),
    "dask": ("experiment/clusters.py",),
    "distributed": ("experiment/clusters.py",),
    "dask_jobqueue": ("experiment/clusters.py",),
    "optuna": ("experiment/storages.py",),
    "nir": ("interchange/nir_file.py",),
    "networkx": ("analysis/graph.py",),
    "sklearn": ("data/", "analysis/"),
    "scipy": (),
    "torch": ("interchange/torch_module.py",),
}
OPTIONAL = ("matplotlib", "networkx", "pygenn", "sklearn", "soundfile", "tensorboardX", "tonic")
"""Imported inside functions and for types only."""


def order_faults(found: list[Import]) -> list[str]:
    faults: list[str] = []
    for one in found:
        here = room(one.module)
        if one.target == "genprop":
            faults += [f"{one.file} imports genprop itself"] if here not in FRONT else []
    for one, target in inside(found):
        here, there = room(one.module), room(target)
        if here in FRONT or here == "genprop" or there in LEAVES:
            legal = here not in LEAVES or (here, there) in (
                ("units", "errors"),
                ("_checks", "errors"),
                ("_moved", "_warn"),
                ("_ranks", "errors"),
                ("_ranks", "_printed"),
                ("_reading", "errors"),
                ("_writing", "errors"),
                ("_hdf5", "errors"),
                ("_hdf5", "_isolated"),
                ("_hdf5", "_reading"),
                ("_hdf5_copy", "_reading"),
                ("_isolated", "errors"),
                ("_resources", "errors"),
            )
        elif here in LEAVES or here not in ROOMS or there not in ROOMS:
            legal = False
        elif here in ALONE:
            legal = here == there
        else:
            legal = ROOMS.index(there) <= ROOMS.index(here)
        if not legal:
            faults.append(f"{one.file} imports genprop.{target}")
    return faults


def cycles(found: list[Import]) -> list[str]:
    """One line per import cycle; a package's ``__init__`` is a module like any other."""
    graph: dict[str, set[str]] = {}
    for one, target in inside(found):
        if one.module != target:
            graph.setdefault(one.module, set()).add(target)
    rings: list[str] = []
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> None:
        if module in path:
            rings.append(" → ".join([*path[path.index(module) :], module]))
        elif module not in done:
            for target in sorted(graph.get(module, ())):
                visit(target, [*path, module])
            done.add(module)

    for module in sorted(graph):
        visit(module, [])
    return rings


def door_faults(found: list[Import]) -> list[str]:
    faults: list[str] = []
    for one in found:
        library = one.target.split(".")[0]
        if library in DOORS and not one.file.startswith(DOORS[library] or ("none",)):
            faults.append(f"{one.file} imports {library}")
        if library in OPTIONAL and not one.inner:
            faults.append(f"{one.file} imports {library} at its head")
    return faults


def backend_faults(found: list[Import]) -> list[str]:
    faults: list[str] = []
    for one, target in inside(found):
        here, there = one.module.split("."), target.split(".")
        both = here[0] == there[0] == "backends" and len(here) > 1 and len(there) > 1
        if both and not {"base", "graded", "parts"} & {here[1], there[1]} and here[1] != there[1]:
            faults.append(f"{one.file} imports genprop.{target}")
    return faults


# Inside a backend: the folders that a folder may import from. Its target.py, which chooses what
# runs, may name all of them.
FLOORS = {
    "backends/loihi/chip": ("backends/loihi/chip",),
    "backends/loihi/mapping": ("backends/loihi/chip", "backends/loihi/mapping"),
    "backends/loihi/placement": ("backends/loihi/chip", "backends/loihi/placement"),
    "backends/loihi/files": ("backends/loihi/chip", "backends/loihi/files"),
    "backends/reference": ("backends/reference",),
    "backends/reference/exact": ("backends/reference/exact",),
}


def floor_faults(package: Path) -> list[str]:
    """Imports inside a backend that lead to a folder which stands above or apart."""
    faults: list[str] = []
    for one, target in inside(list(imports(package))):
        if not (one.module.startswith("backends.") and target.startswith("backends.")):
            continue
        here, there = place(package, one.module), place(package, target)
        same = here.split("/")[:2] == there.split("/")[:2]
        chooses = one.file.endswith("/target.py")
        if same and not chooses and there not in FLOORS.get(here, (there,)):
            faults.append(f"{one.file} imports genprop.{target}")
    return faults


def strangers(package: Path) -> list[str]:
    """What stands in the package and is no room, leaf or face; and any ``utils``."""
    top = [p for p in package.iterdir() if p.suffix == ".py" or p.is_dir()]
    known = {*ROOMS, *LEAVES, *FRONT, "__pycache__", "_templates", "_models"}
    named = [p.name for p in top if p.stem not in known]
    vague = ("utils", "util", "helpers", "common", "misc")
    return named + [p.name for p in package.rglob("*.py") if p.stem.strip("_") in vague]


OURS = list(imports(ROOT / "genprop"))


def test_a_room_imports_only_from_itself_and_upstream() -> None:
    assert order_faults(OURS) == []


def test_no_module_imports_itself_through_others() -> None:
    assert cycles(OURS) == []


def test_each_library_has_one_door() -> None:
    assert door_faults(OURS) == []


def test_backends_never_import_each_other() -> None:
    assert backend_faults(OURS) == []


def test_the_chip_knows_no_mapping_and_the_interpreter_no_exact_solver() -> None:
    assert floor_faults(ROOT / "genprop") == []


def test_the_picture_of_the_rooms_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert redrawn(page, drawn(graph_of(ROOT / "genprop"))) == page


def test_the_package_holds_rooms_and_leaves_and_no_utils() -> None:
    assert strangers(ROOT / "genprop") == []


def test_templates_and_models_hold_no_python() -> None:
    assert [p for name in ("templates", "models") for p in (ROOT / name).rglob("*.py")] == []


Check = Callable[[list[Import]], list[str]]
PLANTED: list[tuple[str, str, Check]] = [
    ("describe/a.py", "from genprop.lower import nodes", order_faults),
    ("describe/a.py", "from genprop import lower", order_faults),
    ("describe/a.py", "from ..lower import nodes", order_faults),
    ("describe/a.py", "def f():\n    import genprop.cli.main", order_faults),
    (
        "describe/a.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from genprop.build import cache",
        order_faults,
    ),
    ("describe/a.py", "import genprop as gp", order_faults),
    ("data/a.py", "from genprop.describe import spec", order_faults),
    ("units.py", "from genprop.describe import spec", order_faults),
    ("units.py", "from genprop._resources import data_dir", order_faults),
    ("errors.py", "from genprop.units import ms", order_faults),
    ("train/a.py", "from genprop.utils import f", order_faults),
    ("describe/a.py", "import sympy", door_faults),
    ("lower/a.py", "from jinja2 import Environment", door_faults),
    ("train/fit.py", "def f():\n    import h5py", door_faults),
    ("backends/loihi/a.py", "import lava.lib", door_faults),
    ("data/tonic_sets.py", "import tonic", door_faults),
    ("analysis/graph.py", "import networkx", door_faults),
    ("report/a.py", "def f():\n    import networkx", door_faults),
    ("backends/native/a.py", "from genprop.backends.genn import b", backend_faults),
    ("backends/native/a.py", "from genprop.backends import genn", backend_faults),
    ("backends/native/a.py", "from ..genn import b", backend_faults),
]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A small sound package."""
    sound = {
        "errors.py": "",
        "units.py": "from genprop.errors import E",
        "_resources.py": "from genprop.errors import E",
        "__init__.py": "from genprop.describe import network",
        "describe/__init__.py": "",
        "describe/network.py": "import numpy\nfrom genprop.units import ms",
        "lower/nodes.py": "import sympy\nfrom genprop.describe import network",
        "build/cache.py": "from genprop.lower.nodes import x",
        "backends/base.py": "from genprop.build import cache",
        "backends/genn/b.py": "from genprop.backends.base import B",
        "data/tonic_sets.py": "def f():\n    import tonic",
        "train/checkpoint.py": "import h5py",
        "cli/main.py": "from genprop import data\nfrom genprop.train import checkpoint",
    }
    for file, text in sound.items():
        plant(tmp_path / "genprop" / file, text)
    return tmp_path / "genprop"


def plant(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n")


def test_a_sound_package_has_no_faults(package: Path) -> None:
    found = list(imports(package))
    checks = (order_faults, door_faults, backend_faults, cycles)
    assert [check(found) for check in checks] == [[], [], [], []]
    assert strangers(package) == []


@pytest.mark.parametrize(("file", "text", "check"), PLANTED)
def test_a_planted_violation_is_found(package: Path, file: str, text: str, check: Check) -> None:
    plant(package / file, text)
    faults = check(list(imports(package)))
    assert len(faults) == 1
    assert faults[0].startswith(file)


def test_a_planted_import_between_the_floors_of_a_backend_is_found(package: Path) -> None:
    plant(package / "backends/loihi/mapping/b.py", "from genprop.backends.loihi.chip import limits")
    plant(package / "backends/loihi/chip/limits.py", "")
    assert floor_faults(package) == []
    plant(package / "backends/loihi/chip/a.py", "from genprop.backends.loihi.mapping.b import x")
    assert floor_faults(package) == [
        "backends/loihi/chip/a.py imports genprop.backends.loihi.mapping.b"
    ]


def test_a_picture_leaves_out_what_a_longer_way_implies(package: Path) -> None:
    assert reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == {
        "a": {"b"},
        "b": {"c"},
        "c": set(),
    }
    assert "describe --> lower\n" in drawn(graph_of(package))
    plant(package / "adjoint" / "a.py", "from genprop.describe import network")
    plant(package / "lower" / "a.py", "from genprop.adjoint import a")
    assert "describe --> lower\n" not in drawn(graph_of(package))


def test_a_cycle_of_rooms_has_no_picture(package: Path) -> None:
    plant(package / "describe" / "a.py", "from genprop.lower import nodes")
    with pytest.raises(CycleError):
        graph_of(package)


def test_a_planted_cycle_is_found(package: Path) -> None:
    plant(package / "describe" / "a.py", "def f():\n    from genprop.describe.b import x")
    plant(package / "describe" / "b.py", "from genprop.describe.c import x")
    plant(package / "describe" / "c.py", "from genprop.describe import a")
    assert cycles(list(imports(package))) == ["describe.a → describe.b → describe.c → describe.a"]


def test_a_planted_utils_is_found(package: Path) -> None:
    plant(package / "describe" / "utils.py", "")
    plant(package / "tools.py", "")
    assert sorted(strangers(package)) == ["tools.py", "utils.py"]
