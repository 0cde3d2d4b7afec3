"""Who reaches what: every address of the platform, one line each.

``page(NAME, RIGHT, ARGUMENTS, GET, POST)``

NAME       the address's url name (operations of the API: ``api:name``).
RIGHT      the capability that opens the door. ``*`` any login; ``""`` everybody, also without a login.
ARGUMENTS  ``parameter=kind``, the kind one of :data:`SEES`; ``parameter='text'`` stands for itself.
GET, POST  status for those who hold the right and see the thing (several: ``"302 422"``). 405: not that method.

From these follows what everybody else gets: without a login 302 to the login page (401 from programs' addresses), without
the right 403, with the right but for a thing that is not in sight 404 — a foreign record is not even confirmed to exist.
"""

from __future__ import annotations

from dataclasses import dataclass

PERSONAS = (
    "county_officer", "township_secretary", "village_secretary", "grid_worker", "villager", "outsider", "department_officer",
    "system_officer", "security_officer", "audit_officer",
)  # fmt: skip
COUNTY, TOWNSHIP, VILLAGE, GRID, VILLAGER, OUTSIDER, DEPARTMENT, SYSTEM, SECURITY, AUDIT = PERSONAS
OFFICERS = (SYSTEM, SECURITY, AUDIT)

_LINE = (COUNTY, TOWNSHIP, VILLAGE, GRID)  # those whose place holds 松坡村's first grid
_EVERYBODY = tuple(name for name in PERSONAS if name != VILLAGER)

#: Kind of thing → who sees the own one (in 松坡村), who the foreign one (in 枫林村). The right is asked for besides.
SEES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "matter": ((*_LINE, DEPARTMENT), (OUTSIDER,)),  # the department leads the own one
    "number": ((), ()),  # the person's way: by number and code, no login helps
    "attachment": ((*_LINE, DEPARTMENT), (OUTSIDER,)),
    "press": ((*_LINE, DEPARTMENT), (OUTSIDER,)),
    "unit": (_LINE, (OUTSIDER,)),
    "village": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "village_code": (PERSONAS, PERSONAS),
    "person": (_LINE, (OUTSIDER,)),
    "household": (_LINE, (OUTSIDER,)),
    "correction": (_LINE, (OUTSIDER,)),
    "account": ((SYSTEM, SECURITY), ()),
    "post": ((SYSTEM, SECURITY), ()),
    "rule_value": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "policy_value": ((SECURITY,), ()),
    "batch": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "run": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "admission": ((*_LINE, DEPARTMENT), (OUTSIDER,)),  # the list of the county concerns everybody in it
    "feedback": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "webhook": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "call": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "token": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "trail_row": ((AUDIT,), ()),
    # the persona's own against another's
    "my_post": (_EVERYBODY, ()),
    "my_delegation": (_EVERYBODY, ()),
    "my_notice": (_EVERYBODY, ()),
    "my_filter": (_EVERYBODY, _EVERYBODY),  # the answer is the same, another's stays (asked below)
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    name: str
    right: str
    arguments: str = ""
    get: str = "200"
    post: str = "405"
    form: str = ""  # fields of the POST beyond an empty body: what makes it reach the object
    login: str = "302"  # without a login
    method: str = "POST"

    @property
    def kinds(self) -> dict[str, str]:
        """Parameter → kind of thing."""
        return {name: kind for name, kind in _pairs(self.arguments) if not kind.startswith("'")}

    @property
    def texts(self) -> dict[str, str]:
        """Parameter → fixed text."""
        return {name: kind.strip("'") for name, kind in _pairs(self.arguments) if kind.startswith("'")}

    def wanted(self, method: str) -> set[int]:
        """Statuses for those who may."""
        return {int(text) for text in (self.get if method == "GET" else self.post).split()}


def _pairs(arguments: str) -> list[tuple[str, str]]:
    return [(pair.split("=", 1)[0], pair.split("=", 1)[1]) for pair in arguments.split()]


