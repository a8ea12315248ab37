"""What is wrong is refused with a sentence that says so, and the model stays as it was.

Damaged and hostile files are in test_storage.py.
"""

import contextlib
import importlib.machinery
import sys
import tracemalloc
import types
import warnings

import numpy as np
import pytest
from models import IDS, OTHER, TEXT, both_encoders, make, state, taught

import memo_edu as me
from memo_edu import backend


def assert_refused(model, do, error, message):
    """The error has that class, speaks to the point, and nothing has changed."""
    before = state(model)
    with pytest.raises(error, match=message) as caught:
        do(model)
    assert isinstance(caught.value, me.MemoError)
    assert "\n" not in str(caught.value)
    assert state(model) == before


# ---- Making one ------------------------------------------------------------------------------

UNMAKEABLE = [
    (dict(encoder="projection", dim=65), r"dim is 65 and heads is 2.*Choose a multiple of 2"),
    (dict(dim=0), r"dim is 0; it must be .*at least 1"),
    (dict(dim=-4), r"dim is -4; it must be .*at least 1"),
    (dict(dim=64.0), r"dim is 64\.0; it must be a whole number"),
    (dict(dim=True), r"dim is True; it must be a whole number"),
    (dict(dim="64"), r"dim is '64'; it must be a whole number"),
    (dict(dim=7, heads=4), r"dim is 7 and heads is 4.*Choose a dim of at least 8"),
    (dict(heads=1), r"heads is 1; .*needs at least 2"),
    (dict(heads=0), r"heads is 0; it must be"),
    (dict(heads=2.0), r"heads is 2\.0; it must be a whole number"),
    (dict(layers=0), r"layers is 0; it must be .*at least 1"),
    (dict(layers=-1), r"layers is -1; it must be .*at least 1"),
    (dict(layers=None), r"layers is None; it must be a whole number"),
    (dict(encoder="rotation"), r"encoder is 'rotation'; choose 'projection' or 'binding'"),
    (dict(seed=1.5), r"seed is 1\.5; it must be a whole number"),
    (dict(seed="x"), r"seed is 'x'; it must be a whole number"),
    (dict(seed=True), r"seed is True; it must be a whole number"),
    (dict(vocab_size=1), r"vocab_size is 1; .*at least 2"),
    (dict(vocab_size=9.5), r"vocab_size is 9\.5; it must be a whole number"),
    (dict(tokenizer=5), r"int is no tokenizer: it needs encode.*and decode"),
    (dict(tokenizer="words"), r"str is no tokenizer: it needs encode.*and decode"),
    (dict(partial_windows=True), r"partial_windows is for the projection encoder"),
]


@pytest.mark.parametrize(("options", "message"), UNMAKEABLE, ids=lambda x: str(x)[:40])
def test_model_that_cannot_exist(options, message):
    with pytest.raises(me.ConfigurationError, match=message):
        make(**options)


def test_encoder_that_is_no_name():
    with pytest.raises(me.ConfigurationError):
        make(encoder=["binding"])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: me.Codebook(0), r"dim is 0; it must be"),
        (lambda: me.Codebook(8, kind="ternary"), r"kind is 'ternary'; choose 'gaussian' or 'bip"),
        (lambda: me.Codebook(8, kind=["gaussian"]), r"kind is \['gaussian'\]; choose"),
        (lambda: me.Codebook(8, seed=None), r"seed is None; it must be a whole number"),
        (lambda: me.Codebook(8, dtype="float16"), r"dtype is 'float16'; choose one of .*float32"),
        (lambda: me.CorrelationMatrixMemory(0, 2), r"key_dim is 0; it must be"),
        (lambda: me.CorrelationMatrixMemory(2, 2.0), r"value_dim is 2\.0; it must be"),
        (lambda: me.CorrelationMatrixMemory(2, 2, dtype="int8"), r"dtype is 'int8'; choose one"),
        (lambda: me.BindingEncoder(1, 2, 1), r"Choose a dim of at least 4"),
        (lambda: me.ProjectionEncoder(9, 2, 1), r"Choose a multiple of 2"),
    ],
)
def test_part_that_cannot_exist(build, message):
    with pytest.raises(me.ConfigurationError, match=message):
        build()


