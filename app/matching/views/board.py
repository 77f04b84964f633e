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
    matters = board.open_matters(volunteer)
    wish = _wish()
    shown = board.chosen(matters, wish)
    return render_template(
        "matching/opportunities.html",
        page=_page(shown),
        wish=wish,
        choices=_choices(matters),
        total=len(matters),
        mine=sum(matter.is_for_me for matter in matters),
        room=max(0, volunteer.capacity - queries.count_used_slots(volunteer)),
        reasons=reasons,
        words=words,
    )


def _wish() -> board.Wish:
    args = request.args
    return board.Wish(
        show="all" if args.get("show") == "all" else "mine",
        categories=tuple(args.getlist("area")),
        county=args.get("county", ""),
        language=args.get("language", ""),
        hours=whole("hours", 0, low=0, high=1000),
        where=args.get("where", "") if args.get("where") in ("in_person", "remote") else "",
        critical=args.get("critical") == "1",
        sort=args.get("sort", "fit") if args.get("sort", "fit") in board.SORTS else "fit",
    )


def _page(shown: list[board.Listing]) -> Page:
    pages = max(1, -(-len(shown) // PAGE_SIZE))
    number = whole("page", 1, high=pages)
    return Page(shown[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, PAGE_SIZE, len(shown))


def _choices(matters: list[board.Listing]) -> dict[str, Any]:
    areas: dict[str, int] = {}
    for matter in matters:
        areas[matter.category] = areas.get(matter.category, 0) + 1
    return {
        "areas": sorted(areas.items()),
        "counties": sorted({(problems.county_name(m.county), m.county) for m in matters if m.county}),
        "languages": sorted({(problems.language_name(m.language), m.language) for m in matters if m.language}),
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
