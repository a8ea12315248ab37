"""The labs in a real browser: buttons, keys, files, and work that a person stops."""

import os
import re
import shutil
from pathlib import Path

import pytest
from live import (
    SECONDS,
    choose,
    chromium,
    darken,
    jupyterlab,
    labs_of,
    needs_browser,
    reload,
    run_all,
    wait_for,
    write_notebook,
)
from readable import nameless, pale, tabbed

import memo_edu as me

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "00-welcome.ipynb"

pytestmark = needs_browser


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve a copy of chapter 00, and a notebook with a lab alone."""
    folder = tmp_path_factory.mktemp("jupyter")
    (folder / "notebooks").mkdir()
    shutil.copy(NOTEBOOK, folder / "notebooks")
    write_notebook(
        folder / "notebooks" / "MemoLab.ipynb", ["import memo_edu as me\nme.lab.MemoLab()"]
    )
    with jupyterlab(folder) as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


def close(page, name):
    """Keep a picture if one is asked for, and see that no cell went wrong."""
    if folder := os.environ.get("MEMO_EDU_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    assert page.faults == []
    page.close()


def test_chapter_00_has_a_lab_that_memorizes_and_recites(server, browser):
    page = run_all(server, browser, NOTEBOOK.name)
    lab = page.locator(".memo-lab")
    # The cells below the lab have driven it; now a person does.
    lab.scroll_into_view_if_needed()
    lab.locator("select").first.select_option("mulino")
    lab.get_by_role("button", name="Memorize").first.click()
    lab.get_by_text("Memorized “mulino”").wait_for(timeout=30 * SECONDS)
    lab.get_by_label("Begin with").fill("Il mulino di Ersilia Bonfante")
    lab.get_by_label("Begin with").press("Enter")
    lab.get_by_text("Recited 40 tokens").wait_for(timeout=30 * SECONDS)
    words = "".join(lab.locator("summary").all_inner_texts())
    assert len(words) > 100
    assert words in "".join(me.sample_texts()["mulino"].split())
    close(page, "chapter-00")


def test_memo_lab_shows_votes_forgets_opens_files_and_stops(server, browser):
    page = run_all(server, browser, "MemoLab.ipynb")
    lab, status = page.locator(".memo-lab"), page.locator(".memo-lab [role=status]")
    memorize = lab.get_by_role("button", name="Memorize").first

    def says(words):
        status.get_by_text(words).wait_for(timeout=30 * SECONDS)

    # By keys alone: memorize, recite, and open a word.
    memorize.press("Enter")
    says("Memorized “lighthouse”")
    lab.get_by_text("100 % recalled").wait_for(timeout=30 * SECONDS)
    lab.get_by_role("button", name="Recite").press("Space")
    says("Recited 40 tokens")
    lab.locator("summary").nth(7).press("Enter")
    opened = lab.locator("details[open]")
    assert opened.locator("summary").inner_text() == "soup"
    assert opened.get_by_text("layer 1 saw 4 tokens: winter when even the").is_visible()
    lab.get_by_role("button", name="Forget").click()
    lab.get_by_text("identical to never having read it").wait_for(timeout=30 * SECONDS)

    # Files: one with tags in it, dropped; one that is no text; one that is far too long.
    hostile = "<img src=x onerror=\"document.title='broken'\"> <b>bold</b> words, and a few more."
    page.evaluate(DROP, hostile)
    says("Opened “drop.txt”")
    memorize.click()
    says("Memorized “drop.txt”")
    lab.get_by_role("button", name="Recite").click()
    lab.get_by_text("I know no further.").wait_for(timeout=30 * SECONDS)
    assert page.title() != "broken"
    files = lab.locator("input[type=file]").first
    files.set_input_files({"name": "x.txt", "mimeType": "text/plain", "buffer": b"\xff\0\xfe"})
    says("“x.txt” is not a text")
    page.evaluate(OPEN_LONG, 50_000_000)
    lab.get_by_text("long.txt has 50.0 MB").wait_for(timeout=30 * SECONDS)
    lab.locator("textarea").fill("never " * 200_000)
    lab.get_by_text("this text has 1.2 million characters").wait_for(timeout=30 * SECONDS)

    # Long work: it shows its progress, hears Stop, and leaves the memory alone.
    lab.locator("textarea").fill("".join(f"word{i} and " for i in range(60_000)))
    memorize.click()
    lab.get_by_role("button", name="Stop").click(timeout=30 * SECONDS)
    says("Stopped. The memory is as it was before.")
    assert lab.get_by_text("word0").count() == 0
    lab.get_by_role("button", name="projection").click()
    says("Memorized anew: drop.txt")
    close(page, "memo-lab")


def test_a_new_user_does_all_of_it_and_finds_it_again(server, browser):
    page = run_all(server, browser, "MemoLab.ipynb")
    lab, status = page.locator(".memo-lab"), page.locator(".memo-lab [role=status]")

    def says(words):
        status.get_by_text(words).wait_for(timeout=30 * SECONDS)

    def recalls():
        lab.locator("[aria-label*='theory']").nth(len(shelf) - 1).wait_for(timeout=60 * SECONDS)
        labels = [
            bar.get_attribute("aria-label") for bar in lab.locator("[aria-label*='recalled']").all()
        ]
        return {label.split(":")[0]: int(re.search(r"(\d+) %", label)[1]) for label in labels}

    # A text of one's own and two samples, with the paper's encoder.
    lab.get_by_role("button", name="projection").click()
    says("A new matrix")
    own = {"name": "mine.txt", "mimeType": "text/plain", "buffer": OWN.encode()}
    lab.locator("input[type=file]").first.set_input_files(own)
    says("Opened “mine.txt”")
    shelf = []
    for name in ("mine.txt", "lighthouse", "clockmaker"):
        lab.get_by_label("Text", exact=True).select_option(name)
        lab.get_by_role("button", name="Memorize").first.click()
        says(f"Memorized “{name}”")
        shelf.append(name)
    full = recalls()
    assert list(full) == shelf

    # A continuation, and why a word of it was chosen.
    lab.get_by_label("Begin with").fill("My aunt keeps a small")
    lab.get_by_label("go on where it does not know").check()
    lab.get_by_role("button", name="Recite").click()
    says("Recited")
    lab.locator("summary").first.click()
    assert (
        lab.locator("details[open]")
        .get_by_text("layer 1 saw 4 tokens: aunt keeps a small")
        .is_visible()
    )

    # One is forgotten, and the other two recover.
    lab.get_by_role("button", name="Forget “clockmaker”").click()
    says("Forgot “clockmaker”")
    shelf.pop()
    wait_for(lambda: "not in memory" in lab.inner_text())
    for name in shelf:
        wait_for(lambda: recalls()[name] > full[name])  # noqa: B023
    lab.get_by_role("button", name="Undo").click()
    says("Undone: Forget “clockmaker”.")

    # In the dark, too; for a screen reader; and by keys alone.
    assert pale(lab) == []
    darken(page)
    assert pale(lab) == nameless(lab) == []
    met = tabbed(page, lab)
    assert [name for name, is_seen in met if not is_seen] == []
    assert len(met) >= 20

    # The kernel keeps it when the page is loaded again; when the cell runs again, another begins.
    reload(page, server, "MemoLab.ipynb")
    lab.get_by_role("button", name="Forget “mine.txt”").click(timeout=60 * SECONDS)
    says("Forgot “mine.txt”")
    choose(page, "Run", "Run All Cells")
    lab.get_by_text("Nothing yet. Press Memorize.").wait_for(timeout=30 * SECONDS)
    lab.get_by_role("button", name="Memorize").first.click()
    says("Memorized “lighthouse”")
    assert labs_of(page).count() == 1
    close(page, "new-user")


OWN = """My aunt keeps a small museum of lost umbrellas behind the bakery. Each of them has a label
with the date, the weather and the bench on which it was found, and on rainy days she lends them
out again."""
DROP = """text => {
  const carrier = new DataTransfer();
  carrier.items.add(new File([text], 'drop.txt'));
  const zone = document.querySelector('.memo-lab label:has(input[type=file])');
  zone.dispatchEvent(new DragEvent('drop', {dataTransfer: carrier, bubbles: true}));
}"""
OPEN_LONG = """size => {
  const carrier = new DataTransfer();
  carrier.items.add(new File(['a'.repeat(size)], 'long.txt'));
  const input = document.querySelector('.memo-lab input[type=file]');
  input.files = carrier.files;
  input.dispatchEvent(new Event('change'));
}"""