@pytest.mark.parametrize("name", ["torch", "NumPy", "", None, 5, object()])
def test_unknown_backend(name):
    with pytest.raises(me.BackendError, match=r"no backend .*Choose 'numpy', 'cupy', 'auto'"):
        me.get_backend(name)


def pretend_cupy(monkeypatch, **parts):
    """Put a module named cupy in place, or none at all, and forget what was found before."""
    fake = types.ModuleType("cupy")
    fake.__spec__ = importlib.machinery.ModuleSpec("cupy", None)
    vars(fake).update(parts)
    monkeypatch.setitem(sys.modules, "cupy", fake)
    monkeypatch.setattr(backend, "_find_cupy", backend._find_cupy.__wrapped__)


def no_gpu():
    runtime = types.SimpleNamespace(driverGetVersion=lambda: 0, runtimeGetVersion=lambda: 13020)
    return types.SimpleNamespace(is_available=lambda: False, runtime=runtime)


def broken_driver():
    def is_available():
        raise RuntimeError("libcuda.so is too old")

    return types.SimpleNamespace(is_available=is_available)


@pytest.mark.parametrize(
    ("cuda", "found"),
    [(no_gpu(), "sees no NVIDIA driver"), (broken_driver(), "libcuda.so is too old")],
)
def test_cupy_without_a_working_gpu(monkeypatch, cuda, found):
    pretend_cupy(monkeypatch, cuda=cuda)
    for build in (me.get_backend, lambda name: make(backend=name)):
        with pytest.raises(me.BackendError, match=rf"No working GPU: .*{found}.* Without one use"):
            build("cupy")
    assert me.get_backend("auto").name == "numpy"


def test_cupy_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(backend, "_find_cupy", backend._find_cupy.__wrapped__)
    with pytest.raises(me.BackendError, match=r"CuPy is not installed.*pip install 'memo-edu\[gpu"):
        me.get_backend("cupy")


TOO_LARGE = r"dim 1000000 needs [\d,.]+ GB of memory and [\d,.]+ GB are free\. Choose a smaller"


@both_encoders
def test_too_large_is_refused_before_anything_is_allocated(encoder):
    tracemalloc.start()
    try:
        with pytest.raises(me.CapacityError, match=TOO_LARGE):
            make(encoder, dim=10**6)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()


@both_encoders
@pytest.mark.parametrize("options", [dict(dim=64), dict(vocab_size=50_000)])
def test_too_large_for_the_memory_that_is_free(encoder, options, monkeypatch):
    monkeypatch.setattr(me.Backend, "free_memory", lambda self: 30_000)
    with pytest.raises(me.CapacityError, match=r"needs .* GB .* are free\. Choose a smaller dim"):
        make(encoder, **options)


def test_too_large_counts_the_projections_too(monkeypatch):
    # Four matrices of 256 × 256 fit; three layers of P, four times as wide, do not.
    monkeypatch.setattr(me.Backend, "free_memory", lambda self: 1_100_000)
    make("binding", dim=256, heads=4, layers=3)
    with pytest.raises(me.CapacityError, match="projection encoder of dim 256, 3 layers"):
        make("projection", dim=256, heads=4, layers=3)


@pytest.mark.parametrize(
    "build",
    [
        lambda: me.CorrelationMatrixMemory(10**9, 10**9, "numpy"),
        lambda: me.Codebook(10**15, backend="numpy").vectors(["tea"]),
    ],
)
def test_too_large_part(build):
    with pytest.raises(me.CapacityError, match="GB"):
        build()


# ---- Texts and names -------------------------------------------------------------------------

