"""What a MeMo promises: it recites, it forgets, it knows what it knows."""

import os
import re
import subprocess
import sys
from functools import partial
from pydoc_data.topics import topics

import models
import numpy as np
import pytest
from models import OTHER, TEXT, both_encoders, state

import memo_edu as me

SAMPLES = me.sample_texts()

make, taught = partial(models.make, dim=512), partial(models.taught, dim=512)


# ---- Names -----------------------------------------------------------------------------------


def test_automatic_names_are_the_first_words_and_always_free():
    model = make()
    assert [model.memorize(TEXT) for _ in range(3)] == [
        "The tea is hot.",
        "The tea is hot. (2)",
        "The tea is hot. (3)",
    ]
    model.forget("The tea is hot. (2)")
    assert model.memorize(TEXT) == "The tea is hot. (2)"
    assert model.memorize("x" * 99 + " y") == "x" * 40
    assert model.memorize("\n ... \t") == "..."
    assert len(model.texts) == 5


def test_an_automatic_name_avoids_given_ones():
    model = make()
    model.memorize(OTHER, "The tea is hot.")
    assert model.memorize(TEXT) == "The tea is hot. (2)"
    assert model.texts == {"The tea is hot.": 13, "The tea is hot. (2)": 16}


def test_a_name_is_free_again_once_its_text_is_forgotten():
    model = taught()
    model.forget("tea")
    assert model.memorize(OTHER, "tea") == "tea"


def test_texts_have_token_counts_in_the_order_of_memorizing():
    model = taught()
    assert list(model.texts.items()) == [("tea", 16), ("ship", 13)]
    model.texts["whale"] = 1  # a copy: the model is not changed through it
    assert "whale" not in model.texts


def test_forgetting_by_text_takes_the_latest_by_name_that_one():
    model = make()
    for name in ("a", "b", "c"):
        model.memorize(TEXT, name)
    model.forget(TEXT)
    assert list(model.texts) == ["a", "b"]
    model.forget("a")
    assert list(model.texts) == ["b"]
    model.forget(TEXT)
    assert model.texts == {}
    assert not model.matrix.any()


def test_merged_names():
    one, two = taught(), make()
    two.memorize("Another tea, and quite cold.", "tea")
    two.memorize("Salt.\n", "salt")
    assert one.merge(two) is one
    assert list(one.texts) == ["tea", "ship", "tea (2)", "salt"]
    assert list(two.texts) == ["tea", "salt"]
    one.forget("tea (2)")
    one.forget("salt")
    np.testing.assert_array_equal(one.matrix, taught().matrix)


# ---- Counts, windows, layers -----------------------------------------------------------------


@both_encoders
def test_a_text_memorized_r_times_scores_r(encoder):
    model = make(encoder, dim=2048)
    for times in range(1, 4):
        model.memorize(TEXT)
        assert model.predict("The tea is").score == pytest.approx(2 * times, abs=0.2 * times)
        assert model.explain("The tea is").votes[:, 0] == pytest.approx(times, abs=0.15 * times)


def test_longer_windows_outvote_an_ambiguous_one_but_not_a_frequent_wrong_one():
    model = make(dim=2048)
    model.memorize("red hot tea pot breaks")
    model.memorize("big old tea pot shines")
    assert model.predict("red hot tea pot").token == " breaks"  # 2 votes against 1
    for text in ("my new tea pot shines", "the cold tea pot shines"):
        model.memorize(text)
    assert model.predict("red hot tea pot").token == " shines"  # 3 against 2
    layer_1, layer_2 = model.explain("red hot tea pot").votes[:, 0]
    assert layer_1 == pytest.approx(3, abs=0.6)
    assert layer_2 == pytest.approx(0, abs=0.6)


@both_encoders
def test_forgetting_takes_counts_of_phrases_that_are_kept(encoder):
    model = make(encoder, dim=2048)
    model.memorize("big old tea pot shines", "kept")
    model.memorize("my new tea pot shines", "gone")
    assert model.explain("a tea pot").votes[0, 0] == pytest.approx(2, abs=0.3)
    model.forget("gone")
    assert model.explain("a tea pot").votes[0, 0] == pytest.approx(1, abs=0.3)