def page(name: str, right: str, arguments: str = "", get: str = "200", post: str = "405", **more: str) -> Row:
    """A page."""
    return Row(name, right, arguments, get, post, **more)


def call(name: str, right: str, arguments: str = "", get: str = "405", post: str = "405", **more: str) -> Row:
    """An operation of the API (``api:name``), with a token."""
    return Row(f"api:{name}", right, arguments, get, post, login="401", **more)


#: An act of the person needs the follow-up code besides: a wrong one finds nothing.
BY_CODE = "404"
#: What an act answers to somebody who sees the matter: done, or why not now (state, standing, code).
ACTED = "200 403 422"


def act(code: str, right: str, post: str = ACTED) -> Row:
    """An act by the API; the body is made from the operation's own schema."""
    return call(f"act_{code}", right, "matter_id=matter", "405", post)


PAGES = (
    # --- what everybody reads
    page("ui_elder", "", post="302", get="302 405"),
    page("ui_language", "", post="302", get="302 405"),
    page("ui_gallery", "", get="200 404"),
    page("help", ""), page("privacy", ""), page("accessibility", ""),
    page("healthz", "", post="200 405"), page("readyz", "", post="200 405"), page("metrics", "", post="200 405"),
    # --- own login
    page("account_login", "", get="200 302", post="200 302 422"),
    page("account_logout", "", get="200 302 405", post="302"),
    page("account_inactive", "", post="200 405"),
    page("account_signup", "", get="200 302 403 404", post="200 302 403 404 405"),
    page("account_reset_password", "", get="200 302 404", post="200 302 404 405"),
    page("account_change_password", "*", post="200 422"),
    page("account_reauthenticate", "*", get="200 302", post="200 302 422"),
    page("mfa_index", "*", get="200 302", post="200 302 405"),
    page("mfa_authenticate", "", get="302", post="302"),
    page("mfa_reauthenticate", "*", get="200 302", post="200 302 422"),
    page("mfa_activate_totp", "*", get="200 302", post="200 302 422"),
    page("mfa_deactivate_totp", "*", get="200 302 404", post="200 302 404"),
    page("mfa_view_recovery_codes", "*", get="200 302 404", post="200 302 404 405"),
    page("mfa_generate_recovery_codes", "*", get="200 302 404", post="200 302 404"),
    page("mfa_download_recovery_codes", "*", get="200 302 404", post="200 302 404 405"),
    page("usersessions_list", "*", post="200 302"),
    page("account", "*", post="422"),
    page("account_delegate", "*", "post_id=my_post", post="422"),
    page("delegation_end", "*", "delegation_id=my_delegation", "405", "302"),
    page("post_switch", "*", post="403"),
    page("home", "*"), page("search", "*", get="200"),
    page("notices", "*"), page("notices_read", "*", get="405", post="302"),
    page("notices_preferences", "*", post="302"),
    page("notice", "*", "pk=my_notice", get="302"),
    page("notices_failures", "system.dispatches"),
    # --- calendar
    page("calendar", "rules.view"), page("calendar_year", "rules.view", "year='2026'"),
    page("calendar_export", "rules.view", "year='2026'"),
    page("calendar_propose", "rules.propose", post="422"), page("calendar_load", "rules.propose", post="422"),
    page("calendar_approve", "rules.approve", "batch=batch", "405", "302"),
    page("calendar_reject", "rules.view", "batch=batch", "405", "302 403"),
    # --- imports
    page("imports", "intake.use"), page("import_new", "intake.use", "code='people'", "200 403", "403 422"),
    page("import_template", "intake.use", "code='people'", "200 403"),
    page("import_run", "intake.use", "pk=run"), page("import_progress", "intake.use", "pk=run"),
    page("import_columns", "intake.use", "pk=run", "200 302", "302 422"),
    page("import_confirm", "intake.use", "pk=run", "405", "302 422"),
    page("import_discard", "intake.use", "pk=run", "405", "302"),
    page("import_errors", "intake.use", "pk=run"),
    # --- registers
    page("units", "units.view"), page("unit_find", "units.view"), page("unit", "units.view", "pk=unit"),
    page("unit_children", "units.view", "pk=unit"), page("unit_map", "units.view", "pk=unit"),
    page("unit_boundaries", "units.manage", post="422"), page("unit_new", "units.manage", "pk=unit", post="422"),
    *(page("unit_change", "units.manage", f"pk=unit what='{what}'", post="422")
      for what in ("rename", "recode", "move", "merge", "split", "end", "leader")),
    page("unit_change", "units.manage", "pk=unit what='edit'", post="302 422"),
    page("people", "people.view"), page("people_export", "people.view"), page("corrections", "people.manage"),
    page("person_new", "people.manage", post="422"), page("person", "people.view", "pk=person"),
    page("person_edit", "people.manage", "pk=person", post="422"),
    page("person_unmask", "people.unmask", "pk=person field='phone'", "405", "422"),
    page("person_wrong", "people.view", "pk=person", post="422"),
    page("person_move", "people.manage", "pk=person", post="422"),
    page("person_merge", "people.manage", "pk=person", post="422"),
    page("person_deceased", "people.manage", "pk=person", post="422"),
    page("correction", "people.manage", "pk=correction", post="422"),
    page("households", "people.view"), page("household", "people.view", "pk=household"),
    page("household_new", "people.manage", post="422"),
    # --- the three officers
    page("accounts", "accounts.view", post="200 405"), page("account_new", "accounts.manage", post="422"),
    page("account_one", "accounts.view", "account_id=account", post="200 405"),
    page("account_reset", "accounts.manage", "account_id=account", "405", "200 302"),
    page("account_unlock", "accounts.manage", "account_id=account", "405", "302"),
    page("account_active", "accounts.manage", "account_id=account", post="302 422"),
    page("account_factor", "accounts.factor", "account_id=account", post="302 422"),
    page("posts", "posts.view", post="200 405"), page("post_roles", "posts.view", post="200 405"),
    page("post_new", "posts.propose", post="422"), page("post", "posts.view", "post_id=post", post="200 405"),
    page("post_approve", "posts.approve", "post_id=post", "405", "302"),
    page("post_reject", "posts.view", "post_id=post", post="422"),
    page("post_end", "posts.propose", "post_id=post", post="422"),
    page("policy", "policy.propose", post="200 405"), page("policy_inbox", "policy.propose", post="200 405"),
    page("policy_rule", "policy.propose", "key=POLICY", post="200 405"),
    page("policy_propose", "policy.propose", "key=POLICY", post="422"),
    page("policy_approve", "policy.approve", "row_id=policy_value", "302", "302 422"),
    page("policy_reject", "policy.approve", "row_id=policy_value", post="422"),
    page("policy_withdraw", "policy.propose", "row_id=policy_value", post="403 422"),
    page("trail", "trail.view", post="200 405"), page("trail_export", "trail.export", post="200 405"),
    page("trail_seals", "trail.view", post="200 405"), page("trail_anchor", "trail.export", post="200 405"),
    page("trail_row", "trail.view", "row_id=trail_row", post="200 405"),
    # --- rules
    page("rules", "rules.view", post="200 405"), page("rules_export", "rules.view", post="200 405"),
    page("rules_inbox", "rules.view", post="200 405"), page("rule", "rules.view", "key=RULE", post="200 405"),
    page("rule_propose", "rules.propose", "key=RULE", post="422"),
    page("rule_approve", "rules.approve", "row_id=rule_value", "302", "302 422"),
    page("rule_reject", "rules.approve", "row_id=rule_value", post="422"),
    page("rule_withdraw", "rules.propose", "row_id=rule_value", post="403 422"),
    # --- figures
    page("board", "measures.view"), page("indicators", "measures.view"),
    page("unit_board", "measures.view", "unit_id=village"), page("board_export", "measures.view", "unit_id=village"),
    page("board_recompute", "measures.recompute", "unit_id=village", "405", "302"),
    # --- matters, staff
    page("matters", "matters.view"), page("matters_print", "matters.view"), page("matters_export", "matters.view"),
    page("matters_show", "matters.view", get="405", post="302"), page("filter_save", "matters.view", post="422"),
    page("filter_drop", "matters.view", "pk=my_filter", "405", "302"), page("matters_many", "matters.view", get="405", post="302 422"),
    page("matter_new", "matters.report", post="422"), page("matter_similar", "matters.report", get="405", post="200"),
    page("place_find", "matters.view"), page("category_find", "matters.view"),
    page("matter", "matters.view", "pk=matter"), page("matter_slip", "matters.view", "pk=matter"),
    page("matter_received", "matters.report", "pk=matter", get="200 302"),
    page("matter_join", "matters.report", "pk=matter", post="302"),
    page("matter_contact", "matters.view", "pk=matter", "405", "422"),
    page("matter_file", "matters.view", "pk=matter file=attachment"),
    page("press_letter", "matters.view", "pk=matter press=press"),
    page("matter_act", "matters.view", "pk=matter code='note'", "200 403 422", "200 403 422"),
    page("matter_act", "matters.view", "pk=matter code='progress'", "200 403 422", "200 403 422"),
    page("matter_act", "matters.view", "pk=matter code='press'", "200 403 422", "200 403 422"),
    page("requests", "matters.view"), page("presses", "matters.view"), page("categories", "matters.view"),
    page("triage", "matters.train"), page("triage_train", "matters.train", get="405", post="302"),
    page("admissions", "matters.view"), page("admission_new", "matters.admission", post="422"),
    page("admission", "matters.view", "pk=admission", post="422"), page("duties", "matters.view"),
    page("feedback", "matters.feedback"), page("feedback_new", "*", post="422"),
    page("feedback_answer", "matters.feedback", "pk=feedback", post="422"),
    # --- matters, field
    page("field_home", "matters.view"), page("field_report", "matters.report", post="422"), page("field_outbox", "matters.view"),
    page("field_matter", "matters.view", "pk=matter"),
    page("field_act", "matters.handle", "pk=matter code='progress'", "405", "422"),
    page("field_worker", ""), page("field_offline", ""),
    page("sync_token", "*", login="401"), page("field_bundle", "matters.view", login="401"),
    page("sync_report", "matters.report", get="405", post="422", login="401"),
    page("sync_act", "matters.handle", get="405", post="422", login="401"),
    # --- matters, villagers
    page("public_home", ""), page("public_village", "", "code=village_code", get="200 302"),
    page("public_qr", "", "code=village_code"), page("public_paper", "", "code=village_code"),
    page("public_poster", "", "code=village_code"), page("report_place", "", post="200 302 405 422"),
    page("report", "", get="200 302", post="422"), page("report_similar", "", get="302", post="302 405"),
    page("report_join", "", "number=NUMBER", get="302 404", post="302 404"),
    page("report_contact", "", get="302", post="302"), page("report_check", "", get="302", post="302"),
    page("report_done", "", get="302", post="302 405"), page("follow", "", post="422"),
    page("follow_leave", "", get="302 405", post="302"),
    page("followed", "", "number=NUMBER", get="302", post="302 405"),
    page("follow_file", "", "number=NUMBER pk=FILE", get="302 404", post="302 404 405"),
    page("follow_act", "", "number=NUMBER act='withdraw'", get="302 404 405", post="302 404"),
    page("public_feedback", "", post="422"), page("public_feedback_follow", "", post="200 302 405 422"),
    page("public_notices", ""), page("public_notice", "", "kind='report'", get="200"),
    # --- programs
    page("tokens", "matters.integrate"), page("token_new", "matters.integrate", post="422"),
    page("token_end", "matters.integrate", "pk=token", post="302"),
    page("webhooks", "matters.integrate"), page("webhook_new", "matters.integrate", post="422"),
    page("webhook", "matters.integrate", "pk=webhook"),
    page("webhook_switch", "matters.integrate", "pk=webhook", "405", "302"),
    page("webhook_end", "matters.integrate", "pk=webhook", post="302"),
    page("webhook_call", "matters.integrate", "pk=webhook call=call"),
    page("webhook_again", "matters.integrate", "pk=webhook call=call", "405", "302"),
    page("api_listing", ""), page("api_document", "", post="200 405"), page("api_nowhere", "", get="404", post="404"),
    *(page(f"open311_{name}", "", f"form='{form}'")
      for form in ("json", "xml") for name in ("discovery", "services")),
    page("open311_definition", "", "form='json' code='none'", get="404"),
    page("open311_requests", "", "form='json'", post="400 403"),
    page("open311_request", "", "form='json' number='none'", get="404"),
    page("open311_token", "", "form='json' token='none'", get="404"),
    page("open311_nowhere", "", get="404", post="404"),
)  # fmt: skip

