"""The lab's buttons do what they say, and a failure becomes a sentence that changes nothing."""

import asyncio
import datetime
import html
import re
import threading
import time

import numpy as np
import pytest
from models import make, taught

import memo_edu as me
from memo_edu.lab import MemoLab, measures, memo_lab, parts, work
from memo_edu.lab.coloured import NEVER
from memo_edu.lab.files import LONGEST, drop_zone
from memo_edu.lab.gauges import bar, gauge, memory_picture, png
from memo_edu.lab.work import StoppedError, Work

SAMPLES = me.sample_texts()
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
OWN = "The tea is hot. The cup is red, and the pot is blue."


@pytest.fixture
def lab():
    return MemoLab(make(dim=512, heads=4, layers=2))


@pytest.fixture(autouse=True)
def quick_theory(monkeypatch):
    """Theory from counts takes a thousandth of the time, and most tests don't look at it."""
    monkeypatch.setattr(measures, "EXACT_THEORY", 0)


def choose(lab, name):
    lab.sample.value = name
    lab.memorize.click()


def write(lab, text):
    lab.text.value = text
    lab.memorize.click()


def seen(lab):
    """All that must not change when something goes wrong."""
    return lab.model.matrix.tobytes(), lab.model.texts, repr(lab), list(lab.shelf), settings(lab)


def settings(lab):
    return [getattr(lab, name).value for name in ("encoder", "dim", "heads", "layers", "seed")]


def plain(shown):
    """The words of some HTML."""
    shown = re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", shown))


def recited(lab):
    """The recited words as they stand in the page, without what opens."""
    return plain(re.sub(r'<div class="why">.*?</details>', "</details>", lab.recited.value))


def bars(lab):
    return [plain(row.bar.value) for row in lab.shelf.values()]


def opened(name, content, size=None):
    size = len(content) if size is None else size
    return {"name": name, "type": "", "size": size, "content": content, "last_modified": NOW}


# ---- Memorize, forget, undo ------------------------------------------------------------------


def test_it_memorizes_recites_and_forgets(lab):
    lab.memorize.click()
    assert lab.model.texts == {"lighthouse": 410}
    assert "410 tokens went into the matrix" in lab.status.value
    assert bars(lab) == ["lighthouse410 tokens100 % recalled◆ theory 100 %"]
    lab.recite.click()
    assert lab.continuation.startswith("It was the winter when even the soup")
    assert "It was the winter when even the soup" in recited(lab)
    assert "0 of 40 differ from “lighthouse”" in lab.status.value
    lab.shelf["lighthouse"].click()
    assert lab.model.texts == {}
    assert "Every entry of the matrix is 0 again" in lab.status.value
    assert bars(lab) == ["lighthouse410 tokens0 % recalled100 → 0 %not in memory"]
    assert (lab.continuation, lab.recited.value, repr(lab)) == ("", "", "MemoLab: an empty memory")


def test_a_text_is_forgotten_bit_for_bit_and_memorized_again(lab):
    choose(lab, "lighthouse")
    alone = lab.model.matrix.tobytes()
    choose(lab, "clockmaker")
    both = lab.model.matrix.tobytes()
    assert lab.shelf["clockmaker"].button.description == "Forget"
    lab.shelf["clockmaker"].click()
    assert lab.model.matrix.tobytes() == alone
    assert "identical to never having read it" in lab.badge.value
    assert lab.shelf["clockmaker"].button.description == "Memorize"
    assert "not in memory" in bars(lab)[1]
    lab.shelf["clockmaker"].click()
    assert lab.model.matrix.tobytes() == both
    assert lab.badge.value == ""
    assert list(lab.model.texts) == list(lab.shelf) == ["lighthouse", "clockmaker"]


