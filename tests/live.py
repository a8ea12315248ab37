"""A server of its own and a page in a real browser, for tests of what a reader can do."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
REQUIRED = bool(os.environ.get("MEMO_EDU_REQUIRE_BROWSER"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOMES = "CONFIG_DIR DATA_DIR RUNTIME_DIR LAB_SETTINGS_DIR LAB_WORKSPACES_DIR"
SECONDS = 1000

needs_browser = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED,
    reason="no Chromium on this machine (on Debian: apt install chromium)",
)


def wait_for(condition, seconds=60):
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
        time.sleep(0.2)


def write_notebook(path, cells):
    """Write a notebook of some cells of code."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)


def answers(port):
    """Tell whether a server listens on a port."""
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        return True


@contextlib.contextmanager
def serving(command, folder, **settings):
    """Run a server with settings and a port of its own, and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    homes = {f"JUPYTER{'' if 'LAB' in n else '_'}{n}": str(folder / n) for n in HOMES.split()}
    command = [*command, "--no-browser", f"--port={port}"]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, env=os.environ | homes | settings, stdout=log, stderr=log
        )
    try:
        wait_for(lambda: answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def jupyterlab(folder):
    """Serve what is in folder/notebooks, and yield the address."""
    command = [
        *(sys.executable, "-m", "jupyterlab", "--allow-root", "--ip=127.0.0.1"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token="),
        f"--ServerApp.root_dir={folder / 'notebooks'}",
    ]
    return serving(command, folder)


@contextlib.contextmanager
def chromium():
    """Start a browser."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def faults_of(page):
    """List, from now on, what goes wrong in a page and what it asks of other machines."""
    faults = []

    def on_console(message):
        if message.type == "error":
            faults.append(f"console: {message.text}")

    def on_request(request):
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            faults.append(f"asked elsewhere: {request.url}")

    def on_failure(request):
        if request.failure != "net::ERR_ABORTED":  # a page that is loaded again waits for nothing
            faults.append(f"failed: {request.url}: {request.failure}")

    def on_response(response):
        if response.status >= 400:
            faults.append(f"{response.status}: {response.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("request", on_request)
    page.on("requestfailed", on_failure)
    page.on("response", on_response)
    return faults


def is_idle(url, name):
    """Tell whether a notebook's kernel has done all it was asked."""
    with urllib.request.urlopen(f"{url}/api/sessions", timeout=5) as answer:
        kernel = {one["path"]: one["kernel"] for one in json.load(answer)}[name]
    return kernel["execution_state"] == "idle" and kernel["connections"] > 0


def run_all(url, browser, name, widgets=1):
    """Open a notebook, run its cells, and return the page once so many labs are there."""
    page = browser.new_page(viewport={"width": 1400, "height": 1400 if widgets == 1 else 2400})
    page.faults = faults_of(page)
    page.goto(f"{url}/lab/tree/{name}?reset", timeout=90 * SECONDS)
    wait_for(lambda: is_idle(url, name))
    page.wait_for_selector(".jp-Notebook")
    choose(page, "Run", "Run All Cells")
    labs_of(page).nth(widgets - 1).wait_for(timeout=90 * SECONDS)
    wait_for(lambda: is_idle(url, name), 90)
    return page


def labs_of(page):
    """Find the labs in a page of JupyterLab."""
    return page.locator(".jp-OutputArea-output > .widget-vbox")


def choose(page, menu, *items):
    """Choose from a menu of JupyterLab, or from a menu in it."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    for item in items:
        page.locator(".lm-Menu-item", has_text=re.compile(f"^{item}$")).click()


def darken(page):
    """Choose JupyterLab's dark theme."""
    choose(page, "Settings", "Theme", "JupyterLab Dark")
    page.wait_for_function("document.body.dataset.jpThemeLight === 'false'")


def is_saved(url, name):
    """Tell whether a notebook is stored with its labs."""
    with urllib.request.urlopen(f"{url}/api/contents/{name}", timeout=5) as answer:
        return "widget-view" in answer.read().decode()


def reload(page, url, name):
    """Save the notebook, and load the page again while the kernel goes on."""
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    wait_for(lambda: is_saved(url, name))
    page.goto(f"{url}/lab/tree/{name}?reset", timeout=90 * SECONDS)
    wait_for(lambda: is_idle(url, name))
    page.wait_for_selector(".jp-Notebook")
