"""The import graph of the rooms, as a Mermaid picture in CONTRIBUTING.md.

``python -m tests.architecture.picture`` draws it anew; with the path of a ``genprop`` folder of
another time it prints that one's.
"""

from __future__ import annotations

import sys
from graphlib import TopologicalSorter
from pathlib import Path

from tests.architecture.imports import ROOMS, ROOT, imports, inside, room

Graph = dict[str, set[str]]

PAGE = ROOT / "CONTRIBUTING.md"
BEGIN = "<!-- drawn by python -m tests.architecture.picture -->\n"
END = "<!-- to here -->\n"


def place(package: Path, module: str) -> str:
    """The room of a module; in ``backends`` the folder."""
    path = package.joinpath(*module.split("."))
    folder = path if path.is_dir() else path.parent
    first, *below = folder.relative_to(package).parts
    return "/".join((first, *below) if first == "backends" else (first,))


def graph_of(package: Path) -> Graph:
    """For each room those that import from it.

    Raises:
        graphlib.CycleError: when they stand in no order.
    """
    graph: Graph = {}
    for one, target in inside(list(imports(package))):
        if {room(one.module), room(target)} <= set(ROOMS):
            here, there = place(package, one.module), place(package, target)
            graph.setdefault(here, set())
            graph.setdefault(there, set()).update({here} - {there})
    TopologicalSorter(graph).prepare()
    return graph


def reduced(graph: Graph) -> Graph:
    """Without the arrows that a way of several arrows implies."""
    beyond: Graph = {}
    for node in TopologicalSorter(graph).static_order():  # what stands at the arrow's end first
        beyond[node] = graph[node].union(*(beyond[n] for n in graph[node]))
    return {
        node: {n for n in after if not any(n in beyond[other] for other in after)}
        for node, after in graph.items()
    }


def drawn(graph: Graph) -> str:
    """The graph as a block of Mermaid, rooms in their order."""
    rooms = sorted(graph, key=lambda name: (ROOMS.index(room(name.replace("/", "."))), name))
    lines = [f'    {_key(name)}["{name.removeprefix("backends/")}"]' for name in rooms]
    less = reduced(graph)
    lines += [f"    {_key(a)} --> {_key(b)}" for a in rooms for b in rooms if b in less[a]]
    return "\n".join(["```mermaid", "flowchart TD", *lines, "```", ""])


def redrawn(page: str, picture: str) -> str:
    """The page with ``picture`` between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{picture}\n{END}{after}"


def _key(name: str) -> str:
    return name.replace("/", "_")


def main() -> None:
    if len(sys.argv) > 1:
        print(drawn(graph_of(Path(sys.argv[1]))), end="")
        return
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(redrawn(page, drawn(graph_of(ROOT / "genprop"))), encoding="utf-8")


if __name__ == "__main__":
    main()