def test_the_badge_is_not_given_for_rounding():
    lab = MemoLab(make("projection", dim=512, heads=4, layers=2))
    choose(lab, "lighthouse")
    choose(lab, "clockmaker")
    lab.shelf["lighthouse"].click()
    assert "not identical" in lab.badge.value
    assert "identical to never" not in lab.badge.value
    difference = float(re.search(r"by (\S+) of its largest", lab.badge.value)[1])
    assert 0 < difference < 1e-5


def test_a_memory_that_was_tampered_with_gets_no_badge(lab):
    choose(lab, "lighthouse")
    choose(lab, "clockmaker")
    lab.model.matrix[3, 4] += 1
    lab.shelf["lighthouse"].click()
    assert "not identical" in lab.badge.value


def test_undo_goes_back_step_by_step(lab):
    states = [seen(lab)]
    for press in (
        lambda: choose(lab, "lighthouse"),
        lambda: choose(lab, "atlas"),
        lambda: lab.shelf["lighthouse"].click(),
        lambda: setattr(lab.encoder, "value", "projection"),
        lambda: setattr(lab.dim, "value", 256),
    ):
        press()
        states.append(seen(lab))
    for state in reversed(states[:-1]):
        lab.undo.click()
        assert seen(lab) == state
        assert "Undone" in lab.status.value
    assert lab.undo.disabled
    lab.undo.click()
    assert "nothing to undo" in lab.status.value


def test_what_undo_keeps_does_not_fill_the_memory(lab, monkeypatch):
    monkeypatch.setattr(memo_lab, "KEPT", 2 * 512 * 512 * 4)
    for _ in range(4):
        lab.memorize.click()
    for left in (3, 2):
        lab.undo.click()
        assert len(lab.model.texts) == left
    assert lab.undo.disabled


def test_a_model_that_holds_texts_already_is_shown_whole():
    lab = MemoLab(taught(dim=512))
    assert list(lab.shelf) == ["tea", "ship"]
    assert "tea 100 %" in repr(lab)
    lab.shelf["ship"].click()
    assert list(lab.model.texts) == ["tea"]
    assert "Forgot “ship”" in lab.status.value


def test_the_same_text_twice_gets_a_name_of_its_own(lab):
    choose(lab, "lighthouse")
    lab.memorize.click()
    assert list(lab.model.texts) == ["lighthouse", "It was the winter"]


def test_the_bar_tells_how_recall_came_down():
    lab = MemoLab(make("projection", dim=256, heads=4, layers=2))
    choose(lab, "lighthouse")
    choose(lab, "clockmaker")
    first, second = (float(share) for share in re.findall(r"(\d+) → (\d+) %", bars(lab)[0])[0])
    assert first > second > 0
    assert repr(lab).startswith(f"MemoLab: lighthouse {second:.0f} %, clockmaker")


# ---- Settings --------------------------------------------------------------------------------


def test_the_projection_is_one_click_away_and_is_felt(lab):
    for name in ("lighthouse", "clockmaker", "atlas"):
        choose(lab, name)
    assert repr(lab) == "MemoLab: lighthouse 100 %, clockmaker 100 %, atlas 100 %"
    lab.encoder.value = "projection"
    assert "Memorized anew: lighthouse, clockmaker, atlas" in lab.status.value
    recalls = [int(share) for share in re.findall(r"(\d+) %", repr(lab))]
    assert len(recalls) == 3
    assert max(recalls) < 80
    assert "overfull" in lab.capacity.value


@pytest.mark.parametrize(
    ("name", "value"), [("dim", 256), ("heads", 2), ("layers", 1), ("seed", 7)]
)
def test_another_setting_is_another_model_of_the_same_texts(lab, name, value):
    choose(lab, "lighthouse")
    getattr(lab, name).value = value
    sizes = {"dim": 512, "heads": 4, "layers": 2, "seed": 0, name: value}
    twin = me.MeMo(**sizes, encoder="binding", backend="numpy")
    twin.memorize(SAMPLES["lighthouse"], "lighthouse")
    assert lab.model.matrix.tobytes() == twin.matrix.tobytes()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("dim", 0, "at least 1"),
        ("dim", 10**9, "memory"),
        ("heads", 1, "at least 2 blocks"),
        ("heads", 3, "multiple of 3"),
        ("layers", -1, "at least 1"),
        ("layers", 50, "Choose fewer"),
    ],
)
def test_settings_that_cannot_be_change_nothing(lab, name, value, sentence):
    lab.encoder.value = "projection"
    choose(lab, "lighthouse")
    before = seen(lab)
    getattr(lab, name).value = value
    assert "That did not work" in lab.status.value
    assert sentence in lab.status.value
    assert seen(lab) == before