@both_encoders
def test_short_contexts_have_the_votes_of_the_layers_that_fit(encoder):
    model = make(encoder, layers=3)  # windows of 2, 4 and 8 tokens; 2 begin marks
    model.memorize(TEXT)
    tokens = me.tokenize(TEXT)
    for length in range(len(tokens)):
        explanation = model.explain(tokens[:length], top=999)
        for window, votes, size in zip(
            explanation.windows, explanation.votes, (2, 4, 8), strict=True
        ):
            row = ["‹begin›"] * 2 + tokens[:length]
            assert window == (row[-size:] if size <= len(row) else None)
            assert votes.any() == (window is not None)


@pytest.mark.parametrize(
    ("context", "layers"), [("", 1), ("The tea", 2), ("The tea is", 2), ("The tea is hot. The", 3)]
)
def test_a_known_context_scores_one_for_each_layer_that_fits(context, layers):
    model = make(dim=1024, layers=3)
    model.memorize(TEXT)
    assert model.predict(context).score == pytest.approx(layers, abs=0.3)


@both_encoders
def test_the_first_words_can_be_recited_from_nothing(encoder):
    model = make(encoder, dim=1024)
    model.memorize(TEXT)
    for prompt in ("", "The tea is h"):
        assert model.recite(prompt, max_tokens=12).startswith(TEXT[len(prompt) : 24])


@both_encoders
@pytest.mark.parametrize("vocab_size", [None, 9])
def test_neither_padding_nor_the_begin_mark_is_an_answer(encoder, vocab_size):
    model = make(encoder, dim=64, vocab_size=vocab_size)
    rows = np.random.default_rng(0).integers(0, 9, (30, 20))
    model.memorize_ids(rows)
    for context in ([], [0, 0], [1, 2, 3], [0, 0, 0, 0]):
        candidates = model.predict(context, top=99).candidates
        assert {token for token, _ in candidates} == set(range(1, 9))
    assert set(model.recall_ids(rows).answers) <= set(range(1, 9))


@both_encoders
def test_padding_alone_scores_exactly_nothing(encoder):
    model = make(encoder, dim=64, vocab_size=9)
    model.memorize_ids([[1, 2, 3, 4, 5, 6, 7, 8]])
    assert {value for _, value in model.predict([0, 0, 0, 0], top=99).candidates} == {0}


@both_encoders
def test_chance_is_one_of_the_vocabulary_not_zero(encoder):
    model = make(encoder, dim=16, vocab_size=9)
    ids = np.random.default_rng(0).integers(1, 9, (2, 40, 200))
    model.memorize_ids(ids[0])
    assert model.recall_ids(ids[1]).accuracy == pytest.approx(1 / 8, abs=0.02)


def test_ids_get_no_begin_marks_and_padding_separates():
    together, apart = make(), make()
    together.memorize_ids([[0, 1, 2, 3, 4, 5, 0, 0, 6, 7, 8, 9, 5]])
    apart.memorize_ids([[1, 2, 3, 4, 5]])
    apart.memorize_ids([[6, 7, 8, 9, 5]])
    np.testing.assert_array_equal(together.matrix, apart.matrix)
    np.testing.assert_allclose(np.linalg.norm(together.matrix) ** 2 / 512**2, 8, rtol=0.1)


# ---- Candidates ------------------------------------------------------------------------------


@both_encoders
def test_candidates_are_the_tokens_memorized_now(encoder):
    model = taught(encoder)

    def candidates():
        return {token for token, _ in model.predict("", top=999).candidates}

    assert candidates() == {*me.tokenize(TEXT), *me.tokenize(OTHER)}
    model.forget("ship")
    assert candidates() == set(me.tokenize(TEXT))
    model.memorize(TEXT, "again")
    model.forget("again")  # its tokens are still in the other copy
    assert candidates() == set(me.tokenize(TEXT))


def strings_in(thing, seen):
    """Every str that can be reached from an object."""
    if id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, dict):
        for key, value in thing.items():
            yield from strings_in(key, seen)
            yield from strings_in(value, seen)
    elif isinstance(thing, (list, tuple, set, frozenset)):
        for value in thing:
            yield from strings_in(value, seen)
    elif hasattr(thing, "__dict__") and not isinstance(thing, type(me)):
        yield from strings_in(vars(thing), seen)


