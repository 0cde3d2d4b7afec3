"""Reading preferences without script, and the gallery."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from yanzhen.kernel.ui.context import ELDER_COOKIE


@pytest.fixture
def browser() -> Client:
    """Somebody without a login: no page of the kit needs the database for them."""
    return Client()


def test_elder_mode_is_switched_and_remembered(browser: Client) -> None:
    response = browser.post("/ui/elder/", {"next": "/ui/gallery/?a=1"})
    assert (response.status_code, response["Location"]) == (302, "/ui/gallery/?a=1")
    assert browser.cookies[ELDER_COOKIE].value == "1"
    assert 'class="yz-elder"' in browser.get("/ui/gallery/").content.decode()
    browser.post("/ui/elder/")
    assert browser.cookies[ELDER_COOKIE].value == "0"


def test_preferences_never_lead_away(browser: Client) -> None:
    for address in ("/ui/elder/", "/ui/language/"):
        response = browser.post(address, {"next": "https://example.org/x", "language": "en"})
        assert response["Location"].startswith("/")
        assert browser.get(address).status_code == 405


def test_language_is_remembered(browser: Client) -> None:
    browser.post("/ui/language/", {"language": "en", "next": "/ui/gallery/"})
    assert 'lang="en"' in browser.get("/ui/gallery/").content.decode()


def test_gallery_shows_every_state_and_only_outside_production(browser: Client) -> None:
    assert browser.get("/ui/gallery/").status_code == 200
    assert browser.get("/ui/gallery/?layout=public").status_code == 200
    wrong = browser.get("/ui/gallery/?errors=1")
    assert wrong.status_code == 422
    assert "data-error-summary" in wrong.content.decode()
    with override_settings(DEBUG=False, DEMO=False, TESTING=False):
        assert browser.get("/ui/gallery/").status_code == 404