def with_rows(tmp_path):
    model = me.MeMo(512, 4, 2, "binding", backend="numpy", vocab_size=50)
    model.memorize_ids([range(1, 20)])
    return model


def with_a_corpus(tmp_path):
    (tmp_path / "own.txt").write_text(OWN, encoding="utf-8")
    model = me.MeMo(512, 4, 2, "binding", backend="numpy")
    me.scale.memorize_corpus(tmp_path, model)
    return model


@pytest.mark.parametrize("made", [with_rows, with_a_corpus])
def test_a_setting_loses_nothing_whose_words_are_not_kept(made, tmp_path):
    lab = MemoLab(made(tmp_path))
    before = seen(lab)
    lab.dim.value = 256
    assert "can't be memorized anew" in lab.status.value.replace("&#x27;", "'")
    assert seen(lab) == before


def test_a_layer_that_sees_nothing_is_told_of(lab):
    write(lab, OWN)
    lab.layers.value = 4
    assert "Layer 4 looks at 256 tokens, more than any" in lab.status.value


@pytest.mark.parametrize("option", [{"alpha": 0.5}, {"penalty": True}, {"partial_windows": True}])
def test_what_only_the_projection_has_stays_with_it_and_is_told_of_elsewhere(option):
    lab = MemoLab(make("projection", dim=64, heads=2, layers=2, **option))
    choose(lab, "lighthouse")
    lab.seed.value = 7
    twin = make("projection", dim=64, heads=2, layers=2, seed=7, **option)
    assert lab.model.config == twin.config
    assert "Left out" not in lab.status.value
    lab.encoder.value = "binding"
    (name, value) = next(iter(option.items()))
    assert f"Left out, since only the projection has it: {name} = {value}." in lab.status.value
    assert lab.model.config == make(dim=64, heads=2, layers=2, seed=7).config
    lab.undo.click()
    assert lab.model.config == twin.config


def test_other_options_stay(lab):
    lab = MemoLab(make(dim=64, heads=2, layers=2, repeats="once", vocab_size=99))
    lab.encoder.value = "projection"
    lab.layers.value = 1
    assert lab.model.config["repeats"] == "once"
    assert lab.model.config["vocab_size"] == 99
    assert "Left out" not in lab.status.value


# ---- Texts -----------------------------------------------------------------------------------


def test_opened_files_are_texts_to_choose(lab):
    marked = "\ufeffEin Märchen: der Hut, der sang.\r\nEnde.".encode()
    lab.upload.value = (opened("hut.txt", marked), opened("tea.txt", memoryview(OWN.encode())))
    assert lab.sample.value == "tea.txt"
    assert lab.text.value == OWN
    assert "Opened “hut.txt”, “tea.txt”" in lab.status.value
    choose(lab, "hut.txt")
    assert lab.model.originals() == {"hut.txt": "Ein Märchen: der Hut, der sang.\nEnde."}


