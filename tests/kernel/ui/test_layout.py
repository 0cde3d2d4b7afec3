"""The layouts: who one acts as, where one is, what the page promises before any script runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation
from lxml import html

from yanzhen.kernel.scope.api import Actor, public
from yanzhen.kernel.ui import nav
from yanzhen.kernel.ui.nav import NavItem, Places

RequestOf = Callable[..., HttpRequest]
BOTH = pytest.mark.parametrize("layout", ["ui/base.html", "ui/public.html"])


def page(layout: str, request: HttpRequest, **context: object) -> html.HtmlElement:
    return html.document_fromstring(render_to_string(layout, context, request))


@BOTH
def test_language_skip_link_one_heading_and_landmarks(layout: str, request_of: RequestOf, navigation: None) -> None:
    doc = page(layout, request_of())
    assert doc.get("lang") == "zh-Hans"
    assert doc.xpath("//body/a[1]/@href") == ["#main"]
    assert len(doc.xpath("//h1")) == 1
    assert len(doc.xpath("//main")) == 1
    assert doc.xpath("//meta[@name='viewport']")
    with translation.override("en"):
        assert page(layout, request_of()).get("lang") == "en"


@BOTH
def test_no_inline_script_or_style_and_nothing_from_outside(
    layout: str, request_of: RequestOf, navigation: None
) -> None:
    doc = page(layout, request_of())
    assert all(not (script.text or "").strip() for script in doc.xpath("//script"))
    assert not doc.xpath("//*[@style] | //style | //*[@onclick] | //*[starts-with(name(@*), 'on')]")
    links = doc.xpath("//@src | //link/@href | //*[local-name()='use']/@href")
    assert links
    assert all(link.startswith("/static/") for link in links)


@BOTH
def test_title_says_error_first(layout: str, request_of: RequestOf, navigation: None) -> None:
    class Rejected:
        errors = {"place": ["x"]}

    assert page(layout, request_of(), form=Rejected()).findtext(".//title").startswith("错误：")
    assert not page(layout, request_of()).findtext(".//title").startswith("错误：")


@BOTH
def test_the_post_one_acts_in_is_on_the_page(
    layout: str, request_of: RequestOf, secretary: Actor, navigation: None
) -> None:
    text = " ".join(page(layout, request_of()).text_content().split())
    assert "您以 青山乡党委书记 身份办理，可见青山乡及以下" in text
    stand_in = replace(secretary, on_behalf_of="李清")
    assert "代 李清 办理" in page(layout, request_of(actor=stand_in)).text_content()
    assert "身份办理" not in page(layout, request_of(actor=public())).text_content()
    assert "身份办理" not in page(layout, request_of(actor=None)).text_content()


@BOTH
def test_footer_has_the_complaint_link(layout: str, request_of: RequestOf, navigation: None) -> None:
    nav.places(Places(feedback="ui_gallery"))
    assert "意见建议" in page(layout, request_of(actor=None)).xpath("//footer//a[@href='/ui/gallery/']/text()")


@BOTH
def test_elder_mode_comes_from_the_cookie(layout: str, request_of: RequestOf, navigation: None) -> None:
    assert page(layout, request_of(cookies={"yz_elder": "1"})).get("class") == "yz-elder"
    assert page(layout, request_of()).get("class") == ""


def test_navigation_follows_the_post(request_of: RequestOf, secretary: Actor, navigation: None) -> None:
    nav.register(NavItem("b", "看板", "ui_gallery", capability="ui.sample", order=2, phone=True, count=lambda actor: 3))
    nav.register(NavItem("a", "规则", "ui_elder", capability="ui.other", order=1))
    nav.register(NavItem("c", "没有页面", "no_such_page"))
    doc = page("ui/base.html", request_of("/ui/gallery/x"))
    links = doc.xpath("//nav[@id='menu']//li/a")
    assert [" ".join(link.text_content().split()) for link in links] == ["看板3"]
    assert links[0].get("aria-current") == "page"
    assert nav.entries(public(), "/") == []
    everything = nav.entries(replace(secretary, is_system=True), "/elsewhere")
    assert [entry.label for entry in everything] == ["规则", "看板"]
    assert not any(entry.active for entry in everything)


def test_the_longest_address_is_the_active_one(
    secretary: Actor, navigation: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nav, "address", {"home": "/", "matters": "/matters/", "pressed": "/matters/pressed/"}.get)
    for code in ("home", "matters", "pressed"):
        nav.register(NavItem(code, code, code))

    def active(path: str) -> list[str]:
        return [entry.url for entry in nav.entries(secretary, path) if entry.active]

    assert active("/matters/pressed/9") == ["/matters/pressed/"]
    assert active("/matters/9") == ["/matters/"]
    assert active("/") == ["/"]
    assert active("/units/") == []


def test_bottom_bar_never_has_more_than_four_places(request_of: RequestOf, navigation: None) -> None:
    for at in range(6):
        nav.register(NavItem(f"n{at}", f"项{at}", "ui_gallery", order=at, phone=at > 0))
    staff = page("ui/base.html", request_of()).xpath("//nav[@class='yz-bottom']//a")
    field = page("ui/public.html", request_of()).xpath("//nav[@class='yz-bottom']//a")
    assert [link.text_content().strip() for link in staff] == ["项1", "项2", "项3", "更多"]
    assert staff[-1].get("href") == "#menu"
    assert len(field) == 4


def test_public_page_is_light(request_of: RequestOf, navigation: None) -> None:
    """Everything a villager's page loads, uncompressed, is below 200 kB (and there is no framework among it)."""
    source = render_to_string("ui/public.html", {}, request_of(actor=None))
    doc = html.document_fromstring(source)
    files = {*doc.xpath("//script/@src"), *doc.xpath("//link/@href"), *doc.xpath("//*[local-name()='use']/@href")}
    names = {name.split("#")[0].removeprefix("/static/") for name in files}
    assert not any("bootstrap" in name or "echarts" in name for name in names)
    total = len(source.encode())
    for name in names:
        found = finders.find(name)
        assert found, name
        with open(found, "rb") as handle:
            total += len(handle.read())
    assert total < 200_000
