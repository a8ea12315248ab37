"""The same numbers on every array library and device, and the same in every release."""

import hashlib
import importlib
import importlib.util
import math
import sys
import types

import array_api_strict
import numpy as np
import pytest

import memo_edu as me
from memo_edu import backend as backend_module
from memo_edu import memory as memory_module

# A library that allows nothing beyond the array API standard, on a device that is not the host.
STRICT = me.get_backend(array_api_strict, device=array_api_strict.Device("device1"))
OTHERS = {"strict": STRICT}
if importlib.util.find_spec("torch") is not None:
    OTHERS["torch"] = me.get_backend(importlib.import_module("torch"))
if me.get_backend("auto").name == "cupy":
    OTHERS["cupy"] = me.get_backend("cupy")

TEXTS = [text[:1500] for text in me.sample_texts().values()]
IDS = np.random.default_rng(0).integers(0, 30, (4, 60))
MODELS = [("projection", 48, 4, 2), ("projection", 54, 3, 3), ("binding", 53, 4, 2)]


@pytest.fixture(params=OTHERS)
def other(request):
    return OTHERS[request.param]


@pytest.fixture(params=MODELS, ids=lambda sizes: "-".join(map(str, sizes)))
def sizes(request):
    encoder, dim, heads, layers = request.param
    return {"encoder": encoder, "dim": dim, "heads": heads, "layers": layers}


def assert_same(actual, expected, exact):
    actual, expected = (me.backend.to_numpy(array) for array in (actual, expected))
    assert actual.dtype == expected.dtype
    if exact:
        np.testing.assert_array_equal(actual, expected)
    else:
        size = max(1.0, np.linalg.norm(expected))
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * size)


def assert_same_model(model, expected):
    assert model.backend.owns(model.matrix)
    assert_same(model.matrix, expected.matrix, isinstance(model.encoder, me.BindingEncoder))
    assert model.texts == expected.texts


# ---- The same numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["gaussian", "bipolar"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("tokens", [["tea", 3, 0, "tea", -1, "\ud83d"], []])
def test_codebooks_agree_bit_for_bit(other, kind, dtype, tokens):
    vectors = me.Codebook(50, kind, 7, other, dtype).vectors(tokens)
    assert other.owns(vectors)
    assert_same(vectors, me.Codebook(50, kind, 7, "numpy", dtype).vectors(tokens), exact=True)


def test_memories_agree(other):
    stream = np.random.default_rng(0)
    keys, values = stream.integers(-9, 9, (20, 6)), stream.integers(-9, 9, (20, 4))
    memories = [me.CorrelationMatrixMemory(6, 4, backend) for backend in (other, "numpy")]
    for memory in memories:
        memory.memorize(keys, values)
        memory.forget(memory.backend.asarray(keys[:5]), memory.backend.asarray(values[:5]))
        memory.memorize(keys[:0], values[:0])
        memory.add(np.ones((6, 4)))
    first, second = memories
    assert first.backend.owns(first.matrix)
    assert_same(first.matrix, second.matrix, exact=True)
    assert_same(first.retrieve(keys), second.retrieve(keys), exact=True)
    for memory in memories:
        memory.memorize(keys * 2**12, values * 2**12)
    assert second.dtype == "float64"
    assert_same(first.matrix, second.matrix, exact=True)
    assert repr(first) == repr(second)
    for wrong in (np.full((1, 6), np.nan), np.ones((1, 7)), [["tea"] * 6]):
        with pytest.raises(me.InputError):
            first.memorize(wrong, np.ones((1, 4)))
    assert_same(first.matrix, second.matrix, exact=True)


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("length", [1, 5, 40])
def test_encoders_agree(other, sizes, partial, length):
    kinds = {"projection": me.ProjectionEncoder, "binding": me.BindingEncoder}
    kind = kinds[sizes["encoder"]]
    encoders = [
        kind(sizes["dim"], sizes["heads"], sizes["layers"], 3, backend)
        for backend in (other, "numpy")
    ]
    tokens = [f"w{i % 7}" for i in range(length)]
    vectors = [encoder.codebook.vectors(tokens) for encoder in encoders]
    exact = sizes["encoder"] == "binding"
    for name in ("W", "P"):
        for first, second in zip(*(getattr(e, name, []) for e in encoders), strict=True):
            assert_same(first, second, exact=True)
    keys = [e.keys(v, partial) for e, v in zip(encoders, vectors, strict=True)]
    for first, second in zip(*keys, strict=True):
        assert other.owns(first)
        assert_same(first, second, exact)
    first, second = (e.signatures(v) for e, v in zip(encoders, vectors, strict=True))
    assert other.owns(first)
    assert_same(first, second, exact=True)


