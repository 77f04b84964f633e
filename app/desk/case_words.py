"""A case's page in words: where it stands, what is next and whose turn, what happened, both sides' answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.casework import forms_reopening, transfer_words
from app.casework.forms_staff import WITHDRAW_REASONS
from app.clients import vocabulary
from app.clients.models import CaseStatus, ChannelKind
from app.core import clock, i18n
from app.engagement import escalation_words
from app.engagement.answers import disagree
from app.engagement.escalation_rules import root_causes
from app.engagement.models import Audience, Checkin
from app.matching import words as matching_words

from . import causes, places
from .case_file import CaseFile
from .docket_rows import STATUSES
from .forms import CUSTODY_REASONS, END_REASONS
from .same_facts import WATCHES

S = CaseStatus
WAY = (S.PRESCREEN, S.ACCEPTED, S.AVAILABLE, S.PLACED, S.IN_SERVICE, S.CLOSING, S.CLOSED)
REASONS: dict[str, Any] = {
    **vocabulary.REJECT_REASONS, **vocabulary.KEEP_REASONS, **vocabulary.OFF_DOCKET_REASONS, **dict(WITHDRAW_REASONS),
    **dict(forms_reopening.REASONS), **transfer_words.STAFF_HAND_BACK, **transfer_words.MANDATORY_REASONS,
    **END_REASONS, **CUSTODY_REASONS,
}  # fmt: skip
CHANNELS: dict[str, Any] = {
    ChannelKind.EMAIL: _l("Email"),
    ChannelKind.TEXT: _l("Text"),
    ChannelKind.CALL: _l("Call"),
    ChannelKind.VOICEMAIL: _l("Voicemail"),
    ChannelKind.POST: _l("Post"),
    ChannelKind.TRUSTED_PERSON: _l("Trusted person"),
}
CONTACTS: dict[str, Any] = {
    "call": _l("by phone"), "text": _l("by text"), "email": _l("by mail"), "visit": _l("in person"),
    "first_contact": _l("first contact of the volunteer"), "message": _l("by message"),
}  # fmt: skip
SHOWN = ("all", "note", "mail", "contact", "view")


def local_day(moment: datetime) -> date:
    """The day where the reader's programme is."""
    return moment.astimezone(ZoneInfo(i18n.zone())).date()


def short_day(moment: datetime) -> str:
    """`Nov 3`."""
    return i18n.when_at(moment).rpartition(", ")[0]


def track(file: CaseFile) -> list[dict[str, str]]:
    """Where the case stands on its way; an exit stands at the end."""
    now = file.case.status
    way = list(WAY) if now in WAY else [*(s for s in WAY if file.came_to(s)), now]
    at = way.index(now)
    return [
        {"label": str(STATUSES[status]), "state": "done" if n < at else "now" if n == at else "",
         "note": _note(file, status, n == at)}
        for n, status in enumerate(way)
    ]  # fmt: skip


def _note(file: CaseFile, status: CaseStatus, is_now: bool) -> str:
    came = file.came_to(status)
    if came is None:
        return ""
    if is_now and status in (S.AVAILABLE, S.PLACED, S.IN_SERVICE):
        day = (clock.now() - came).days + 1
        return f"{short_day(came)}, {_('day %(day)s', day=day)}"
    return short_day(came)


def next_step(file: CaseFile) -> dict[str, Any] | None:
    """What is next, whose turn it is, by when, and the pages where it is done."""
    if file.tasks:
        return _of_task(file, file.tasks[0])
    say = PLAIN_STEPS.get(file.case.status)
    return say(file) if say else None


def _of_task(file: CaseFile, task: Any) -> dict[str, Any]:
    label, url = causes.way_of(_Asked(task, file))
    here = url_for("desk.case", public_id=file.case.public_id)
    actions = [] if not url or url.partition("#")[0] == here else [(label, url)]
    is_escalation = task.record_kind == "escalations"
    if is_escalation or task.cause in ("cannot_go_on", "call_me", "no_contact"):
        actions.append((_("Record a contact"), url_for("casework.staff_contact", public_id=file.case.public_id)))
    if task.cause == "closing":
        actions += _closing_actions(file)
    elif task.cause == "decide_clock":
        actions += placing_actions(file)
    elif not is_escalation:
        actions.append((_("Done…"), url_for("desk.finish_task", public_id=task.public_id)))
    who = (
        _("Yours")
        if task.owner_id == file.viewer.id
        else file.staff.get(task.owner_id, "") or _("Anybody's of the team")
    )
    words = _("%(who)s, by %(when)s.", who=who, when=i18n.when_at(task.due_at))
    alone = f" {_('The case has no lawyer yet.')}" if task.cause in WATCHES and file.lead is None else ""
    return {"title": task.title, "text": words + alone, "late": task.due_at < clock.now(), "actions": actions}