FORGET = r"Nothing of this name or with these words is memorized\. There is: \['tea', 'ship'\]"
WRONG_TEXTS = [
    (lambda m: m.memorize(""), me.InputError, r"needs at least two tokens"),
    (lambda m: m.memorize(" \n\t "), me.InputError, r"needs at least two tokens"),
    (lambda m: m.memorize("tea"), me.InputError, r"needs at least two tokens"),
    (lambda m: m.memorize(None), me.InputError, r"A text is a str, not NoneType"),
    (lambda m: m.memorize(b"tea is hot"), me.InputError, r"A text is a str, not bytes"),
    (lambda m: m.memorize(["tea", " is"]), me.InputError, r"A text is a str, not list"),
    (lambda m: m.memorize("Hot tea.", "tea"), me.InputError, r"'tea' is taken\. Choose another"),
    (lambda m: m.memorize(TEXT, "tea"), me.InputError, r"'tea' is taken\. Choose another"),
    (lambda m: m.memorize("Hot tea.", 5), me.InputError, r"A name is a str, not int"),
    (lambda m: m.forget("Never read."), me.NotMemorizedError, FORGET),
    (lambda m: m.forget("Tea"), me.NotMemorizedError, FORGET),
    (lambda m: m.forget(TEXT + " "), me.NotMemorizedError, FORGET),
    (lambda m: m.forget(TEXT[:-1]), me.NotMemorizedError, FORGET),
    (lambda m: m.forget(""), me.NotMemorizedError, FORGET),
    (lambda m: m.forget(None), me.InputError, r"Pass a name or a text, not NoneType"),
    (lambda m: m.forget_ids([[1, 2, 3, 4]]), me.NotMemorizedError, r"ids are not all memorized"),
    (lambda m: m.predict(None), me.InputError, r"Pass a list of tokens, such as .*not None"),
    (lambda m: m.predict(3), me.InputError, r"Pass a list of tokens, such as .*not 3"),
    (lambda m: m.predict([" tea", 1.5]), me.InputError, r"A token is a str or an int, not 1\.5"),
    (lambda m: m.predict([None]), me.InputError, r"A token is a str or an int, not None"),
    (lambda m: m.predict([[1, 2]]), me.InputError, r"A token is a str or an int, not \[1, 2\]"),
    (lambda m: m.explain([True]), me.InputError, r"A token is a str or an int, not True"),
    (lambda m: m.explain(None), me.InputError, r"Pass a list of tokens"),
    (lambda m: m.recite([b"tea"]), me.InputError, r"A token is a str or an int, not b'tea'"),
    (lambda m: m.recite("tea", unsure="maybe"), me.InputError, r"'maybe'; choose 'go on' or 'st"),
    (lambda m: m.recall("tea"), me.InputError, r"needs at least two tokens"),
    (lambda m: m.recall(7), me.InputError, r"A text is a str, not int"),
    (lambda m: m.recall(TEXT, start=-1), me.InputError, r"start is -1; .*(at least 0|tokens 0 to)"),
    (lambda m: m.recall(TEXT, start=99), me.InputError, r"start is 99; .*tokens 0 to \d+"),
    (lambda m: m.merge("other"), me.InputError, r"merge takes a MeMo, not str"),
    (lambda m: m.save("/no/such/folder/x"), me.InputError, r"folder '/no/such/folder' does not"),
]


@both_encoders
@pytest.mark.parametrize(("do", "error", "message"), WRONG_TEXTS)
def test_wrong_text(do, error, message, encoder):
    assert_refused(taught(encoder), do, error, message)


@pytest.mark.parametrize(
    "do",
    [
        lambda m, path: m.predict("The", top=0),
        lambda m, path: m.predict(np.array(5)),
        lambda m, path: m.predict(b"tea"),
        lambda m, path: m.recite("The", max_tokens=2.5),
        lambda m, path: m.recite("The", max_tokens="all"),
        lambda m, path: m.recall(TEXT, start="tea"),
        lambda m, path: m.recall(TEXT, start=1.5),
        lambda m, path: m.save(path),  # a folder
        lambda m, path: m.save(None),
        lambda m, path: me.detokenize([1, 2]),
    ],
)
def test_wrong_argument(do, tmp_path):
    with pytest.raises(me.MemoError):
        do(taught(), tmp_path)