def test_models_of_text_agree(other, sizes, tmp_path):
    models = [me.MeMo(**sizes, backend=backend) for backend in (other, "numpy")]
    for model in models:
        for number, text in enumerate(TEXTS):
            model.memorize(text, name=str(number))
        model.forget("1")
        model.forget(TEXTS[2])
    first, second = models
    assert_same_model(first, second)
    for context in ("", "The", TEXTS[0][:200], "never heard of"):
        one, two = first.predict(context, top=500), second.predict(context, top=500)
        assert dict(one.candidates) == pytest.approx(dict(two.candidates), abs=1e-4)
        assert one.p_noise == pytest.approx(two.p_noise, abs=1e-3)
        votes = first.explain(context, top=500).votes
        assert isinstance(votes, np.ndarray)
        scores = [score for _, score in one.candidates]
        np.testing.assert_allclose(votes.sum(axis=0), scores, atol=1e-6)
    tolerated = 0 if sizes["encoder"] == "binding" else 3  # near ties
    for text in TEXTS[::3]:
        one, two = first.recall(text), second.recall(text)
        assert np.sum(np.array(one.answers) != np.array(two.answers)) <= tolerated
    assert isinstance(first.recite("", max_tokens=5), str)

    first.save(tmp_path / "first")
    second.save(tmp_path / "second")
    assert_same_model(me.MeMo.load(tmp_path / "first", backend="numpy"), second)
    moved = me.MeMo.load(tmp_path / "second", backend=other)
    assert_same_model(moved, second)
    assert moved.backend is other


def test_models_of_ids_agree(other, sizes):
    for options in ({"vocab_size": 30}, {}, {"partial_windows": True}):
        if options.get("partial_windows") and sizes["encoder"] == "binding":
            continue
        models = [me.MeMo(**sizes, **options, backend=backend) for backend in (other, "numpy")]
        for model in models:
            with pytest.warns(UserWarning, match="memorizes nothing"):
                model.memorize_ids(IDS[:, :8])
            model.memorize_ids(np.where(IDS == 0, 1, IDS))
            model.forget_ids(IDS[:, :8])
        first, second = models
        assert_same_model(first, second)
        for asked in ({}, {"positions": [5, 9, 30]}, {"sample": 20}):
            one, two = first.recall_ids(IDS, **asked), second.recall_ids(IDS, **asked)
            assert one.tokens == two.tokens
            assert np.mean(np.array(one.answers) != np.array(two.answers)) <= 0.05  # near ties


def test_models_merge_across_backends(other, sizes):
    def build(backend, *texts):
        model = me.MeMo(**sizes, backend=backend)
        for text in texts:
            model.memorize(text)
        return model

    together = build("numpy", TEXTS[0], TEXTS[1])
    assert_same_model(build(other, TEXTS[0]).merge(build("numpy", TEXTS[1])), together)
    assert_same_model(build("numpy", TEXTS[0]).merge(build(other, TEXTS[1])), together)
    assert_same_model(build(other, TEXTS[0]).merge(build(other, TEXTS[1])), together)