@pytest.mark.parametrize(
    ("content", "size", "sentence"),
    [
        (bytes(range(256)), None, "is not a text"),
        (b"GIF89a\0\0\1", None, "is not a text"),
        (b"", None, "is empty"),
        (b"a b c d", 50 * 10**6, "50.0 million"),
        (b"a " * LONGEST, None, "2.0 million"),
    ],
)
def test_files_that_are_no_texts_change_nothing(lab, content, size, sentence):
    choose(lab, "lighthouse")
    before, options = seen(lab), lab.sample.options
    lab.upload.value = (opened("x.txt", content, size),)
    assert "That did not work" in lab.status.value
    assert sentence in lab.status.value
    assert (seen(lab), lab.sample.options, lab.upload.value) == (before, options, ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The text is empty"),
        (" \n ", "The text is empty"),
        ("one", "at least two tokens"),
        ("ab " * 17_000_000, "51.0 million characters"),
    ],
)
def test_texts_that_are_none_change_nothing(lab, text, sentence):
    choose(lab, "lighthouse")
    before = seen(lab)
    write(lab, text)
    assert "That did not work" in lab.status.value
    assert sentence in lab.status.value
    assert seen(lab) == before


HOSTILE = (
    "<script>alert(1)</script> is what “it” said, \"and\" <img src=x onerror='alert(2)'> twice."
)


def test_texts_are_shown_as_text(lab):
    lab.upload.value = (opened("<b>evil</b>.txt", HOSTILE.encode()),)
    lab.memorize.click()
    lab.prompt.value = "<i>hm</i>"
    lab.recite.click()
    shown = [lab.recited.value]
    lab.prompt.value = ""
    lab.recite.click()
    shown += [lab.recited.value, lab.status.value, lab.picture.value]
    shown += [row.bar.value for row in lab.shelf.values()]
    lab.shelf["<b>evil</b>.txt"].click()
    shown = " ".join([*shown, lab.badge.value, lab.status.value])
    assert not re.search(r"<script|<img src=x|<b>evil|<i>hm|onerror='", shown)
    assert "&lt;script" in shown
    assert "&lt;b&gt;evil" in shown
    # A recited "<" stands alone, so that it would make no tag, and still is no HTML.
    assert "&lt;</summary>" in shown
    assert "><</summary>" not in shown


# ---- Recite ----------------------------------------------------------------------------------


def test_a_prompt_may_lack_the_space_before_it_and_end_in_a_word(lab):
    choose(lab, "lighthouse")
    for prompt in ("when even the soup", "was the winter when even the so"):
        lab.prompt.value = prompt
        lab.recite.click()
        assert lab.continuation.startswith(" complained of the cold")
        assert "the soup complained of the cold" in recited(lab)


def test_step_by_step_is_the_same_as_to_the_end(lab):
    choose(lab, "lighthouse")
    lab.prompt.value, lab.words.value = "Odile Marsh wound her", 5
    for count in range(1, 6):
        lab.step.click()
        assert len(me.tokenize(lab.continuation)) == count
    stepped = lab.continuation
    lab.recite.click()
    assert lab.continuation == stepped == " great lamp each evening,"
    lab.prompt.value = "It was the winter when"
    lab.step.click()
    assert lab.continuation == " even"


def test_enter_in_the_prompt_recites(lab):
    choose(lab, "lighthouse")
    lab.prompt._handle_custom_msg({"event": "submit"}, [])
    assert lab.continuation.startswith("It was the winter")


def test_what_was_never_read_is_said_so(lab):
    choose(lab, "lighthouse")
    lab.prompt.value = "The weather on Mars is"
    lab.recite.click()
    assert NEVER in lab.recited.value
    assert "4 words or more" in lab.status.value
    assert lab.continuation == ""


def test_it_says_where_its_knowledge_ends_and_may_guess_on(lab):
    choose(lab, "lighthouse")
    tail = SAMPLES["lighthouse"][-40:]
    lab.prompt.value = tail[: tail.rindex(" ")]
    lab.recite.click()
    known = lab.continuation
    assert SAMPLES["lighthouse"].endswith(known)
    assert "I know no further." in recited(lab)
    assert "“lighthouse” ends here" in lab.status.value
    lab.may_guess.value = True
    lab.step.click()
    assert len(lab.continuation) > len(known)
    assert lab.continuation.startswith(known)
    assert 'class="guess"' in lab.recited.value


