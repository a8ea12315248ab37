"""The package as a whole: its names, its words, its order of rooms, and how fast it opens."""

import ast
import dataclasses
import importlib
import inspect
import operator
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import memo_edu as me

ROOT = Path(me.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# ---- Public names ----------------------------------------------------------------------------

SIGNATURES = {
    "get_backend": "name",
    "Codebook": "dim kind seed backend dtype",
    "Codebook.vectors": "tokens",
    "CorrelationMatrixMemory": "key_dim value_dim backend dtype",
    "CorrelationMatrixMemory.memorize": "keys values",
    "CorrelationMatrixMemory.forget": "keys values",
    "CorrelationMatrixMemory.retrieve": "keys",
    "MeMo": "dim heads layers encoder seed backend tokenizer vocab_size alpha penalty "
    "partial_windows",
    "MeMo.memorize": "text name",
    "MeMo.forget": "text_or_name",
    "MeMo.predict": "context top",
    "MeMo.recite": "prompt max_tokens unsure",
    "MeMo.recall": "text start",
    "MeMo.explain": "context top",
    "MeMo.merge": "other",
    "MeMo.save": "path",
    "MeMo.load": "path",
    "audit": "model text",
    "MeMo.memorize_ids": "ids",
    "MeMo.forget_ids": "ids",
    "MeMo.recall_ids": "ids positions sample",
    "tokenize": "text",
    "detokenize": "tokens",
    "Tokenizer.encode": "text",
    "Tokenizer.decode": "tokens",
    "sample_texts": "",
    "theory.recall": "pairs key_dim value_dim vocab_size spread",
    "theory.capacity": "key_dim value_dim vocab_size accuracy spread",
    "experiments.pair_capacity": "heads token_dim value_dim vocab_size batch accuracy kind seed "
    "backend",
    "experiments.multilayer_recall": "dim layers decoys heads rows chunk iterations vocab_size "
    "encoder sample seed backend partial_windows",
}
DEFAULTS = {
    "get_backend": dict(name="auto"),
    "Codebook": dict(kind="gaussian", seed=0, backend="auto", dtype="float32"),
    "CorrelationMatrixMemory": dict(backend="auto", dtype="float32"),
    "MeMo": dict(
        dim=1024,
        heads=4,
        layers=3,
        encoder="projection",
        seed=0,
        backend="auto",
        tokenizer=None,
        vocab_size=None,
        alpha=1.0,
        penalty=False,
        partial_windows=False,
    ),
    "theory.recall": dict(spread=1.0),
    "experiments.pair_capacity": dict(
        vocab_size=100_000, batch=1000, accuracy=0.9, kind="gaussian", seed=0, backend="auto"
    ),
    "experiments.multilayer_recall": dict(
        heads=4,
        rows=30,
        chunk=1024,
        iterations=10,
        vocab_size=50_277,
        encoder="projection",
        sample=None,
        seed=0,
        backend="auto",
        partial_windows=True,
    ),
    "theory.capacity": dict(accuracy=0.9, spread=1.0),
    "MeMo.memorize": dict(name=None),
    "MeMo.predict": dict(top=5),
    "MeMo.explain": dict(top=5),
    "MeMo.recite": dict(max_tokens=50, unsure="go on"),
    "MeMo.recall": dict(start=1),
    "MeMo.recall_ids": dict(positions=None, sample=None),
}


def look_up(name):
    room, _, rest = name.partition(".")
    if room in ("theory", "experiments"):
        return getattr(importlib.import_module(f"memo_edu.{room}"), rest)
    return operator.attrgetter(name)(me)


def parameters(function):
    found = inspect.signature(function).parameters
    return {name: p for name, p in found.items() if name not in ("self", "cls")}


def assert_begins_with(name, expected):
    assert list(parameters(look_up(name)))[: len(expected.split())] == expected.split()


@pytest.mark.parametrize("name", SIGNATURES)
def test_promised_name(name):
    assert_begins_with(name, SIGNATURES[name])


@pytest.mark.parametrize("name", DEFAULTS)
def test_promised_defaults(name):
    found = {k: p.default for k, p in parameters(look_up(name)).items()}
    assert {k: found[k] for k in DEFAULTS[name]} == DEFAULTS[name]


def test_promised_attributes():
    for name in ("texts", "matrix"):
        assert isinstance(getattr(me.MeMo, name), property)
    memory = me.CorrelationMatrixMemory(2, 2, "numpy")
    assert memory.matrix.shape == (2, 2)
    names = {field.name for field in dataclasses.fields(me.Prediction)}
    assert names >= {"token", "score", "candidates", "p_noise"}
    assert isinstance(me.Prediction.known, property)
    assert isinstance(me.Recall.accuracy, property)
    assert "correct" in {field.name for field in dataclasses.fields(me.Recall)}


def test_every_error_is_a_memo_error():
    names = ["Configuration", "Input", "NotMemorized", "Backend", "FileFormat", "Capacity"]
    classes = [getattr(me, f"{name}Error") for name in names]
    assert all(cls.__bases__ == (me.MemoError,) for cls in classes)
    assert me.MemoError.__bases__ == (Exception,)


def test_all_lists_what_there_is():
    assert sorted(me.__all__) == list(me.__all__)
    for name in me.__all__:
        assert hasattr(me, name)
    with pytest.raises(AttributeError, match="no attribute 'whale'"):
        me.whale  # noqa: B018


# ---- Docstrings ------------------------------------------------------------------------------


def modules():
    for info in pkgutil.walk_packages(me.__path__, "memo_edu."):
        if not info.name.split(".")[-1].startswith("_"):
            yield importlib.import_module(info.name)


def public_things():
    """(full name, object) of every public function, class and method of the package."""
    for module in modules():
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", "") != module.__name__:
                continue
            if not (inspect.isfunction(thing) or inspect.isclass(thing)):
                continue
            yield f"{module.__name__}.{name}", thing
            for part, method in vars(thing).items() if inspect.isclass(thing) else ():
                method = getattr(method, "__func__", getattr(method, "fget", method))
                if not part.startswith("_") and inspect.isfunction(method):
                    yield f"{module.__name__}.{name}.{part}", method


def section(doc, title):
    """The names that a section explains; None if there is no such section."""
    found = re.search(rf"^{title}:\n((?:    .*\n?|\n)+)", doc, re.MULTILINE)
    if found is None:
        return None
    names = re.findall(r"^    (\S.*?):", found[1], re.MULTILINE)
    return {name.strip().lstrip("*") for line in names for name in line.split(",")}


THINGS = dict(public_things())


@pytest.mark.parametrize("name", THINGS)
def test_docstring_has_a_summary(name):
    doc = THINGS[name].__doc__
    assert doc, "no docstring"
    assert re.fullmatch(r"\S.*[.!?]", inspect.getdoc(THINGS[name]).splitlines()[0])


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, thing in THINGS.items()
        if section(inspect.getdoc(thing) or "", "Args") is not None
    ],
)
def test_args_are_the_parameters(name):
    """An Args section explains all parameters and no others."""
    found = {p.lstrip("*") for p in parameters(THINGS[name])}
    assert section(inspect.getdoc(THINGS[name]), "Args") == found


