"""Administration: programmes, their clock, voice and funding sources."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import i18n
from app.core.access import Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import Stale
from app.core.facts import county_name

from .. import calendars, operations_programmes, queries
from ..forms import ClosureForm, GrantForm, NewProgrammeForm, ProgrammeForm, RuralForm, SmallCountsForm
from ..models import Programme
from . import bp


@bp.get("/programmes")
@open_to(Role.ADMIN)
def programme_settings() -> ResponseReturnValue:
    """List the programmes."""
    return render_template("accounts/programmes.html", programmes=queries.programmes())


@bp.route("/programmes/new", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def new_programme() -> ResponseReturnValue:
    """Open a programme."""
    form = NewProgrammeForm(time_zone="America/Chicago", working_days=["0", "1", "2", "3", "4"])
    if not form.validate_on_submit():
        return render_template("accounts/new_programme.html", form=form), 422 if form.is_submitted() else 200
    with transaction():
        made = operations_programmes.open_programme(**_typed(form), actor=signed_in())
        onward = made.public_id
    flash(_("The programme is open. Now invite its coordinator."), "ok")
    return redirect(url_for("accounts.edit_programme", public_id=onward), 303)


def _typed(form: ProgrammeForm) -> dict[str, Any]:
    return {name: value for name, value in form.data.items() if name not in ("csrf_token", "seen_version")}


def _programme(public_id: str) -> Programme:
    return queries.get_programme(public_id, viewer=signed_in())


def _page(programme: Programme, status: int = 200, **forms: Any) -> ResponseReturnValue:
    settings = forms.get("settings") or ProgrammeForm(formdata=None, obj=programme, seen_version=programme.version)
    today = calendars.today(programme)
    context = {
        "programme": programme,
        "form": settings,
        "closure": forms.get("closure") or ClosureForm(formdata=None, prefix="closure"),
        "grant": forms.get("grant") or GrantForm(formdata=None, prefix="grant"),
        "grants": queries.grants(programme),
        "closures": sorted((c for c in programme.closures if c.on_day >= today), key=lambda c: c.on_day),
        "holidays": calendars.holidays_from(today, programme)[:6],
        "both": forms.get("both"),
    }
    return render_template("accounts/programme.html", **context), status


@bp.get("/programmes/<public_id>")
@open_to(Role.ADMIN)
def edit_programme(public_id: str) -> ResponseReturnValue:
    """Show a programme's settings."""
    return _page(_programme(public_id))


@bp.post("/programmes/<public_id>")
@open_to(Role.ADMIN)
def change_programme(public_id: str) -> ResponseReturnValue:
    """Change a programme's settings."""
    form = ProgrammeForm()
    if not form.validate_on_submit():
        return _page(_programme(public_id), 422, settings=form)
    try:
        with transaction():
            programme = _programme(public_id)
            form.check_version(programme)
            operations_programmes.change_programme(programme, **_typed(form), actor=signed_in())
    except Stale:
        return _both(public_id, form)
    flash(_("Saved. Clocks that already run keep their end."), "ok")
    return redirect(url_for("accounts.edit_programme", public_id=public_id), 303)


def _both(public_id: str, form: ProgrammeForm) -> ResponseReturnValue:
    """Show what was typed beside what somebody else saved meanwhile."""
    theirs = _programme(public_id)
    rows = [
        {"label": field.label.text, "yours": _words(field.data), "theirs": _words(getattr(theirs, field.name))}
        for field in form
        if hasattr(theirs, field.name) and _words(field.data) != _words(getattr(theirs, field.name))
    ]
    form.seen_version.data = str(theirs.version)
    return _page(theirs, 409, settings=form, both={"rows": rows, "when": i18n.when_at(theirs.changed_at)})


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(str(i18n.DAYS[i18n.language()][int(day)]) for day in value)
    return value.strftime("%H:%M") if hasattr(value, "strftime") else str(value or "")


@bp.post("/programmes/<public_id>/closures")
@open_to(Role.ADMIN)
def close_on(public_id: str) -> ResponseReturnValue:
    """Close the office for a day."""
    form = ClosureForm(prefix="closure")
    if not form.validate_on_submit() or form.on_day.data is None:
        return _page(_programme(public_id), 422, closure=form)
    with transaction():
        operations_programmes.close_on(
            _programme(public_id), form.on_day.data, str(form.reason.data), actor=signed_in()
        )
    flash(_("The office is closed that day."), "ok")
    return redirect(url_for("accounts.edit_programme", public_id=public_id), 303)


@bp.post("/programmes/<public_id>/closures/<int:number>/remove")
@open_to(Role.ADMIN)
def open_after_all(public_id: str, number: int) -> ResponseReturnValue:
    """Take a closure back."""
    with transaction():
        operations_programmes.open_after_all(_programme(public_id), number, actor=signed_in())
    flash(_("The office is open that day after all."), "ok")
    return redirect(url_for("accounts.edit_programme", public_id=public_id), 303)