def test_wrong_words_are_marked_and_say_what_is_right():
    lab = MemoLab(make("projection", dim=256, heads=4, layers=2))
    for name in ("lighthouse", "clockmaker", "atlas"):
        choose(lab, name)
    lab.prompt.value, lab.may_guess.value = "It was the winter when even the soup", True
    lab.recite.click()
    wrong = int(re.search(r"(\d+) of 40 differ", lab.status.value)[1])
    assert wrong > 5
    assert lab.recited.value.count("✗</summary>") == wrong
    assert re.search(r"“(lighthouse|clockmaker)” has “\S+” here", lab.recited.value)


def test_a_word_opens_to_the_votes_that_made_it(lab):
    choose(lab, "lighthouse")
    lab.prompt.value, lab.words.value = "It was the winter when even the soup", 5
    lab.recite.click()
    explanation = lab.model.explain("It was the winter when even the soup")
    why = plain(lab.recited.value)
    votes = [f"{vote:.2f}" for vote in explanation.votes[:, 0]]
    assert f"·complained{''.join(votes)}{explanation.candidates[0][1]:.2f}" in why
    assert "layer 1 saw 4 tokens: when even the soup" in why
    assert "layer 2 saw nothing: so many tokens do not stand before it yet" in why
    assert lab.recited.value.count("<details") == 5
    assert lab.recited.value.count("less than one in a million") == 2 * 5 + 1


def test_buttons_of_an_empty_lab_answer_with_a_sentence(lab):
    for button in (lab.recite, lab.step):
        button.click()
        assert "The memory is empty" in lab.status.value


# ---- Save and load ---------------------------------------------------------------------------


