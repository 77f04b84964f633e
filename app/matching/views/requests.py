"""What coordinators decide: requests, names of sensitive matters, placements by hand."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.clients.conflicts import must_be_searched_again
from app.clients.models import CaseRole, Opening
from app.core.access import STAFF, open_to, signed_in
from app.core.db import session, transaction
from app.core.lists import page_of
from app.volunteers.models import Volunteer

from .. import operations, queries, words
from ..barring import Purpose
from ..forms import ConfirmForm, HandForm, RefuseForm, told_apart
from ..models import Referral
from ..rules import Pair, judge_pair
from . import bp


@bp.get("/requests")
@open_to(*STAFF)
def requests() -> ResponseReturnValue:
    """What waits for the programme's word, the oldest promise first."""
    page = page_of(queries.staff_requests(signed_in()), scalars=True)
    search_first = queries.to_search_again({referral.case for referral in page.rows})
    return render_template("matching/requests.html", page=page, search_first=search_first)


@bp.get("/requests/<public_id>")
@open_to(*STAFF)
def one_request(public_id: str) -> ResponseReturnValue:
    """One request: who asks, how well they fit, yes or no."""
    return _request_page(queries.get_staff_referral(public_id, viewer=signed_in()), RefuseForm())


def _request_page(referral: Referral, refuse: RefuseForm) -> str:
    confirm = ConfirmForm(formdata=None)
    pair = _pair(referral)
    mentors = queries.mentors(referral.case, referral.volunteer, of=referral) if pair and pair.needs_mentor else []  # type: ignore[arg-type]
    confirm.mentor.choices = told_apart(mentors)
    confirm.mentor.data = referral.mentor.public_id if referral.mentor in mentors else None  # type: ignore[union-attr]
    return render_template(
        "matching/request.html",
        referral=referral,
        case=referral.case,
        pair=pair,
        mentors=mentors,
        confirm=confirm,
        refuse=refuse,
        search_first=must_be_searched_again(referral.case),
        words=words,
    )


def _pair(referral: Referral) -> Pair | None:
    if referral.volunteer is None:
        return None
    today = calendars.today(referral.case.programme)
    return judge_pair(referral.opening, referral.volunteer, today, Purpose.PLACE)


@bp.post("/requests/<public_id>/confirm")
@open_to(*STAFF)
def confirm_request(public_id: str) -> ResponseReturnValue:
    """Say yes: the case is placed."""
    with transaction():
        referral = queries.get_staff_referral(public_id, viewer=signed_in())
        mentor = queries.find_approved(request.form.get("mentor", ""))
        operations.confirm_request(referral, actor=signed_in(), mentor=mentor)
        said = _placed(referral.opening)
    flash(said)
    return redirect(url_for(".requests"), 303)


def _placed(opening: Opening) -> str:
    number = opening.case.number
    if opening.role is CaseRole.LEAD:
        return _("%(number)s is placed. The client and the volunteer are being told.", number=number)
    return _("Somebody has this part of %(number)s now. They are being told.", number=number)


@bp.post("/requests/<public_id>/refuse")
@open_to(*STAFF)
def refuse_request(public_id: str) -> ResponseReturnValue:
    """Say no, with a reason that staff keep."""
    form = RefuseForm()
    if not form.validate():
        return _request_page(queries.get_staff_referral(public_id, viewer=signed_in()), form), 422
    with transaction():
        operations.refuse_request(
            queries.get_staff_referral(public_id, viewer=signed_in()), form.reason.data, actor=signed_in()
        )
    flash(_("The volunteer is told, with other matters that fit."))
    return redirect(url_for(".requests"), 303)


@bp.post("/requests/<public_id>/names")
@open_to(*STAFF)
def release_names(public_id: str) -> ResponseReturnValue:
    """Let the holder of a sensitive matter see names: the other side's, then all."""
    which = "all" if request.form.get("which") == "all" else "adverse"
    with transaction():
        operations.release_names(queries.get_staff_referral(public_id, viewer=signed_in()), which, actor=signed_in())
    flash(_("The names are released; the holder is told."))
    return redirect(url_for(".one_request", public_id=public_id), 303)


@bp.get("/openings/<public_id>/by-hand")
@open_to(*STAFF)
def by_hand(public_id: str) -> ResponseReturnValue:
    """Place a case with somebody who said yes."""
    form = HandForm(volunteer=request.args.get("volunteer", ""))
    return _by_hand_page(public_id, form)


def _by_hand_page(public_id: str, form: HandForm) -> str:
    opening = queries.get_staff_opening(public_id, viewer=signed_in())
    _fill_choices(form, opening.case.programme_id)
    search_first = must_be_searched_again(opening.case)
    return render_template(
        "matching/by_hand.html", opening=opening, case=opening.case, form=form, search_first=search_first, words=words
    )


def _fill_choices(form: HandForm, programme_id: int) -> None:
    found = session.execute(queries.approved_volunteers()).scalars()
    people: list[Volunteer] = sorted(found, key=lambda each: each.name.casefold())
    form.volunteer.choices = [("", _("Choose")), *told_apart(people)]
    form.mentor.choices = [("", _("None")), *told_apart([each for each in people if each.mentors_others])]


@bp.post("/openings/<public_id>/by-hand")
@open_to(*STAFF)
def place_by_hand(public_id: str) -> ResponseReturnValue:
    """Enter a yes in one step: the matter is placed, or held where the names are still to be checked."""
    form = HandForm()
    _fill_choices(form, queries.get_staff_opening(public_id, viewer=signed_in()).case.programme_id)
    if not form.validate():
        return _by_hand_page(public_id, form), 422
    with transaction():
        opening = queries.get_staff_opening(public_id, viewer=signed_in())
        said = _enter_yes(opening, queries.get_approved(form.volunteer.data), form)
        case_id = opening.case.public_id
    flash(said)
    return redirect(url_for("desk.case", public_id=case_id), 303)


def _enter_yes(opening: Opening, volunteer: Volunteer, form: HandForm) -> str:
    if form.checked.data == "not_yet":
        operations.hold_by_hand(opening, volunteer, form.reason.data, actor=signed_in())
        return _("It is held for %(name)s, who is told to check the names.", name=volunteer.name)
    mentor = queries.find_approved(form.mentor.data)
    operations.place_by_hand(opening, volunteer, form.reason.data, actor=signed_in(), checked=True, mentor=mentor)
    return _placed(opening)
