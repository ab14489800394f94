from __future__ import annotations

from pathlib import Path

import pytest

from genprop.cli.main import main
from genprop.describe.library import list_models


def shown(capsys: pytest.CaptureFixture[str], *names: str) -> str:
    assert main(["models", *names]) == 0
    return capsys.readouterr().out


def test_the_list_has_every_model_under_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys)
    for model in list_models():
        assert f"\n  {model.name} " in text
    places = [text.index(heading) for heading in ("neurons", "synapses", "optimisers")]
    assert places == sorted(places)


def test_every_model_can_be_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    for model in list_models():
        text = shown(capsys, model.name)
        assert str(model.path) in text
        assert model.cite in text
        assert " ".join(model.doc.split()) in text


def test_a_neuron_shows_equations_parameters_units_and_bounds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = shown(capsys, "LIF")
    assert "dv/dt = (I - v)/tau_mem" in text
    assert "v > v_th" in text
    assert "v = v_reset" in text
    row = next(line for line in text.splitlines() if line.startswith("  tau_mem "))
    assert row.split()[1:3] == ["20", "ms"]
    assert "≥ 0.01" in row
    assert "time constant" in row


def test_several_are_shown_in_the_order_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "adam", "exp")
    assert 0 <= text.index("adam (update)") < text.index("exp (synapse)")


def test_an_unknown_name_is_answered_with_the_closest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "izhikevch"]) == 2
    assert "did you mean 'izhikevich'?" in capsys.readouterr().err


def test_a_model_of_the_user_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lif = next(m for m in list_models() if (m.kind, m.name) == ("neuron", "lif"))
    (tmp_path / "neurons").mkdir()
    (tmp_path / "neurons" / "mine.toml").write_text(lif.path.read_text(encoding="utf-8"))
    monkeypatch.setenv("GENPROP_MODELS", str(tmp_path))
    assert "\n  mine " in shown(capsys)
