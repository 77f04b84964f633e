"""Posts of the screening page: names, story, money, merits and the answer to the client."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.calendars import today
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, NotFound

from .. import operations
from ..forms import ConflictForm, ConsentForm, MeritsForm, MissingForm, ReceivedForm, RejectForm, TriageForm
from ..models import Case, ConflictSearch, ConsentKind
from ..operations_screening import find_grants
from ..standing import live_grants, standing_of
from . import bp
from .parts import eligibility_facts, matter_facts, merits_facts, triage_facts
from .screen_page import accept_form, eligibility_form, matter_form
from .screening import STAFF_PAGE, answer, staff_case


@bp.post("/intake/<public_id>/names/search")
@STAFF_PAGE
def search_names_of(public_id: str) -> ResponseReturnValue:
    """Search the programme's names for the parties as they are now."""
    with transaction():
        found = operations.search_conflicts(staff_case(public_id), actor=signed_in()).hit_count
    flash(_("%(count)s names to look at.", count=found) if found else _("No name like these was found."))
    return redirect(url_for(".screen", public_id=public_id, _anchor="conflicts"), 303)


@bp.post("/intake/<public_id>/names")
@STAFF_PAGE
def decide_names(public_id: str) -> ResponseReturnValue:
    """Say what the names found mean."""
    form = ConflictForm(prefix="conflicts")

    def do(case: Case) -> Any:
        found = _search_of(case, form.search.data or "")
        return operations.decide_conflicts(found, form.outcome.data, form.note.data, actor=signed_in())

    return answer(public_id, "conflicts", form, do, _l("The decision on the names is saved."))


def _search_of(case: Case, public_id: str) -> ConflictSearch:
    found = select(ConflictSearch).where(ConflictSearch.case_id == case.id, ConflictSearch.public_id == public_id)
    search = session.scalars(found).one_or_none()
    if search is None:
        raise NotFound
    return search


@bp.post("/intake/<public_id>/story")
@open_to(Role.SUPERVISING_ATTORNEY)
def open_story(public_id: str) -> ResponseReturnValue:
    """Open the sealed story before the search is clear."""
    with transaction():
        operations.open_narrative(staff_case(public_id), actor=signed_in())
    flash(_("The story is open now. That you opened it is on record."))
    return redirect(url_for(".screen", public_id=public_id, _anchor="story"), 303)


@bp.post("/intake/<public_id>/matter")
@STAFF_PAGE
def save_matter(public_id: str) -> ResponseReturnValue:
    """Say what the matter is and where it is decided."""
    form = matter_form(staff_case(public_id))

    def do(case: Case) -> Any:
        typed = form.typed
        moved = (typed["forum"], typed["forum_state"]) != (case.forum, case.forum_state)
        asked = typed["licence"] == case.licence and typed["credentials"] == list(case.credentials)
        corrected = None if (moved and asked) or not typed["licence"] else typed["licence"]
        kept = None if moved and asked else typed["credentials"]
        return operations.change_matter(case, actor=signed_in(), **{**typed, "licence": corrected, "credentials": kept})

    return answer(public_id, "matter", form, do, _l("Saved what the matter is."), matter_facts)


@bp.post("/intake/<public_id>/triage")
@STAFF_PAGE
def save_triage(public_id: str) -> ResponseReturnValue:
    """Record what is at stake; the priority follows at once."""
    form = TriageForm(prefix="triage")

    def do(case: Case) -> Any:
        lawyer = {"yes": True, "no": False}.get(form.other_side_has_lawyer.data or "")
        return operations.change_triage(case, actor=signed_in(), **{**form.typed, "other_side_has_lawyer": lawyer})

    return answer(public_id, "triage", form, do, _l("Saved. The priority was reckoned anew."), triage_facts)


@bp.post("/intake/<public_id>/eligibility")
@STAFF_PAGE
def save_eligibility(public_id: str) -> ResponseReturnValue:
    """Judge one funding source."""
    case = staff_case(public_id)
    form = eligibility_form(live_grants(case.programme_id, today(case.programme)))

    def do(case: Case) -> Any:
        typed = form.typed | {"left_out": form.left_out.data or 0, "actor": signed_in()}
        grant = find_grants(case, [int(typed.pop("grant"))])
        return operations.decide_eligibility(case, grant[0], **typed)

    return answer(public_id, "eligibility", form, do, _l("The decision on eligibility is saved."), eligibility_facts)


@bp.post("/intake/<public_id>/merits")
@open_to(Role.SUPERVISING_ATTORNEY)
def save_merits(public_id: str) -> ResponseReturnValue:
    """A supervising attorney's judgement."""
    form = MeritsForm(prefix="merits")

    def do(case: Case) -> Any:
        return operations.judge_merits(case, form.rating.data, form.note.data, actor=signed_in())

    return answer(public_id, "merits", form, do, _l("The judgement is saved."), merits_facts)


@bp.post("/intake/<public_id>/consent")
@STAFF_PAGE
def save_consent(public_id: str) -> ResponseReturnValue:
    """Record the client's yes to sharing names."""
    form = ConsentForm(prefix="consent")

    def do(case: Case) -> Any:
        return operations.record_consent(case, ConsentKind.SHARE_NAMES, form.how.data, actor=signed_in())

    return answer(public_id, "consent", form, do, _l("The client's yes is recorded."))


@bp.post("/intake/<public_id>/accept")
@STAFF_PAGE
def accept(public_id: str) -> ResponseReturnValue:
    """Accept the request."""
    case = staff_case(public_id)
    form = accept_form(case, standing_of(case), live_grants(case.programme_id, today(case.programme)))

    def do(case: Case) -> Any:
        return operations.accept_case(case, grant_ids=form.grants.data or [], actor=signed_in())

    return answer(public_id, "accept", form, do, _l("Accepted. The client is told by a safe way."))


@bp.post("/intake/<public_id>/missing")
@STAFF_PAGE
def ask_missing(public_id: str) -> ResponseReturnValue:
    """Ask the client for what is missing."""
    form = MissingForm(prefix="missing")

    def do(case: Case) -> Any:
        return operations.ask_for_missing(case, form.items.data, actor=signed_in())

    return answer(public_id, "missing", form, do, _l("The client is asked by a safe way."))


@bp.post("/intake/<public_id>/received")
@STAFF_PAGE
def got_missing(public_id: str) -> ResponseReturnValue:
    """Mark what came in."""
    form = ReceivedForm(prefix="received")

    def do(case: Case) -> Any:
        return operations.receive_missing(case, form.items.data, actor=signed_in())

    return answer(public_id, "missing", form, do, _l("Marked as received."))


@bp.route("/intake/<public_id>/reject", methods=["GET", "POST"])
@STAFF_PAGE
def reject(public_id: str) -> ResponseReturnValue:
    """Say no in a letter that names other help."""
    case, form = staff_case(public_id), RejectForm()
    if form.validate_on_submit():
        try:
            with transaction():
                operations.reject_case(
                    staff_case(public_id), form.reason.data, form.other_help.data or "", actor=signed_in()
                )  # fmt: skip
        except BadInput as no:
            form.form_errors = [no.message]
        else:
            flash(_("Rejected. The client is told by a safe way, with the other help you named."))
            return redirect(url_for(".intake_queue"), 303)
    return render_template("clients/reject.html", case=case, form=form), 422 if form.errors else 200
