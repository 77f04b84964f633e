"""One volunteer as staff screen, approve and look after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import Programme
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound

from .. import facts, operations, operations_profile, policy, queries, queries_shifts, words
from ..forms_screening import DecideForm, PauseForm, StandingForm
from ..models import Volunteer, VolunteerStatus
from ..requirements import live_requirements
from . import bp

S = VolunteerStatus


@bp.get("/volunteers/<public_id>")
@open_to(*STAFF, Role.ADMIN)
def volunteer(public_id: str) -> ResponseReturnValue:
    """What a volunteer said, what of it holds, and what happened."""
    return _page(queries.get_volunteer(public_id, viewer=signed_in()))


def _page(row: Volunteer, standing_form: StandingForm | None = None, of: Programme | None = None) -> str:
    viewer, today = signed_in(), queries.today()
    organisations = queries.organisations_of(row)
    return render_template(
        "volunteers/volunteer.html", volunteer=row, today=today, words=words, facts=facts,
        checklist=checklist(row), able=policy.roles_in_force(row, today), is_in_force=policy.is_in_force,
        used=queries.used_slots([row.id]).get(row.id, 0), assignments=queries.open_assignments(row),
        history=queries.history(row), organisations=organisations, form=standing_form, S=S,
        similar=[other for one in organisations for other in queries.similar_organisations(one)],
        may_screen=policy.may_screen(viewer) and row.user_id != viewer.id,
        standings=[_standing(row, programme, standing_form, of) for programme in _programmes()],
        shifts=session.scalars(queries_shifts.shifts_of(row, viewer=viewer).limit(3)).all(),
        may_log_shifts=bool(viewer.programme_ids(*STAFF)),
    )  # fmt: skip


def _programmes() -> list[Programme]:
    mine = signed_in().programme_ids(Role.COORDINATOR)
    return [programme for programme in queries.programmes() if programme.id in mine]


def _standing(row: Volunteer, programme: Programme, typed: StandingForm | None, of: Programme | None) -> Any:
    if typed is not None and of is not None and of.id == programme.id:
        return programme, typed
    found = queries.standing_with(row, programme)
    values = {
        "excluded": bool(found and found.standing == "excluded"),
        "reason": (found.excluded_reason if found else "") or "",
        "covered": bool(found and found.covered_by_programme),
        "takes_at_once": bool(found and found.takes_at_once),
    }
    return programme, StandingForm(formdata=None, data=values)


def checklist(row: Volunteer) -> list[dict[str, Any]]:
    """Each role the volunteer asked for: its requirements, and the credentials that meet or might meet them."""
    today, needs = queries.today(), live_requirements()
    found = []
    for role in row.roles:
        open_needs = policy.unmet_requirements(row, role, today, needs)
        items = [
            {
                "need": need,
                "met": need not in open_needs,
                "by": [one for one in row.credentials if one.kind in need.met_by and one.ended_at is None],
            }
            for need in needs
            if need.role == role
        ]
        found.append({"role": role, "items": items, "met": bool(items) and not open_needs})
    return found


@bp.post("/volunteers/<public_id>/screen")
@open_to(*STAFF)
def start_screening(public_id: str) -> ResponseReturnValue:
    """Begin to verify."""
    with transaction():
        operations.start_screening(queries.get_volunteer(public_id, viewer=signed_in()), actor=signed_in())
    return redirect(url_for(".volunteer", public_id=public_id), 303)


@bp.post("/volunteers/<public_id>/approve")
@open_to(*STAFF)
def approve(public_id: str) -> ResponseReturnValue:
    """Let the volunteer take cases."""
    with transaction():
        row = queries.get_volunteer(public_id, viewer=signed_in())
        operations.approve_volunteer(row, actor=signed_in())
        text = _("Approved. A mail to %(name)s is on its way.", name=row.name)
    flash(text, "success")
    return redirect(url_for(".volunteer", public_id=public_id), 303)


@bp.post("/volunteers/<public_id>/invite")
@open_to(*STAFF)
def invite(public_id: str) -> ResponseReturnValue:
    """Send the invitation again."""
    with transaction():
        operations.invite_again(queries.get_volunteer(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("A new invitation is on its way; the old link no longer works."), "success")
    return redirect(url_for(".volunteer", public_id=public_id), 303)


@bp.post("/volunteers/<public_id>/resume")
@open_to(*STAFF)
def resume(public_id: str) -> ResponseReturnValue:
    """End a pause early."""
    with transaction():
        operations.resume_volunteer(queries.get_volunteer(public_id, viewer=signed_in()), actor=signed_in())
    return redirect(url_for(".volunteer", public_id=public_id), 303)


class Decision:
    """A move that needs a reason: its words, reasons, operation."""

    def __init__(
        self, title: Any, what: Any, submit: Any, reasons: Mapping[str, Any], act: Callable[..., None], done: Any
    ) -> None:
        self.title, self.what, self.submit, self.done = title, what, submit, done
        self.reasons, self.act = reasons, act


DECISIONS: dict[str, Decision] = {
    "decline": Decision(
        _l("Decline the application?"),
        _l("The applicant is thanked by mail. The reason stays in the file; the mail does not name it."),
        _l("Decline"), words.DECLINES, operations.decline_volunteer, _l("Declined. A mail is on its way."),
    ),
    "suspend": Decision(
        _l("Suspend this volunteer?"),
        _l("New claims and offers stop at once. For each open case a task asks who goes on with it."),
        _l("Suspend"), words.SUSPENSIONS, operations.suspend_volunteer, _l("Suspended."),
    ),
    "reinstate": Decision(
        _l("Lift the suspension?"), _l("The volunteer may take new cases if every requirement is met."),
        _l("Lift the suspension"), words.REINSTATEMENTS, operations.reinstate_volunteer, _l("Lifted."),
    ),
    "retire": Decision(
        _l("End this volunteer's time with us?"), _l("They take no new cases. Their record and hours stay."),
        _l("Retire"), words.RETIREMENTS, operations.retire_volunteer, _l("Retired."),
    ),
    "reopen": Decision(
        _l("Screen this person again?"), _l("What was verified before counts where it has not run out."),
        _l("Screen again"), words.REOPENINGS, operations.reopen_volunteer, _l("Screening is open again."),
    ),
}  # fmt: skip


@bp.route("/volunteers/<public_id>/<any(decline, suspend, reinstate, retire, reopen):verb>", methods=["GET", "POST"])
@open_to(*STAFF)
def decide(public_id: str, verb: str) -> ResponseReturnValue:
    """Ask for the reason of a decision, then make it."""
    decision, form = DECISIONS[verb], DecideForm()
    form.fit(decision.reasons)
    if form.is_submitted() and form.validate():
        with transaction():
            row = queries.get_volunteer(public_id, viewer=signed_in())
            decision.act(row, form.reason.data, actor=signed_in())
        flash(str(decision.done), "success")
        return redirect(url_for(".volunteer", public_id=public_id), 303)
    row = queries.get_volunteer(public_id, viewer=signed_in())
    page = render_template("volunteers/decide.html", volunteer=row, decision=decision, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.route("/volunteers/<public_id>/pause", methods=["GET", "POST"])
@open_to(*STAFF)
def pause(public_id: str) -> ResponseReturnValue:
    """Pause a volunteer who asked for it by phone or mail."""
    form = PauseForm()
    form.fit(words.PAUSES)
    if form.is_submitted() and form.validate():
        with transaction():
            row = queries.get_volunteer(public_id, viewer=signed_in())
            operations.pause_volunteer(row, form.last_day, form.reason.data, actor=signed_in())
        flash(_("Paused."), "success")
        return redirect(url_for(".volunteer", public_id=public_id), 303)
    row = queries.get_volunteer(public_id, viewer=signed_in())
    decision = Decision(
        _l("Pause this volunteer?"), _l("Nothing new is offered until then. Open cases go on."), _l("Pause"),
        words.PAUSES, operations.pause_volunteer, "",
    )  # fmt: skip
    page = render_template("volunteers/decide.html", volunteer=row, decision=decision, form=form)
    return page, 422 if form.is_submitted() else 200


@bp.post("/volunteers/<public_id>/standing/<slug>")
@open_to(Role.COORDINATOR)
def set_standing(public_id: str, slug: str) -> ResponseReturnValue:
    """Say how the volunteer stands with one's programme."""
    form, found = StandingForm(), [programme for programme in _programmes() if programme.slug == slug]
    if not found:
        raise NotFound
    if not form.validate():
        return _page(queries.get_volunteer(public_id, viewer=signed_in()), form, found[0]), 422
    with transaction():
        row = queries.get_volunteer(public_id, viewer=signed_in())
        operations.set_standing(
            row, session.get_one(Programme, found[0].id), welcome=not form.excluded.data, covered=form.covered.data,
            takes_at_once=form.takes_at_once.data, reason=form.reason.data or None, actor=signed_in(),
        )  # fmt: skip
    flash(_("Saved."), "success")
    return redirect(url_for(".volunteer", public_id=public_id), 303)


@bp.post("/volunteers/<public_id>/organisation/<organisation_id>")
@open_to(*STAFF)
def use_organisation(public_id: str, organisation_id: str) -> ResponseReturnValue:
    """Put the volunteer into the organisation with the like name."""
    with transaction():
        row = queries.get_volunteer(public_id, viewer=signed_in())
        operations_profile.change_organisation(row, queries.get_organisation(organisation_id), actor=signed_in())
    flash(_("Saved."), "success")
    return redirect(url_for(".volunteer", public_id=public_id), 303)
