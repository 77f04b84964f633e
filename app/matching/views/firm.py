"""A firm's own pages: what it is asked, open matters for its people, its holds, and whom it names."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clients import vocabulary
from app.core import audit
from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import NotFound
from app.core.lists import Page, whole
from app.volunteers import operations_organisations, queries_organisations
from app.volunteers.models import Organisation

from .. import firms, firms_board, operations, queries, reasons, terms, words
from ..forms import AttestForm, DeclineForm, HoldForm
from ..forms_firm import NameForm
from ..models import Referral, ReferralStatus
from ..refusals import CheckAgain, KeptYourself
from . import bp

S = ReferralStatus
PAGE_SIZE = 20


@bp.get("/firm")
@open_to(Role.FIRM_COORDINATOR)
def firm_home() -> ResponseReturnValue:
    """What waits for the firm's answer, its live matters and its hours."""
    me = signed_in()
    return render_template(
        "matching/firm_home.html",
        mine=firms.my_organisations(me),
        attempts=list(session.execute(firms.my_attempts(me)).scalars()),
        work=firms.work_of(me),
        hours_in_all=firms.hours_in_all(me),
        unconfirmed=queries_organisations.unconfirmed(me.organisation_ids()),
        position=queries.position,
        words=words,
    )


@bp.post("/firm/people/<volunteer_id>/<any(confirm,refuse):answer>")
@open_to(Role.FIRM_COORDINATOR)
def answer_for_person(volunteer_id: str, answer: str) -> ResponseReturnValue:
    """Confirm that somebody belongs to the firm, or say that they do not."""
    with transaction():
        found = queries_organisations.find_unconfirmed(signed_in().organisation_ids(), volunteer_id)
        if answer == "confirm":
            operations_organisations.confirm_membership(found, actor=signed_in())
        else:
            operations_organisations.refuse_membership(found, actor=signed_in())
    flash(_("Noted."), "ok")
    return redirect(url_for(".firm_home"), 303)


def _firm() -> Organisation:
    return firms.get_my_organisation(request.values.get("firm", ""), viewer=signed_in())


