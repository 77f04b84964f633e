"""What a volunteer gave, their certificates, and what a firm's people gave."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.casework.volunteer_milestones import in_words
from app.core.access import Role, open_to, public, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, LinkGone, NotFound
from app.core.i18n import today
from app.core.limits import PERSONAL_LINK, limiter
from app.core.lists import page_of
from app.matching import firms
from app.volunteers.models_shifts import ShiftKind
from app.volunteers.words import SHIFTS

from .. import firm_impact, own_impact
from .. import own_impact_certificates as certificates
from ..forms_reports import CertificateForm, CodeForm
from ..models_reports import Certificate
from ..rates import role_name
from ..report_contents import full_day, full_day_at
from ..reports_files_made import file_answer
from . import bp
from .staff import the_programme, the_programmes


@bp.get("/my/impact")
@open_to(Role.VOLUNTEER)
def my_impact() -> ResponseReturnValue:
    """My cases, hours and what they are worth, year by year."""
    viewer = signed_in()
    return render_template(
        "metrics/my_impact.html", impact=own_impact.own_impact(viewer), role_name=_given_as, full_day=full_day,
        certificates=certificates.own_certificates(viewer), in_words=in_words, at_shifts=certificates.at_shifts,
    )  # fmt: skip


def _given_as(role: str) -> str:
    """The role on a case, or the kind of shift."""
    return str(SHIFTS[ShiftKind(role)]) if role in set(ShiftKind) else role_name(role)


@bp.route("/my/impact/certificate", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def new_certificate() -> ResponseReturnValue:
    """Have a certificate of one's hours made."""
    viewer, year = signed_in(), today().year
    served = certificates.programmes_served(viewer)
    name = viewer.volunteer.name if viewer.volunteer else viewer.name
    form = CertificateForm(name=name, first=date(year, 1, 1), last=today())
    form.offer(served)
    if not form.validate_on_submit():
        return render_template("metrics/new_certificate.html", form=form, served=served), 422 if form.errors else 200
    try:
        with transaction():
            _certify(form)
    except BadInput as no:
        form.form_errors.append(str(no.message))
        return render_template("metrics/new_certificate.html", form=form, served=served), 422
    flash(_("Your certificate is there. Its code shows that it is genuine."), "ok")
    return redirect(url_for(".my_impact"), 303)


def _certify(form: CertificateForm) -> Certificate:
    served = certificates.programmes_served(signed_in())
    programme = next((each for each in served if each.public_id == form.programme.data), None)
    if programme is None:
        raise NotFound
    return certificates.certify(
        programme, name=form.name.data or "", first=form.first.data, last=form.last.data, agreed=form.agreed.data,
        actor=signed_in(),
    )  # fmt: skip


@bp.get("/my/impact/certificates/<public_id>.pdf")
@open_to(Role.VOLUNTEER)
def certificate_file(public_id: str) -> ResponseReturnValue:
    """A certificate to print."""
    found = certificates.get_certificate(public_id, viewer=signed_in())
    if found.revoked_at is not None:
        raise LinkGone(_("This certificate was withdrawn."))
    body = certificates.certificate_pdf(found)
    return file_answer(body, "application/pdf", f"certificate-{found.starts_on}-{found.ends_on}.pdf")


@bp.route("/certificates/<public_id>/withdraw", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER, Role.COORDINATOR)
def withdraw_certificate(public_id: str) -> ResponseReturnValue:
    """Ask whether a certificate is to be withdrawn, and withdraw it."""
    found = certificates.get_certificate(public_id, viewer=signed_in())
    back = _back_from(found)
    if request.method == "GET":
        return render_template("metrics/withdraw_certificate.html", one=found, full_day=full_day, back=back)
    with transaction():
        certificates.revoke(certificates.get_certificate(public_id, viewer=signed_in()), actor=signed_in())
    flash(_("Withdrawn. Whoever checks its code reads so."), "ok")
    return redirect(back, 303)


def _back_from(certificate: Certificate) -> str:
    own = signed_in().volunteer
    if own is not None and certificate.volunteer_id == own.id:
        return url_for(".my_impact")
    return url_for(".certificates_here", programme=certificate.programme.slug)


@bp.get("/reports/certificates")
@open_to(Role.COORDINATOR)
def certificates_here() -> ResponseReturnValue:
    """The certificates that name a programme."""
    programme = the_programme()
    return render_template(
        "metrics/certificates.html", programme=programme, programmes=the_programmes(), full_day=full_day,
        page=page_of(certificates.certificates_at(programme), scalars=True), at_shifts=certificates.at_shifts,
    )  # fmt: skip


@bp.route("/certificates", methods=["GET", "POST"])
@public
@limiter.limit(PERSONAL_LINK)
def check_certificate() -> ResponseReturnValue:
    """Check the code of a certificate; the code is never part of an address."""
    form = CodeForm()
    asked = form.validate_on_submit()
    found = certificates.find_certificate(form.code.data or "") if asked else None
    return render_template(
        "metrics/check_certificate.html",
        form=form,
        asked=asked,
        found=found,
        full_day=full_day,
        full_day_at=full_day_at,
        at_shifts=certificates.at_shifts(found) if found else "",
    ), 422 if form.errors else 200


@bp.get("/firm/impact")
@open_to(Role.FIRM_COORDINATOR)
def firm_impact_page() -> ResponseReturnValue:
    """What the firm's people gave to matters placed through it."""
    viewer = signed_in()
    mine = firms.my_organisations(viewer)
    return render_template(
        "metrics/firm_impact.html", mine=mine, found=firm_impact.firm_impact(viewer), role_name=role_name,
        full_day=full_day,
    )  # fmt: skip
