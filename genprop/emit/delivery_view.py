"""What arrivals do, as printed lines of C++."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from genprop.emit.layout import vector_width
from genprop.emit.names import identifier
from genprop.emit.printers import CPrinter
from genprop.lower.delivery import DL_DVALUE, RETURNED, SENT
from genprop.lower.nodes import AddTo, Name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genprop.lower.delivery import Delivery
    from genprop.lower.nodes import Expr
    from genprop.lower.program import Program, ReceptorProgram

__all__ = ["deliveries", "delivery_type", "receptor_view"]

View = dict[str, object]


def deliveries(program: Program) -> list[View]:
    """One struct for each kind of arrival; receptors whose arrivals do the same have one."""
    return [
        {
            "type": f"Arrival{k or ''}",
            "widths": [vector_width(len(names)) for names in (d.slots, d.names, d.sums)],
            "slots": d.slots,
            "exposed": d.names,
            "sums": d.sums,
            "carries": d.carries,
            "deposit": _vector("Due", d.slots, d.deposits, {}),
            "gathered": _gathered(d),
            "returned": _vector("Real", (SENT,), d.returned, _reals("exposed", d.names)),
            "valued": _vector("Real", (DL_DVALUE,), d.valued, _reals("exposed", d.names))
            if d.valued
            else "",
            "gradients": {
                a.target: _printed(a.value, _indexed("sum", d.sums)) for a in d.gradients
            },
        }
        for k, d in enumerate(_kinds(program))
    ]


def delivery_type(program: Program, delivery: Delivery) -> str:
    """The name of the struct that says what the arrivals of ``delivery`` do."""
    return f"Arrival{_kinds(program).index(_kind(delivery)) or ''}"


def receptor_view(r: ReceptorProgram, program: Program, printer: CPrinter) -> View:
    """What the templates of a population read of a receptor."""
    d, own = r.delivery, identifier(r.name)
    due = {slot: f"{slot}_{own}" for slot in d.slots}
    return {
        "name": r.name,
        "id": own,
        "rows": program.grid.slots(r.max_delay_steps),
        "held": r.held,
        "type": delivery_type(program, d),
        "due": [[due[slot], _place(k, d.slots)] for k, slot in enumerate(d.slots)],
        "arrival": CPrinter(printer.real, due).statements(d.arrival, ()),
        "exposed": [
            [a.target, printer.expression(a.value), _place(k, d.names)]
            for k, a in enumerate(d.exposed)
        ],
        "returned": RETURNED,
    }


def _kind(d: Delivery) -> Delivery:
    """``d`` without what the neuron does by itself."""
    return replace(d, arrival=(), exposed=tuple(replace(a, value=Name("")) for a in d.exposed))


def _kinds(program: Program) -> list[Delivery]:
    found = (_kind(r.delivery) for p in program.populations for r in p.receptors)
    return list(dict.fromkeys(found))


def _gathered(d: Delivery) -> str:
    """What is exposed as it is where the sums are just of it, which is one addition of a vector."""
    if d.gathered == tuple(AddTo(s, Name(n)) for s, n in zip(d.sums, d.names, strict=False)):
        return "exposed"
    return _vector("Sums", d.sums, d.gathered, _indexed("exposed", d.names))


def _vector(
    kind: str, names: tuple[str, ...], lines: Iterable[AddTo], rename: dict[str, str]
) -> str:
    """A number, or several as a vector, one for each of ``names``."""
    terms: dict[str, list[str]] = {name: [] for name in names}
    for line in lines:
        terms[line.target].append(_printed(line.value, rename))
    parts = [" + ".join(found) or "Real(0)" for found in terms.values()]
    parts += ["Real(0)"] * (vector_width(len(names)) - len(names))
    return parts[0] if len(parts) == 1 else f"{kind}{{{', '.join(parts)}}}"


def _printed(e: Expr, rename: dict[str, str]) -> str:
    return CPrinter(rename=rename).expression(e)


def _indexed(vector: str, names: tuple[str, ...]) -> dict[str, str]:
    if len(names) == 1:
        return {names[0]: vector}
    return {name: f"{vector}[{k}]" for k, name in enumerate(names)}


def _reals(row: str, names: tuple[str, ...]) -> dict[str, str]:
    """The same in a row of numbers, from ``at`` on."""
    return {name: f"{row}[at + {k}]" if k else f"{row}[at]" for k, name in enumerate(names)}


def _place(k: int, names: tuple[str, ...]) -> str:
    """Where number ``k`` of a lane's vector lies in its row."""
    width = vector_width(len(names))
    at = "lane" if width == 1 else f"{width} * lane"
    return f"{at} + {k}" if k else at