@bp.get("/firm/opportunities")
@open_to(Role.FIRM_COORDINATOR)
def firm_opportunities() -> ResponseReturnValue:
    """Open matters that one of the firm's people could take, the most urgent first."""
    mine = firms.my_organisations(signed_in())
    firm = _firm() if mine else None
    shown = firms_board.open_matters(firm) if firm else []
    number = whole("page", 1, high=max(1, -(-len(shown) // PAGE_SIZE)))
    page = Page(shown[(number - 1) * PAGE_SIZE : number * PAGE_SIZE], number, PAGE_SIZE, len(shown))
    return render_template(
        "matching/firm_opportunities.html", page=page, firm=firm, mine=mine, reasons=reasons, words=words
    )


@bp.get("/firm/opportunities/<public_id>")
@open_to(Role.FIRM_COORDINATOR)
def firm_opportunity(public_id: str) -> ResponseReturnValue:
    """One open matter and what the firm can do about it."""
    return _opportunity(public_id, HoldForm())


def _opportunity(public_id: str, form: HoldForm) -> str:
    firm = _firm()
    matter = firms_board.one_matter(firm, firms.get_listed(public_id, viewer=signed_in()))
    if matter is None:
        raise NotFound
    return render_template(
        "matching/firm_opportunity.html",
        matter=matter.listing,
        able=matter.able,
        firm=firm,
        form=form,
        reasons=reasons,
        words=words,
    )


@bp.post("/firm/opportunities/<public_id>/hold")
@open_to(Role.FIRM_COORDINATOR)
def hold_for_firm(public_id: str) -> ResponseReturnValue:
    """Promise confidentiality and start the firm's hold."""
    form = HoldForm()
    if not form.validate():
        return _opportunity(public_id, form), 422
    with transaction():
        held = operations.hold_for_firm(
            firms.get_listed(public_id, viewer=signed_in()), _firm(), actor=signed_in()
        ).public_id
    return redirect(url_for(".firm_matter", public_id=held), 303)


@bp.post("/firm/opportunities/<public_id>/wait")
@open_to(Role.FIRM_COORDINATOR)
def wait_for_firm(public_id: str) -> ResponseReturnValue:
    """Put the firm on the waiting list."""
    with transaction():
        made = operations.wait_for_firm(
            firms.get_listed(public_id, viewer=signed_in()), _firm(), actor=signed_in()
        ).public_id
    return redirect(url_for(".firm_matter", public_id=made), 303)


@bp.get("/firm/matters/<public_id>")
@open_to(Role.FIRM_COORDINATOR)
def firm_matter(public_id: str) -> ResponseReturnValue:
    """An attempt with the firm: the names to check while it holds; who saw them is written down first."""
    referral = firms.get_attempt(public_id, viewer=signed_in())
    if _shows_names(referral):
        audit.record_view("parties", referral, viewer=signed_in())
        referral = firms.get_attempt(public_id, viewer=signed_in())
    return _page(referral, AttestForm(formdata=None))


def _shows_names(referral: Referral) -> bool:
    return queries.may_read_names(referral) and not firms.is_kept_from(signed_in(), referral.opening)


def _page(referral: Referral, form: AttestForm, name: NameForm | None = None) -> str:
    is_kept = firms.is_kept_from(signed_in(), referral.opening)
    shown = [] if is_kept or not queries.may_read_names(referral) else queries.names_shown(referral)
    form.names_read.data = referral.names_now
    able = _able(referral)
    return render_template(
        "matching/firm_matter.html",
        referral=referral,
        case=referral.case,
        firm=referral.organisation,
        parties=shown,
        is_kept=is_kept,
        kept_yourself=KeptYourself.message,
        all_shown=not referral.case.sensitive or referral.names_released == "all",
        matter=_listing(referral) if referral.status in (S.OFFERED, S.WAITLISTED) else None,
        form=form,
        promise=HoldForm(formdata=None),
        name=name or NameForm(formdata=None).offer(able),
        able=able,
        may_extend=referral.status is S.HELD and not referral.extended_at and not terms.is_pressing(referral.case),
        place=queries.position(referral) if referral.status is S.WAITLISTED else 0,
        roles=vocabulary.PARTY_ROLES,
        forums=vocabulary.FORUMS,
        reasons=reasons,
        words=words,
    )


def _able(referral: Referral) -> list[firms.Able]:
    naming = referral.status is S.HELD and referral.volunteer_id is None and referral.is_cleared_by_firm
    return firms.able_people(referral.opening, referral.organisation) if naming and referral.organisation else []


def _listing(referral: Referral) -> firms_board.FirmListing | None:
    return firms_board.one_matter(referral.organisation, referral.opening) if referral.organisation else None


@bp.post("/firm/matters/<public_id>/accept")
@open_to(Role.FIRM_COORDINATOR)
def accept_for_firm(public_id: str) -> ResponseReturnValue:
    """Say yes for the firm: hold the matter, or join the waiting list behind an earlier yes."""
    form = HoldForm()
    if not form.validate():
        flash(str(form.confidential.errors[0]), "stop")
        return _back(public_id)
    with transaction():
        operations.accept_for_firm(_attempt(public_id), actor=signed_in())
    return _back(public_id)


def _attempt(public_id: str) -> Referral:
    return firms.get_attempt(public_id, viewer=signed_in())


def _back(public_id: str) -> ResponseReturnValue:
    return redirect(url_for(".firm_matter", public_id=public_id), 303)


@bp.post("/firm/matters/<public_id>/decline")
@open_to(Role.FIRM_COORDINATOR)
def decline_for_firm(public_id: str) -> ResponseReturnValue:
    """Say no for the firm."""
    form = DeclineForm()
    reason = form.reason.data if form.validate() and form.reason.data else None
    with transaction():
        operations.decline_offer(_attempt(public_id), reason, actor=signed_in())
    return _back(public_id)


@bp.post("/firm/matters/<public_id>/attest")
@open_to(Role.FIRM_COORDINATOR)
def attest_for_firm(public_id: str) -> ResponseReturnValue:
    """Say what the firm's conflict check found."""
    form = AttestForm()
    if not form.validate():
        return _page(_attempt(public_id), form), 422
    try:
        with transaction():
            operations.attest_for_firm(
                _attempt(public_id), form.answer.data, actor=signed_in(), names_read=form.names_read.data or ""
            )
    except CheckAgain as changed:
        flash(str(changed.message), "stop")
    return _back(public_id)


@bp.post("/firm/matters/<public_id>/name")
@open_to(Role.FIRM_COORDINATOR)
def name_person(public_id: str) -> ResponseReturnValue:
    """Name the person who takes it."""
    referral = _attempt(public_id)
    form = NameForm().offer(_able(referral))
    if not form.validate():
        return _page(referral, AttestForm(formdata=None), form), 422
    with transaction():
        volunteer = queries.get_approved(form.person.data)
        operations.name_person(_attempt(public_id), volunteer, actor=signed_in())
        called = volunteer.name
    flash(_("%(name)s is told, and checks the names next.", name=called))
    return _back(public_id)


@bp.post("/firm/matters/<public_id>/take-back")
@open_to(Role.FIRM_COORDINATOR)
def take_name_back(public_id: str) -> ResponseReturnValue:
    """Take the name back, to name somebody else."""
    with transaction():
        operations.take_name_back(_attempt(public_id), actor=signed_in())
    return _back(public_id)


@bp.post("/firm/matters/<public_id>/extend")
@open_to(Role.FIRM_COORDINATOR)
def extend_for_firm(public_id: str) -> ResponseReturnValue:
    """Ask for two more business days."""
    with transaction():
        operations.extend_hold(_attempt(public_id), actor=signed_in())
    flash(_("The firm has two more business days."))
    return _back(public_id)


@bp.post("/firm/matters/<public_id>/give-back")
@open_to(Role.FIRM_COORDINATOR)
def give_back_for_firm(public_id: str) -> ResponseReturnValue:
    """Give back the firm's hold, request or place in the line."""
    with transaction():
        operations.withdraw_for_firm(_attempt(public_id), actor=signed_in())
    flash(_("The firm gave it back. The programme sees it at once."))
    return redirect(url_for(".firm_home"), 303)


@bp.post("/my/matters/<public_id>/keep-private")
@open_to(Role.VOLUNTEER)
def keep_private(public_id: str) -> ResponseReturnValue:
    """The person named by a firm promises to keep the names private, and sees them."""
    form = HoldForm()
    if not form.validate():
        flash(str(form.confidential.errors[0]), "stop")
        return redirect(url_for(".parties", public_id=public_id), 303)
    with transaction():
        operations.promise_privacy(queries.get_my_referral(public_id, viewer=signed_in()), actor=signed_in())
    return redirect(url_for(".parties", public_id=public_id), 303)
