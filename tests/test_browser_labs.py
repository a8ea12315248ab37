"""PairLab, WindowLab and EncoderLab in a real JupyterLab, by mouse and by keyboard."""

import re

import pytest
from live import (
    SECONDS,
    choose,
    chromium,
    darken,
    is_idle,
    jupyterlab,
    labs_of,
    needs_browser,
    reload,
    run_all,
    wait_for,
    write_notebook,
)
from readable import nameless, pale, tabbed

pytestmark = needs_browser

CELLS = [
    "import memo_edu as me\nme.lab.PairLab(dim=128)",
    'me.lab.WindowLab("1 2 3 4 5 6 7 8 9", heads=2, layers=3)',
    "me.lab.EncoderLab()",
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("labs")
    (folder / "notebooks").mkdir()
    write_notebook(folder / "notebooks" / "labs.ipynb", CELLS)
    with jupyterlab(folder) as url, chromium() as browser:
        page = run_all(url, browser, "labs.ipynb", widgets=len(CELLS))
        page.is_idle = lambda: is_idle(url, "labs.ipynb")
        page.reload_all = lambda: reload(page, url, "labs.ipynb")
        yield page
        assert page.faults == []
        assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
        assert page.get_by_text("javascript error").count() == 0


def the_lab(page, number):
    lab = labs_of(page).nth(number)
    lab.scroll_into_view_if_needed()
    return lab


def sees(lab, text):
    """Wait until the lab shows a text, and tell that it does."""
    lab.get_by_text(text).first.wait_for(timeout=30 * SECONDS)
    return True


def press(page, key, times):
    """Press a key again and again, as fast as a person who waits for an answer."""
    for _ in range(times):
        page.keyboard.press(key)
        wait_for(page.is_idle)


def pictures(lab, words):
    """Wait until the lab's picture has such words, and is drawn, not broken."""
    image = lab.locator("img").first
    wait_for(lambda: image.get_attribute("alt").startswith(words))
    wait_for(lambda: image.evaluate("image => image.complete && image.naturalWidth > 500"))
    return True


def test_pairs_are_stored_and_forgotten(page):
    lab = the_lab(page, 0)
    assert pictures(lab, "3 pairs lie in 128 × 128")
    lab.get_by_role("button", name="Store 1,000").click()
    assert sees(lab, "1,003 pairs lie in 128 × 128")
    assert pictures(lab, "1,003 pairs")
    lab.get_by_role("slider").focus()
    press(page, "ArrowRight", 2)
    assert sees(lab, "1,005 pairs lie in")
    lab.get_by_role("button", name="Forget all").focus()
    page.keyboard.press("Enter")
    assert sees(lab, "all of its 128 × 128 = 16,384 numbers are exactly 0")


def test_a_key_is_asked_and_a_wrong_one_refused(page):
    lab = the_lab(page, 0)
    lab.get_by_role("button", name="Forget all").click()
    lab.get_by_role("button", name="Store 100").click()
    assert sees(lab, "100 pairs lie in")
    lab.get_by_label("Ask with key number").fill("3")
    page.keyboard.press("Enter")
    assert sees(lab, "key asks. ✓ door answers, and is right.")
    lab.get_by_label("Ask with key number").fill("5000")
    page.keyboard.press("Enter")
    assert sees(lab, "⚠ Nothing has changed. There is no key 5,000")
    lab.get_by_label("Numbers a vector, d").select_option("64")
    assert sees(lab, re.compile("pairs lie in 64 × 64"))


def test_windows_are_stepped_through(page):
    lab = the_lab(page, 1)
    for token in "456":
        lab.get_by_role("button", name="Step").click()
        assert sees(lab, f"to token {token} of 9")
    lab.get_by_role("slider").focus()
    page.keyboard.press("End")
    assert sees(lab, "3 pairs lead to token 9 of 9")
    assert sees(lab, "1234|5678 → 9")
    assert lab.locator("tr").nth(3).locator("td").all_inner_texts() == [*"12345678", "→ 9"]
    press(page, "ArrowLeft", 2)
    assert sees(lab, "to token 7 of 9")
    assert pictures(lab, "The keys of 2 windows")


def test_a_text_is_typed_and_shown_as_text(page):
    lab = the_lab(page, 1)
    lab.locator("textarea").fill("tea <b>cup</b> <script>document.title='read'</script>")
    lab.get_by_label("Blocks, h").select_option("4")
    assert sees(lab, "layer 1: 4 blocks of 1")
    lab.get_by_role("slider").focus()
    page.keyboard.press("Home")
    assert sees(lab, "to token 5 of")
    lab.get_by_role("button", name="Step").click()
    table = lab.locator("table")
    wait_for(lambda: "→ </" in table.inner_text())
    assert lab.locator("script").count() == 0
    assert page.title() != "read"
    before = table.inner_text()
    lab.locator("textarea").fill("tea cup")
    assert sees(lab, "⚠ Nothing has changed. A window of h = 4 tokens and a token after it make 5")
    assert table.inner_text() == before


def test_two_windows_are_compared(page):
    lab = the_lab(page, 2)
    assert sees(lab, "3 of 4 places agree.")
    lab.get_by_label("Second window", exact=True).select_option("the same")
    assert sees(lab, "4 of 4 places agree.")
    lab.locator('button[title="swap places 1 and 2 of the second window"]').click()
    assert sees(lab, "2 of 4 places agree.")
    bars = lab.locator('[role="img"]').all()
    labels = [bar.get_attribute("aria-label") for bar in bars]
    assert [label.split(":")[0] for label in labels] == [
        "projection",
        "plain product",
        "product with rolls",
    ]
    assert ": 1.00" in labels[1]
    assert "(was 1.00)" in labels[2]
    assert pictures(lab, "EncoderLab, 2 of 4 places agree")


def test_a_token_is_edited_and_a_wrong_one_refused(page):
    lab = the_lab(page, 2)
    lab.get_by_label("Second window", exact=True).select_option("the same")
    assert sees(lab, "4 of 4 places agree.")
    lab.get_by_label("second 3").fill("whale")
    page.keyboard.press("Tab")
    assert sees(lab, "3 of 4 places agree.")
    lab.get_by_label("second 3").fill("two words")
    page.keyboard.press("Enter")
    assert sees(lab, "⚠ Nothing has changed. Place 3 of the second window holds “two words”")
    lab.get_by_label("Windows of").select_option("16 tokens, layer 2")
    assert sees(lab, "15 of 16 places agree.")
    assert lab.get_by_label("second 16").input_value() != ""


def test_words_have_contrast_and_controls_have_names(page):
    labs = [the_lab(page, number) for number in range(len(CELLS))]
    assert [pale(lab) for lab in labs] == [[], [], []]
    darken(page)
    assert [pale(lab) for lab in labs] == [[], [], []]
    assert [nameless(lab) for lab in labs] == [[], [], []]


@pytest.mark.parametrize(("number", "count"), [(0, 11), (1, 7), (2, 18)])
def test_tab_reaches_every_control_and_shows_where_it_is(page, number, count):
    met = tabbed(page, the_lab(page, number))
    assert len(met) >= count
    assert [name for name, is_seen in met if not is_seen] == []


def test_a_swap_swaps_what_was_typed(page):
    lab = the_lab(page, 2)
    lab.get_by_label("Windows of").select_option("4 tokens, layer 1")
    lab.get_by_label("Second window", exact=True).select_option("the same")
    assert sees(lab, "4 of 4 places agree.")
    for token in ("owl", "fox", "elk", "ant"):
        first = lab.get_by_label("second 1", exact=True)
        first.fill(token)
        first.press("Enter")
        assert sees(lab, "3 of 4 places agree.")  # it has been read
        lab.get_by_role("button", name="swap places 1 and 2 of the second window").click()
        second = lab.get_by_label("second 2", exact=True)
        wait_for(lambda: second.input_value() == token)  # noqa: B023
        lab.get_by_label("Second window", exact=True).select_option("the same")
        assert sees(lab, "4 of 4 places agree.")


def test_labs_live_on_when_the_page_is_loaded_again_and_begin_anew_when_cells_run(page):
    choose(page, "Run", "Run All Cells")
    assert sees(the_lab(page, 0), "3 pairs lie in 128 × 128")
    the_lab(page, 0).get_by_role("button", name="Store 100").click()
    assert sees(the_lab(page, 0), "103 pairs lie in")
    page.reload_all()
    assert sees(the_lab(page, 0), "103 pairs lie in")
    the_lab(page, 0).get_by_role("button", name="Forget all").click()
    assert sees(the_lab(page, 0), "are exactly 0")
    the_lab(page, 1).get_by_role("button", name="Step").click()
    the_lab(page, 2).get_by_label("Second window", exact=True).select_option("reversed")
    assert sees(the_lab(page, 2), "0 of 4 places agree.")
    choose(page, "Run", "Run All Cells")
    assert sees(the_lab(page, 0), "3 pairs lie in 128 × 128")
    assert sees(the_lab(page, 1), "to token 3 of 9")
    assert sees(the_lab(page, 2), "3 of 4 places agree.")