class _Asked:
    """A task of this case as `causes.way_of` reads it."""

    def __init__(self, task: Any, file: CaseFile) -> None:
        self.cause, self.public_id, self.case_public_id = task.cause, task.public_id, file.case.public_id
        self.record_kind = task.record_kind
        known: dict[str, Iterable[Any]] = {
            "referrals": file.referrals, "checkins": file.checkins, "transfers": file.transfers,
            "package_reports": file.package_reports, "escalations": file.escalations, "client_letters": file.letters,
        }  # fmt: skip
        rows = known.get(task.record_kind, ())
        self.record_public_id = next((row.public_id for row in rows if row.id == task.record_id), None)


def _screen(file: CaseFile) -> dict[str, Any]:
    return {"title": _("Next: screen the request"), "text": _("Whoever reads it first decides."), "late": False,
            "actions": [(_("Screen"), url_for("clients.screen", public_id=file.case.public_id))]}  # fmt: skip


def _list(file: CaseFile) -> dict[str, Any]:
    return {
        "title": _("Next: write the listing"),
        "text": _("Then volunteers see it and the referral clock starts."),
        "late": False,
        "actions": [(_("Prepare it"), url_for("clients.screen", public_id=file.case.public_id))],
    }


def _place(file: CaseFile) -> dict[str, Any]:
    ends = file.case.clock_ends_at
    text = _("The referral clock ends %(when)s.", when=i18n.when_at(ends)) if ends else ""
    late = ends is not None and ends < clock.now()
    return {"title": _("Next: find a volunteer"), "text": text, "late": late, "actions": placing_actions(file)}


def _contact(file: CaseFile) -> dict[str, Any] | None:
    lead = file.lead
    if lead is None:
        return None
    due = lead.first_contact_due_on
    text = _("The volunteer's turn, by %(day)s, %(off)s.", day=i18n.when_day(due), off=i18n.in_days(due))
    return {
        "title": _("Next: %(who)s calls the client", who=lead.volunteer.name),
        "text": text,
        "late": due < i18n.today(),
        "actions": [(_("They have spoken"), url_for("casework.staff_first_contact", public_id=file.case.public_id))],
    }


def _check(file: CaseFile) -> dict[str, Any]:
    return {
        "title": _("Next: check the closing report"),
        "text": _("Ours to answer."),
        "late": False,
        "actions": _closing_actions(file),
    }


PLAIN_STEPS: dict[CaseStatus, Any] = {
    S.PRESCREEN: _screen, S.ACCEPTED: _list, S.AVAILABLE: _place, S.PLACED: _contact, S.CLOSING: _check,
}  # fmt: skip


def _closing_actions(file: CaseFile) -> list[tuple[str, str]]:
    public_id = file.case.public_id
    return [(_("Approve and close…"), url_for("casework.approve_closing", public_id=public_id)),
            (_("Return…"), url_for("casework.return_closing", public_id=public_id))]  # fmt: skip


def placing_actions(file: CaseFile) -> list[tuple[str, str]]:
    """What can be done for a case that waits for a volunteer."""
    public_id = file.case.public_id
    found = [(_("Find volunteers"), places.address("matching.shortlist", public_id=public_id))]
    lead = next((each for each in file.openings if each.role == "lead"), None)
    if lead is not None:
        found.append((_("Place by hand…"), places.address("matching.by_hand", public_id=lead.public_id)))
    found += [(_("Look longer…"), places.address("clients.extend_clock", public_id=public_id)),
              (_("Take off the docket…"), places.address("clients.take_off_docket", public_id=public_id)),
              (_("Keep with staff…"), places.address("clients.keep_with_staff", public_id=public_id)),
              (_("Nobody found…"), places.address("clients.not_placed", public_id=public_id))]  # fmt: skip
    return [each for each in found if each[1]]


