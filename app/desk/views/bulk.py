"""Acts on many cases at once: each is done by itself, and each says what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients.models import Case
from app.clients.operations import extend_clock
from app.clients.queries import get_case, staff_cases
from app.core.access import STAFF, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import BadInput, Refusal
from app.core.forms import Form
from app.matching.operations_ask_next import Candidate, ask_next, next_candidate

from .. import docket, operations
from ..forms import AssignForm, ExtendForm
from . import bp

MOST = 200
Done = list[dict[str, Any]]


@bp.post("/docket/chosen")
@open_to(*STAFF)
def chosen() -> ResponseReturnValue:
    """Ask what an act needs to know, then do it case by case."""
    ids = list(dict.fromkeys(request.form.getlist("id")))[:MOST]
    rows = _chosen(ids)
    if not rows:
        raise BadInput(_("Choose at least one case first."), cure=(_("Back to the docket"), url_for(".docket")))
    acts = {"extend": _extend, "ask": _ask_next}
    return acts.get(request.form.get("do", ""), _assign)(rows)


def _chosen(ids: list[str]) -> list[Any]:
    stmt = staff_cases(signed_in()).where(Case.public_id.in_(ids)).with_only_columns(Case.public_id, Case.number)
    return list(session.execute(stmt.order_by(Case.number)))


def _page(form: Any, rows: list[Any], title: str, submit: str, text: str) -> ResponseReturnValue:
    context = {"form": form, "rows": rows, "title": title, "submit": submit, "text": text, "do": request.form["do"]}
    return render_template("desk/chosen.html", **context), 422 if form.errors else 200


def _is_asked() -> bool:
    """Was the question answered already, or were the cases only just chosen?"""
    return request.form.get("asked") == "yes"


def _assign(rows: list[Any]) -> ResponseReturnValue:
    form = AssignForm() if _is_asked() else AssignForm(formdata=None)
    form.offer(docket.staff(signed_in()))
    if not _is_asked() or not form.validate():
        text = _("They find it under “Mine”. Whoever answered for it before is relieved in the same moment.")
        return _page(form, rows, _("Who answers for these cases?"), _("Hand them over"), text)
    to = str(form.to.data)

    def act(case: Case) -> Any:
        return operations.hand_over(case, to, reason=form.reason.data, actor=signed_in())

    return _results(_each(rows, act, _("Handed over")))


def _extend(rows: list[Any]) -> ResponseReturnValue:
    form = ExtendForm() if _is_asked() else ExtendForm(formdata=None)
    if not _is_asked() or not form.validate():
        text = _("Each client hears that we are still looking, and until when.")
        return _page(form, rows, _("Look longer for a volunteer?"), _("Extend the clocks"), text)
    until, reason = form.until.data, form.reason.data

    def act(case: Case) -> Any:
        return extend_clock(case, until, reason, actor=signed_in())  # type: ignore[arg-type]

    return _results(_each(rows, act, _("Extended")))


def _ask_next(rows: list[Any]) -> ResponseReturnValue:
    if not _is_asked():
        text = _("For each case one offer by mail: to the volunteer proposed, else to the best whom nobody asked yet.")
        return _page(Form(formdata=None), rows, _("Ask the next volunteer?"), _("Send the offers"), text)
    found = {row.public_id: _candidate(row.public_id) for row in rows}

    def act(case: Case) -> Any:
        return ask_next(found[case.public_id], actor=signed_in())

    return _results(_each(rows, act, _("An offer is on its way")))


def _candidate(public_id: str) -> Candidate:
    return next_candidate(get_case(public_id, viewer=signed_in(), among=staff_cases(signed_in())).lead_opening)


def _each(rows: list[Any], act: Callable[[Case], Any], said: str) -> Done:
    """Do one act on each case in a transaction of its own; a refusal keeps the others from nothing."""
    done: Done = []
    for row in rows:
        try:
            with transaction():
                act(get_case(row.public_id, viewer=signed_in(), among=staff_cases(signed_in())))
            done.append({"row": row, "text": said, "ok": True})
        except Refusal as no:
            done.append({"row": row, "text": str(no.message), "ok": False})
    return done


def _results(done: Done) -> ResponseReturnValue:
    return render_template("desk/results.html", done=done, went=sum(each["ok"] for each in done))