OPTIONS = {
    "bound keys": {"encoder": "bound keys"},
    "bound values": {"encoder": "bound values"},
    "written once": {"encoder": "binding", "repeats": "once"},
    "asked below": {"encoder": "projection", "alpha": 0.5, "layers": 3},
    "with a penalty": {"encoder": "projection", "alpha": 0.5, "penalty": True},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_models_with_options_agree(other, options, tmp_path):
    shares = []
    models = [
        me.MeMo(**{"dim": 48, "heads": 2, "layers": 2, **options}, backend=backend)
        for backend in (other, other, "numpy", "numpy")
    ]
    first, more, second, more_too = models
    for model in (first, second):
        model.memorize(TEXTS[0], "a", watch=shares.append)
        model.memorize(TEXTS[1], "b")
        model.forget("a")
    for model in (more, more_too):
        model.memorize(TEXTS[1][:900] + TEXTS[2][:300], "c")
    first.merge(more)
    second.merge(more_too)
    assert shares[0] == 0
    assert first.backend.owns(first.matrix)
    assert_same(first.matrix, second.matrix, exact=options["encoder"] in ("binding", "bound keys"))
    for mine, theirs in zip(first._lower.memories, second._lower.memories, strict=True):
        assert_same(mine.matrix, theirs.matrix, exact=False)
    for context in ("", TEXTS[1][:50]):
        one, two = (dict(model.predict(context, 99).candidates) for model in (first, second))
        assert one == pytest.approx(two, rel=1e-5, abs=1e-4)
    assert_same(first.blank().matrix, second.blank().matrix, exact=True)
    prompt = TEXTS[1][:47]  # it ends inside a word
    assert first.recite(prompt, 1) == second.recite(prompt, 1)
    assert me.reread(first, "The tea is hot") == me.reread(second, "The tea is hot")
    first.save(tmp_path / "first")
    loaded = me.MeMo.load(tmp_path / "first", backend=other)
    assert_same(loaded.matrix, first.matrix, exact=True)


def test_blocks_of_any_size_agree(other):
    stream = np.random.default_rng(1)
    sizes = [3, memory_module.GATHERED + 1, 2, memory_module.GATHERED - 1, 0, 5]
    blocks = [(stream.integers(-9, 9, (n, 6)), stream.integers(-9, 9, (n, 4))) for n in sizes]
    blocks.append((blocks[0][0] * 2**20, blocks[0][1]))  # too large for float32
    first, second = (me.CorrelationMatrixMemory(6, 4, backend) for backend in (other, "numpy"))
    first.memorize_blocks((other.asarray(keys), other.asarray(values)) for keys, values in blocks)
    second.memorize_blocks(blocks)
    assert second.dtype == "float64"
    assert first.backend.owns(first.matrix)
    assert_same(first.matrix, second.matrix, exact=True)
    together = sum(keys.T @ values for keys, values in blocks)
    np.testing.assert_array_equal(second.backend.to_numpy(second.matrix), together)


# ---- Which library, and why not another ------------------------------------------------------


def test_a_backend_by_name_by_module_or_as_it_is(monkeypatch):
    monkeypatch.setattr(backend_module, "_find_cupy", lambda: (None, "CuPy is not installed"))
    assert me.get_backend("numpy").name == me.get_backend("auto").name == "numpy"
    assert me.get_backend().name == me.get_backend(np).name == "numpy"
    assert me.get_backend(array_api_strict).name == "array_api_strict"
    assert me.get_backend(STRICT) is STRICT
    assert repr(me.get_backend("numpy")) == "Backend('numpy')"
    assert "device1" in repr(STRICT)


@pytest.mark.parametrize("name", ["torch", "", "NumPy", None, 3, sys, ["numpy"]])
def test_an_unknown_backend_is_refused(name):
    with pytest.raises(me.BackendError, match="'numpy', 'cupy', 'auto'"):
        me.get_backend(name)


def test_arrays_move_to_the_device_and_back(other):
    for array in ([[1.5, 2.0]], np.arange(6, dtype="int64").reshape(2, 3), np.float32(3)):
        moved = other.asarray(array)
        assert other.owns(moved)
        assert other.asarray(moved) is moved
        np.testing.assert_array_equal(other.to_numpy(moved), np.asarray(array))
        assert other.to_numpy(other.asarray(moved, "float32")).dtype == "float32"
    assert not other.owns(np.ones(2))
    assert not other.owns([1.0])
    assert not STRICT.owns(array_api_strict.ones(2))  # the right library, another device


def test_a_working_gpu_is_chosen(monkeypatch):
    monkeypatch.setattr(backend_module, "_find_cupy", lambda: (array_api_strict, "a working GPU"))
    assert me.get_backend("auto").name == "array_api_strict"
    assert me.get_backend("cupy").name == "array_api_strict"
    assert me.get_backend("numpy").name == "numpy"


class CuPy(types.ModuleType):
    """Stands for CuPy on a machine with a GPU: here it computes with array_api_strict."""

    def __init__(self, available=True, one=1, fault=None, driver=13020):
        super().__init__("cupy")
        self.one, self.fault = one, fault
        runtime = types.SimpleNamespace(
            driverGetVersion=lambda: driver,
            runtimeGetVersion=lambda: 13020,
            getDevice=lambda: 0,
            getDeviceProperties=lambda device: {"name": b"NVIDIA B1000"},
            memGetInfo=lambda: (7_500_000_000, 8_000_000_000),
        )
        self.cuda = types.SimpleNamespace(is_available=lambda: available, runtime=runtime)
        pool = types.SimpleNamespace(free_bytes=lambda: 500_000_000)
        self.get_default_memory_pool = lambda: pool

    def ones(self, shape, dtype):
        if self.fault is not None:
            raise self.fault
        return array_api_strict.ones(shape, dtype=dtype) * self.one

    def empty(self, shape, dtype=float, order="C"):
        """Like CuPy's own, and unlike the standard's, this takes no device."""
        return array_api_strict.empty(shape)

    def __getattr__(self, name):
        return getattr(array_api_strict, name)


@pytest.fixture
def install(monkeypatch):
    """Make `import cupy` find something else, or nothing."""
    find_spec = importlib.util.find_spec

    def put(module, spec="a spec"):
        def find(name, package=None):
            return spec if name == "cupy" else find_spec(name, package)

        monkeypatch.setattr(importlib.util, "find_spec", find)
        monkeypatch.setitem(sys.modules, "cupy", module)

    backend_module._find_cupy.cache_clear()
    yield put
    backend_module._find_cupy.cache_clear()


class Coarse:
    """A (64, 64) array of one number whose products, as TF32's, look at its first 11 bits."""

    def __init__(self, number):
        self.number = number

    def __rmul__(self, factor):
        return Coarse(factor * self.number)

    def __matmul__(self, other):
        shares = [math.frexp(number) for number in (self.number, other.number)]
        first, second = (math.ldexp(round(share * 2**11), size - 11) for share, size in shares)
        return array_api_strict.full((64, 64), 64 * first * second)


class CoarseCuPy(CuPy):
    def ones(self, shape, dtype):
        return Coarse(1.0)


class OddError(Exception):
    pass


class MuteError(Exception):
    def __str__(self):
        raise self


class OutOfMemoryError(MemoryError):
    pass


BROKEN = {
    "not installed": (None, None),
    "failed": (None, "a spec"),  # there, but the import fails
    "sees no NVIDIA driver": (CuPy(available=False, driver=0), "a spec"),
    r"too old: it knows CUDA 12\.4, and CuPy is made for CUDA 13\.2. Update": (
        CuPy(available=False, driver=12040),
        "a spec",
    ),
    "no GPU. Unset CUDA_VISIBLE_DEVICES": (CuPy(available=False), "a spec"),
    "wrong product. Unset CUPY_TF32": (CuPy(one=3), "a spec"),
    "wrong product. .*driver": (CoarseCuPy(), "a spec"),
    r"OddError: odd\). Uninstall CuPy and install it afresh": (
        CuPy(fault=OddError("odd")),
        "a spec",
    ),
    "str.* failed": (CuPy(fault=MuteError()), "a spec"),
    r"InsufficientDriver: old\). Update": (
        CuPy(fault=RuntimeError("cudaErrorInsufficientDriver: old")),
        "a spec",
    ),
    "libnvrtc.so: cannot open it": (CuPy(fault=OSError("libnvrtc.so:\ncannot open it")), "a spec"),
    "no memory left. Close": (CuPy(fault=OutOfMemoryError("16 bytes")), "a spec"),
    "no memory left. .*start": (CuPy(fault=RuntimeError("cudaErrorMemoryAllocation")), "a spec"),
    "first operation failed": (types.ModuleType("cupy"), "a spec"),  # with nothing in it
}


@pytest.mark.parametrize("found", BROKEN)
def test_a_gpu_that_does_not_work_is_left_alone(found, install):
    install(*BROKEN[found])
    assert me.get_backend("auto").name == "numpy"
    assert me.MeMo(16, 2, 1).backend.name == "numpy"
    with pytest.raises(me.BackendError, match=found) as error:
        me.get_backend("cupy")
    assert str(error.value).endswith(". Without one use backend='numpy'.")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 600
    with pytest.raises(me.BackendError):
        me.MeMo(16, 2, 1, backend="cupy")


def pretend_installed(folder, *names):
    """Leave what pip leaves of a package."""
    for name in names:
        left = folder / f"{name.replace('-', '_')}-14.0.dist-info"
        left.mkdir()
        (left / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 14.0\n")


def test_two_cupy_packages_at_once_are_left_alone(install, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    pretend_installed(tmp_path, "cupy-cuda13x", "cupy-xarray")
    install(CuPy())
    assert me.get_backend("cupy").name == "array_api_strict"
    pretend_installed(tmp_path, "cupy-cuda12x")
    backend_module._find_cupy.cache_clear()
    with pytest.raises(me.BackendError, match=r"cupy-cuda12x and cupy-cuda13x .*Uninstall all"):
        me.get_backend("cupy")
    assert me.get_backend("auto").name == "numpy"


def test_the_cause_of_a_wrapped_error_is_told(install):
    wrapped = ImportError("=" * 60 + "\nFailed to import CuPy.\n" + "much advice " * 99)
    wrapped.__cause__ = ImportError("libcudart.so.13")
    install(CuPy(fault=wrapped))
    with pytest.raises(me.BackendError, match=r"\(ImportError: libcudart.so.13\). Uninstall"):
        me.get_backend("cupy")


def test_a_gpu_is_named_and_what_cupy_keeps_is_free(install):
    install(CuPy())
    _, found = backend_module._find_cupy()
    assert found == "NVIDIA B1000 works; 7.5 of its 8.0 GB are free."
    gpu = me.get_backend("cupy")
    gpu.name = "cupy"
    assert gpu.free_memory() == 8_000_000_000


def test_a_gpu_that_works_is_found_once(install):
    install(CuPy())
    assert me.get_backend("auto").name == "array_api_strict"
    install(None, None)
    assert me.get_backend("cupy").name == "array_api_strict"  # found before


def test_what_cannot_fit_is_refused_before_it_is_allocated(monkeypatch):
    monkeypatch.setattr(me.Backend, "free_memory", lambda self: 100_000)
    for encoder in ("projection", "binding"):
        me.MeMo(16, 2, 1, encoder, backend="numpy")
        with pytest.raises(me.CapacityError, match=r"needs [\d,.]+ GB"):
            me.MeMo(2**20, 2, 3, encoder, backend="numpy")
    with pytest.raises(me.CapacityError):
        me.MeMo(64, 2, 1, vocab_size=10**6, backend="numpy")
    with pytest.raises(me.CapacityError):
        me.ProjectionEncoder(128, 2, 3, backend="numpy")


# ---- The same in every release: else memories that were saved before can't be read -----------

GAUSSIAN = {  # the first of 64 entries, seed 0
    "tea": [0.0143, -0.0024, -0.0631, 0.0652],
    " tea": [-0.037, -0.1417, -0.0087, 0.1132],
    "": [0.0009, -0.2292, 0.0401, -0.0582],
    1: [0.0497, -0.1281, 0.1853, 0.152],
    -1: [-0.0346, -0.1289, 0.1658, 0.1253],
    50276: [0.1377, -0.1453, 0.1461, 0.1498],
    "Été": [0.1119, -0.2394, 0.0647, 0.163],
    "\ud83d": [-0.0328, -0.0157, -0.1215, -0.1347],
}
BIPOLAR = {
    "tea": "++-+-+---+---+--",
    " tea": "---+-++--+++--++",
    "": "+-----++-+----++",
    1: "+-++---++----+--",
    -1: "+++---+-----++--",
    50276: "+-------+-+-+---",
    "Été": "+-++----+-----++",
    "\ud83d": "+++-+-+----+-++-",
}


def test_golden_gaussian_vectors():
    book = me.Codebook(64, "gaussian", seed=0, backend="numpy")
    for token, expected in GAUSSIAN.items():
        np.testing.assert_allclose(book.vectors([token])[0, :4], expected, atol=6e-5)


def test_golden_bipolar_vectors():
    book = me.Codebook(64, "bipolar", seed=0, backend="numpy")
    for token, expected in BIPOLAR.items():
        assert "".join("+" if x == 1 else "-" for x in book.vectors([token])[0, :16]) == expected
    block = me.Codebook(1024, "bipolar", seed=7, backend="numpy").vectors(range(1, 101))
    assert hashlib.sha256(block.astype(np.int8).tobytes()).hexdigest() == (
        "d5e3da35f1df892508b340d424d39c87eaa3528c3a5d7c5f2cb8520eedad85b5"
    )


def test_golden_rolls():
    encoder = me.BindingEncoder(1024, 4, 3, seed=0, backend="numpy")
    assert encoder.rolls == [[948, 372, 800, 0], [207, 277, 732, 0], [602, 968, 867, 0]]
    assert encoder.signature_rolls == [476, 833, 806, 731]
    encoder = me.BindingEncoder(37, 3, 2, seed=5, backend="numpy")
    assert encoder.rolls == [[5, 8, 0], [24, 20, 0]]
    assert encoder.signature_rolls == [9, 16, 32]


def test_golden_projections():
    encoder = me.ProjectionEncoder(64, 4, 2, seed=0, backend="numpy")
    first, second, projection = (*encoder.W, *encoder.P)
    np.testing.assert_allclose(first[0, :4], [-0.3576, 0.2188, -0.0881, 0.1492], atol=6e-5)
    np.testing.assert_allclose(second[0, :4], [0.2148, -0.4698, -0.0403, 0.3966], atol=6e-5)
    np.testing.assert_allclose(projection[0, :4], [0.0688, 0.0825, 0.0032, -0.001], atol=6e-5)
    corners = [matrix[-1, -1] for matrix in (first, second, projection)]
    np.testing.assert_allclose(corners, [-0.0973, 0.1108, 0.047], atol=6e-5)
