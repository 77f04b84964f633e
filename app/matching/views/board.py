"""What a volunteer sees and does: open matters, and one of them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.models import User
from app.clients import problems
from app.core.access import Role, open_to, public, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound
from app.core.lists import Page, whole
from app.volunteers.models import Volunteer, VolunteerStatus

from .. import board, operations, queries, reasons, words
from ..forms import HoldForm
from ..models import ReferralStatus
from ..open_matters import SORTS, OpenMatters, Wish, open_matters
from ..refusals import NotOnTheList
from . import bp

PAGE_SIZE = 20


@bp.get("/opportunities")
@open_to(Role.VOLUNTEER)
def opportunities() -> ResponseReturnValue:
    """Open matters, the best for the reader first."""
    volunteer = signed_in().volunteer
    if volunteer is None or volunteer.status is not VolunteerStatus.APPROVED:
        return render_template("matching/not_yet.html", volunteer=volunteer)
    matters = open_matters(volunteer)
    wish = _wish()
    return render_template(
        "matching/opportunities.html",
        page=_page(matters, wish),
        wish=wish,
        choices=_choices(matters),
        total=len(matters),
        mine=matters.for_me,
        room=max(0, volunteer.capacity - queries.count_used_slots(volunteer)),
        reasons=reasons,
        words=words,
    )


def _wish() -> Wish:
    args = request.args
    return Wish(
        show="all" if args.get("show") == "all" else "mine",
        categories=tuple(args.getlist("area")),
        county=args.get("county", ""),
        language=args.get("language", ""),
        hours=whole("hours", 0, low=0, high=1000),
        where=args.get("where", "") if args.get("where") in ("in_person", "remote") else "",
        critical=args.get("critical") == "1",
        sort=args.get("sort", "fit") if args.get("sort", "fit") in SORTS else "fit",
    )


def _page(matters: OpenMatters, wish: Wish) -> Page:
    total = matters.count(wish)
    number = whole("page", 1, high=max(1, -(-total // PAGE_SIZE)))
    return Page(matters.page(wish, (number - 1) * PAGE_SIZE, PAGE_SIZE), number, PAGE_SIZE, total)


def _choices(matters: OpenMatters) -> dict[str, Any]:
    counties = {kind.county for kind in matters.kinds if kind.county}
    languages = {kind.language for kind in matters.kinds if kind.language}
    return {
        "areas": sorted(matters.areas.items()),
        "counties": sorted((problems.county_name(code), code) for code in counties),
        "languages": sorted((problems.language_name(code), code) for code in languages),
    }


@bp.get("/opportunities/open")
@public
def open_opportunities() -> ResponseReturnValue:
    """What everyone may know of the open matters."""
    return render_template("matching/open_opportunities.html", rows=board.teaser())


@bp.get("/opportunities/<public_id>")
@open_to(Role.VOLUNTEER)
def opportunity(public_id: str) -> ResponseReturnValue:
    """One open matter and what can be done about it."""
    return _opportunity(public_id, HoldForm())


def _opportunity(public_id: str, form: HoldForm) -> str:
    volunteer = _volunteer(signed_in())
    matter = board.one_matter(volunteer, queries.listed_opening(public_id, viewer=signed_in()))
    if matter is None:
        raise NotOnTheList
    full = queries.count_used_slots(volunteer) >= volunteer.capacity
    return render_template(
        "matching/opportunity.html", matter=matter, form=form, full=full, reasons=reasons, words=words
    )


def _volunteer(user: User) -> Volunteer:
    if user.volunteer is None:
        raise NotFound
    return user.volunteer


@bp.post("/opportunities/<public_id>/hold")
@open_to(Role.VOLUNTEER)
def hold(public_id: str) -> ResponseReturnValue:
    """Promise confidentiality and start the hold."""
    form = HoldForm()
    if not form.validate():
        return _opportunity(public_id, form), 422
    opening = queries.listed_opening(public_id, viewer=signed_in())
    operations.look_before_hold(opening, actor=signed_in())
    with transaction():
        held = operations.hold(opening, actor=signed_in()).public_id
    return redirect(url_for(".parties", public_id=held), 303)


@bp.post("/opportunities/<public_id>/wait")
@open_to(Role.VOLUNTEER)
def wait(public_id: str) -> ResponseReturnValue:
    """Join the waiting list."""
    with transaction():
        opening = queries.listed_opening(public_id, viewer=signed_in())
        referral = operations.join_waiting_list(opening, actor=signed_in())
        place = queries.position(referral) if referral.status is ReferralStatus.WAITLISTED else 0
    if place:
        flash(_("You are number %(place)s on the waiting list. We write to you when it is your turn.", place=place))
    return redirect(url_for(".opportunity", public_id=public_id), 303)


@bp.get("/my/matters")
@open_to(Role.VOLUNTEER)
def my_matters() -> ResponseReturnValue:
    """Offers, holds, requests and places in line of the reader."""
    found = list(session.execute(queries.my_referrals(signed_in())).scalars())
    return render_template("matching/my_matters.html", referrals=found, words=words, position=queries.position)
