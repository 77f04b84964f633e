"""What volunteers keep true about themselves."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import Role, open_to, signed_in
from app.core.db import session, transaction
from app.core.errors import Stale
from app.core.i18n import when_at, when_day

from .. import facts, operations, operations_profile, policy, queries, words
from ..forms import ProfileForm, profile_values
from ..forms_screening import CredentialForm, OwnPauseForm, PauseForm
from ..held import held_matters
from ..models import Volunteer
from . import bp


@bp.get("/my/profile")
@open_to(Role.VOLUNTEER)
def profile() -> ResponseReturnValue:
    """One's own offer, as it stands."""
    row = queries.get_own(signed_in())
    form = ProfileForm(formdata=None, data=profile_values(row))
    return _page(row, _fit(form, row))


@bp.post("/my/profile")
@open_to(Role.VOLUNTEER)
def change_profile() -> ResponseReturnValue:
    """Save it, or show both texts where somebody saved meanwhile."""
    row = queries.get_own(signed_in())
    form = _fit(ProfileForm(), row)
    if request.form.get("more") == "areas":
        form.areas.append_entry()
        return _page(row, form, more="areas")
    if not form.validate():
        return _page(row, form), 422
    try:
        with transaction():
            row = queries.get_own(signed_in())
            form.check_version(row)
            _save(row, form)
    except Stale:
        session.rollback()
        return _both(queries.get_own(signed_in()), form), 409
    flash(_("Saved."), "success")
    return redirect(url_for(".profile"), 303)


def _save(row: Volunteer, form: ProfileForm) -> None:
    name = " ".join((form.organisation.data or "").split())
    found = operations_profile.find_or_add_organisation(name, form.organisation_kind.data) if name else None
    operations_profile.change_organisation(row, found, actor=signed_in())
    operations_profile.change_profile(row, form.change(), actor=signed_in())


def _fit(form: ProfileForm, row: Volunteer) -> ProfileForm:
    form.offer_places(queries.places_served(), row.counties)
    return form


def _page(row: Volunteer, form: ProfileForm, both: Any = None, more: str = "") -> str:
    today, pause = queries.today(), PauseForm(formdata=None)
    pause.fit(words.PAUSES)
    return render_template(
        "volunteers/profile.html", volunteer=row, form=form, both=both, words=words, facts=facts, today=today,
        served=_served(row), due_to_confirm=policy.is_due_to_confirm(row, today), pause=pause, more=more,
        missing=operations.missing(row, today), able=policy.roles_in_force(row, today),
    )  # fmt: skip


def _served(row: Volunteer) -> dict[str, list[tuple[str, str]]]:
    served = queries.places_served()
    for place in row.counties:
        state = place if place in facts.STATE_NAMES else facts.place_name(place).rpartition(", ")[2]
        if state in facts.STATE_NAMES and state not in served:
            served[state] = [(fips, name) for fips, name in facts.counties_of(state) if fips in row.counties]
    return served


def _both(row: Volunteer, form: ProfileForm) -> str:
    theirs = _fit(ProfileForm(formdata=None, data=profile_values(row)), row)
    rows = [
        {"label": label, "yours": yours, "theirs": saved}
        for (label, yours), (_label, saved) in zip(_told(form), _told(theirs), strict=True)
        if yours != saved
    ]
    entry = queries.last_change(row)
    who = entry.name if entry is not None and entry.name else _("The desk")
    form.seen_version.data = str(row.version)
    return _page(row, form, {"rows": rows, "who": who, "when": when_at(row.changed_at)})


def _told(form: ProfileForm) -> list[tuple[str, str]]:
    """The form's answers in words, in page order."""
    names, places, offer = facts.area_names(), facts.place_name, form.offer()
    return [
        (_("Fields of law"), ", ".join(f"{names[a]} ({level})" for a, level in sorted(offer.areas.items()))),
        (_("Languages"), ", ".join(facts.languages().get(code, code) for code in offer.languages)),
        (_("Places"), ", ".join(places(place) for place in offer.counties)),
        (_("Remote"), _("Yes") if offer.remote else _("No")),
        (_("Cases at the same time"), str(offer.capacity)),
        (_("Largest case, in hours"), str(offer.largest_case // 100) if offer.largest_case else ""),
        (_("From when"), when_day(offer.available_from)),
        (_("Not to be offered"), ", ".join(names[area] for area in offer.declines)),
        (_("With a mentor"), _("Yes") if offer.mentor_ok else _("No")),
        (_("Advises others"), _("Yes") if offer.mentors_others else _("No")),
        (_("Phone"), form.phone.data or ""),
        (_("Firm, school or employer"), form.organisation.data or ""),
        (_("Anything else"), form.about.data or ""),
        (_("Mails about new matters"), str(words.DIGESTS[form.digest.data])),
    ]


@bp.post("/my/profile/confirm")
@open_to(Role.VOLUNTEER)
def confirm_profile() -> ResponseReturnValue:
    """All of it is still right."""
    with transaction():
        operations_profile.confirm_profile(queries.get_own(signed_in()), actor=signed_in())
    flash(_("Thank you. We ask again in a year."), "success")
    return redirect(url_for(".profile"), 303)


@bp.route("/my/profile/pause", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def pause_own() -> ResponseReturnValue:
    """Ask for nothing new until a day."""
    form = OwnPauseForm()
    form.fit(words.PAUSES)
    held = held_matters(queries.get_own(signed_in()))
    form.ask_about(bool(held))
    if form.is_submitted() and form.validate():
        holds = form.said_holds
        with transaction():
            row = queries.get_own(signed_in())
            operations.pause_volunteer(row, form.last_day, form.reason.data, actor=signed_in(), holds=holds)
        flash(_("Paused until %(day)s. Cases you have now go on.", day=when_day(form.until.data)), "success")
        return redirect(url_for(".profile"), 303)
    page = render_template("volunteers/pause.html", volunteer=queries.get_own(signed_in()), form=form, held=held)
    return page, 422 if form.is_submitted() else 200


@bp.post("/my/profile/resume")
@open_to(Role.VOLUNTEER)
def resume_own() -> ResponseReturnValue:
    """Back from the pause."""
    with transaction():
        operations.resume_volunteer(queries.get_own(signed_in()), actor=signed_in())
    flash(_("Welcome back."), "success")
    return redirect(url_for(".profile"), 303)


@bp.route("/my/credentials", methods=["GET", "POST"])
@open_to(Role.VOLUNTEER)
def credentials() -> ResponseReturnValue:
    """What one holds, and stating something new."""
    form = CredentialForm()
    form.offer_kinds(by_staff=False)
    if form.is_submitted() and form.validate():
        with transaction():
            row = queries.get_own(signed_in())
            operations_profile.add_credential(row, **form.values(), actor=signed_in())
        flash(_("Thank you. It counts once we have verified it."), "success")
        return redirect(url_for(".credentials"), 303)
    row, today = queries.get_own(signed_in()), queries.today()
    page = render_template(
        "volunteers/credentials.html", volunteer=row, form=form, words=words, today=today, facts=facts,
        is_in_force=policy.is_in_force, missing=operations.missing(row, today), threshold=policy.threshold,
    )  # fmt: skip
    return page, 422 if form.is_submitted() else 200
