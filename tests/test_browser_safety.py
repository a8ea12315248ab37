"""Text that is HTML or a script is shown as text: in every display, in a lab, on a grade's page."""

import pytest
from live import (
    SECONDS,
    chromium,
    faults_of,
    jupyterlab,
    labs_of,
    needs_browser,
    run_all,
    wait_for,
    write_notebook,
)

from memo_edu.course import report
from memo_edu.course.report import Result

pytestmark = needs_browser

# Each would leave its name on the page, wherever it is not text: a token, a tip, an attribute.
EVIL = (
    "<script>document.body.dataset.evil='script'</script> "
    "<img/src=x/onerror=\"document.body.dataset.evil='image'\"> "
    "\"onmouseover=document.body.dataset.evil='tip' '><b>bold</b> </div></textarea> &lt;i&gt;"
)
FILE = "<img src=x onerror=document.body.dataset.evil='name'> &amp; more.txt"
SHOWN = f"""
import memo_edu as me
from memo_edu.checks import Outcome
from IPython.display import display

EVIL = {EVIL!r}
model = me.MeMo(dim=64, heads=2, layers=2, encoder="binding", backend="numpy")
model.memorize(EVIL, name=EVIL)
context = " ".join(EVIL.split(" ")[:2])
display(model, model.predict(context), model.explain(context), model.recall(EVIL))
other = me.MeMo(dim=64, heads=2, layers=2, backend="numpy")
other.memorize(EVIL[::-1])
display(other.recall(EVIL))
display(me.plots.show(me.plots.bars({{EVIL[:40]: 1.0}}, "x"), EVIL))
display(Outcome("1.1", "wrong", EVIL))
"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


def assert_nothing_ran(page):
    page.wait_for_timeout(300)  # a picture that is not there is found missing a little later
    assert page.evaluate("document.body.dataset.evil") is None


def test_scripts_in_texts_and_names_are_text_in_jupyterlab(browser, tmp_path):
    (tmp_path / "notebooks").mkdir()
    cells = [SHOWN, "me.lab.MemoLab(model)"]
    write_notebook(tmp_path / "notebooks" / "evil.ipynb", cells)
    with jupyterlab(tmp_path) as url:
        page = run_all(url, browser, "evil.ipynb")
        outputs = page.locator(".jp-RenderedHTMLCommon.jp-OutputArea-output")
        wait_for(lambda: outputs.count() >= 7)
        assert outputs.locator("script").count() == 0
        assert outputs.locator("img:not([src^='data:image/png'])").count() == 0
        assert "<script>" in outputs.first.inner_text().replace("·", " ")

        lab = labs_of(page).first
        status = lab.locator("[role=status]")
        upload = {"name": FILE, "mimeType": "text/plain", "buffer": EVIL.encode()}
        lab.locator("input[type=file]").first.set_input_files(upload)
        status.get_by_text(f"Opened “{FILE}”").wait_for(timeout=30 * SECONDS)
        lab.get_by_role("button", name="Memorize").first.click()
        status.get_by_text(f"Memorized “{FILE}”").wait_for(timeout=30 * SECONDS)
        lab.get_by_role("button", name="Recite").click()
        lab.locator("summary").first.click()
        lab.locator("summary").nth(1).hover()
        lab.get_by_role("button", name=f"Forget “{FILE}”").click()
        lab.get_by_text("identical to never having read it").wait_for(timeout=30 * SECONDS)
        assert lab.locator("script").count() == 0
        assert_nothing_ran(page)
        assert page.faults == []


def test_scripts_on_a_page_of_grades_do_not_run(browser, tmp_path):
    """Not even those that nbgrader would have let through, in a page opened as a file."""
    page_of = tmp_path / "course" / "feedback" / "anna" / "ps1"
    page_of.mkdir(parents=True)
    through = f"{EVIL}<scr<script></script>ipt>document.body.dataset.evil='pieces'</script>"
    (page_of / "ps1.html").write_text(f"<html><head></head><body>{through}</body></html>")
    result = Result("anna", EVIL, {"1a": 0.0}, {"1a": 5.0}, {"1a": EVIL}, [EVIL], {"1a": EVIL})
    report.write([result], "ps1", tmp_path / "course", tmp_path)
    result.student = EVIL
    (tmp_path / "name.html").write_text(
        f"<html><head></head><body>{report._overview(result, 'ps1')}</body></html>"
    )
    page = browser.new_page()
    asked = faults_of(page)
    for name, times in (("feedback/anna.html", 4), ("summary.html", 3), ("name.html", 5)):
        page.goto((tmp_path / name).as_uri())
        assert page.inner_text("body").count(" ".join(EVIL.split())) >= times
        page.mouse.move(300, 300)
        assert_nothing_ran(page)
    assert not [fault for fault in asked if "asked" in fault and "file:" not in fault]