@bp.post("/programmes/<public_id>/grants")
@open_to(Role.ADMIN)
def add_grant(public_id: str) -> ResponseReturnValue:
    """Add a funding source."""
    form = GrantForm(prefix="grant")
    if not form.validate_on_submit() or form.starts_on.data is None:
        return _page(_programme(public_id), 422, grant=form)
    with transaction():
        operations_programmes.add_grant(
            _programme(public_id), name=str(form.name.data), ruleset=form.ruleset.data,
            starts_on=form.starts_on.data, ends_on=form.ends_on.data, actor=signed_in(),
        )  # fmt: skip
    flash(_("The funding source is added."), "ok")
    return redirect(url_for("accounts.edit_programme", public_id=public_id), 303)


@bp.route("/programmes/<public_id>/rural-counties", methods=["GET", "POST"])
@open_to(Role.ADMIN, Role.COORDINATOR)
def rural_counties(public_id: str) -> ResponseReturnValue:
    """Say which counties of a programme are rural, for its equity page."""
    programme = queries.get_programme_to_arrange(public_id, viewer=signed_in())
    marked = programme.rural_counties or []
    form = RuralForm(data={"counties": marked, "seen": " ".join(marked)}).of(programme)
    if not form.validate_on_submit():
        return _rural_page(public_id, form, 422 if form.errors else 200)
    chosen, seen = form.counties.data or [], (form.seen.data or "").split()
    try:
        with transaction():
            programme = queries.get_programme_to_arrange(public_id, viewer=signed_in())
            operations_programmes.mark_rural(programme, chosen, seen=seen, actor=signed_in())
    except Stale:
        return _rural_page(public_id, form, 409)
    flash(_("Saved. The equity page counts by it from now on."), "ok")
    return redirect(url_for("accounts.rural_counties", public_id=public_id), 303)


def _rural_page(public_id: str, form: RuralForm, status: int) -> ResponseReturnValue:
    """The boxes; after somebody else's change with both lists."""
    programme, both = queries.get_programme_to_arrange(public_id, viewer=signed_in()), None
    if status == 409:
        marked = programme.rural_counties or []
        lists = (", ".join(county_name(fips) for fips in each) for each in (form.counties.data or [], marked))
        both = {"rows": [{"label": form.counties.label.text, **dict(zip(("yours", "theirs"), lists, strict=True))}],
                "when": i18n.when_at(programme.changed_at)}  # fmt: skip
        form.seen.data = " ".join(marked)
    reader = signed_in()
    return render_template(
        "accounts/rural.html", programme=programme, form=form, both=both, viewer_is_admin=reader.has(Role.ADMIN),
        viewer_is_staff=reader.has(Role.COORDINATOR, programme.id),
    ), status  # fmt: skip


@bp.route("/programmes/<public_id>/small-counts", methods=["GET", "POST"])
@open_to(Role.ADMIN)
def small_counts(public_id: str) -> ResponseReturnValue:
    """Say below which number a programme's counts are hidden."""
    now = _programme(public_id).floors
    form = SmallCountsForm(data={**dict(zip(operations_programmes.LIMITS, now, strict=True)), "seen": _seen(now)})
    if not form.validate_on_submit():
        return _small_counts_page(public_id, form, 422 if form.errors else 200)
    chosen = form.small_count.data or 0, form.small_count_crossed.data or 0
    seen = [int(n) for n in (form.seen.data or "").split() if n.isdecimal()]
    try:
        with transaction():
            operations_programmes.set_small_counts(_programme(public_id), *chosen, seen=seen, actor=signed_in())
    except Stale:
        return _small_counts_page(public_id, form, 409)
    flash(_("Saved. What is signed off from now on follows it."), "ok")
    return redirect(url_for("accounts.small_counts", public_id=public_id), 303)


def _seen(limits: tuple[int, int]) -> str:
    return " ".join(map(str, limits))


def _small_counts_page(public_id: str, form: SmallCountsForm, status: int) -> ResponseReturnValue:
    """Both numbers; after somebody else's change beside theirs."""
    programme, both = _programme(public_id), None
    if status == 409:
        rows = [{"label": field.label.text, "yours": field.data, "theirs": theirs}
                for field, theirs in zip((form.small_count, form.small_count_crossed), programme.floors, strict=True)
                if field.data != theirs]  # fmt: skip
        both = {"rows": rows, "when": i18n.when_at(programme.changed_at)}
        form.seen.data = _seen(programme.floors)
    return render_template("accounts/small_counts.html", programme=programme, form=form, both=both), status