@both_encoders
def test_a_forgotten_text_leaves_no_word_behind(encoder):
    model = taught(encoder)
    model.memorize("Zanzibar xylophones quarrel over the tea.", "secret")
    model.predict("Zanzibar xylophones")
    assert " xylophones" in strings_in(model, {})
    model.forget("secret")
    left = " ".join(strings_in(model, {}))
    assert " whales" in left
    for word in ("Zanzibar", "xylophones", "quarrel", "secret"):
        assert word not in left


# ---- Reciting --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def storyteller():
    model = me.MeMo(encoder="binding", backend="numpy")
    for name, text in SAMPLES.items():
        model.memorize(text, name)
    return model


@pytest.mark.parametrize("cut", [0, 1, 20, 21, 22, 23, 24, 25, 26, 27, 28, 60, 61, 97, 150])
def test_a_prompt_may_end_anywhere(cut, storyteller):
    """Inside a word, after one, after white space: the prompt and what is recited are the text."""
    text = SAMPLES["atlas"]
    continuation = storyteller.recite(text[:cut], max_tokens=12)
    if cut > 1:  # one letter may begin several texts
        assert text[cut:].startswith(continuation)
    assert len(me.tokenize(continuation)) in (11, 12, 13)


def test_a_prompt_cut_inside_a_word_or_ending_in_white_space():
    model = taught(dim=1024)
    assert model.recite("A ship sa", max_tokens=2) == "ils at noon"
    assert model.recite("A ship ", max_tokens=2) == "sails at noon"
    assert model.recite("A ship", max_tokens=2) == " sails at"
    assert model.recite("A ship sails", max_tokens=1) == " at"
    assert model.recite("A", max_tokens=3) == " ship sails at"


def test_a_known_word_is_not_completed_to_a_longer_one():
    model = make(dim=1024)
    model.memorize("My tea is hot, your teapot is old.")
    assert model.recite("My tea", max_tokens=2) == " is hot"
    assert model.recite("My te", max_tokens=2) == "a is hot"
    assert model.recite("My tea is hot, your tea", max_tokens=2) == "pot is old"


def test_an_unknown_beginning_is_left_as_it_is():
    model = taught(dim=1024)
    assert not model.recite("A ship xy", max_tokens=3).startswith(("z", "a", "l"))


@pytest.mark.parametrize("count", [0, 1, 7])
def test_at_most_max_tokens(count, storyteller):
    tokens = me.tokenize(SAMPLES["atlas"])
    assert storyteller.recite("".join(tokens[:20]), count) == "".join(tokens[20 : 20 + count])


def test_a_prompt_may_be_tokens(storyteller):
    tokens = me.tokenize(SAMPLES["mulino"])[:12]
    assert storyteller.recite(tokens, 9) == storyteller.recite("".join(tokens), 9)


@pytest.mark.parametrize("name", SAMPLES)
def test_unsure_stop_ends_with_the_text(name, storyteller):
    text = SAMPLES[name]
    prompt = text[: len(text) - 400]
    recited = storyteller.recite(prompt, max_tokens=300, unsure="stop")
    rest = text[len(prompt) :]
    assert recited.startswith(rest) or rest.startswith(recited)
    assert abs(len(me.tokenize(recited)) - len(me.tokenize(rest))) <= 3


def test_unsure_stop_says_nothing_of_what_it_never_read(storyteller):
    prompt = "Two trains crash"
    assert storyteller.recite(prompt, unsure="stop") == ""
    assert storyteller.recite(prompt, max_tokens=5, unsure="go on") != ""


# ---- Knowing ---------------------------------------------------------------------------------


def share_known(model, text, count=200):
    tokens = me.tokenize(text)
    places = np.random.default_rng(0).integers(4, len(tokens), count)
    return np.mean([model.predict(tokens[max(0, i - 64) : i], top=1).known for i in places])


@pytest.fixture(scope="module")
def manual():
    model = me.MeMo(dim=1024, heads=4, layers=3, encoder="binding", backend="numpy")
    model.memorize(topics["assignment"][:6000])
    return model


def test_it_knows_what_it_knows(manual):
    assert share_known(manual, topics["assignment"][:6000]) >= 0.99


