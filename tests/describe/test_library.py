from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import genprop as gp
from genprop import ms
from genprop._resources import data_dir
from genprop.describe.library import list_models, model_path
from genprop.describe.modelfile import read_neuron, read_synapse, read_update
from genprop.errors import ConfigurationError, DescriptionError, GenpropError

LIF = (data_dir("models") / "neurons" / "lif.toml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GENPROP_MODELS", raising=False)
    monkeypatch.chdir(tmp_path)


def put(root: Path, name: str, text: str, folder: str = "neurons") -> Path:
    path = root / folder / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_file_of_the_library_is_listed_with_doc_and_citation() -> None:
    listed = {(m.kind + "s", m.name) for m in list_models()}
    files = {(p.parent.name, p.stem) for p in data_dir("models").glob("*/*.toml")}
    assert listed == {(kind, name) for kind, name in files if kind != "recipes"}
    assert {n for k, n in listed if k == "neurons"} >= {"lif", "li", "alif", "if", "qif"}
    for model in list_models():
        assert model.doc, model.name
        assert "doi:" in model.cite or "arXiv:" in model.cite, model.name


def test_model_files_mention_no_backend() -> None:
    for path in data_dir("models").glob("*/*.toml"):
        text = path.read_text(encoding="utf-8").lower()
        for word in ("genn", "loihi", "lava", "cuda", "native"):
            assert word not in text, path


def test_values_are_read_in_their_unit_and_kept_in_base_units(tmp_path: Path) -> None:
    path = put(tmp_path, "mine", LIF.replace('value = 20.0\nunit = "ms"\nmin = 0.01',
                                             'value = 0.03\nunit = "s"\nmin = 1e-5'))  # fmt: skip
    tau = read_neuron(path).spec.parameters[0]
    assert (tau.value, tau.minimum, tau.dimension) == (30.0, 0.01, (1, 0, 0))
    made = gp.neuron(str(path), tau_mem=0.01)
    assert made.spec.parameters[0].value == 10.0
    assert gp.neuron(str(path), tau_mem=10 * ms) == made


def test_equations_remember_file_line_and_column() -> None:
    lines = LIF.splitlines()
    spec = read_neuron(model_path("neurons", "lif")).spec
    assert spec.spike is not None
    for equation in (*spec.flow, spec.spike, *spec.reset):
        assert lines[equation.line - 1][equation.column :].startswith(equation.text)
    path = model_path("neurons", "alif")
    lines = path.read_text(encoding="utf-8").splitlines()
    for equation in read_neuron(path).spec.flow:
        assert lines[equation.line - 1][equation.column :].startswith(equation.text)


def test_nearer_models_hide_farther_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = model_path("neurons", "lif")
    project = put(tmp_path / "project", "lif", LIF)
    (tmp_path / "pyproject.toml").write_text('[tool.genprop]\nmodels = "project"\n')
    assert model_path("neurons", "LIF").samefile(project)
    given = put(tmp_path / "given", "lif", LIF)
    monkeypatch.setenv("GENPROP_MODELS", str(tmp_path / "given"))
    assert model_path("neurons", "lif").samefile(given)
    assert not given.samefile(shipped)
    assert model_path("neurons", "li").parent == shipped.parent


def test_entry_points_bring_models(tmp_path: Path) -> None:
    put(tmp_path / "zoo", "owl", LIF)
    (tmp_path / "zoo" / "__init__.py").write_text("")
    info = tmp_path / "zoo-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: zoo\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[genprop.models]\nzoo = zoo\n")
    code = "from genprop.describe.library import model_path; print(model_path('neurons', 'owl'))"
    root = Path(gp.__file__).parents[1]
    script = f"import sys; sys.path[:0] = [{str(root)!r}, {str(tmp_path)!r}]; {code}"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.stdout.strip().endswith("owl.toml"), found.stderr


def test_a_name_found_twice_at_one_level_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a", "owl", LIF)
    put(tmp_path / "b", "Owl", LIF)
    (tmp_path / "pyproject.toml").write_text('[tool.genprop]\nmodels = ["a", "b"]\n')
    with pytest.raises(DescriptionError, match="'owl' is found twice"):
        gp.neuron("owl")
    monkeypatch.setenv("GENPROP_MODELS", str(tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="no folder"):
        gp.neuron("lif")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("GENPROP_MODELS", str(tmp_path / "empty"))
    with pytest.raises(ConfigurationError, match="holds no models"):
        gp.neuron("lif")


FLOW = 'flow = "dv/dt = (I - v)/tau_mem"'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("spike =", "spke =", "did you mean 'spike'"),
        ("unit =", "units =", "did you mean 'unit'"),
        ('unit = "ms"', 'unit = "msec"', "'msec' is no unit"),
        ('doc = "threshold"', "", "'v_th' has no doc"),
        ('doc = """', 'cite2 = """', "no doc"),
        ("[states.v]", "[states.u]", "state 'v' is not declared"),
        ("[states.v]", '[states.u]\ndoc = "x"\n[states.v]', "'u' has no flow"),
        ("value = 1.0", 'value = "1"', "must be a number"),
        ("value = 1.0", "", "'v_th' has no value"),
        ('held = ["v"]', 'held = "v"', "list of names"),
        ('held = ["v"]', 'held = ["u"]', "no state 'u'"),
        ('refractory = "tau_ref"', 'refractory = "tau_reff"', "did you mean 'tau_ref'"),
        ('reset = "v = v_reset"', 'reset = "u = v_reset"', "no state 'u'"),
        (FLOW, 'flow = "v = -v"', "not a time derivative"),
        ("[parameters.v_th]", "[parameters.I]", "'I' for two things"),
        ("flow =", "flow == ", "no TOML"),
    ],
)
def test_faults_of_a_file_are_told_with_its_name(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in LIF
    path = put(tmp_path, "mine", LIF.replace(old, new))
    with pytest.raises(GenpropError, match=message) as fault:
        read_neuron(path)
    assert "mine" in str(fault.value)


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = LIF.replace('doc = "threshold"', "").replace('unit = "ms"', 'unit = "msec"')
    with pytest.raises(DescriptionError) as fault:
        read_neuron(put(tmp_path, "mine", text))
    assert "'v_th' has no doc" in str(fault.value)
    assert "'msec' is no unit" in str(fault.value)


def test_synapse_and_update_files_are_checked_too(tmp_path: Path) -> None:
    head = 'doc = "x"\n'
    with pytest.raises(DescriptionError, match="no arrival"):
        read_synapse(put(tmp_path, "a", head, "synapses"))
    with pytest.raises(DescriptionError, match="did you mean 'arrival'"):
        read_synapse(put(tmp_path, "b", head + 'arival = "v = v + w"', "synapses"))
    with pytest.raises(DescriptionError, match="never sets x"):
        read_update(put(tmp_path, "c", head, "updates"))
    with pytest.raises(DescriptionError, match="sets 'm', which is no state"):
        read_update(put(tmp_path, "d", head + 'equations = "m = g; x = x - m"', "updates"))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match=r"no model file .*owl\.toml"):
        gp.neuron(str(tmp_path / "owl.toml"))


def test_describing_loads_neither_sympy_nor_jinja2() -> None:
    code = (
        "import genprop as gp, sys; net = gp.Network('n'); "
        "net.population('a', 1, gp.neuron('lif')); net.freeze(); "
        "print([m for m in ('sympy', 'jinja2', 'h5py') if m in sys.modules])"
    )
    root = str(Path(gp.__file__).parents[1])
    script = f"import sys; sys.path.insert(0, {root!r}); {code}"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr
