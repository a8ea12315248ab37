"""The experiments: what is stored, what is measured and where, and what Ctrl-C leaves."""

import itertools
from collections import Counter

import array_api_strict
import numpy as np
import pytest

import memo_edu as me
from memo_edu import experiments, theory
from memo_edu.codebook import random_stream
from memo_edu.encoders import full_windows
from memo_edu.model import BEGIN

STRICT = me.get_backend(array_api_strict, device=array_api_strict.Device("device1"))
PAIRS = dict(heads=4, token_dim=64, value_dim=256, vocab_size=2000, batch=400, backend="numpy")
LAYERS = dict(rows=4, chunk=128, iterations=3, vocab_size=500, backend="numpy")
TEXTS = [
    "The tea is hot. The cup is red.",
    "A ship sails at noon, and the tea is cold.",
    "Tea? No.",
]
NUMBERS = " ".join(str(number) for number in range(60))
PROSE = dict(texts=TEXTS, dim=256, layers=2, heads=2, encoders=["binding"], backend="numpy")
ALARMS = dict(PROSE, loads=[1, 2], contexts=400)
DAMAGE = dict(PROSE, texts=[NUMBERS, TEXTS[0]], sample=10)

LOWER = dict(
    texts=TEXTS, tokens=[14, 24], dim=64, layers=2, heads=2, alphas=[1.0, 0.5], wrong=[0.0, 0.5]
)

RUNS = {
    "pairs": lambda **options: experiments.pair_recall(**PAIRS | options),
    "layers": lambda **options: experiments.multilayer_recall(128, 2, 3, **LAYERS | options),
    "prose": lambda **options: experiments.prose_recall(**PROSE | options),
    "calibration": lambda **options: experiments.false_alarms(**ALARMS | options),
    "damage": lambda **options: experiments.damaged_recall(**DAMAGE | options),
    "lower": lambda **options: experiments.intermediate_recall(
        **LOWER | {"backend": "numpy"} | options
    ),
}


def interrupt_at(monkeypatch, owner, name, call):
    """Press Ctrl-C at the beginning of a call of a function, counted from 1."""
    original, calls = getattr(owner, name), []

    def counted(*args, **options):
        calls.append(name)
        if len(calls) == call:
            raise KeyboardInterrupt
        return original(*args, **options)

    monkeypatch.setattr(owner, name, counted)


# ---- All of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RUNS)
def test_a_seed_is_an_experiment(name):
    found, same, other = (RUNS[name](seed=seed, **small(name)) for seed in (3, 3, 4))
    assert found == same != other


def small(name):
    """Sizes at which recall is far from 0 and 1, so that another seed shows."""
    return {
        "layers": {"rows": 12},
        "prose": {"dim": 16},
        "damage": {"dim": 32},
        "lower": {"dim": 32},
    }.get(name, {})


@pytest.mark.parametrize("name", RUNS)
def test_records_are_plain(name):
    for record in RUNS[name](backend=STRICT):
        assert {type(value) for value in record.values()} <= {int, float, str}


@pytest.mark.parametrize("name", RUNS)
def test_any_backend(name):
    for record, other in zip(RUNS[name](), RUNS[name](backend=STRICT), strict=True):
        assert record == pytest.approx(other, abs=0.01)


@pytest.mark.parametrize(
    ("name", "owner", "function", "calls_for_two"),
    [
        ("pairs", experiments.pairs, "_count_right", 4),
        ("layers", me.MeMo, "recall_ids", 3),
        ("prose", me.MeMo, "recall", 3),
        ("damage", me.MeMo, "predict", 20),
        ("lower", me.MeMo, "recall_ids", 6),  # a model is asked 1 + 5 times, for two records
    ],
)
def test_ctrl_c_leaves_what_was_measured(name, owner, function, calls_for_two, monkeypatch):
    whole = RUNS[name]()
    interrupt_at(monkeypatch, owner, function, calls_for_two + 2)  # midway through the third
    assert RUNS[name]() == whole[:2]
    assert len(whole) > 2


def test_ctrl_c_leaves_a_lower_bound_of_the_capacity(monkeypatch):
    assert experiments.pair_capacity(**PAIRS) > 800
    interrupt_at(monkeypatch, experiments.pairs, "_count_right", 5)
    assert experiments.pair_capacity(**PAIRS) == 800


def test_ctrl_c_at_once(monkeypatch):
    monkeypatch.setattr(experiments.pairs, "_codebook", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):  # any other failure is not hidden
        experiments.pair_capacity(**PAIRS)
    interrupt_at(monkeypatch, experiments.pairs, "_codebook", 1)
    assert experiments.pair_capacity(**PAIRS) == 0


# ---- Pairs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "least"), [("bipolar", 0.9), ("gaussian", 0.8)])
def test_capacity_is_the_predicted_one(kind, least):
    # Theory takes all norms to be alike; those of short gaussian vectors are not.
    found = experiments.pair_capacity(4, 64, 256, 10_000, batch=250, kind=kind, backend="numpy")
    assert least < found / theory.capacity(256, 256, 10_000) < 1.1


def test_recall_is_the_predicted_one_at_every_step():
    records = experiments.pair_recall(8, 16, 512, 3000, 500, 0.5, "bipolar", backend="numpy")
    assert len(records) > 7
    for record in records:
        expected = theory.recall(record["pairs"], 128, 512, 3000)
        assert record["first"] == pytest.approx(expected, abs=0.1)
        assert record["latest"] == pytest.approx(expected, abs=0.1)


def test_it_ends_where_the_mean_is_no_more_than_the_accuracy(monkeypatch):
    # What the first batch and the latest would have right, of 10: 8 + 10 are the first 0.9.
    counts = iter([10, 10, 9, 10, 10, 9, 8, 10, 10, 10])
    monkeypatch.setattr(experiments.pairs, "_count_right", lambda *_: next(counts))
    assert RUNS["pairs"](batch=10, accuracy=0.9) == [
        {"pairs": 10, "first": 1.0, "latest": 1.0},
        {"pairs": 20, "first": 0.9, "latest": 1.0},
        {"pairs": 30, "first": 1.0, "latest": 0.9},
        {"pairs": 40, "first": 0.8, "latest": 1.0},
    ]


def test_first_and_latest_batch_are_asked(monkeypatch):
    asked, original = [], experiments.pairs._count_right

    def spy(memory, keys, targets, values):
        asked.append((keys, targets, memory.matrix, values))
        return original(memory, keys, targets, values)

    monkeypatch.setattr(experiments.pairs, "_count_right", spy)
    records = RUNS["pairs"]()
    firsts, latests = asked[::2], asked[1::2]
    assert all(first[0] is firsts[0][0] for first in firsts)
    matrix = 0
    for record, first, (keys, targets, stored, values) in zip(
        records, firsts, latests, strict=True
    ):
        matrix = matrix + keys.T @ values[targets]
        np.testing.assert_allclose(stored, matrix, atol=1e-4)
        best = [np.argmax(asked[0] @ stored @ values.T, axis=1) for asked in (first, (keys,))]
        assert record["first"] == np.mean(best[0] == first[1])
        assert record["latest"] == np.mean(best[1] == targets)
    assert values.shape == (2000, 256)


def test_keys_are_the_vectors_of_tokens_side_by_side():
    tokens = np.arange(1, 8, dtype="float32")[:, None] * np.array([[1, 10]], "float32")
    keys, targets = experiments.pairs._random_pairs(tokens, 3, 200, random_stream("x"))
    assert keys.shape == (200, 6)
    assert targets.shape == (200,)
    assert set(keys[:, 0]) == set(keys[:, 4]) == set(range(1, 8))
    assert (keys[:, 1::2] == 10 * keys[:, ::2]).all()
    assert set(targets) == set(range(7))
    assert abs(np.corrcoef(keys[:, ::2], rowvar=False) - np.eye(3)).max() < 0.25


@pytest.mark.parametrize("kind", ["gaussian", "bipolar"])
def test_codebooks_are_independent(kind):
    backend = me.get_backend("numpy")
    drawn = [("tokens", 0), ("values", 0), ("tokens", 1)]
    books = [experiments.pairs._codebook(n, 300, 64, kind, seed, backend) for n, seed in drawn]
    for book in books:
        assert book.dtype == "float32"
        norm = np.mean(np.linalg.norm(book, axis=1))
        assert norm == pytest.approx(1 if kind == "gaussian" else 8, rel=0.02)
    for other in books[1:]:
        assert abs(np.sum(books[0] * other, axis=1)).max() < 5 / 8 * norm**2


def test_keys_and_values_have_codebooks_of_their_own(monkeypatch):
    def compare(memory, keys, targets, values):
        cosines.append(keys @ values.T)
        drawn.append(targets.tolist())
        return 0

    cosines, drawn = [], []
    monkeypatch.setattr(experiments.pairs, "_count_right", compare)
    for seed in (0, 1):
        experiments.pair_recall(1, 64, 64, vocab_size=50, batch=200, seed=seed, backend="numpy")
    assert abs(cosines[0]).max() < 0.7  # with one token a key, a shared codebook makes this 1
    assert drawn[0] != drawn[2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"heads": 0},
        {"token_dim": 2.5},
        {"value_dim": -1},
        {"vocab_size": 0},
        {"vocab_size": 10**15},
        {"batch": True},
        {"batch": 10**15},
        {"accuracy": 1.0},
        {"accuracy": 0.0},
        {"kind": "round"},
        {"backend": "abacus"},
    ],
)
def test_bad_pairs(wrong):
    with pytest.raises(me.MemoError):
        experiments.pair_capacity(**PAIRS | wrong)


# ---- Layers and decoys -----------------------------------------------------------------------


def test_decoys_are_copies_of_a_rows_own_tokens():
    ids = experiments.rows_with_decoys(3, 200, 9, 10**9, random_stream(1))
    plain = experiments.rows_with_decoys(3, 200, 0, 10**9, random_stream(1))
    assert ids.shape == (3, 201)
    assert (ids[:, 5:9] == plain[:, 5:9]).all()
    begins = [i for i in range(198) if i != 5 and (ids[:, i : i + 4] == ids[:, 5:9]).all()]
    assert len(begins) == 9
    copied = {i + j for i in begins for j in range(4)}
    for row, before in zip(ids, plain, strict=True):
        assert set(np.flatnonzero(row != before)) == copied


def test_decoys_can_be_anywhere():
    begins = set()
    for seed in range(200):
        ids, plain = (
            experiments.rows_with_decoys(1, 12, decoys, 10**9, random_stream(seed))[0]
            for decoys in (1, 0)
        )
        begins |= {i for i in range(10) if (ids[i : i + 4] == plain[5:9]).all()}
    assert begins == set(range(10))  # a copy over the original, at 5, changes nothing


def test_copies_over_the_original_are_whole_themselves():
    for seed in range(20):
        ids = experiments.rows_with_decoys(1, 12, 6, 10**9, random_stream(seed))[0]
        plain = experiments.rows_with_decoys(1, 12, 0, 10**9, random_stream(seed))[0]
        assert any((ids[i : i + 4] == plain[5:9]).all() for i in range(10))


def test_ids_are_all_but_padding():
    ids = experiments.rows_with_decoys(30, 200, 2, 7, random_stream("ids"))
    assert set(ids.ravel()) == set(range(1, 7))


@pytest.mark.parametrize(("layers", "encoder"), [(1, "projection"), (2, "binding")])
def test_recall_is_measured_from_h_to_the_last_but_one(layers, encoder, monkeypatch):
    found, stored = [], []
    recall_ids, memorize_ids = me.MeMo.recall_ids, me.MeMo.memorize_ids

    def spy(model, ids, *options):
        found.append((ids, recall_ids(model, ids, *options)))
        return found[-1][1]

    def note(model, ids):
        stored.append(ids)
        memorize_ids(model, ids)

    monkeypatch.setattr(me.MeMo, "recall_ids", spy)
    monkeypatch.setattr(me.MeMo, "memorize_ids", note)
    records = experiments.multilayer_recall(64, layers, 2, encoder=encoder, **LAYERS)
    assert [ids.shape for ids in stored] == [(4, 129)] * 3
    assert not np.array_equal(stored[0], stored[1])
    for ids, number in zip([ids for ids, _ in found], [0, 1, 0, 2, 0], strict=True):
        assert np.array_equal(ids, stored[number])
    for ids, recall in found:
        assert recall.tokens == ids[:, 4:128].ravel().tolist()
    latest = [found[i][1].accuracy for i in (0, 1, 3)]
    initial = [found[i][1].accuracy for i in (0, 2, 4)]
    assert records == [
        {"iteration": i + 1, "tokens": 512 * (i + 1), "initial": initial[i], "latest": latest[i]}
        for i in range(3)
    ]


def test_one_layer_without_decoys_recalls_as_predicted():
    records = experiments.multilayer_recall(
        512, 1, 0, rows=20, chunk=500, iterations=2, vocab_size=2000, sample=2000, backend="numpy"
    )
    spread = theory.spread(4, overlap=512 / 2000)
    for record in records:
        pairs = record["iteration"] * 20 * 497
        expected = theory.recall(pairs, 512, 512, 1999, spread)
        assert record["latest"] == pytest.approx(expected, abs=0.04)
        assert record["initial"] == pytest.approx(expected, abs=0.04)


def test_decoys_hurt_the_projection_more_than_binding():
    found = {}
    for encoder in ("projection", "binding"):
        for decoys in (0, 12):
            records = experiments.multilayer_recall(
                256, 1, decoys, encoder=encoder, **LAYERS | {"rows": 8, "chunk": 256}
            )
            found[encoder, decoys] = records[0]["latest"]
    assert found["projection", 12] < found["projection", 0] - 0.1
    assert found["binding", 12] > found["binding", 0] - 0.05


def test_only_the_projection_has_partial_windows(monkeypatch):
    made, init = [], me.MeMo.__init__

    def spy(model, *args, **options):
        init(model, *args, **options)
        made.append((model.partial_windows, model.vocab_size, model.encoder.heads))

    monkeypatch.setattr(me.MeMo, "__init__", spy)
    one = dict(LAYERS, iterations=1)
    experiments.multilayer_recall(64, 1, 0, **one)
    experiments.multilayer_recall(64, 1, 0, partial_windows=False, **one)
    experiments.multilayer_recall(64, 1, 0, encoder="binding", partial_windows=True, **one)
    assert made == [(True, 500, 4), (False, 500, 4), (False, 500, 4)]


def test_a_sample_is_close_to_all():
    whole, part = (RUNS["layers"](rows=16, sample=sample) for sample in (None, 500))
    assert part != whole
    for record, other in zip(whole, part, strict=True):
        assert record == pytest.approx(other, abs=0.08)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 0},
        {"rows": 10**15},
        {"chunk": 4},
        {"chunk": 10**15},
        {"chunk": 7, "decoys": 1},
        {"decoys": 127},
        {"decoys": -1},
        {"iterations": 0},
        {"vocab_size": 1},
        {"encoder": "enigma"},
        {"heads": 3},
        {"sample": 0},
        {"layers": 0},
    ],
)
def test_bad_layers(wrong):
    with pytest.raises(me.MemoError):
        experiments.multilayer_recall(**{"dim": 64, "layers": 1, "decoys": 0} | LAYERS | wrong)


# ---- Prose -----------------------------------------------------------------------------------


def test_prose_is_counted_and_recalled_text_by_text():
    records = experiments.prose_recall(**PROSE | {"encoders": ["projection", "binding"]})
    assert [(r["encoder"], r["texts"]) for r in records] == [
        (encoder, texts) for encoder in ("projection", "binding") for texts in (1, 2, 3)
    ]
    for record in records:
        model = me.MeMo(256, 2, 2, record["encoder"], backend="numpy")
        known, pairs = TEXTS[: record["texts"]], 0
        for text in known:
            model.memorize(text)
            windows = full_windows(["<"] * 2 + me.tokenize(text), 2, 2)
            pairs += sum(len(layer) for layer in windows)
        recalls = [model.recall(text) for text in known]
        assert record["pairs"] == pairs
        assert record["tokens"] == sum(len(me.tokenize(text)) for text in known)
        assert record["first"] == recalls[0].accuracy
        counts = Counter(token for text in known for token in me.tokenize(text))
        predicted = theory.recall_of_counts(counts, 256, 256, 2, 2, record["encoder"])
        assert record["predicted"] == predicted
        assert record["recall"] == np.mean(np.concatenate([r.correct for r in recalls]))


def test_binding_remembers_prose_that_the_projection_forgets():
    texts = experiments.reference_pages(3, 2500)
    records = experiments.prose_recall(texts, 512, 2, backend="numpy")
    last = {r["encoder"]: r["recall"] for r in records if r["texts"] == 3}
    assert list(last) == ["projection", "bound keys", "bound values", "binding"]
    assert last["projection"] < 0.85
    assert last["binding"] > 0.95
    predicted = {r["encoder"]: r["predicted"] for r in records if r["texts"] == 3}
    for encoder in ("bound keys", "bound values", "binding"):
        assert predicted[encoder] == pytest.approx(last[encoder], abs=0.05)


def test_reference_pages_are_the_longest():
    pages = experiments.reference_pages()
    whole = experiments.reference_pages(10**6, 10**9)
    assert [len(page) for page in pages] == [6000] * 16
    assert pages == [page[:6000] for page in whole[:16]]
    lengths = [len(page) for page in whole]
    assert lengths == sorted(lengths, reverse=True)
    assert len(set(pages)) == 16


@pytest.mark.parametrize(
    "wrong", [{"encoders": ["binding", "enigma"]}, {"dim": 0}, {"texts": [7]}, {"texts": ["tea"]}]
)
def test_bad_prose(wrong):
    with pytest.raises(me.MemoError):
        experiments.prose_recall(**PROSE | wrong)


def test_a_wrong_encoder_is_found_before_anything_is_measured(monkeypatch):
    interrupt_at(monkeypatch, me.MeMo, "memorize", 1)
    with pytest.raises(me.ConfigurationError):
        experiments.prose_recall(**PROSE | {"encoders": ["binding", "enigma"]})


# ---- Calibration -----------------------------------------------------------------------------


@pytest.mark.parametrize("encoder", ["projection", "binding"])
def test_all_positions_at_once_are_judged_as_predict_judges_each(encoder):
    model = me.MeMo(128, 2, 2, encoder, backend=STRICT)
    for text in TEXTS[:2]:
        model.memorize(text)
    counts = Counter(token for text in TEXTS[:2] for token in me.tokenize(text))
    assert dict(zip(*model._repeats(), strict=True)) == Counter(counts.values())
    rows = [[BEGIN] * 2 + me.tokenize(text) for text in TEXTS]
    p_noise, right = experiments.calibration._judge(model, rows, 3)
    found = [model.predict(row[2:i]) for row in rows for i in range(3, len(row))]
    assert p_noise == pytest.approx([p.p_noise for p in found], rel=1e-3)
    tokens = [token for row in rows for token in row[3:]]
    assert list(right) == [p.token == t for p, t in zip(found, tokens, strict=True)]
    assert 0 < sum(right) < len(right)
    assert 0 < sum(p_noise < 0.01) < len(right)


def test_false_alarms_are_counted_load_by_load(monkeypatch):
    judged, original = [], experiments.calibration._judge

    def spy(model, rows, first):
        judged.append((model, rows, first, sorted(model.texts.values())))
        return original(model, rows, first)

    monkeypatch.setattr(experiments.calibration, "_judge", spy)
    texts = [*TEXTS[:2], "A cup of tea is hot. Tea is cold, and red it is."]  # in part read before
    options = {"texts": texts, "loads": [2, 1], "dim": 32, "layers": 1}
    records = experiments.false_alarms(**ALARMS | options)
    rows = [[BEGIN] * 2 + me.tokenize(text) for text in texts]
    lengths = [len(row) - 2 for row in rows]
    assert [len(stored) for *_, stored in judged] == [1, 1, 1, 2, 2, 2]
    for load, three in ((1, judged[:3]), (2, judged[3:])):
        assert all(stored == sorted(lengths[:load]) for *_, stored in three)
        (shuffled,), first = three[0][1:3]
        assert (len(shuffled), first) == (402, 2)
        assert set(shuffled) == {token for row in rows[:load] for token in row[2:]}
        assert [call[1:3] for call in three[1:]] == [(rows[2:], 3), (rows[:load], 3)]
    assert [(r["encoder"], r["texts"], r["tokens"], r["nominal"]) for r in records] == [
        ("binding", load, sum(lengths[:load]), nominal)
        for load in (1, 2)
        for nominal in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
    ]
    for load in (1, 2):
        model = me.MeMo(32, 2, 1, "binding", backend="numpy")
        for text in texts[:load]:
            model.memorize(text)
        shares = [shares_that_pass(model, rows, 0.1) for rows in (rows[2:], rows[:load])]
        record = records[7 * load - 1]
        assert 0 < record["unseen_right"] != record["unseen"] / 2
        assert (record["unseen"], record["unseen_right"]) == pytest.approx(shares[0])
        assert record["memorized"] == pytest.approx(shares[1][0])


def shares_that_pass(model, rows, nominal):
    """The shares of predictions that pass, and that pass and are right, one by one."""
    asked = [(model.predict(row[2:i]), row[i]) for row in rows for i in range(3, len(row))]
    passed = [(p, token) for p, token in asked if p.p_noise < nominal]
    return len(passed) / len(asked), sum(p.token == t for p, t in passed) / len(asked)


def test_shuffled_tokens_are_as_frequent_as_memorized_ones():
    row = experiments.calibration._shuffled(["tea"] * 3 + ["cup"], 8000, random_stream("x"))
    assert row.count("tea") + row.count("cup") == 8000
    assert row.count("tea") == pytest.approx(6000, abs=200)
    follows = sum(a == b == "cup" for a, b in itertools.pairwise(row))
    assert follows == pytest.approx(500, abs=100)


def test_binding_keeps_the_promised_number_of_false_alarms():
    pages = experiments.reference_pages(3, 2000)
    both = {}
    for encoder in ("binding", "projection"):
        options = dict(loads=[2], encoders=[encoder], contexts=6000, backend="numpy")
        both[encoder] = experiments.false_alarms(pages, **options)
    for record in both["binding"]:
        error = (record["nominal"] / 6000) ** 0.5
        assert record["shuffled"] == pytest.approx(record["nominal"], abs=4 * error)
        assert record["memorized"] == 1
    at = {encoder: records[3] for encoder, records in both.items()}
    assert at["binding"]["nominal"] == 0.01
    assert at["binding"]["unseen"] < 0.04
    assert at["projection"]["shuffled"] > 0.2  # it can't tell


def test_ctrl_c_leaves_whole_loads(monkeypatch):
    whole = RUNS["calibration"]()
    interrupt_at(monkeypatch, experiments.calibration, "_judge", 5)  # amid the second load
    assert RUNS["calibration"]() == whole[:7]


@pytest.mark.parametrize(
    "wrong",
    [
        {"loads": []},
        {"loads": [0]},
        {"loads": [1.5]},
        {"loads": [1, 3]},
        {"contexts": 0},
        {"encoders": ["binding", "enigma"]},
        {"dim": 0},
        {"texts": ["a text", "a text too", 7]},
        {"texts": ["tea", "a text", "a text too"]},
        {"texts": ["a text", "a text too", "tea"]},
    ],
)
def test_bad_calibration(wrong):
    with pytest.raises(me.MemoError):
        experiments.false_alarms(**ALARMS | wrong)


# ---- Damage ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("damaged", "distance"), [(0, 0), (1, 0), (3, 0), (1, 1), (1, 20)])
def test_damage_is_other_tokens_at_their_distance(damaged, distance):
    context, backs = list("abcdefghijklmnopqrstuvwxyz"), set()
    for seed in range(300):
        found = experiments.damage._damage(
            context, damaged, distance, list("az"), random_stream(seed)
        )
        changed = [26 - i for i in range(26) if found[i] != context[i]]
        assert len(changed) == damaged
        assert {found[26 - back] for back in changed} <= set("az")
        backs |= set(changed)
    assert context == list("abcdefghijklmnopqrstuvwxyz")
    assert backs == ({distance} if distance else set(range(1, 17)) if damaged else set())


def test_damaged_contexts_are_asked_of_all_encoders(monkeypatch):
    asked, predict = [], me.MeMo.predict

    def spy(model, context, top):
        assert set(model.texts.values()) == {60, 10}
        asked.append((model.encoder.kind, context, predict(model, context, top)))
        return asked[-1][-1]

    monkeypatch.setattr(me.MeMo, "predict", spy)
    encoders = ["projection", "binding"]
    records = experiments.damaged_recall(**DAMAGE | {"encoders": encoders, "dim": 32})
    damages = [(n, 0) for n in range(4)] + [(1, back) for back in range(1, 21)]
    assert [(r["encoder"], r["damaged"], r["distance"]) for r in records] == [
        (encoder, *damage) for encoder in encoders for damage in damages
    ]
    contexts, half = [context for _, context, _ in asked], len(asked) // 2
    assert contexts[:half] == contexts[half:]
    tokens, places = me.tokenize(NUMBERS), set()
    for i, record in enumerate(records):
        ten = asked[10 * i : 10 * i + 10]
        rows = [context for _, context, _ in ten]
        wrong = [sum(a != b for a, b in zip(row, tokens, strict=False)) for row in rows]
        assert wrong == [record["damaged"]] * 10
        right = [answer.token == tokens[len(row)] for _, row, answer in ten]
        assert record["recall"] == np.mean(right)
        assert record["known"] == np.mean([answer.known for *_, answer in ten])
        places |= {tuple(sorted(map(len, rows)))}
    assert len(places) == 1  # every damage at the same places
    assert len(set(places.pop())) == 10


def test_a_small_text_is_asked_whole():
    records = experiments.damaged_recall(**DAMAGE | {"sample": 10**6})
    assert {record["recall"] * 40 % 1 for record in records} == {0.0}


def test_binding_breaks_and_the_projection_bends():
    text = me.sample_texts()["lighthouse"][:1000]
    records = experiments.damaged_recall([text], 512, 2, sample=25, backend="numpy")
    recall = {(r["encoder"], r["damaged"], r["distance"]): r["recall"] for r in records}
    assert all(recall["binding", 1, back] < 0.1 for back in range(1, 5))
    assert all(recall["binding", 1, back] > 0.9 for back in range(5, 21))
    assert recall["binding", 0, 0] == 1 > 0.9 > recall["binding", 1, 0]
    assert recall["binding", 1, 0] > recall["binding", 3, 0] > 0.2
    whole = recall["projection", 0, 0]
    assert whole > 0.9
    assert all(recall["projection", 1, back] > whole - 0.12 for back in range(1, 21))
    known = {r["distance"]: r["known"] for r in records if r["encoder"] == "binding"}
    assert known[4] < 0.1 < 0.9 < known[5]  # it knows that it does not know


@pytest.mark.parametrize(
    "wrong",
    [
        {"texts": TEXTS},
        {"texts": [" no" * 30]},
        {"texts": [7]},
        {"texts": [NUMBERS, "tea"]},
        {"sample": 0},
        {"encoders": ["binding", "enigma"]},
        {"dim": 0},
    ],
)
def test_bad_damage(wrong):
    with pytest.raises(me.MemoError):
        experiments.damaged_recall(**DAMAGE | wrong)


def test_an_excerpt_of_a_memorized_text_is_not_unseen():
    texts = [" ".join(f"{word}{i}" for i in range(60)) for word in ("tea", "ship")]
    small = dict(loads=[1], dim=128, heads=2, layers=2, encoders=["binding"], contexts=50)
    excerpt = "A new beginning, " + texts[0][:200]
    expected = experiments.false_alarms(texts, **small)
    assert experiments.false_alarms([*texts, excerpt], **small) == expected
    with pytest.raises(me.ConfigurationError, match="unseen"):
        experiments.false_alarms([texts[0], excerpt], **small)


def test_reading_again_mends_what_a_wrong_token_hid():
    text = me.sample_texts()["lighthouse"][:900]
    options = dict(dim=512, encoders=["binding"], sample=10, backend="numpy")
    once, again = (experiments.damaged_recall([text], again=a, **options) for a in (False, True))
    for before, after in zip(once, again, strict=True):
        assert after["recall"] >= before["recall"]
        if 1 <= before["distance"] <= 4:
            assert before["recall"] < 0.1
            assert after["recall"] > 0.8


# ---- Intermediate memories -------------------------------------------------------------------

SPEECH = ["the cat saw the dog and the dog saw the cat and the cow saw the cat and the dog saw it"]


def lower_records(**options):
    """(kind, tokens, penalty, alpha, wrong) -> record."""
    names = ("kind", "tokens", "penalty", "alpha", "wrong")
    return {tuple(r[name] for name in names): r for r in RUNS["lower"](**options)}


def test_every_setting_is_measured_once():
    records = RUNS["lower"]()
    found = [tuple(r.values())[:2] + tuple(r.values())[3:6] for r in records]
    assert len(set(found)) == len(found) == 2 * 2 * 2 * 2 * 2
    assert found[0] == ("prose", 14, 0, 1.0, 0.0)
    assert {(r["tokens"], round(r["load"], 3)) for r in records} == {(14, 0.468), (24, 0.612)}


@pytest.mark.parametrize(("alpha", "penalty"), [(1.0, False), (0.5, False), (0.5, True)])
def test_recall_of_clean_contexts_is_the_models_own(alpha, penalty):
    words = [token for text in TEXTS for token in me.tokenize(text)][:24]
    kinds = {token: i for i, token in enumerate(dict.fromkeys(words), 1)}
    ids = np.array([kinds[token] for token in words]).reshape(2, 12)
    model = me.MeMo(
        64, 2, 2, vocab_size=len(kinds) + 1, alpha=alpha, penalty=penalty, backend="numpy"
    )
    model.memorize_ids(ids)
    record = lower_records()["prose", 24, int(penalty), alpha, 0.0]
    assert record["recall"] == model.recall_ids(ids).accuracy


def test_random_tokens_are_as_many_from_the_same_vocabulary():
    rows = experiments.intermediate._rows(None, [100, 401], seed=0)
    assert list(rows) == [("prose", 100), ("prose", 401), ("random", 100), ("random", 401)]
    for count, shape in ((100, (2, 50)), (401, (2, 200))):
        prose, drawn = rows["prose", count], rows["random", count]
        assert prose.shape == drawn.shape == shape
        assert set(prose.ravel()) == set(range(1, prose.max() + 1))
        assert set(drawn.ravel()) <= set(prose.ravel())
        assert Counter(prose.ravel().tolist()).most_common(1)[0][1] > 4
        assert not np.array_equal(prose, drawn)
    other = experiments.intermediate._rows(None, [100], seed=1)
    assert np.array_equal(other["prose", 100], rows["prose", 100])
    assert not np.array_equal(other["random", 100], rows["random", 100])


def test_replaced_tokens_are_wrong_and_as_many_as_asked():
    ids = random_stream("x").integers(1, 8, (50, 100))
    for share in (0.0, 0.2, 1.0):
        replaced = experiments.replace_tokens(ids, share, 8, random_stream("y"))
        assert replaced.shape == ids.shape
        assert np.mean(replaced != ids) == pytest.approx(share, abs=0.02)
        assert set(replaced.ravel()) == set(range(1, 8))
    assert len({(a, b) for a, b in zip(ids.ravel(), replaced.ravel(), strict=True)}) == 7 * 6


def test_wrong_tokens_are_only_asked_with(monkeypatch):
    stored, asked = [], []
    memorize, recall = me.MeMo.memorize_ids, me.MeMo.recall_ids
    monkeypatch.setattr(
        me.MeMo, "memorize_ids", lambda m, ids: (stored.append(ids), memorize(m, ids))[1]
    )
    monkeypatch.setattr(
        me.MeMo, "recall_ids", lambda m, ids: (asked.append(ids), recall(m, ids))[1]
    )
    RUNS["lower"](tokens=[24], alphas=[0.5])
    clean, alone, contexts = stored[0], stored[1], asked[1:6]
    assert np.array_equal(asked[0], clean)
    assert np.array_equal(alone, clean[1:])
    assert all(0 < np.mean(context != clean) < 1 for context in contexts)
    assert len({context.tobytes() for context in contexts}) == 5


def test_all_that_is_asked_for_is_right_or_wrong(monkeypatch):
    """Whatever the model, recall compares its answers with the clean tokens."""
    right = experiments.intermediate._rows(TEXTS, [24], 0)["prose", 24]

    def parrot(model, ids):
        asked = ids[:, 2:].ravel().tolist()
        return me.Recall.of(asked, asked)

    monkeypatch.setattr(me.MeMo, "recall_ids", parrot)
    records = lower_records(tokens=[24])
    assert right.shape == (2, 12)
    assert records["prose", 24, 0, 0.5, 0.0]["recall"] == 1.0
    assert records["prose", 24, 0, 0.5, 0.5]["recall"] == pytest.approx(0.5, abs=0.15)


def test_they_hurt_on_prose_and_help_on_random_tokens_that_are_mostly_wrong():
    records = lower_records(
        texts=None, tokens=[400], dim=512, heads=4, alphas=[1.0, 0.5], wrong=[0.0, 0.8]
    )
    recall = {key: record["recall"] for key, record in records.items()}
    plain, asked, penalized = (recall["prose", 400, *s, 0.0] for s in ((0, 1), (0, 0.5), (1, 0.5)))
    assert asked < plain - 0.15
    assert asked < penalized < plain
    gain = recall["random", 400, 0, 0.5, 0.8] - recall["random", 400, 0, 1.0, 0.8]
    assert 0.0 < gain < 0.1
    assert recall["random", 400, 0, 0.5, 0.0] == recall["random", 400, 0, 1.0, 0.0] == 1.0


def test_the_penalty_makes_what_is_left_depend_on_the_past():
    records = lower_records(texts=SPEECH, tokens=[20], dim=1024, alphas=[0.5])
    assert 0 < records["prose", 20, 0, 0.5, 0.0]["residue"] < 1e-6
    assert records["prose", 20, 1, 0.5, 0.0]["residue"] > 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"alphas": [1.0, 1.5]},
        {"alphas": [float("nan")]},
        {"wrong": [-0.1]},
        {"tokens": [24, 10**9]},
        {"tokens": [1]},
        {"tokens": [4]},
        {"texts": [7]},
        {"dim": 0},
        {"heads": 3},
        {"backend": "abacus"},
    ],
)
def test_bad_lower(wrong):
    with pytest.raises(me.MemoError):
        RUNS["lower"](**wrong)