def more(file: CaseFile) -> list[dict[str, str]]:
    """The rarer acts, behind one button."""
    case, public_id = file.case, file.case.public_id
    is_open = case.status in STATUS_OPEN
    wanted = [
        (_("Hand over custody…"), "desk.hand_over", is_open),
        (_("Pause…"), "clients.pause_case", is_open and case.paused_at is None),
        (_("Log your hours"), "casework.staff_time", is_open),
        (_("A step is done…"), "casework.staff_milestone", is_open and case.status is not S.PRESCREEN),
        (_("Engagement letter signed…"), "casework.staff_letter", file.lead is not None),
        (_("Do without a letter…"), "casework.waive_letter", file.lead is not None),
        (
            _("End the lead's part…"),
            "casework.ways_out",
            file.lead is not None and case.status in WITH_LEAD,
        ),
        (_("Write down a complaint…"), "engagement.record_complaint", True),
        (_("Close as dormant…"), "casework.dormant", case.status is S.IN_SERVICE),
        (_("Withdraw the case…"), "casework.withdraw", is_open),
        (_("Open again…"), "casework.reopen", case.status is S.CLOSED),
    ]
    return [{"label": label, "url": url_for(endpoint, public_id=public_id)}
            for label, endpoint, wants in wanted if wants and places.is_known(endpoint)]  # fmt: skip


STATUS_OPEN = frozenset(WAY) - {S.CLOSED}
WITH_LEAD = frozenset({S.PLACED, S.IN_SERVICE, S.CLOSING})


def history(file: CaseFile, show: str) -> list[dict[str, Any]]:
    """What happened, newest first; one kind or all but the looks."""
    parts = {"note": _notes, "mail": _mails, "contact": _contacts, "view": _looks, "move": _moves, "try": _tries}
    chosen = [parts[show]] if show in parts else [_notes, _mails, _contacts, _moves, _tries, _escalations]
    items = [item for part in chosen for item in part(file)]
    return sorted(items, key=lambda item: item["at"], reverse=True)


def _item(at: datetime, title: Any, **more: Any) -> dict[str, Any]:
    return {"at": at, "title": title, "when": i18n.when_at(at), **more}


def _notes(file: CaseFile) -> Iterator[dict[str, Any]]:
    for note in file.notes:
        who = {"staff": _("noted for staff"), "lawyer_and_client": _("noted, privileged")}.get(
            note.visibility, _("noted")
        )
        yield _item(note.created_at, note.author.name, who=who, body=note.text)


def _mails(file: CaseFile) -> Iterator[dict[str, Any]]:
    whom = {"client": _("Message to the client"), "volunteer": _("Message to the volunteer")}
    states = {"queued": _("waiting to leave"), "sending": _("leaving now"), "retrying": _("tried again soon"),
              "parked": _("a person must decide"), "failed": _("did not arrive"), "dropped": _("not sent")}  # fmt: skip
    for mail in file.mails:
        title = whom.get(mail.audience, _("Message to staff"))
        yield _item(mail.sent_at or mail.created_at, title, who=states.get(mail.status, ""), body=mail.subject,
                    lang=mail.language if mail.language != "en" else "")  # fmt: skip
    yield from _letters(file)


def _letters(file: CaseFile) -> Iterator[dict[str, Any]]:
    for each in file.letters:
        state = _("posted") if each.posted_at else _("not posted") if each.dropped_at else _("waits to be posted")
        state = _("came back") if each.returned_at else state
        url, at = url_for("clients.letter", public_id=each.public_id), each.returned_at or each.posted_at
        yield _item(at or each.created_at, _("Letter to the client"), who=state, body=each.subject, url=url,
                    lang=each.language if each.language != "en" else "")  # fmt: skip


def _contacts(file: CaseFile) -> Iterator[dict[str, Any]]:
    for each in file.contacts:
        reached = _("reached the client") if each.reached else _("tried, did not reach the client")
        yield _item(each.at, each.name, who=f"{reached}, {CONTACTS.get(each.channel, each.channel)}")


def _looks(file: CaseFile) -> Iterator[dict[str, Any]]:
    for each in file.looks:
        yield _item(each.at, each.name, who=_("looked into the file"))


def _moves(file: CaseFile) -> Iterator[dict[str, Any]]:
    for move in file.moves:
        who = file.staff.get(move.actor_id, "")
        reason = str(REASONS.get(move.reason, "")) if move.reason else ""
        yield _item(move.at, STATUSES[move.to_status], who=who, body=reason, key=True)


