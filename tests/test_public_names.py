"""``import genprop`` is quick, and every public name leads somewhere."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import genprop
from genprop._moved import arguments
from genprop.testing import contract

SOURCE = Path(genprop.__file__).read_text(encoding="utf-8")
HEAVY = ("sympy", "jinja2", "h5py", "numpy", "scipy", "sklearn", "rich", "matplotlib")


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    line = [sys.executable, "-c", code]
    root = Path(genprop.__file__).parents[1]
    answer = subprocess.run(line, capture_output=True, text=True, check=True, cwd=root)
    return set(json.loads(answer.stdout))


def test_importing_genprop_loads_no_library() -> None:
    loaded = modules_after("import genprop")
    assert [name for name in HEAVY if name in loaded] == []


def test_importing_genprop_takes_less_than_a_fifth_of_a_second() -> None:
    """Of the processor, the best of three: other work on the machine does not count."""
    code = "import time; t = time.process_time(); import genprop; print(time.process_time() - t)"
    root = Path(genprop.__file__).parents[1]

    def seconds() -> float:
        line = [sys.executable, "-c", code]
        return float(subprocess.run(line, capture_output=True, check=True, cwd=root).stdout)

    assert min(seconds() for _ in range(3)) < 0.2


def test_describing_loads_neither_sympy_nor_jinja2_nor_h5py() -> None:
    loaded = modules_after("import genprop as gp; gp.Network; gp.neuron; gp.ms; gp.learn")
    assert {"sympy", "jinja2", "h5py"} & loaded == set()


def typed_names() -> set[str]:
    """What the TYPE_CHECKING block imports."""
    block = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(block.body)
    return {alias.name for node in imports for alias in node.names}


def test_the_list_the_table_and_the_types_agree() -> None:
    listed = set(genprop.__all__) - {"__version__"}
    assert listed == {*genprop._MODULE_OF, *genprop._ROOMS}
    assert listed == typed_names()
    assert dir(genprop) == sorted(genprop.__all__)


def test_a_name_is_typed_from_where_it_is_loaded() -> None:
    block = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            if node.module != "genprop":
                assert f"genprop.{genprop._MODULE_OF[alias.name]}" == node.module


@pytest.mark.parametrize("name", genprop.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(genprop, name)
    assert getattr(value, "__doc__", None)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'nope'"):
        getattr(genprop, "nope")  # noqa: B009 (the spelled attribute is refused by the checker)


def test_a_missing_module_breaks_its_names_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(genprop._MODULE_OF, "planted", "no_such_room")
    with pytest.raises(ModuleNotFoundError):
        getattr(genprop, "planted")  # noqa: B009
    assert genprop.__version__


@pytest.mark.parametrize("name", ["final", "integral", "maximum", "spike_count", "trace"])
def test_a_readout_is_found_where_it_was_described_before(name: str) -> None:
    before = importlib.import_module("genprop.describe.readout")
    with pytest.warns(DeprecationWarning, match=f"readout.{name} is now genprop.adjoint.readouts"):
        assert getattr(before, name) is getattr(genprop, name)


@pytest.mark.parametrize("name", ["CALLBACKS", "Config", "Experiment", "draw_run", "train_run"])
def test_a_name_that_moved_out_of_train_is_found_and_says_where_it_is(name: str) -> None:
    place = genprop.report if name == "draw_run" else genprop.experiment
    with pytest.warns(DeprecationWarning, match=f"train.{name} is now genprop.[a-z]+.{name}"):
        assert getattr(genprop.train, name) is getattr(place, name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Bump", "ReviveSilent"),
        ("EaseIn", "ExponentialWarmup"),
        ("TwoAverages", "DualEMAPlateau"),
    ],
)
def test_a_callback_is_found_under_its_name_of_before(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"train.{old} is now genprop.train.{new}"):
        assert getattr(genprop.train, old) is getattr(genprop.train, new)


def test_a_name_that_never_was_in_train_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nope'"):
        getattr(genprop.train, "nope")  # noqa: B009


def test_a_keyword_of_before_is_passed_on_with_a_warning() -> None:
    @arguments(watch="on_rounded")
    def retarget(target: str, *, on_rounded: str = "") -> tuple[str, str]:
        return target, on_rounded

    assert retarget("loihi", on_rounded="a") == ("loihi", "a")
    with pytest.warns(DeprecationWarning, match=r"retarget\(watch=…\) is now on_rounded=…"):
        assert retarget("loihi", watch="b") == ("loihi", "b")  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("kind", [genprop.Simulator, genprop.QuantiseAware])
def test_retarget_is_called_as_before(kind: type) -> None:
    signature = inspect.signature(kind.retarget)  # pyright: ignore[reportAttributeAccessIssue]
    assert list(signature.parameters) == ["self", "target", "quantise", "on_rounded"]


def test_a_field_of_before_is_given_and_read_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match=r"Blend.__init__\(share=…\) is now fraction=…"):
        blend = genprop.data.Blend(0.5, **{"share": 0.25})
    assert blend == genprop.data.Blend(0.5, fraction=0.25)
    with pytest.warns(DeprecationWarning, match=r"Blend.share is now Blend.fraction"):
        assert getattr(blend, "share") == 0.25  # noqa: B009


def test_the_contract_clears_its_references_under_the_name_of_before() -> None:
    with pytest.warns(DeprecationWarning, match="forget is now genprop.testing"):
        assert contract.forget is contract.clear_references
