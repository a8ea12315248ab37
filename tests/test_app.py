"""`make app`: MemoLab alone, as a page, with the very command that make runs."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from live import SECONDS, chromium, faults_of, needs_browser, serving

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [
    needs_browser,
    pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def app(folder):
    """Serve the page, and yield its address."""
    dry_run = ["make", "--dry-run", "--no-print-directory", "app"]
    run = subprocess.run(dry_run, cwd=ROOT, capture_output=True, text=True, check=True)
    setting, _, *options = shlex.split(run.stdout.splitlines()[-1])
    name, value = setting.split("=")
    options = [str(ROOT / option) if "/app/" in option else option for option in options]
    with serving([sys.executable, *options], folder, **{name: str(ROOT / value)}) as url:
        yield url


def visit(browser, app, query=""):
    """Open the page, and return it with its lab and what goes wrong."""
    page = browser.new_page()
    faults = faults_of(page)
    page.goto(f"{app}{query}")
    return page, page.locator(".memo-lab"), faults


def memorize(lab, name):
    lab.get_by_label("Text", exact=True).select_option(name)
    lab.get_by_role("button", name="Memorize").first.click()
    lab.get_by_text(f"Memorized “{name}”").wait_for(timeout=30 * SECONDS)


def test_each_visitor_has_a_memory_and_nothing_is_fetched_from_elsewhere(app, folder):
    with chromium() as browser:
        first, lab, faults = visit(browser, app)
        second, other, more_faults = visit(browser, app, "?theme=dark")
        memorize(lab, "lighthouse")
        memorize(other, "atlas")
        for shown, name in ((lab, "lighthouse"), (other, "atlas")):
            shown.get_by_text("100 % recalled").wait_for(timeout=30 * SECONDS)
            shown.get_by_role("button", name="Recite").click()
            shown.get_by_text(f"0 of 40 differ from “{name}”").wait_for(timeout=30 * SECONDS)
            assert shown.get_by_role("button", name="Forget").count() == 1
            assert shown.get_by_role("button", name="Save").count() == 0
        grounds = [page.evaluate(GROUND) for page in (first, second)]
        assert grounds == ["rgb(255, 255, 255)", "rgb(17, 17, 17)"]
        assert first.evaluate("document.fonts.check('14px FontAwesome')")
        assert faults == more_faults == []
        log = (folder / "server.log").read_text(encoding="utf-8")
        assert log.count("Kernel started") == 2
        assert "Culling kernels with idle durations > 1800 seconds" in log


GROUND = "getComputedStyle(document.body).getPropertyValue('background-color')"