@pytest.mark.parametrize("topic", ["exprlists", "class", "numeric-types"])
def test_it_knows_what_it_does_not_know(topic, manual):
    assert share_known(manual, topics[topic][:6000]) <= 0.05


def test_p_noise_of_unknown_contexts_is_what_it_says():
    """A probability p or less comes up with probability p."""
    model = make(dim=1024, vocab_size=500)
    model.memorize_ids(np.random.default_rng(0).integers(1, 500, (10, 200)))
    contexts = np.random.default_rng(1).integers(1, 500, (400, 4))
    found = np.array([model.predict(context.tolist(), top=1).p_noise for context in contexts])
    for p in (0.1, 0.3, 0.5, 0.7, 0.9):
        assert np.mean(found <= p) == pytest.approx(p, abs=0.1)
    assert np.mean(found < 0.01) < 0.03


def test_a_surer_answer_is_less_likely_noise():
    model = taught(dim=1024)
    known, unknown = model.predict("A ship sails"), model.predict("Two trains crash")
    assert known.p_noise < 1e-6 < unknown.p_noise <= 1
    assert known.known
    assert not unknown.known


@both_encoders
def test_prediction_is_sorted_and_cut(encoder):
    prediction = taught(encoder).predict("A ship", top=3)
    scores = [value for _, value in prediction.candidates]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3
    assert prediction.candidates[0] == (prediction.token, prediction.score)
    assert all(type(value) is float for value in scores)
    assert len(taught(encoder).predict("", top=999).candidates) == 23


# ---- Recall ----------------------------------------------------------------------------------


@both_encoders
def test_recall_counts_from_start(encoder):
    model = taught(encoder, dim=1024)
    tokens = me.tokenize(TEXT)
    whole = model.recall(TEXT, start=0)
    assert whole.tokens == tokens
    for start in (1, 3, len(tokens) - 1):
        part = model.recall(TEXT, start=start)
        assert part.tokens == tokens[start:]
        assert part.answers == whole.answers[start:]
        assert part.correct.tolist() == whole.correct[start:].tolist()
    assert model.recall(TEXT).tokens == tokens[1:]


def test_recall_of_an_empty_memory_is_nothing():
    assert make().recall(TEXT).accuracy == 0


@both_encoders
def test_recall_leaves_the_model_alone(encoder):
    model = taught(encoder)
    before = model.matrix.copy()
    model.recall("Words never read before.")
    model.predict("Nor these")
    np.testing.assert_array_equal(model.matrix, before)
    assert len(model.predict("", top=999).candidates) == 23


IDS = np.random.default_rng(2).integers(1, 50, (6, 40))


@both_encoders
def test_recall_of_sampled_positions(encoder):
    model = make(encoder, dim=64, vocab_size=50)
    model.memorize_ids(IDS)
    whole = model.recall_ids(IDS)
    assert len(whole.correct) == 6 * (40 - 2)
    part = model.recall_ids(IDS, sample=100)
    assert len(part.correct) == len(part.tokens) == 100
    assert part.accuracy == pytest.approx(whole.accuracy, abs=0.15)
    assert part.tokens == model.recall_ids(IDS, sample=100).tokens
    assert part.tokens != whole.tokens[:100]
    everything = model.recall_ids(IDS, sample=10_000)
    assert (everything.tokens, everything.answers) == (whole.tokens, whole.answers)
    pairs = list(zip(whole.tokens, whole.answers, strict=True))
    assert all(pair in pairs for pair in zip(part.tokens, part.answers, strict=True))


@both_encoders
def test_recall_at_some_columns(encoder):
    model = make(encoder, dim=64, vocab_size=50)
    model.memorize_ids(IDS)
    whole = np.array(model.recall_ids(IDS).answers).reshape(6, 38)
    part = model.recall_ids(IDS, positions=[30, 5, 1])  # column 1 has only one id before it
    assert part.tokens == IDS[:, [5, 30]].ravel().tolist()
    assert part.answers == whole[:, [3, 28]].ravel().tolist()


def test_partial_windows_predict_from_the_second_id_on():
    model = make("projection", vocab_size=50, partial_windows=True)
    model.memorize_ids(IDS)
    assert len(model.recall_ids(IDS).correct) == 6 * (40 - 1)


