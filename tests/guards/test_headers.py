"""What every page says to the browser: no foreign code, no frames, no guesses, nothing kept of what a login was shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.guards.scope_table import PAGES
from tests.guards.scope_world import Ground
from tests.guards.test_scope_matrix import Browser, address

ROOT = Path(__file__).resolve().parents[2]


class Read(HTMLParser):
    """What a page loads and runs."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []  # nonces of scripts and styles without an address ("" = none)
        self.loads: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "style" or (
            tag == "script" and "src" not in given and given.get("type", "") not in ("application/json",)
        ):
            self.inline.append(given.get("nonce", ""))
        if tag in ("script", "img", "iframe", "source", "video", "audio", "embed", "input", "use"):
            self.loads += [given[name] for name in ("src", "href") if name in given]
        if tag == "link":
            self.loads.append(given.get("href", ""))
        if tag == "form":
            self.loads.append(given.get("action", ""))
        self.handlers += [name for name in given if name.startswith("on")]
        self.handlers += [value for value in given.values() if value.strip().lower().startswith("javascript:")]
        self.handlers += [name for name in given if name.startswith("hx-on")]


def faults(response: HttpResponse, content: bytes, *, login: bool) -> list[str]:
    """What is wrong with a page."""
    found = []
    csp = {
        part.split()[0]: part.split()[1:]
        for part in response.get("Content-Security-Policy", "").split(";")
        if part.strip()
    }
    scripts = csp.get("script-src", [])
    nonces = [each[7:-1] for each in scripts if each.startswith("'nonce-")]
    read = Read()
    read.feed(content.decode())
    if "'self'" not in scripts or any(
        bad in scripts for bad in ("'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:")
    ):
        found.append(f"script-src {scripts}")
    if any("unsafe-inline" in part for name, part in csp.items() if name in ("default-src", "style-src")):
        found.append("unsafe-inline styles")
    for name, wanted in (
        ("frame-ancestors", ["'none'"]),
        ("object-src", ["'none'"]),
        ("base-uri", ["'self'"]),
        ("form-action", ["'self'"]),
    ):
        if csp.get(name) != wanted:
            found.append(f"{name} {csp.get(name)}")
    if any(nonce not in nonces for nonce in read.inline):
        found.append(f"inline code without the nonce: {read.inline}")
    if read.handlers:
        found.append(f"code in attributes: {read.handlers}")
    foreign = [
        url for url in read.loads if re.match(r"(?:[a-z]+:)?//", url) and not url.startswith("http://testserver/")
    ]
    if foreign:
        found.append(f"loads from elsewhere: {foreign}")
    for header, wanted in (
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
    ):
        if response.get(header) != wanted:
            found.append(f"{header}: {response.get(header)}")
    if login and "no-store" not in response.get("Cache-Control", ""):
        found.append(f"kept by the browser: {response.get('Cache-Control')}")
    return found


def is_page(response: HttpResponse) -> bool:
    return response.get("Content-Type", "").startswith("text/html")


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("persona", ["county_officer", "security_officer", "audit_officer", "villager"])
def test_every_page_guards_itself(ground: Ground, sessions: dict[str, str], persona: str) -> None:
    browser = Browser(ground, persona, sessions.get(persona, ""))
    wrong, seen = {}, 0
    for row in PAGES:
        own = dict.fromkeys(row.kinds, "own")
        _status, content, response, _wrote = browser.ask(row, "GET", address(row, ground, persona, own), None)
        if is_page(response):
            seen += 1
            if told := faults(response, content, login=persona != "villager"):
                wrong[row.name] = told
    assert wrong == {}
    assert seen > (90 if persona == "county_officer" else 30)  # refusals are pages too


def test_what_is_watched_is_found() -> None:
    """The watch itself can fail."""
    bad = HttpResponse(headers={"Content-Security-Policy": "script-src 'self' 'unsafe-inline'; frame-ancestors 'none'"})
    html = b"<script>x</script><img src='https://cdn.example/x.png'><a onclick='y'>z</a>"
    told = " ".join(faults(bad, html, login=True))
    for word in ("script-src", "without the nonce", "code in attributes", "loads from elsewhere", "Content-Type-Options", "kept by"):
        assert word in told


def test_downloads_and_pages_with_people_are_not_kept(ground: Ground, sessions: dict[str, str], db: None) -> None:
    browser = Browser(ground, "county_officer", sessions["county_officer"])
    for name in (
        "people_export",
        "matters_export",
        "person",
        "household",
        "matter",
        "matter_file",
        "matter_slip",
        "press_letter",
    ):
        row = next(each for each in PAGES if each.name == name)
        status, _content, response, _wrote = browser.ask(
            row, "GET", address(row, ground, "county_officer", dict.fromkeys(row.kinds, "own")), None
        )
        assert status == 200, name
        assert "no-store" in response.get("Cache-Control", ""), name
        assert response["X-Content-Type-Options"] == "nosniff", name


@pytest.mark.parametrize("path", ["/no/such/page", "/p/no/such/page"])
def test_refusals_guard_themselves(db: None, path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 404
    assert faults(response, response.content, login=False) == []


@pytest.mark.parametrize("https", ["true", "false"])
def test_cookies_are_secure_where_the_platform_is(tmp_path: Path, https: str) -> None:
    code = (
        "from yanzhen.site import settings as s; "
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS >= 31536000, s.SESSION_COOKIE_HTTPONLY, s.DEBUG)"
    )
    env = {**os.environ, "YANZHEN_MODE": "demo", "YANZHEN_DATA": str(tmp_path), "YANZHEN_HTTPS": https}
    out = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    on = str(https == "true")
    assert out.stdout.split() == [on, on, on, "True", "False"]
