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
    # procedures: whoever is over the village; what hangs on the board is everybody's
    "case": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "case_file": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "polled": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "own_procedure": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
    "posting": (PERSONAS, PERSONAS),
    "ballot": (PERSONAS, PERSONAS),
    # village democracy: whoever is over the village; the department has no villages
    **dict.fromkeys(("seat", "decision", "disclosure", "objection", "inquiry", "evaluation", "cadre", "coverage", "visit", "home"), ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,))),
    "hung": (PERSONAS, PERSONAS),
    "data_request": ((COUNTY, TOWNSHIP, VILLAGE), (OUTSIDER,)),
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
    # --- procedures
    page("cases", "procedures.view"), page("cases_print", "procedures.view"), page("cases_export", "procedures.export"),
    page("case_starts", "procedures.start"), page("case_start", "procedures.start", "code='cadres.seal'", get="200 404", post="404 422"),
    page("case", "procedures.view", "pk=case"), page("case_end", "procedures.view", "pk=case", get="200 403", post="403 422"),
    page("case_move", "procedures.migrate", "pk=case", post="422"), page("case_interest", "procedures.act", "pk=case", post="422"),
    page("case_file", "procedures.view", "pk=case file=case_file"),
    page("case_act", "procedures.view", "pk=case step='apply' act='submit'", get="200 404", post="409 422"),
    page("case_ballot", "procedures.view", "pk=polled step='poll'", post="403"),
    page("case_paper", "procedures.view", "pk=case step='stamp' code='register' kind='docx'"),
    page("procedures", "procedures.view"), page("procedure_new", "procedures.define", post="422"),
    page("procedure_own", "procedures.view", "pk=own_procedure"),
    page("procedure_own_file", "procedures.view", "pk=own_procedure kind='toml'"),
    page("procedure_decide", "procedures.approve", "pk=own_procedure", "405", "422"),
    page("procedure", "procedures.view", "code='cadres.seal' version='1'"),
    page("procedure_file", "procedures.view", "code='cadres.seal' version='1' kind='bpmn'"),
    page("posting", "", "pk=posting"), page("ballot_board", "", "pk=ballot"), page("ballot_data", "", "pk=ballot"),
    page("ballot_vote", "", "pk=ballot", get="404", post="404"),  # closed: nobody votes any more
    # --- village democracy
    page("rosters", "democracy.view"), page("roster", "democracy.view", "pk=village body='representatives'"),
    page("roster_export", "democracy.view", "pk=village body='villagers'"),
    page("seat_new", "democracy.rosters", "pk=village body='committee'", post="422"),
    page("seat_leave", "democracy.rosters", "pk=seat", post="422"),
    page("household_delegate", "democracy.rosters", "pk=village household=home", post="422"),
    page("decisions", "democracy.view"), page("matter_list", "democracy.view"), page("decisions_due", "democracy.view"),
    page("skips", "democracy.view"), page("skip_new", "democracy.oversee", post="422"),
    page("decision_new", "democracy.decide", post="200 422"), page("decision", "democracy.view", "pk=decision"),
    page("decision_carry", "democracy.decide", "pk=decision", post="422"),
    page("decision_end", "democracy.decide", "pk=decision", post="422"),
    page("decision_disclose", "democracy.disclose", "pk=decision item='decision'", "405", "302"),
    page("disclosures", "democracy.view"), page("disclosures_all", "democracy.view"), page("catalogue", "democracy.view"),
    page("objections", "democracy.view"), page("objection_uphold", "democracy.supervise", "pk=objection", post="422"),
    page("disclosure_new", "democracy.disclose", post="200 422"), page("disclosure", "democracy.view", "pk=disclosure"),
    page("disclosure_edit", "democracy.disclose", "pk=disclosure", post="422"),
    page("disclosure_submit", "democracy.disclose", "pk=disclosure", "405", "302"),
    page("disclosure_review", "democracy.supervise", "pk=disclosure", post="422"),
    page("disclosure_publish", "democracy.disclose", "pk=disclosure", post="422"),
    page("disclosure_correct", "democracy.disclose", "pk=disclosure", post="422"),
    page("disclosure_print", "democracy.view", "pk=disclosure"),
    page("supervision", "democracy.view"), page("inquiry", "democracy.view", "pk=inquiry"),
    page("inquiry_new", "democracy.supervise", post="200 422"), page("inquiry_answer", "democracy.decide", "pk=inquiry", post="422"),
    page("inquiry_conclude", "democracy.supervise", "pk=inquiry", post="422"),
    page("supervision_report", "democracy.supervise", post="200 422"),
    page("evaluations", "democracy.results"), page("evaluation_new", "democracy.evaluate", post="200 422"),
    page("evaluation", "democracy.results", "pk=evaluation"),
    page("cadre_report", "democracy.evaluate", "pk=evaluation cadre=cadre", post="422"),
    page("evaluation_tell", "democracy.evaluate", "pk=evaluation", "405", "302"),
    page("audits", "democracy.view"), page("audit_new", "democracy.audit", post="422"), page("audit", "democracy.view", "pk=coverage"),
    page("audit_visit", "democracy.view", "pk=visit"), page("audit_move", "democracy.audit", "pk=visit", post="422"),
    page("audit_done", "democracy.audit", "pk=visit", post="422"), page("audit_finding", "democracy.audit", "pk=visit", post="422"),
    page("audit_disclose", "democracy.disclose", "pk=visit", "405", "302"),
    page("democracy_board", "democracy.view"), page("democracy_rows", "democracy.view"),
    page("open_village", "", "code=village_code"), page("open_verify", "", "code=village_code"),
    page("open_notice", "", "code=village_code pk=hung", "200 404"), page("open_object", "", "code=village_code pk=hung", "200 404", "422 404"),
    page("open_proof", "", "code=village_code pk=hung", "200 404"), page("open_print", "", "code=village_code pk=hung", "200 404"),
    # --- the data books
    page("data_book", "datahub.book"), page("data_unit_book", "datahub.book", "unit_id=unit"),
    page("data_rows", "datahub.rows", "source='citizen_messages'", post="422"),
    page("data_export", "datahub.rows", "source='citizen_messages'", "405", "422"),
    page("data_find", "datahub.rows", post="422"), page("data_requests", "datahub.ask"),
    page("data_request_new", "datahub.ask", "source='citizen_messages'", post="422"),
    page("data_request", "datahub.ask", "pk=data_request", post="403 422"),
    page("data_request_end", "datahub.ask", "pk=data_request", "405", "302"),
    page("data_catalogue", "datahub.catalogue"), page("data_asked", "datahub.catalogue", post="422"),
    page("data_source", "datahub.catalogue", "source='citizen_messages'"),
    page("data_contract_edit", "datahub.contracts", "source='citizen_messages'", post="422"),
    page("data_held", "datahub.contracts", "source='citizen_messages' batch='none'", get="404 422"),
    page("data_runs", "datahub.catalogue"), page("data_run", "datahub.catalogue", "name='none'", get="404"),
    page("data_looks", "datahub.catalogue"), page("data_pairs", "datahub.contracts", post="404"),
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
