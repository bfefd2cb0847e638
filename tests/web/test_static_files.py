"""Style and scripts: kept by browsers, sent compressed, the same ones that the npm packages give."""

import gzip
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from flagging.web.static_files import STATIC, TYPES, read_static_files

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT = ("app.css", "govuk-frontend.min.js")


@pytest.fixture(scope="session")
def digest() -> str:
    return read_static_files().digest


@pytest.mark.parametrize("name", TYPES)
def test_a_file_is_sent_compressed_and_kept_for_a_year(name, digest, browser):
    response = browser.get(f"/assets/{digest}/{name}", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(response.data) == (STATIC / name).read_bytes()
    assert response.content_type == TYPES[name]
    assert "immutable" in response.headers["Cache-Control"]
    assert browser.get(f"/assets/{digest}/{name}").data == (STATIC / name).read_bytes()


def test_a_file_asked_for_under_an_older_address_is_not_kept(browser):
    response = browser.get("/assets/000000000000/app.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.css", "NOTICE.txt", "..%2fcheck.py"])
def test_nothing_else_is_sent(name, digest, browser):
    assert browser.get(f"/assets/{digest}/{name}").status_code == 404


def test_no_licensed_font_and_no_crown_is_among_them():
    style = (STATIC / "app.css").read_text(encoding="utf-8")
    assert "GDS Transport" not in style
    assert "@font-face" not in style
    assert "url(" not in style


@pytest.mark.sweep
def test_they_are_what_the_pinned_packages_give(tmp_path):
    if shutil.which("npm") is None:
        pytest.skip("no npm is installed (Debian: apt install nodejs npm): the style was not built anew to compare")
    copy = tmp_path / "assets"
    shutil.copytree(REPOSITORY / "assets", copy, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run([copy / "build.sh", tmp_path], env=os.environ, check=True, timeout=300, capture_output=True)
    for name in BUILT:
        assert (tmp_path / name).read_bytes() == (STATIC / name).read_bytes(), f"{name}: run `make web-assets`"