@both_encoders
def test_forgotten_text_cannot_be_forgotten_again(encoder):
    model = taught(encoder)
    model.forget("ship")
    for again in ("ship", OTHER):
        assert_refused(model, lambda m, again=again: m.forget(again), me.NotMemorizedError, "tea")


@both_encoders
@pytest.mark.parametrize("ask", [me.MeMo.predict, me.MeMo.explain, me.MeMo.recite])
def test_empty_memory_has_no_answer(encoder, ask):
    used = make(encoder)
    used.memorize(TEXT, "tea")
    used.forget("tea")
    for model in (make(encoder), used):
        for prompt in ("", "tea", [" tea"]):
            with pytest.raises(me.NotMemorizedError, match=r"empty\. Memorize a text first"):
                ask(model, prompt)


@both_encoders
def test_window_longer_than_any_text_is_warned_of(encoder):
    model = make(encoder, layers=5)  # the last layer looks at 32 tokens
    with pytest.warns(UserWarning, match=r"Layer 5 looks at 32 tokens.*Use fewer layers") as found:
        model.memorize("Hot tea.")
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.memorize("The tea is hot. " * 10)
        model.memorize("Short, but another one is long enough.")


def test_warning_made_an_error_changes_nothing():
    model = taught()
    model.forget("tea")
    model.forget("ship")
    with pytest.raises(UserWarning, match="fewer layers"):  # pytest makes warnings errors
        model.memorize("So.")
    assert not model.matrix.any()
    assert model.texts == {}


@both_encoders
def test_window_longer_than_any_row_of_ids_is_warned_of(encoder):
    with pytest.warns(UserWarning, match=r"Layer 4 looks at 16 tokens.*longer text"):
        make(encoder, layers=4).memorize_ids(IDS)


class BrokenTokenizer:
    def encode(self, text):
        if "break" in text:
            raise OSError("the vocabulary file is gone")
        return text.split()

    def decode(self, tokens):
        return " ".join(tokens)


def test_tokenizer_that_fails_changes_nothing():
    model = taught(tokenizer=BrokenTokenizer())
    before = state(model)
    with pytest.raises(OSError, match="gone"):
        model.memorize("some words and a break")
    assert state(model) == before


# ---- Ids -------------------------------------------------------------------------------------

ROW = [1, 2, 3]
WRONG_IDS = [
    (ROW, r"whole numbers \(rows, n\), not int64 \(3,\)"),
    ([[ROW]], r"whole numbers \(rows, n\), not int64 \(1, 1, 3\)"),
    (5, r"whole numbers \(rows, n\)"),
    (None, r"whole numbers \(rows, n\), not object"),
    ("tea", r"whole numbers \(rows, n\), not <U3"),
    ([[1.0, 2.0, 3.0]], r"whole numbers .*not float64"),
    ([[np.nan, 2, 3]], r"whole numbers .*not float64"),
    ([[True, True, True]], r"whole numbers .*not bool"),
    ([["1", "2", "3"]], r"whole numbers .*not <U1"),
    ([[10**30, 1, 2]], r"whole numbers .*not object"),
    ([[-1, 2, 3]], r"ids lie in 0\.\.9; these go from -1 to 3"),
    ([[1, 2, 10]], r"ids lie in 0\.\.9; these go from 1 to 10"),
    ([[1, 2]], r"No row has 3 ids in sequence; that is the least"),
    ([[1, 2, 0, 3, 4]], r"No row has 3 ids in sequence"),
    ([[0, 0, 0, 0]], r"No row has 3 ids in sequence"),
    (np.zeros((0, 5), dtype=int), r"No row has 3 ids in sequence"),
    (np.zeros((5, 0), dtype=int), r"No row has 3 ids in sequence"),
]


def id_state(model):
    best = model.predict([1, 2, 3, 4], top=99)
    return model.matrix.tobytes(), repr(model), best.candidates, best.p_noise


@both_encoders
@pytest.mark.parametrize("method", ["memorize_ids", "forget_ids", "recall_ids"])
@pytest.mark.parametrize(("ids", "message"), WRONG_IDS)
def test_wrong_ids(ids, message, method, encoder):
    model = make(encoder, vocab_size=10)
    model.memorize_ids(IDS)
    before = id_state(model)
    with pytest.raises(me.InputError, match=message):
        getattr(model, method)(ids)
    assert id_state(model) == before


@pytest.mark.parametrize("method", ["memorize_ids", "forget_ids", "recall_ids"])
def test_rows_of_unlike_length(method):
    with pytest.raises(me.InputError):
        getattr(make(), method)([[1, 2, 3], [1, 2]])


def test_ids_beyond_64_bits_change_nothing():
    model = make()
    with pytest.raises(me.InputError):
        model.memorize_ids(np.full((1, 9), 2**63 + 5, dtype="uint64"))


def test_a_failed_memorize_ids_leaves_the_matrix_as_it_was():
    model = make()
    with contextlib.suppress(Exception):
        model.memorize_ids(np.full((1, 9), 2**63 + 5, dtype="uint64"))
    assert not model.matrix.any()


@both_encoders
@pytest.mark.parametrize(
    "ids", [IDS[:, ::-1], IDS[:1, 1:], [[1, 2, 3, 4, 5, 6, 7, 9]], np.vstack([IDS, IDS[:1]])]
)
def test_ids_that_were_never_memorized(ids, encoder):
    model = make(encoder, vocab_size=10)
    model.memorize_ids(IDS)
    before = id_state(model)
    with pytest.raises(me.NotMemorizedError, match="not all memorized"):
        model.forget_ids(ids)
    assert id_state(model) == before


def test_ids_and_text_are_not_mixed_up():
    ids = make(vocab_size=10)
    for use in (ids.memorize, ids.recall):
        with pytest.raises(me.InputError, match=r"made for ids; leave vocab_size out"):
            use(TEXT)
    ids.memorize_ids(IDS)
    with pytest.raises(me.InputError, match=r"holds ids, not text; use predict"):
        ids.recite("tea")
    with pytest.raises(me.NotMemorizedError):
        ids.forget(TEXT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(sample=0), r"sample is 0; it must be .*at least 1"),
        (dict(sample=-3), r"sample is -3; it must be"),
        (dict(sample=1.5), r"sample is 1\.5; it must be a whole number"),
        (dict(positions=[]), r"No position has a full window before it; give longer rows"),
        (dict(positions=[0, 1]), r"No position has a full window before it"),
        (dict(positions=[99]), r"positions must lie in 0\.\.7, the columns of these rows"),
    ],
)
def test_wrong_positions(options, message):
    model = make(vocab_size=10)
    model.memorize_ids(IDS)
    with pytest.raises(me.MemoError, match=message):
        model.recall_ids(IDS, **options)


# ---- Keys and values -------------------------------------------------------------------------

GOOD_KEYS, GOOD_VALUES = np.ones((2, 3)), np.ones((2, 4))
WRONG_KEYS = [
    (np.ones((2, 4)), r"keys has the shape \(2, 4\); it must be \(n, 3\)"),
    (np.ones(3), r"keys has the shape \(3,\); it must be \(n, 3\)"),
    (np.ones((1, 2, 3)), r"keys has the shape \(1, 2, 3\); it must be"),
    (1.0, r"keys has the shape \(\); it must be"),
    (None, r"keys is not an array of numbers"),
    ([[3 + 4j, 1, 1]], r"keys is not an array of numbers: its entries are complex"),
    ([[1, 2, 3], [1, 2]], r"keys is not an array of numbers"),
    ([["a", "b", "c"]] * 2, r"keys is not an array of numbers"),
    ([[np.nan, 1, 1]] * 2, r"keys holds NaN or infinity"),
    ([[1, np.inf, 1]] * 2, r"keys holds NaN or infinity"),
    (np.array([[1, -np.inf, 1]] * 2, dtype="float32"), r"keys holds NaN or infinity"),
]