@both_encoders
def test_forgetting_ids(encoder):
    model, kept = (make(encoder, dim=1024, vocab_size=50) for _ in range(2))
    for rows in (IDS, IDS[:2]):
        model.memorize_ids(rows)
    kept.memorize_ids(IDS)
    model.forget_ids(IDS[:2])
    left = np.linalg.norm(model.matrix - kept.matrix) / np.linalg.norm(kept.matrix)
    assert left <= {"binding": 0, "projection": 1e-6}[encoder]
    assert model.recall_ids(IDS).accuracy > 0.8


# ---- Acceptance ------------------------------------------------------------------------------


def test_binding_recalls_recites_and_keeps_a_chapter():
    first, second = topics["assignment"][:6000], topics["compound"][:6000]
    model = me.MeMo(dim=1024, heads=4, layers=3, encoder="binding", backend="numpy")
    model.memorize(first)
    assert model.recall(first).accuracy > 0.99
    recited = model.recite(first[:400], max_tokens=100)
    assert len(me.tokenize(recited)) == 100
    assert first[400:].startswith(recited)
    model.memorize(second)
    assert model.recall(first).accuracy >= 0.98
    assert model.recall(second).accuracy >= 0.98
    model.forget(first)
    alone = me.MeMo(dim=1024, heads=4, layers=3, encoder="binding", backend="numpy")
    alone.memorize(second)
    np.testing.assert_array_equal(model.matrix, alone.matrix)


def first_words(text, count):
    ends = [word.end() for word in re.finditer(r"\S+", text)]
    return text[: ends[min(count, len(ends)) - 1]]


@pytest.mark.parametrize("name", SAMPLES)
def test_the_papers_encoder_recalls_a_page(name):
    text = first_words(SAMPLES[name], 300)
    model = me.MeMo(backend="numpy")
    model.memorize(text)
    assert model.recall(text).accuracy >= 0.95


SPEED = """
import statistics, sys, time
import memo_edu as me

def seconds(do):
    times = []
    for _ in range(10):
        start = time.perf_counter()
        do()
        times.append(time.perf_counter() - start)
    return statistics.median(times)

model = me.MeMo(encoder=sys.argv[1], backend="numpy")
text = "".join(me.tokenize(me.sample_texts()["mulino"])[:240])  # 200 words
print(min(seconds(lambda: model.memorize(text)) for _ in range(3)))
print(min(seconds(lambda: model.predict(text)) for _ in range(3)))
"""


@both_encoders
def test_it_is_fast_enough_to_play_with(encoder):
    """On one core, in a process of its own: the other tests may keep the rest busy."""
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-c", SPEED, encoder]
    run = subprocess.run(command, env=env, capture_output=True, check=True)
    memorize, predict = map(float, run.stdout.split())
    assert memorize < 0.1
    assert predict < 0.02


def test_positions_may_name_columns_that_are_padding():
    model = make(dim=64, layers=1, vocab_size=9)
    ids = [[1, 2, 3, 4, 5, 0, 0], [0, 6, 7, 8, 1, 0, 0]]
    model.memorize_ids(ids)
    everywhere = model.recall_ids(ids, positions=range(7))
    assert everywhere.tokens == model.recall_ids(ids).tokens == [3, 4, 5, 8, 1]
    assert model.recall_ids(ids, positions=[4, 6]).tokens == [5, 1]


@both_encoders
def test_a_blank_is_like_its_model_and_goes_its_own_way(encoder):
    model = taught(encoder)
    before = state(model)
    blank = model.blank()
    assert (blank.texts, bool(blank.matrix.any())) == ({}, False)
    blank.memorize(TEXT, "tea")
    blank.memorize(OTHER, "ship")
    assert state(blank) == before
    blank.forget("ship")
    assert state(model) == before


@both_encoders
def test_who_watches_hears_the_share_done_and_may_stop_the_work(encoder):
    model, told = taught(encoder), []
    long = "a b c d e f g h " * 300
    model.memorize(long, "long", watch=told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert 0.3 < told[-1] < 1
    before = state(model)

    def stop(share):
        if share:
            raise KeyboardInterrupt

    for work in (lambda: model.memorize(long, "more", stop), lambda: model.forget("long", stop)):
        with pytest.raises(KeyboardInterrupt):
            work()
        assert state(model) == before
