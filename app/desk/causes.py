"""Where each task is done: its cause leads to one page and says in a verb what happens there."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import url_for
from flask_babel import lazy_gettext as _l

from .places import is_known


class Way(NamedTuple):
    """A verb, the page behind it, and whose id the page is asked with: case, task, record or nobody's."""

    label: Any
    endpoint: str
    of: str = "case"
    anchor: str = ""


WAYS: dict[str, Way] = {
    "screen": Way(_l("Screen"), "clients.screen"),
    "call_client": Way(_l("Call and note"), "clients.call_client", "task"),
    "post_letter": Way(_l("Print and post"), "clients.letter", "record"),
    "decide_clock": Way(_l("Decide…"), "desk.case", "case", "placing"),
    "review_pause": Way(_l("Look again"), "desk.case"),
    "ask_date": Way(_l("Enter the date"), "clients.screen", "case", "dates"),
    "watch_date": Way(_l("See to it"), "desk.case", "case", "dates"),
    "watch_date_attorney": Way(_l("See to it"), "desk.case", "case", "dates"),
    "search_conflicts": Way(_l("Search again"), "clients.screen", "case", "conflicts"),
    "consent_withdrawn": Way(_l("Decide"), "desk.case", "case", "placing"),
    "mail_trouble": Way(_l("Look at the mail"), "accounts.outbox", ""),
    "closing": Way(_l("Check the report"), "desk.case", "case", "closing"),
    "handed_back": Way(_l("Find somebody"), "matching.shortlist"),
    "package_report": Way(_l("Check the report"), "casework.package_report", "record"),
    "package_overdue": Way(_l("Decide"), "desk.case", "case", "openings"),
    "find_for_part": Way(_l("Find somebody"), "desk.case", "case", "openings"),
    "name_attorney": Way(_l("Name an attorney"), "matching.supervision"),
    "find_new_volunteer": Way(_l("Find somebody"), "matching.shortlist"),
    "cut_off": Way(_l("Decide"), "casework.close_to_it"),
    "firm_barred": Way(_l("Decide"), "casework.close_to_it"),
    "firm_unanswered": Way(_l("See to it"), "desk.case", "case", "placing"),
    "volunteer_may_not_go_on": Way(_l("Decide"), "casework.ways_out"),
    "take_custody": Way(_l("Take custody"), "casework.transfer_page", "record"),
    "court_leave": Way(_l("Open"), "casework.transfer_page", "record"),
    "transfer_checklist": Way(_l("Complete it"), "casework.transfer_page", "record"),
    "choose_receiver": Way(_l("Choose"), "casework.transfer_page", "record"),
    "transfer_consent": Way(_l("Record it"), "casework.transfer_page", "record"),
    "transfer_cause": Way(_l("Note it"), "casework.transfer_page", "record"),
    "update_client": Way(_l("Record a contact"), "casework.staff_contact"),
    "check_conflict_again": Way(_l("Open"), "desk.case", "case", "people"),
    "propose_next": Way(_l("Propose the next"), "matching.shortlist"),
    "answer_request": Way(_l("Answer"), "matching.one_request", "record"),
    "release_names": Way(_l("Answer"), "matching.one_request", "record"),
    "message_unanswered": Way(_l("Read and answer"), "casework.staff_messages"),
    "first_contact": Way(_l("Open"), "desk.case"),
    "letter": Way(_l("Open"), "desk.case"),
    "checkin_call": Way(_l("Call and enter"), "engagement.record_answer", "record"),
    "checkin_silent": Way(_l("Call and enter"), "engagement.record_answer", "record"),
    "checkin_away": Way(_l("See how it stands"), "engagement.record_answer", "record"),
    "checkin_late": Way(_l("Call and enter"), "engagement.record_answer", "record"),
    "cannot_go_on": Way(_l("Decide"), "casework.ways_out"),
    "package_cannot_go_on": Way(_l("Decide"), "desk.case", "case", "openings"),
    "package_needs_help": Way(_l("Find help"), "desk.case", "case", "openings"),
    "call_me": Way(_l("Call and note"), "casework.staff_contact"),
    "no_contact": Way(_l("Call and note"), "casework.staff_contact"),
    "needs_help": Way(_l("Find help"), "desk.case", "case", "people"),
    "postponed": Way(_l("Enter the date"), "clients.screen", "case", "dates"),
    "reopened": Way(_l("Prepare it"), "clients.screen"),
    "ready_to_close": Way(_l("Open"), "desk.case", "case", "closing"),
    "screen_volunteer": Way(_l("Screen"), "volunteers.volunteer", "record"),
    "check_credential": Way(_l("Verify"), "volunteers.volunteer", "record"),
}
# What leaves the list by what is decided or entered there, and never by saying that it is done.
DECIDED = frozenset({
    "screen", "judge_merits", "search_conflicts", "call_client", "post_letter", "mail_trouble", "decide_clock",
    "answer_request", "release_names", "closing", "package_report", "take_custody", "court_leave",
    "transfer_checklist", "choose_receiver", "transfer_consent", "transfer_cause", "screen_volunteer",
    "check_credential",
})  # fmt: skip
PLAIN = Way(_l("Open"), "desk.case")
ESCALATION = Way(_l("Look into it"), "engagement.escalation", "record")


def ends_by_hand(task: Any) -> bool:
    """May staff say themselves that a task is done?"""
    return task.cause not in DECIDED and task.record_kind != "escalations"


def way_of(task: Any) -> tuple[str, str]:
    """The verb and the address for a task's row: case, task and record ids as the query names them, and its kind."""
    way = ESCALATION if task.record_kind == "escalations" else WAYS.get(task.cause, PLAIN)
    ids = {"case": task.case_public_id, "task": task.public_id, "record": task.record_public_id}
    if not is_known(way.endpoint) or (way.of and not ids[way.of]):
        way = PLAIN
    if not way.of:
        return str(way.label), url_for(way.endpoint)
    if not ids[way.of]:
        return "", ""
    return str(way.label), url_for(way.endpoint, public_id=ids[way.of], _anchor=way.anchor or None)