ROOMS_FOR_READERS = ("theory", "experiments", "plots")


@pytest.mark.parametrize("name", THINGS)
def test_what_readers_call_explains_its_parameters(name):
    """In Args, its own or its parent's; or in a dataclass's Attributes; or in the one sentence."""
    thing, doc = THINGS[name], inspect.getdoc(THINGS[name]) or ""
    module, room = inspect.getmodule(thing), name.split(".")[1]
    top, *method = name.removeprefix(f"{module.__name__}.").split(".")
    if top not in me.__all__ and room not in ROOMS_FOR_READERS:
        return
    if inspect.isclass(thing) and issubclass(thing, (me.MemoError, me.Tokenizer)):
        return
    family = getattr(module, top).__mro__[:-1] if method else ()
    same = [thing, *(getattr(parent, method[0], None) for parent in family)]
    explained = [section(inspect.getdoc(one) or "", "Args") for one in same]
    explained += [section(doc, "Attributes")]
    left = set(parameters(thing)).difference(*(names or () for names in explained))
    assert {p for p in left if "\n" in doc or p not in doc} == set()


# ---- Order of rooms, size --------------------------------------------------------------------

ORDER = [
    "errors",
    "alone",
    "backend",
    "codebook",
    "memory",
    "encoders",
    "intermediate",
    "text",
    "rows",
]
ORDER += [
    "rows",
    "positions",
    "written",
    "ledger",
    "storage",
    "results",
    "model",
    "rereading",
    "theory",
    "audit",
    "cost",
    "cluster",
    "experiments",
    "benchmarks",
    "corpus",
    "scale",
    "plots",
    "figures",
    "lab",
    "checks",
    "progress",
    "notebooks",
    "course",
    "doctor",
    "cli",
    "__main__",
]
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms.split()}


