"""The case page for staff."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.casework import closing_words, transfer_words
from app.clients import problems, vocabulary
from app.clients.intake.choices import MAY_SAY
from app.clients.models import CaseStatus
from app.clients.urgency import in_words
from app.core import audit, i18n
from app.core.access import STAFF, open_to, signed_in
from app.engagement import escalation_words

from .. import case_words, causes, docket_rows, openings, places
from ..case_file import CaseFile, case_file, case_in_brief
from . import bp


@bp.get("/cases/<public_id>")
@open_to(*STAFF)
def case(public_id: str) -> ResponseReturnValue:
    """The whole file of a case; that somebody looked is written before it is shown."""
    audit.record_view("case", case_in_brief(public_id, viewer=signed_in()), viewer=signed_in())
    file = case_file(public_id, viewer=signed_in())
    show = request.args.get("k", "all")
    show = show if show in case_words.SHOWN else "all"
    return render_template(
        "desk/case.html", file=file, case=file.case, matter=_matter(file), track=case_words.track(file),
        step=case_words.next_step(file), lanes=case_words.lanes(file), history=case_words.history(file, show),
        shows=_shows(public_id, show), more=case_words.more(file), priority=_priority(file), dates=_dates(file),
        channels=case_words.CHANNELS, roles=vocabulary.PARTY_ROLES, language=problems.language_name(file.case.language),
        may_say=dict(MAY_SAY), statuses=docket_rows.STATUSES, ends_by_hand=causes.ends_by_hand,
        placing=_placing(file), closing=_closing(file), waited=case_words.waited(file),
        override_url=places.address("clients.priority", public_id=public_id), is_open=case_words.STATUS_OPEN,
        screen_url=places.address("clients.screen", public_id=public_id), part_words=vocabulary.CASE_ROLES,
        transfer_words=transfer_words, escalation_words=escalation_words,
        openings=openings.parts_of(file), company=openings.company(file), may_add_openings=openings.may_add(file),
    )  # fmt: skip


def _matter(file: CaseFile) -> str:
    """`26-01377 · Housing, 63 Private Landlord/Tenant · full representation`."""
    found = problems.find_problem(file.case.problem_code)
    what = f"{found.category}, {found.title}" if found else _("no problem code yet")
    service = _("full representation") if file.case.service_level == "full" else _("limited scope")
    place = problems.county_name(file.case.county)
    return f"{file.case.number} · {what} · {service} · {place}"


def _shows(public_id: str, show: str) -> list[dict[str, Any]]:
    labels = {
        "all": _("All"),
        "note": _("Notes"),
        "mail": _("Messages"),
        "contact": _("Contacts"),
        "view": _("Who looked"),
    }
    return [{"label": label, "url": url_for(".case", public_id=public_id, k=key, _anchor="happened"),
             "current": key == show} for key, label in labels.items()]  # fmt: skip


def _priority(file: CaseFile) -> dict[str, Any]:
    reckoned = next((each for each in file.priority if each.override_level is None), None)
    override = next((each for each in file.priority if each.override_level is not None), None)
    lang = i18n.language()
    return {
        "title": _("Priority: %(level)s, %(points)s", level=docket_rows.said(lang)[0][file.case.priority_level].lower(),
                   points=docket_rows.points_words(file.case.points, lang)),
        "factors": in_words(docket_rows.factors_of(reckoned)) if reckoned else [],
        "note": docket_rows.override_words(override, file.staff, lang) if override else "",
    }  # fmt: skip


def _dates(file: CaseFile) -> list[dict[str, Any]]:
    """Each date, what it is, how far off; what is not known is an open question."""
    rows = []
    for each in file.dates:
        days = (each.on_day - i18n.today()).days if each.on_day else None
        kind = "" if days is None else "late" if days < 0 else "soon" if days <= 14 else ""
        rows.append({"row": each, "kind": kind, "what": vocabulary.DATE_KINDS.get(each.kind, each.kind)})
    lead = file.lead
    if lead is not None and not lead.letter_signed_on and not lead.letter_waived_reason and lead.letter_due_on:
        kind = "late" if lead.letter_due_on < i18n.today() else "soon"
        rows.append({"letter": lead.letter_due_on, "kind": kind})
    return rows


def _placing(file: CaseFile) -> list[tuple[str, str]]:
    return case_words.placing_actions(file) if file.case.status is CaseStatus.AVAILABLE else []


def _closing(file: CaseFile) -> dict[str, Any] | None:
    return closing_words.in_words(file.closing, file.hours) if file.closing else None
