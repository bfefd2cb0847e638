"""A real Chromium before the real pages: the system's own, driven by Playwright; the application over TLS in this process.

`open_page` is what tests want. Where no Chromium is installed they are skipped, which .ci/run forbids.
"""

import os
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
import trustme
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip
PATIENCE = 30_000
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium_path() -> str | None:
    return os.environ.get("FLAGGING_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a process; each test has a context, and so cookies, of its own."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium): the pages were not tried in a browser")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing: the tests' output is for tests."""


@pytest.fixture(scope="session")
def served(_started: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address at which the application of `service` answers over TLS."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server: BaseWSGIServer = make_server(
        "127.0.0.1", 0, _started.app, threaded=True, request_handler=_Silent, ssl_context=context
    )
    server.socket.do_handshake_on_connect = False  # shaking hands is each connection's own business, not the next one's
    thread = threading.Thread(target=server.serve_forever, name="pages")
    thread.start()
    yield f"https://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def open_page(chromium: Browser, served: str, site: Any) -> Iterator[Callable[..., Page]]:
    """Open a page in a context of its own; options are those of Playwright's contexts, such as `viewport`."""
    contexts = []

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(base_url=served, ignore_https_errors=True, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@cache
def _axe() -> str:
    return Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")


def accessibility_faults(page: Page) -> list[str]:
    """Return what axe-core finds against WCAG 2.2 AA and good practice on a page, one line for each element at fault."""
    page.evaluate(_axe() + ";0")
    found = page.evaluate("rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES)
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]} {node.get('failureSummary', '')[:300]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