def small_memory():
    memory = me.CorrelationMatrixMemory(3, 4, "numpy")
    memory.memorize(np.eye(3), np.arange(12).reshape(3, 4))
    return memory


@pytest.mark.parametrize(("keys", "message"), WRONG_KEYS)
def test_wrong_keys(keys, message):
    memory = small_memory()
    for use in (memory.memorize, memory.forget):
        with pytest.raises(me.InputError, match=message):
            use(keys, GOOD_VALUES)
    with pytest.raises(me.InputError, match=message):
        memory.retrieve(keys)
    assert memory.matrix.tolist() == small_memory().matrix.tolist()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones((2, 3)), r"values has the shape \(2, 3\); it must be \(n, 4\)"),
        ([[np.nan] * 4] * 2, r"values holds NaN or infinity"),
        (np.ones((3, 4)), r"2 keys and 3 values; each key needs one value"),
    ],
)
def test_wrong_values(values, message):
    memory = small_memory()
    for use in (memory.memorize, memory.forget):
        with pytest.raises(me.InputError, match=message):
            use(GOOD_KEYS, values)
    assert memory.matrix.tolist() == small_memory().matrix.tolist()


@pytest.mark.filterwarnings("ignore")
def test_complex_keys():
    with pytest.raises(me.InputError):
        small_memory().memorize(np.full((2, 3), 1j), GOOD_VALUES)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.ones((4, 4)), r"matrix has 4 rows; this memory has 3"),
        (np.ones((3, 3)), r"matrix has the shape \(3, 3\); it must be \(n, 4\)"),
        (np.full((3, 4), np.nan), r"matrix holds NaN"),
    ],
)
def test_wrong_matrix(matrix, message):
    memory = small_memory()
    with pytest.raises(me.InputError, match=message):
        memory.add(matrix)
    assert memory.matrix.tolist() == small_memory().matrix.tolist()


def test_sums_that_could_not_stay_exact_are_refused():
    memory = small_memory()
    with pytest.raises(me.CapacityError, match=r"2\^53, beyond which sums are not exact"):
        memory.memorize(np.full((2, 3), 2.0**30), np.full((2, 4), 2.0**30))
    assert memory.matrix.tolist() == small_memory().matrix.tolist()
    assert str(memory.matrix.dtype) == "float32"


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ("tea", r"Pass a list of tokens, such as \['Hot', ' tea'\], not 'tea'"),
        (5, r"Pass a list of tokens"),
        (None, r"Pass a list of tokens"),
        ([1.5], r"A token is a str or an int, not 1\.5"),
        ([False], r"A token is a str or an int, not False"),
        ([("tea",)], r"A token is a str or an int"),
    ],
)
def test_codebook_of_wrong_tokens(tokens, message):
    with pytest.raises(me.InputError, match=message):
        me.Codebook(8, backend="numpy").vectors(tokens)


# ---- Merging ---------------------------------------------------------------------------------


@both_encoders
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(seed=1), r"can't be merged: seed 0 and 1"),
        (dict(dim=32), r"can't be merged: dim 64 and 32"),
        (dict(heads=4), r"can't be merged: heads 2 and 4"),
        (dict(layers=1), r"can't be merged: layers 2 and 1"),
        (dict(vocab_size=9), r"can't be merged: vocab_size None and 9"),
        (dict(tokenizer=BrokenTokenizer()), r"can't be merged: tokenizer 'words' and 'Broken"),
        (dict(layers=1, seed=3), r"layers 2 and 1; seed 0 and 3"),
    ],
)
def test_merge_of_unlike_models(options, message, encoder):
    other = make(encoder, **options)
    do = lambda model: model.merge(other)  # noqa: E731
    assert_refused(taught(encoder), do, me.ConfigurationError, message)


def test_merge_of_unlike_encoders():
    message = r"encoder 'binding' and 'projection'"
    for other in (make("projection"), make("projection", partial_windows=True)):
        do = lambda model, other=other: model.merge(other)  # noqa: E731
        assert_refused(taught("binding"), do, me.ConfigurationError, message)