def room_of(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def rooms_imported(source):
    """The rooms of memo_edu that a file imports; "__init__" for the package itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "an import in full is easier to follow"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            room = rest.split(".")[0]
            if package == "memo_edu":
                yield room if room in RANK else "__init__"


def faults_of_order(room, source):
    allowed = {other for other in RANK if RANK[other] < RANK[room] or other == room}
    if RANK[room] >= RANK["lab"]:
        allowed.add("__init__")  # what stands outside may use the house by its front door
    return sorted(set(rooms_imported(source)) - allowed)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_only_upwards(path):
    if path == ROOT / "__init__.py":
        return
    assert faults_of_order(room_of(path), path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("room", "source", "faults"),
    [
        ("model", "from memo_edu.memory import x\nimport memo_edu.text\nimport numpy", []),
        ("memory", "from memo_edu.model import MeMo", ["model"]),
        ("memory", "def f():\n    import memo_edu.plots", ["plots"]),
        ("model", "from memo_edu import storage, plots", ["plots"]),
        ("text", "import memo_edu as me", ["__init__"]),
        ("theory", "from memo_edu.experiments import x", ["experiments"]),
        ("checks", "import memo_edu as me\nfrom memo_edu.checks import Chapter", []),
    ],
)
def test_order_faults_are_found(room, source, faults):
    assert faults_of_order(room, source) == faults


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


def test_every_file_of_the_house_is_listed():
    assert {room_of(path) for path in FILES} - {"__init__"} <= RANK.keys()


# ---- Opening ---------------------------------------------------------------------------------

OPEN = """
import sys, time
start = time.perf_counter()
import memo_edu
print(time.perf_counter() - start)
print(*{name.split(".")[0] for name in sys.modules})
"""


def test_it_opens_fast_and_without_figures_or_widgets():
    runs = [subprocess.run([sys.executable, "-c", OPEN], capture_output=True) for _ in range(4)]
    lines = [run.stdout.decode().splitlines() for run in runs]
    assert min(float(seconds) for seconds, _ in lines) < 0.5
    heavy = {
        "nbgrader",
        "nbformat",
        "jupyter_client",
        "matplotlib",
        "ipywidgets",
        "IPython",
        "cupy",
        "scipy",
        "pandas",
        "tokenizers",
        "dask",
        "distributed",
    }
    assert heavy & set(lines[0][1].split()) == set()


@pytest.mark.parametrize(
    "name",
    [
        "plots.bars",
        "lab.MemoLab",
        "checks.Chapter",
        "theory.recall",
        "experiments.pair_capacity",
        "scale.memorize_corpus",
    ],
)
def test_rooms_open_when_they_are_asked_for(name):
    code = f"import memo_edu as me; print(me.{name})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert run.returncode == 0, run.stderr


def test_rooms_are_listed_for_completion():
    assert {"theory", "plots", "lab", "checks", "MeMo"} <= set(dir(me))