def test_a_memory_is_saved_and_loaded(lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    choose(lab, "lighthouse")
    before = seen(lab)
    lab.save.click()
    assert "Saved" in lab.status.value
    other = MemoLab(make("projection", dim=64))
    empty = seen(other)
    other.load.click()
    assert seen(other) == before
    other.undo.click()
    assert seen(other) == empty


@pytest.mark.parametrize("name", ["", "none.memo", "notes.txt", "."])
def test_files_that_are_no_memories_are_left_alone(lab, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("my thesis")
    choose(lab, "lighthouse")
    before = seen(lab)
    lab.path.value = name
    lab.load.click()
    assert "That did not work" in lab.status.value
    if name != "none.memo":
        lab.save.click()
        assert "That did not work" in lab.status.value
    assert seen(lab) == before
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert (tmp_path / "notes.txt").read_text() == "my thesis"


# ---- Work that takes long --------------------------------------------------------------------


def beside(lab, press, meanwhile=lambda: None):
    """Press a button as a person does, and do something while the work runs."""

    async def run():
        press()
        assert lab.work.busy
        meanwhile()
        await lab.work.task

    asyncio.run(run())


@pytest.fixture
def person(monkeypatch):
    monkeypatch.setattr(work, "clicked_by_a_person", lambda: True)
    monkeypatch.setattr(work, "GLANCE", 0.01)


LONG = "".join(f"word{i % 700} and " for i in range(8000))


@pytest.mark.usefixtures("person")
def test_a_person_gets_the_same_memory_as_a_program(lab):
    twin = make(dim=512, heads=4, layers=2)
    twin.memorize(LONG)
    lab.text.value = LONG
    beside(lab, lab.memorize.click)
    assert lab.model.matrix.tobytes() == twin.matrix.tobytes()
    assert not lab.work.busy
    assert lab.work.layout.display == "none"
    assert "the last 2,048 measured" in bars(lab)[0]


@pytest.mark.usefixtures("person")
@pytest.mark.parametrize("action", ["memorize", "forget", "rebuild"])
def test_stop_changes_nothing(lab, action):
    beside(lab, lambda: choose(lab, "lighthouse"))
    lab.text.value = LONG
    if action != "memorize":
        beside(lab, lab.memorize.click)
    before = seen(lab)
    press = {
        "memorize": lab.memorize.click,
        "forget": lambda: lab.shelf["word0 and word1 and"].click(),
        "rebuild": lambda: setattr(lab.dim, "value", 1024),
    }[action]
    beside(lab, press, lab.work.stop.click)
    assert "Stopped. The memory is as it was before." in lab.status.value
    assert seen(lab) == before
    beside(lab, press)
    assert seen(lab) != before


@pytest.mark.usefixtures("person")
def test_the_widgets_stay_alive_and_show_the_progress(lab):
    lab.text.value, shares, looks = LONG, [], []
    lab.work.bar.observe(lambda change: shares.append(change.new), "value")
    lab.work.layout.observe(lambda change: looks.append(change.new), "display")

    async def run():
        lab.memorize.click()
        waits = []
        while lab.work.busy:
            start = time.perf_counter()
            await asyncio.sleep(0.001)
            waits.append(time.perf_counter() - start)
            if lab.work.layout.display == "flex" and not lab.work.in_passing:
                assert lab.memorize.disabled
                assert lab.dim.disabled
                assert not lab.work.stop.disabled
        return waits

    waits = asyncio.run(run())
    assert len(waits) > 10
    assert any(0 < share < 1 for share in shares)
    assert looks[0] == "flex"
    assert looks[-1] == "none"
    assert not lab.memorize.disabled
    assert not lab.undo.disabled


@pytest.mark.usefixtures("person")
def test_a_second_press_waits_for_no_one(lab):
    beside(lab, lab.memorize.click, lab.memorize.click)
    assert list(lab.model.texts) == ["lighthouse"]


@pytest.mark.usefixtures("person")
def test_what_is_pressed_meanwhile_waits_its_turn(lab):
    def more():
        lab.seed.value = 7
        lab.dim.value = 256
        lab.recite.click()

    beside(lab, lab.memorize.click, more)
    twin = make(dim=256, heads=4, layers=2, seed=7)
    twin.memorize(SAMPLES["lighthouse"])
    assert lab.model.matrix.tobytes() == twin.matrix.tobytes()
    assert "Recited 40" in lab.status.value
    assert not lab.work.busy


@pytest.mark.usefixtures("person")
def test_what_is_no_longer_looked_at_stops():
    worker, tells, dropped, done = Work(), [], threading.Event(), threading.Event()

    def look(tell):
        tells.append(tell)
        dropped.wait(30)
        try:
            tell(0.5)
        except StoppedError:
            done.set()

    def looking():
        worker.in_passing = True
        with pytest.raises(StoppedError):
            yield look

    def following():
        yield lambda tell: tell(0.1)

    async def run():
        worker.run(looking())
        while not tells:
            await asyncio.sleep(0.001)
        worker.run(following())
        await worker.task

    asyncio.run(run())
    dropped.set()
    assert done.wait(30)
    assert not worker.busy


@pytest.mark.usefixtures("person")
def test_looking_gives_way_to_the_next_press(lab, monkeypatch):
    asked, answered = threading.Event(), threading.Event()

    def slow_theory(*_):
        asked.set()
        answered.wait(30)
        return {"lighthouse": 0.123}

    monkeypatch.setattr(memo_lab, "predict_recall", slow_theory)

    async def run():
        lab.text.value = LONG  # long enough for the bar to be shown, and the buttons held
        lab.may_guess.value = True
        lab.memorize.click()
        while not asked.is_set():
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.1)
        assert not lab.recite.disabled
        lab.recite.click()
        await lab.work.task
        answered.set()

    asyncio.run(run())
    assert "Recited 40" in lab.status.value
    assert not lab.recite.disabled
    assert lab.work.layout.display == "none"
    assert "theory" not in bars(lab)[0]


@pytest.mark.usefixtures("person")
def test_jobs_run_beside_and_their_failures_come_back():
    threads, found = [], []

    def steps():
        threads.append((yield lambda tell: threading.current_thread()))
        try:
            yield lambda tell: 1 / 0
        except ZeroDivisionError as error:
            found.append(error)

    async def run():
        worker = Work()
        worker.run(steps())
        await worker.task

    asyncio.run(run())
    assert threads[0] is not threading.main_thread()
    assert len(found) == 1


def test_without_a_browser_all_is_done_at_once():
    threads, worker = [], Work()

    def steps():
        threads.append((yield lambda tell: threading.current_thread()))
        worker.stop.click()
        with pytest.raises(StoppedError):
            yield lambda tell: tell(0.5)

    worker.run(steps())
    assert threads == [threading.current_thread()]
    assert not worker.busy


def test_the_answer_comes_before_the_picture(lab):
    order = []
    for widget in (lab.status, lab.picture):
        widget.observe(lambda change: order.append(change.owner), "value")
    for press in (lab.memorize.click, lambda: lab.shelf["lighthouse"].click(), lab.undo.click):
        press()
        assert order[:2] == [lab.status, lab.picture]
        order.clear()


@pytest.mark.parametrize("encoder", ["binding", "projection"])
def test_an_action_on_a_page_answers_at_once(encoder):
    lab = MemoLab(me.MeMo(encoder=encoder, backend="numpy"))
    write(lab, SAMPLES["clockmaker"])
    lab.shelf["It was the winter"].click()
    page = " ".join([SAMPLES["lighthouse"], SAMPLES["atlas"]])[:3000]
    spent, show = {}, lab._show
    lab._show = lambda message: (show(message), spent.setdefault(message, time.process_time()))
    start = time.process_time()
    write(lab, page)
    lab.undo.click()
    # Time of the processor, which other programs do not take away.
    assert min(spent.values()) - start < 0.2


# ---- Where it stands -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["MemoLab", "PairLab", "WindowLab", "EncoderLab"])
def test_where_nothing_runs_words_stand_in_its_place(name):
    lab = getattr(me.lab, name)()
    shown = lab._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert "A live lab belongs here." in shown["text/html"]
    assert type(lab).__doc__.splitlines()[0] in shown["text/html"]
    assert repr(lab).splitlines()[-1] in html.unescape(shown["text/html"])


def test_a_text_that_is_stored_in_its_place_is_shown_as_text():
    shown = me.lab.EncoderLab(["<b>", "&", "c", "d"])._repr_mimebundle_()["text/html"]
    shown += parts.still("for <i>", "<script>")
    assert not re.search("<i>(?!Run)|<script|<b>(?!A live)", shown)
    assert "&lt;script&gt;" in shown


def test_a_page_for_visitors_has_no_files(lab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab.lock_files()
    assert lab.files not in lab.children
    assert all(widget.comm is None for widget in (lab.path, lab.save, lab.load))
    lab.memorize.click()
    assert "100 %" in repr(lab)
    assert not any(tmp_path.iterdir())


def test_an_empty_lab_says_so(lab):
    assert [plain(child.value) for child in lab._shelf_box.children] == [
        "Nothing yet. Press Memorize."
    ]


# ---- What is measured and drawn --------------------------------------------------------------


def test_theory_stands_beside_what_is_measured(monkeypatch):
    monkeypatch.setattr(measures, "EXACT_THEORY", 1000)
    model, texts = make("projection", dim=256, heads=4, layers=2), {}
    for name in ("lighthouse", "clockmaker"):
        texts[name] = SAMPLES[name]
        model.memorize(SAMPLES[name], name)
    predicted, measured = measures.predict_recall(model, texts), measures.measure(model, texts)
    for name in texts:
        assert predicted[name] == pytest.approx(measured[name], abs=0.15)
        assert measured[name] == model.recall(SAMPLES[name]).accuracy


def test_long_texts_are_measured_at_their_end_and_predicted_from_counts():
    model = make(dim=256, heads=4, layers=2)
    model.memorize(LONG, "long")
    measured = measures.measure(model, {"long": LONG})["long"]
    assert measured == model.recall(LONG, 16001 - measures.MEASURED).accuracy
    assert 0 < measures.predict_recall(model, {"long": LONG})["long"] < 1
    assert not measures.is_rough(model, {"long": LONG})
    assert measures.is_rough(make("projection"), {"long": LONG})


def test_a_memory_is_as_full_as_theory_says():
    model, text = make(dim=256, heads=4, layers=2), SAMPLES["lighthouse"]
    assert measures.fullness(model, {}) is None
    full = measures.fullness(model, {"lighthouse": text})
    assert full.pairs == 410
    counts = np.unique(me.tokenize(text), return_counts=True)[1]
    times = full.capacity / full.pairs
    for factor, is_above in ((0.9, True), (1.1, False)):
        more = np.maximum(1, np.rint(counts * times * factor)).astype(int)
        recalled = me.theory.recall_of_counts(more, 256, 256, 4, 2, "binding")
        assert (recalled > 0.9) == is_above
    assert "under 1 % full" in gauge(measures.Fullness(410, 58_896))
    assert "59,000 pairs" in gauge(measures.Fullness(410, 58_896))
    assert "▲" in gauge(measures.Fullness(900, 800))


def test_a_proof_finds_the_smallest_difference():
    model = taught(dim=512)
    texts = model.originals()
    assert measures.prove_forgotten(model, texts) == measures.Proof(True, 0.0)
    model.matrix[0, 0] += 1
    assert not measures.prove_forgotten(model, texts).identical


def test_a_recitation_follows_the_text_that_agrees_longest():
    texts = {"a": list("xabcq"), "b": list("yabcde"), "c": list("abz")}
    assert measures.follow(list("ab"), list("cde"), texts) == ("b", list("cde"))
    assert measures.follow(list("xab"), list("cde"), texts) == ("a", list("cq"))
    assert measures.follow([], list("yb"), texts) == ("b", list("ya"))
    assert measures.follow(list("nowhere"), list("cd"), texts) == (None, [])


def test_the_picture_shows_before_plus_change_is_now(lab):
    assert "now: 0 % of the entries are not zero" in lab.picture.value
    choose(lab, "lighthouse")
    titles = re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", lab.picture.value)
    assert titles == ["before", "Memorize “lighthouse”", "now"]
    assert lab.picture.value.count("data:image/png;base64,") == 3
    assert "1,048,576 bytes" in lab.picture.value
    before, now = np.eye(4), np.ones((4, 4))
    shown = memory_picture(before, now, (4, 4, 64), "tea")
    assert 'alt="tea: 75 % of the entries are not zero, the largest is 1"' in shown
    assert png(before, 1.0) != png(-before, 1.0)
    assert png(before, 1.0).startswith(b"\x89PNG")


def test_bars_do_not_speak_by_colour_alone():
    shown = bar("a & b", 12, [1.0, 0.98, 0.977, 0.4], 0.5)
    assert "100 → 98 → 40 %" in shown
    assert 'aria-label="a &amp; b: 40 % recalled, theory 50 %"' in shown
    assert "repeating-linear-gradient" in bar("a", 12, [0.1], None, is_memorized=False)


def test_the_drop_zone_is_labelled_and_closes_its_attributes():
    shown = drop_zone()
    assert "<label" in shown
    assert 'role="alert"' in shown
    assert shown.count('"') % 2 == 0
    assert str(LONGEST) in shown


def test_every_control_has_a_name(lab):
    def widgets_in(box):
        for child in box.children:
            yield from widgets_in(child) if hasattr(child, "children") else [child]

    for widget in widgets_in(lab):
        if hasattr(widget, "disabled") and widget is not lab.text:
            assert getattr(widget, "description", ""), widget