def _tries(file: CaseFile) -> Iterator[dict[str, Any]]:
    for each in file.referrals:
        name = each.volunteer.name if each.volunteer else each.organisation.name if each.organisation else ""
        if each.offered_at:
            yield _item(each.offered_at, _("Offered to %(who)s", who=name))
        if each.requested_at:
            yield _item(each.requested_at, _("%(who)s asked for the case", who=name))
        if each.status in ("declined", "conflict", "expired", "withdrawn") and each.ended_at:
            reason = matching_words.DECLINE_REASONS.get(
                each.reason or "", matching_words.REFUSE_REASONS.get(each.reason or "", "")
            )
            said = {"declined": _("Declined by %(who)s", who=name), "conflict": _("A conflict at %(who)s", who=name),
                    "expired": _("The time of %(who)s ran out", who=name),
                    "withdrawn": _("The attempt with %(who)s ended", who=name)}  # fmt: skip
            yield _item(each.ended_at, said[each.status], body=str(reason))


def _escalations(file: CaseFile) -> Iterator[dict[str, Any]]:
    for each in file.escalations:
        cause = escalation_words.cause_of(each.cause)
        yield _item(each.opened_at, _("Escalation opened: %(cause)s", cause=cause), key=True)
        if each.closed_at is not None:
            why = root_causes().get(each.root_cause or "", "")
            yield _item(each.closed_at, _("Escalation closed: %(cause)s", cause=cause), body=why, key=True)


SAID: dict[str, Any] = {
    "on_track": _l("On track"), "in_touch": _l("In touch with the volunteer"), "not_yet": _l("Not in touch yet"),
    "ready_to_close": _l("Ready to close"), "needs_help": _l("Asks for help"), "cannot_go_on": _l("Cannot go on"),
    "no_contact": _l("Nobody has been in touch"), "call_me": _l("Asks to be called"),
    "no_longer_needed": _l("Needs no more help"), "unsure": _l("Does not know what comes next"),
    "postponed": _l("The date was moved"),
}  # fmt: skip
WELL = frozenset({"on_track", "in_touch", "ready_to_close"})


def lanes(file: CaseFile) -> list[dict[str, Any]]:
    """Both sides' check-ins on one spine, newest first; those asked near each other stand side by side."""
    rows: list[dict[str, Any]] = []
    for checkin in file.checkins:
        side = "volunteer" if checkin.audience is Audience.VOLUNTEER else "client"
        last = rows[-1] if rows else None
        if last is None or last[side] is not None or abs((last["on"] - checkin.due_on).days) > 3:
            last = {"on": checkin.due_on, "volunteer": None, "client": None, "clash": False, "of": {}}
            rows.append(last)
        last[side], last["of"][side] = _answer(checkin), checkin
    started = {a.id: local_day(a.started_at) for a in file.assignments}
    for row in rows:
        any_of = next(iter(row["of"].values()))
        day = (row["on"] - started.get(any_of.assignment_id, row["on"])).days
        row["day"], row["when"] = _("Day %(day)s", day=day), i18n.when_day(row["on"]).partition(", ")[2]
        row["clash"] = _clash(row["of"])
    return rows


def _clash(of: dict[str, Checkin]) -> bool:
    volunteer, client = of.get("volunteer"), of.get("client")
    if not (volunteer and client and volunteer.answers and client.answers):
        return False
    theirs, clients = volunteer.answers[-1], client.answers[-1]
    return disagree(theirs.standing, clients.values, theirs.values)


def _answer(checkin: Checkin) -> dict[str, Any]:
    """One side's answer, or how the asking stands."""
    if checkin.answers:
        answer = checkin.answers[-1]
        words = SAID.get(answer.standing)
        how = _("said by phone") if answer.how == "phone" else ""
        note = " · ".join(part for part in (answer.comment or "", how) if part)
        return {
            "text": str(words) if words else answer.standing,
            "note": note,
            "ok": answer.standing in WELL,
            "none": False,
        }
    if checkin.sent_at is None:
        return {"text": _("To be asked %(day)s", day=i18n.when_day(checkin.due_on)), "none": True}
    if checkin.closed_at is not None:
        return {"text": _("Not asked any more"), "none": True}
    reminded = [short_day(at) for at in (checkin.reminded_at, checkin.reminded_again_at) if at]
    note = _("Reminded %(days)s", days=", ".join(reminded)) if reminded else ""
    return {"text": _("No answer"), "note": note, "none": True}


def waited(file: CaseFile) -> str:
    """How long the client has waited."""
    days = (i18n.today() - i18n.day_of(file.case.received_at)).days
    if days == 0:
        return _("asked today")
    return ngettext("asked %(num)s day ago", "asked %(num)s days ago", days)
