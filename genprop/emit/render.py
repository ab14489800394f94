"""From a Program to the text of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from genprop._version import __version__
from genprop.emit.bundle import SourceBundle
from genprop.emit.environment import environment
from genprop.emit.layout import GROUPS, layout_digest
from genprop.emit.local_names import with_legal_names
from genprop.emit.names import file_stem
from genprop.emit.native_continuous import CONTINUOUS_FILES, continuous_program_view
from genprop.emit.sender_view import SENDER_FILES
from genprop.emit.view import program_view
from genprop.errors import UnsupportedError

if TYPE_CHECKING:
    from genprop.lower.program import Program

__all__ = ["render_native", "tidy"]

_FIXED = (
    "platform/list.hpp",
    "platform/maths.hpp",
    "platform/memory.hpp",
    "platform/lock.hpp",
    "platform/pool.hpp",
    "platform/threads.hpp",
    "platform/tree.hpp",
    "platform/events.hpp",
    "platform/dense.hpp",
    "platform/sparse.hpp",
    "kernels/clock.hpp",
    "kernels/delivery.hpp",
    "kernels/guarded.hpp",
    "kernels/loss.hpp",
    "kernels/update.hpp",
    "sample.hpp",
    "interface.cpp",
)


def render_native(program: Program, precision: str) -> SourceBundle:
    """The C++ of ``program`` in ``"float"`` or ``"double"``, one unit with its headers."""
    layout = layout_digest(program, precision)
    program = with_legal_names(program)
    if program.clock.rounds:
        _refuse_timed(program)
        view = program_view(program) | {"continuous": False}
        files, population = [(path, path) for path in _FIXED], "kernels/population.hpp"
    else:
        view, files = continuous_program_view(program), list(CONTINUOUS_FILES)
        population = "exact/population.hpp"
    files += SENDER_FILES if program.senders else ()
    view |= {
        "real": precision,
        "lanes": 8,
        "groups": GROUPS,
        "layout": layout,
        "version": __version__,
    }
    jinja = environment()
    every = dict(files).items()  # the exact clock has some of a sender's files too
    texts = [(path, jinja.get_template(f"native/{t}.j2").render(view)) for path, t in every]
    template = jinja.get_template(f"native/{population}.j2")
    for p in cast("list[dict[str, object]]", view["populations"]):
        texts.append((f"populations/{p['id']}.hpp", template.render(view | {"p": p})))
    return SourceBundle(
        name=file_stem(program.name),
        files=tuple((path, tidy(text)) for path, text in texts),
        main="interface.cpp",
        metadata=(("digest", program.digest), ("precision", precision), ("target", "native")),
    )


def _refuse_timed(program: Program) -> None:
    for q in program.projections:
        if program.delivery(q).timed:
            raise UnsupportedError(
                "arrivals read when in their step they come, which this backend does not tell",
                where=f"projection {q.name}",
                remedy="compile(…, clock='grid') or backend='reference'",
            )


def tidy(text: str) -> str:
    """No trailing blanks, no run of empty lines, none where a part says nothing (``//~``)."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip() != "//~"]
    left = [line for k, line in enumerate(lines) if line or (k and lines[k - 1])]
    return "\n".join(left).strip("\n") + "\n"
