"""The labs in a real browser: buttons, keys, files, and work that a person stops."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import sync_playwright

import memo_edu as me

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = bool(os.environ.get("MEMO_EDU_REQUIRE_BROWSER"))
NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "00-welcome.ipynb"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 1000
LABS = ["MemoLab"]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED,
    reason="no Chromium on this machine (on Debian: apt install chromium)",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve a copy of chapter 00, and labs alone, with JupyterLab, with settings of its own."""
    tmp_path = tmp_path_factory.mktemp("jupyter")
    root = tmp_path / "notebooks"
    root.mkdir()
    shutil.copy(NOTEBOOK, root)
    for name in LABS:
        write_notebook(root / f"{name}.ipynb", f"import memo_edu as me\nme.lab.{name}()")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    homes = {
        name: str(tmp_path / name.lower())
        for name in (
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
        )
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token=", f"--ServerApp.root_dir={root}"),
    ]
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=os.environ | homes, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: urllib.request.urlopen(f"{url}/api/status", timeout=5), 60)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def wait_for(condition, seconds):
    """Try until it returns something true, and let its last error through when time is up."""
    end = time.monotonic() + seconds
    while True:
        try:
            result = condition()
            if result:
                return result
        except Exception:
            if time.monotonic() > end:
                raise
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.3)


def write_notebook(path, code):
    """Write a notebook of one cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def kernel_is_idle(url, name):
    with urllib.request.urlopen(f"{url}/api/sessions", timeout=5) as answer:
        sessions = {one["path"]: one["kernel"] for one in json.load(answer)}
    kernel = sessions[name]
    return kernel["execution_state"] == "idle" and kernel["connections"] > 0


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def run_all(server, browser, name):
    """Open a notebook, run its cells, and return the page."""
    page = browser.new_page(viewport={"width": 1400, "height": 1400})
    page.goto(f"{server}/lab/tree/{name}?reset", timeout=90 * SECONDS)
    wait_for(lambda: kernel_is_idle(server, name), 60)
    page.wait_for_selector(".jp-Notebook")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator(".jp-OutputArea .widget-vbox").first.wait_for(timeout=90 * SECONDS)
    wait_for(lambda: kernel_is_idle(server, name), 90)
    return page


def close(page, name):
    """Keep a picture if one is asked for, and see that no cell went wrong."""
    if folder := os.environ.get("MEMO_EDU_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
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
