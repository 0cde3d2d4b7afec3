"""Every address × every persona × own and foreign thing: what the table says, what nobody may read, what nobody may change."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import RequestFactory
from django.test.client import ClientHandler
from django.urls import URLPattern, get_resolver, reverse

from tests.guards.scope_table import API, OFFICERS, PAGES, PERSONAS, SEES, Row
from tests.guards.scope_world import MARK, SIDES, Ground
from yanzhen.kernel.rulebook.api import rules as declared
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters.models import SavedFilter
from yanzhen.matters.rest import auth
from yanzhen.matters.rest.api import api

TABLE = (*PAGES, *API)
#: Who works in the place of the marked words: their pages may show them.
READERS = {"own": {"county_officer", "township_secretary", "village_secretary", "grid_worker", "department_officer"}, "foreign": {"outsider"}}


# --- the two directions between table and resolver ------------------------------------------------------------------------


def _walk(resolver: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            yield f"{prefix}{each.name}", each.callback
        else:
            yield from _walk(each, f"{prefix}{each.namespace}:" if each.namespace else prefix)


def test_every_address_is_in_the_table_and_the_other_way_round() -> None:
    there = [name for name, _view in _walk(get_resolver())]
    told = {row.name for row in TABLE}
    assert sorted(set(there) - told) == [], "addresses without a line in tests/guards/scope_table.py"
    assert sorted(told - set(there)) == [], "lines of tests/guards/scope_table.py without an address"
    assert "api:None" not in there


def test_the_pages_ask_for_the_right_that_the_table_names() -> None:
    asked = {name: getattr(view, "capability", None) for name, view in _walk(get_resolver())}
    wrong = {row.name: (row.right, asked[row.name]) for row in PAGES if asked[row.name] != row.right}
    assert wrong == {}


def test_every_operation_is_in_the_table_with_its_methods() -> None:
    there = {(f"api:{operation.view_func.__name__}", method) for operation, method in _operations()}
    told = set()
    for row in API:
        told |= {(row.name, "GET")} if row.get not in ("", "405") else set()
        told |= {(row.name, row.method)} if row.post not in ("", "405") else set()
    assert there == told


def _operations() -> Iterator[tuple[Any, str]]:
    for router in api._get_bound_routers():
        for view in router.path_operations.values():
            for operation in view.operations:
                for method in operation.methods:
                    yield operation, method


# --- a browser -----------------------------------------------------------------------------------------------------------


class Browser:
    """One persona's browser (and program): each request carries the same session or token, and leaves nothing behind."""

    def __init__(self, ground: Ground, persona: str, session: str) -> None:
        self.session, self.token = session, ground.tokens.get(persona, "")
        self.factory, self.handler = RequestFactory(), ClientHandler(enforce_csrf_checks=False)

    def ask(self, row: Row, method: str, url: str, body: Any) -> tuple[int, bytes, Any, bool]:
        """Status, content, response, whether anything was written down in the trail."""
        given: dict[str, Any] = {}
        self.factory.cookies.clear()
        if row.name.startswith("api:"):
            if self.token:
                given["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
            if isinstance(body, str):
                given["content_type"] = "application/json"
        elif self.session:
            self.factory.cookies[settings.SESSION_COOKIE_NAME] = self.session
        send = getattr(self.factory, method.lower())
        request = send(url, **given) if body is None else send(url, body, **given)
        auth._HELD.clear()
        before = TrailRow.objects.count()
        with transaction.atomic():
            response = self.handler(request.environ)
            content = b"".join(response.streaming_content) if response.streaming else response.content
            wrote = TrailRow.objects.count() != before
            transaction.set_rollback(True)
        return response.status_code, content, response, wrote


# --- what is expected -----------------------------------------------------------------------------------------------------


def visible(row: Row, persona: str, sides: dict[str, str]) -> bool:
    """Whether the persona sees every thing of the address, and these belong together."""
    if len(set(sides.values())) > 1:
        return False
    return all(persona in SEES[kind][SIDES.index(sides[name])] for name, kind in row.kinds.items() if kind in SEES and kind != "number")


def expected(row: Row, ground: Ground, persona: str, sides: dict[str, str], method: str) -> set[int]:
    """Statuses that the table allows."""
    wanted = row.wanted(method)
    if row.name.startswith("api:") and wanted == {405}:
        return wanted  # a program learns of the method before it shows its token
    if row.right == "":
        return wanted
    if persona == "villager":
        return {int(row.login)} | (wanted & {405})
    actor = ground.world[persona].actor
    if row.right != "*" and not actor.has(row.right):
        return {403} | (wanted & {405})
    if wanted == {405} or visible(row, persona, sides):
        return wanted
    return {404}


def cases(row: Row, ground: Ground, persona: str, method: str) -> list[dict[str, str]]:
    """Sides of the address's things: all own, all foreign, and each mixture (the own matter's number with a foreign file).

    One is enough where the door is shut before any thing is looked at: no login, not the right, not the method.
    """
    kinds = [name for name, kind in row.kinds.items() if kind in SEES]
    own: dict[str, str] = dict.fromkeys(kinds, "own")
    actor = ground.world[persona].actor
    if not kinds or row.wanted(method) == {405} or (row.right and persona == "villager") or not (row.right in ("", "*") or actor.has(row.right)):
        return [own]
    found = [own, dict.fromkeys(kinds, "foreign")]
    if len(kinds) > 1:
        found += [{**own, kinds[-1]: "foreign"}, {**dict.fromkeys(kinds, "foreign"), kinds[-1]: "own"}]
    return found


def address(row: Row, ground: Ground, persona: str, sides: dict[str, str]) -> str:
    """The address with its things filled in."""
    values: dict[str, Any] = dict(row.texts)
    fixed = {
        "RULE": next(rule.key for rule in declared().values() if rule.steward == "business" and rule.type == "int"),
        "POLICY": next(rule.key for rule in declared().values() if rule.steward == "security"),
        "NUMBER": ground.things["number", "own"], "FILE": ground.things["attachment", "own"],
    }  # fmt: skip
    for name, kind in row.kinds.items():
        values[name] = fixed[kind] if kind in fixed else ground.thing(kind, sides[name], persona)
    if row.name == "api_nowhere":
        return "/api/nowhere"
    if row.name == "open311_nowhere":
        return "/open311/nowhere"
    if row.name.startswith("open311"):
        return {
            "open311_discovery": "/open311/v2/discovery.{form}", "open311_services": "/open311/v2/services.{form}",
            "open311_definition": "/open311/v2/services/{code}.{form}", "open311_requests": "/open311/v2/requests.{form}",
            "open311_request": "/open311/v2/requests/{number}.{form}", "open311_token": "/open311/v2/tokens/{token}.{form}",
        }[row.name].format(**values)  # fmt: skip
    query = {"api:search_units": "?q=村", "api:get_figures": "?period=2026-06"}.get(row.name, "")
    return reverse(row.name, kwargs=values) + query


def _least(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """The smallest value that a JSON schema takes."""
    schema = defs[schema["$ref"].rsplit("/", 1)[-1]] if "$ref" in schema else schema
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if "anyOf" in schema:
        return _least(schema["anyOf"][0], defs)
    if schema.get("type") == "object":
        return {name: _least(schema["properties"][name], defs) for name in schema.get("required", [])}
    if schema.get("type") == "array":
        return [_least(schema["items"], defs)]
    return {"string": "ABCD2345", "integer": 1, "number": 1.0, "boolean": True}[schema["type"]]


def body_of(row: Row, ground: Ground, method: str) -> Any:
    """The body of a write: empty for forms; for operations the least that their schema takes, so that scope is what answers."""
    if method == "GET" or row.post == "405":
        return None
    if not row.name.startswith("api:"):
        return {"csrfmiddlewaretoken": "as every browser sends"}  # a body that is wholly empty is no form at all
    if row.name == "api:add_attachment":
        upload = io.BytesIO("姓名\n甲\n".encode())
        upload.name = "a.csv"
        return {"file": upload, "words": "照片"}
    operation = next(each for each, each_method in _operations() if f"api:{each.view_func.__name__}" == row.name and each_method == row.method)
    for model in operation.models:
        if model.__ninja_param_source__ == "body":
            schema = model.model_json_schema()
            made = _least(schema, schema.get("$defs", {}))
            made = made.get("body", made)
            made |= {name: ground.things["village", "own"] for name in ("lead", "assist", "place") if name in made}  # a unit there is
            if row.name == "api:create_matter":
                made["text"] = "路灯坏了"
            return json.dumps(made)
    return None


def texts(content: bytes) -> str:
    """What a reader of the answer finds, workbooks unpacked."""
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    return content.decode("utf-8", "replace")


# --- the matrix -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("persona", PERSONAS)
def test_who_reaches_what(ground: Ground, sessions: dict[str, str], persona: str) -> None:
    wrong: list[str] = []
    browser = Browser(ground, persona, sessions.get(persona, ""))
    for row in TABLE:
        for method in ("GET", row.method):
            if not (row.get if method == "GET" else row.post):
                continue
            if row.wanted(method) == {405} and persona not in ("county_officer", "villager"):
                continue  # a method that is not taken is asked for by two only
            for sides in cases(row, ground, persona, method):
                url = address(row, ground, persona, sides)
                status, content, response, wrote = browser.ask(row, method, url, body_of(row, ground, method))
                wrong += _judge(row, ground, persona, sides, method, url, status, content, response, wrote)
    assert wrong == [], "\n".join(wrong)


def _judge(
    row: Row, ground: Ground, persona: str, sides: dict[str, str], method: str, url: str, status: int, content: bytes,
    response: Any, wrote: bool,
) -> list[str]:  # fmt: skip
    wanted = expected(row, ground, persona, sides, method)
    where = f"{persona} {method} {row.name} {url} {'/'.join(dict.fromkeys(sides.values())) or '-'}"
    wrong = []
    if status not in wanted:
        wrong.append(f"{where}: {status}, not {sorted(wanted)}")
    if row.right and persona == "villager" and status == 302 and "/account/login/" not in response["Location"]:
        wrong.append(f"{where}: sent to {response['Location']}, not to the login")
    refused = row.right != "" and wanted <= {302, 401, 403, 404, 405} and not wanted & row.wanted(method)
    if wrote and refused:
        wrong.append(f"{where}: refused, and yet something was written")
    shown = texts(content)
    for side, readers in READERS.items():
        if MARK[side] in shown and persona not in readers and not _may_show(row, persona, side):
            wrong.append(f"{where}: shows {side} words to somebody who may not read them")
    return wrong


def _may_show(row: Row, persona: str, side: str) -> bool:
    """The exceptions: what an officer's own work shows of the county (names of logins, the trail of what was done)."""
    return side == "own" and persona in OFFICERS and row.name in OFFICERS_WORK


OFFICERS_WORK = {
    "accounts", "account_one", "posts", "post", "post_approve", "post_reject", "post_end", "policy", "policy_inbox",
    "account_active", "account_factor", "account_reset",
}  # fmt: skip


@pytest.mark.django_db
def test_a_saved_filter_of_somebody_else_stays(ground: Ground, sessions: dict[str, str]) -> None:
    pk = ground.thing("my_filter", "foreign", "village_secretary")
    with transaction.atomic():
        client = ground.world["village_secretary"].client()
        client.post(reverse("filter_drop", args=[pk]), {"_": "1"})
        assert SavedFilter.objects.filter(pk=pk).exists()
        transaction.set_rollback(True)
