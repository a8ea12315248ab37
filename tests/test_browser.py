"""Chapter 00 in a real browser: the lab's buttons memorize and recite."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

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

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED,
    reason="no Chromium on this machine (on Debian: apt install chromium)",
)


@pytest.fixture
def server(tmp_path):
    """Serve a copy of chapter 00 with JupyterLab, with settings of its own."""
    root = tmp_path / "notebooks"
    root.mkdir()
    shutil.copy(NOTEBOOK, root)
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


def kernel_is_idle(url):
    with urllib.request.urlopen(f"{url}/api/kernels", timeout=5) as answer:
        kernels = answer.read().decode()
    return '"idle"' in kernels and '"connections": 0' not in kernels


def test_the_lab_memorizes_and_recites_in_jupyterlab(server):
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{server}/lab/tree/{NOTEBOOK.name}?reset", timeout=90 * SECONDS)
        wait_for(lambda: kernel_is_idle(server), 60)
        page.wait_for_selector(".jp-Notebook")
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        lab = page.locator(".jp-OutputArea .widget-vbox").first
        lab.wait_for(state="attached", timeout=90 * SECONDS)
        wait_for(lambda: kernel_is_idle(server), 90)
        # The cells below the lab have driven it; now a person does.
        lab.scroll_into_view_if_needed()
        lab.locator("select").first.select_option("mulino")
        lab.get_by_role("button", name="Memorize").click()
        lab.get_by_text("Memorized “mulino”").wait_for(timeout=30 * SECONDS)
        lab.locator("input[type=text]").first.fill("Il mulino di Ersilia Bonfante")
        lab.get_by_role("button", name="Recite").click()
        lab.get_by_text("aveva la ruota storta").wait_for(timeout=30 * SECONDS)
        words = lab.locator("b").first.inner_text().split()
        assert len(words) > 20
        assert words == me.sample_texts()["mulino"].split()[5 : 5 + len(words)]
        if folder := os.environ.get("MEMO_EDU_SCREENSHOTS"):
            page.screenshot(path=f"{folder}/lab.png")
        errors = page.locator('[data-mime-type="application/vnd.jupyter.error"]')
        assert errors.count() == 0
        browser.close()
