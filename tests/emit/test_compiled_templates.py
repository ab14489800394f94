"""Templates are compiled once for all networks, and anew where what they are made of changes."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from genprop.emit.compiled_templates import CompiledTemplates
from genprop.errors import ConfigurationError

NAME = "greeting.j2"


def environment(folder: Path, kept: dict[str, bytes], trim: bool = False) -> jinja2.Environment:
    def write(key: str, data: bytes) -> None:
        kept[key] = data

    loader = jinja2.FileSystemLoader(folder)
    return jinja2.Environment(
        loader=loader, bytecode_cache=CompiledTemplates(kept.get, write), trim_blocks=trim
    )


def rendered(folder: Path, kept: dict[str, bytes], trim: bool = False) -> str:
    return environment(folder, kept, trim).get_template(NAME).render()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_text("{% if true %}\nhello\n{% endif %}\n")
    return tmp_path


def test_what_was_compiled_before_is_not_compiled_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, bytes] = {}
    first = rendered(folder, kept)
    assert len(kept) == 1

    def compiled_again(*_: object, **__: object) -> None:
        pytest.fail("the template was compiled again")

    monkeypatch.setattr(jinja2.Environment, "compile", compiled_again)
    assert rendered(folder, kept) == first


def test_another_text_and_other_settings_are_compiled_anew(folder: Path) -> None:
    kept: dict[str, bytes] = {}
    assert rendered(folder, kept) == "\nhello\n"
    assert rendered(folder, kept, trim=True) == "hello\n"
    (folder / NAME).write_text("goodbye")
    assert rendered(folder, kept) == "goodbye"
    assert len(kept) == 3


def test_a_damaged_entry_is_compiled_anew(folder: Path) -> None:
    kept: dict[str, bytes] = {}
    first = rendered(folder, kept)
    for damaged in (b"", b"j2 of another kind", next(iter(kept.values()))[:-9]):
        kept.update(dict.fromkeys(kept, damaged))
        assert rendered(folder, kept) == first


def test_a_cache_that_cannot_be_written_only_costs_time(folder: Path) -> None:
    def full(key: str, data: bytes) -> None:
        raise ConfigurationError("there is no room")

    loader = jinja2.FileSystemLoader(folder)
    cache = CompiledTemplates(lambda _: None, full)
    assert jinja2.Environment(loader=loader, bytecode_cache=cache).get_template(NAME).render()
