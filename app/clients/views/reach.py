"""How a client may be reached, for staff after a call about safety."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.models import User
from app.core import audit, clock, i18n
from app.core.access import signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, NotFound

from .. import operations_reach as operations
from ..forms_reach import KINDS, SAFE, WAYS, AddWayForm, SafetyForm, StopWayForm, WayForm
from ..intake.choices import MAY_SAY
from ..models import Case, Channel, ChannelKind, ClientKind
from ..operations_reach import STOP_REASONS, Safety, Said
from ..queries import colleagues
from . import bp
from .docket import case_url
from .parts import last_change, safety_facts, way_facts
from .screening import STAFF_PAGE, save, staff_case

YES = {"yes": True, "no": False, "unsure": None}


def _ways(case: Case) -> list[Channel]:
    """Every way ever given; none is removed, so that its number stays its own."""
    return sorted(case.client.channels, key=lambda each: each.id)


def _way(case: Case, number: int) -> Channel:
    ways = _ways(case)
    if not 1 <= number <= len(ways):
        raise NotFound
    return ways[number - 1]


@bp.route("/cases/<public_id>/reach", methods=["GET", "POST"])
@STAFF_PAGE
def reach(public_id: str) -> ResponseReturnValue:
    """Every way to reach a client, with what they said about it; another way is added here."""
    form = _for_staff(AddWayForm(), staff_case(public_id))

    def do(case: Case) -> Any:
        kind = ChannelKind(form.kind.data)
        return operations.add_channel(case.client, kind, _said(form, case), actor=signed_in())

    answer = _save(public_id, form, do)[1]
    if answer:
        return answer
    audit.record_view("case", staff_case(public_id), viewer=signed_in())
    case = staff_case(public_id)
    page = render_template(
        "clients/reach.html", case=case, form=form, ways=_ways(case), names=_names(case), way_words=WAYS,
        safe_words=SAFE, said=dict(MAY_SAY), kinds=KINDS, stopped=STOP_REASONS, back=case_url(case),
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.route("/cases/<public_id>/reach/<int:number>", methods=["GET", "POST"])
@STAFF_PAGE
def change_way(public_id: str, number: int) -> ResponseReturnValue:
    """What the client now says about one way."""
    way = _way(staff_case(public_id), number)
    form = _for_staff(WayForm(data=way_facts(way)), way.client.case)

    def do(case: Case) -> Any:
        return operations.change_channel(_way(case, number), _said(form, case), actor=signed_in())

    return _edit(public_id, form, do, lambda case: way_facts(_way(case, number)), str(WAYS[way.kind.value]), number)


@bp.route("/cases/<public_id>/reach/<int:number>/stop", methods=["GET", "POST"])
@STAFF_PAGE
def stop_way(public_id: str, number: int) -> ResponseReturnValue:
    """Use a way no more."""
    form, case = StopWayForm(), staff_case(public_id)
    way = _way(case, number)
    if form.validate_on_submit():
        with transaction():
            operations.stop_channel(_way(staff_case(public_id), number), form.reason.data, actor=signed_in())
        flash(_("Stopped. Nothing goes this way any more."))
        return redirect(url_for(".reach", public_id=public_id), 303)
    text = _("Nothing is sent or said this way any more, and links in mails sent before stop working.")
    page = {"case": case, "form": form, "text": text, "submit": _("Stop it")}
    title = _("Stop this way: %(way)s?", way=WAYS[way.kind.value])
    back = url_for(".reach", public_id=public_id)
    return render_template("clients/step.html", title=title, back=back, **page), 422 if form.errors else 200


@bp.route("/cases/<public_id>/reach/people", methods=["GET", "POST"])
@STAFF_PAGE
def safety(public_id: str) -> ResponseReturnValue:
    """Who decides and speaks for the client, and who must not be told."""
    form = SafetyForm(data=safety_facts(staff_case(public_id)))

    def do(case: Case) -> Any:
        typed: dict[str, Any] = {name: value or "" for name, value in form.typed.items()}
        typed |= {"kind": ClientKind(form.kind.data), "watched_device": bool(form.watched_device.data)}
        return operations.set_safety(case.client, Safety(**typed), actor=signed_in())

    return _edit(public_id, form, do, safety_facts, _("Who decides, who speaks, who must not be told"), None)


def _for_staff(form: WayForm, case: Case) -> Any:
    """Offer the colleagues who may have asked; usually it was whoever types, today."""
    form.asked_by.choices = [(each.public_id, each.name) for each in colleagues(case)]
    if not form.is_submitted():
        form.asked_by.data = signed_in().public_id
        form.asked_on.process(None, i18n.today())
    return form


def _names(case: Case) -> dict[int, str]:
    asked = {way.asked_by_id for way in case.client.channels if way.asked_by_id}
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(asked))).all()) if asked else {}


def _said(form: WayForm, case: Case) -> Said:
    return Said(
        value=form.value.data or "", safe=YES[form.safe.data], safe_hours=form.safe_hours.data or "",
        may_be_said=form.may_be_said.data or "", asked_by=_asker(form, case), asked_at=_asked_at(form, case),
    )  # fmt: skip


def _asker(form: WayForm, case: Case) -> User:
    return next(each for each in colleagues(case) if each.public_id == form.asked_by.data)


def _asked_at(form: WayForm, case: Case) -> datetime:
    """Now, or noon of the day before on which they were asked."""
    zone = ZoneInfo(case.programme.time_zone)
    day = form.asked_on.data
    now = clock.now()
    return now if day == now.astimezone(zone).date() else datetime.combine(day, time(12), zone).astimezone(UTC)


def _save(public_id: str, form: Any, do: Callable[[Case], Any], facts: Any = None) -> tuple[Any, Any]:
    """The rows somebody else changed meanwhile, and where to go once saved."""
    if not form.validate_on_submit():
        return [], None
    try:
        rows = save(public_id, form, do, facts)
    except BadInput as no:
        form.form_errors = [no.message]
        return [], None
    if rows:
        return rows, None
    flash(_("Saved."))
    return [], redirect(url_for(".reach", public_id=public_id), 303)


def _edit(
    public_id: str, form: Any, do: Callable[[Case], Any], facts: Any, title: str, number: int | None
) -> ResponseReturnValue:
    rows, answer = _save(public_id, form, do, facts)
    if answer:
        return answer
    if not form.is_submitted():
        audit.record_view("case", staff_case(public_id), viewer=signed_in())
        form.show()
    case = staff_case(public_id)
    both = {"rows": rows, **last_change(case)} if rows else None
    page = render_template("clients/reach_edit.html", case=case, form=form, both=both, title=title, number=number)
    return page, 409 if rows else 422 if form.errors else 200