API = (
    call("health", "", get="200"), call("me", "*", get="200"),
    call("list_matters", "matters.view", get="200", post=""), call("create_matter", "matters.report", get="", post="201"),
    call("get_matter", "matters.view", "matter_id=matter", "200"),
    call("get_timeline", "matters.view", "matter_id=matter", "200"),
    call("get_attachment", "matters.view", "matter_id=matter file_id=attachment", "200"),
    call("add_attachment", "matters.view", "matter_id=matter", post="201 403 422"),
    act("take", "matters.triage"), act("assign", "matters.assign"), act("divert", "matters.triage"),
    act("decline", "matters.triage"), act("merge", "matters.triage", f"{ACTED} 404"), act("raise", "matters.triage"),
    act("locate", "matters.triage"), act("classify", "matters.triage"), act("accept", "matters.handle"),
    act("dispute", "matters.handle"), act("settle", "matters.assign"), act("reassign", "matters.assign"),
    act("add_assist", "matters.assign"), act("contact", "matters.handle"), act("progress", "matters.handle"),
    act("assist_done", "matters.handle"), act("stop_clock", "matters.handle"), act("resume_clock", "matters.handle"),
    act("ask_extension", "matters.handle"), act("decide_extension", "matters.decide"), act("ask_unsolvable", "matters.handle"),
    act("decide_unsolvable", "matters.decide"), act("press", "matters.press"), act("clear_press", "matters.press"),
    act("answer", "matters.handle"), act("call_back", "matters.rate"), act("rate", "matters.view", BY_CODE), act("redo", "matters.rate"),
    act("archive", "matters.rate"), act("reopen", "matters.rate"), act("person_reopen", "matters.view", BY_CODE),
    act("withdraw", "matters.view", BY_CODE), act("add_voice", "matters.view"), act("person_note", "matters.view", BY_CODE),
    act("note", "matters.view"), act("make_secret", "matters.triage"), act("exclude", "matters.handle"),
    act("decide_exclusion", "matters.review"),
    call("search_units", "units.view", get="200"), call("get_root", "units.view", get="200"),
    call("get_unit", "units.view", "unit_id=unit", "200"), call("get_children", "units.view", "unit_id=unit", "200"),
    call("get_figures", "measures.view", "unit_id=village", "200"), call("list_indicators", "measures.view", get="200"),
    call("list_categories", "*", get="200"), call("list_admissions", "matters.view", get="200"),
    call("list_duties", "matters.view", get="200"),
    call("list_webhooks", "matters.integrate", get="200", post=""), call("create_webhook", "matters.integrate", get="", post="422"),
    call("get_webhook", "matters.integrate", "webhook_id=webhook", "200", ""),
    call("change_webhook", "matters.integrate", "webhook_id=webhook", get="", post="200", method="PATCH"),
    call("delete_webhook", "matters.integrate", "webhook_id=webhook", get="", post="204", method="DELETE"),
    call("list_calls", "matters.integrate", "webhook_id=webhook", "200"),
    call("resend_call", "matters.integrate", "webhook_id=webhook call_id=call", post="200"),
)  # fmt: skip
