"""Credentials: staff verify, refuse, end and record them."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import STAFF, open_to, signed_in
from app.core.db import transaction

from .. import facts, operations, operations_profile, policy, queries, words
from ..forms_screening import STANDING_OF_KIND, EndForm, RecordForm, RefuseForm, VerifyForm
from ..models import Credential, CredentialKind
from . import bp


@bp.get("/volunteers/<public_id>/credentials/<credential_id>")
@open_to(*STAFF)
def credential(public_id: str, credential_id: str) -> ResponseReturnValue:
    """One credential: what was stated, and what was found."""
    row = _find(public_id, credential_id)
    given = {"until": row.valid_until or operations.usual_end(row.kind, queries.today()), "how": row.verified_how}
    verify = VerifyForm(formdata=None, data={**given, "standing": STANDING_OF_KIND.get(row.kind, "")})
    return _page(row, verify=verify)


def _find(public_id: str, credential_id: str) -> Credential:
    return queries.get_credential(queries.get_volunteer(public_id, viewer=signed_in()), credential_id)


def _page(
    row: Credential, verify: VerifyForm | None = None, refuse: RefuseForm | None = None, end: EndForm | None = None
) -> str:
    verify = verify or VerifyForm(formdata=None, data={"until": row.valid_until, "how": row.verified_how})
    verify.fit(row)
    odd = row.number and row.jurisdiction and facts.number_looks_odd(row.jurisdiction, row.number)
    return render_template(
        "volunteers/credential.html", credential=row, volunteer=row.volunteer, words=words, facts=facts,
        verify=verify, refuse=refuse or RefuseForm(formdata=None), end=end or EndForm(formdata=None),
        form=next((typed for typed in (verify, refuse, end) if typed is not None and typed.errors), None),
        is_licence=row.kind in policy.LICENCES, odd=odd, in_force=policy.is_in_force(row, queries.today()),
    )  # fmt: skip


@bp.post("/volunteers/<public_id>/credentials/<credential_id>/verify")
@open_to(*STAFF)
def verify_credential(public_id: str, credential_id: str) -> ResponseReturnValue:
    """Confirm it."""
    form = VerifyForm()
    form.fit(_find(public_id, credential_id))
    if not form.validate():
        return _page(_find(public_id, credential_id), verify=form), 422
    with transaction():
        operations.verify_credential(
            _find(public_id, credential_id), form.how.data, form.until.data, standing=form.chosen_standing,
            actor=signed_in(),
        )  # fmt: skip
    flash(_("Verified."), "success")
    return redirect(url_for(".volunteer", public_id=public_id), 303)


@bp.post("/volunteers/<public_id>/credentials/<credential_id>/refuse")
@open_to(*STAFF)
def refuse_credential(public_id: str, credential_id: str) -> ResponseReturnValue:
    """Say that it could not be verified."""
    form = RefuseForm()
    if not form.validate():
        return _page(_find(public_id, credential_id), refuse=form), 422
    with transaction():
        operations.refuse_credential(_find(public_id, credential_id), form.reason.data, actor=signed_in())
    flash(_("Refused."), "success")
    return redirect(url_for(".volunteer", public_id=public_id), 303)


@bp.post("/volunteers/<public_id>/credentials/<credential_id>/end")
@open_to(*STAFF)
def end_credential(public_id: str, credential_id: str) -> ResponseReturnValue:
    """End it before its last day."""
    form = EndForm()
    if not form.validate():
        return _page(_find(public_id, credential_id), end=form), 422
    with transaction():
        operations.end_credential(_find(public_id, credential_id), form.reason.data, actor=signed_in())
    flash(_("Ended."), "success")
    return redirect(url_for(".volunteer", public_id=public_id), 303)


@bp.route("/volunteers/<public_id>/credentials/new", methods=["GET", "POST"])
@open_to(*STAFF)
def record_credential(public_id: str) -> ResponseReturnValue:
    """Record something seen oneself, as verified at once."""
    form = RecordForm()
    form.offer_kinds(by_staff=True)
    if form.is_submitted() and form.validate():
        with transaction():
            row = queries.get_volunteer(public_id, viewer=signed_in())
            made = operations_profile.add_credential(row, **form.values(), actor=signed_in())
            operations.verify_credential(made, form.how.data, form.until.data, actor=signed_in())
        flash(_("Recorded and verified."), "success")
        return redirect(url_for(".volunteer", public_id=public_id), 303)
    if not form.is_submitted() and request.args.get("kind") in list(CredentialKind):
        form.kind.data = request.args["kind"]
    row = queries.get_volunteer(public_id, viewer=signed_in())
    page = render_template("volunteers/record.html", volunteer=row, form=form)
    return page, 422 if form.is_submitted() else 200
