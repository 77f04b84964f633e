"""The rules of escalation of a programme, changing them with a reason, and who of its staff is away."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import calendars
from app.accounts.models import Programme, User
from app.clients import policy
from app.clients.operations_priority import RulesChanged
from app.clients.queries import staff_of
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, NotAllowed, NotFound

from .. import escalation_words as words
from .. import operations_escalation_rules as operations
from .. import queries_escalations as queries
from ..escalation_rules import CAUSES, BadRule, Level, Rule
from ..forms_escalations import AbsenceForm, ReasonForm, RuleForm
from ..forms_stale import rows, told
from . import bp


@bp.get("/escalation-rules")
@open_to(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)
def escalation_rules() -> ResponseReturnValue:
    """The programmes whose rules the reader may read; the only one opens at once."""
    programmes = queries.programmes_to_rule(signed_in())
    if len(programmes) == 1:
        return redirect(url_for(".programme_escalation_rules", slug=programmes[0].slug))
    return render_template("engagement/escalation_rules_list.html", programmes=programmes)


def _programme(slug: str) -> Programme:
    return queries.get_programme(slug, viewer=signed_in())


@bp.get("/escalation-rules/<slug>")
@open_to(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)
def programme_escalation_rules(slug: str) -> ResponseReturnValue:
    """The rules in force, and every version with its reason."""
    programme = _programme(slug)
    return render_template(
        "engagement/escalation_rules.html", programme=programme, rules=queries.rules_of(programme), words=words,
        number=_number(programme), versions=queries.versions(programme), causes=CAUSES,
        may_edit=policy.may_edit_rules(signed_in(), programme.id),
    )  # fmt: skip


def _number(programme: Programme) -> int:
    found = queries.newest_version(programme)
    return found.number if found is not None else 1


@bp.route("/escalation-rules/<slug>/new", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)
def new_escalation_rule(slug: str) -> ResponseReturnValue:
    """Add a rule, which counts before the others of its cause."""
    return _edit(slug, None)


@bp.route("/escalation-rules/<slug>/rules/<key>", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)
def escalation_rule(slug: str, key: str) -> ResponseReturnValue:
    """Change one rule."""
    rule = _find_rule(_programme(slug), key)
    if rule is None:
        raise NotFound
    return _edit(slug, rule)


def _find_rule(programme: Programme, key: str) -> Rule | None:
    return next((each for each in queries.rules_of(programme) if each.key == key), None)


def _edit(slug: str, rule: Rule | None) -> ResponseReturnValue:
    """Show the form of one rule, or make a new version with what was typed."""
    programme = _programme(slug)
    if not policy.may_edit_rules(signed_in(), programme.id):
        raise NotAllowed
    staff = staff_of(programme)
    form = _form(programme, staff, data={**_facts(rule, staff), "seen": str(_number(programme))})
    if form.validate_on_submit():
        try:
            return _save(slug, rule, form, staff)
        except BadInput as no:
            form.form_errors = [no.message]
        except RulesChanged:
            return _both(slug, rule, form)
    page = render_template("engagement/escalation_rule.html", programme=programme, form=form, rule=rule, causes=CAUSES)
    return page, 422 if form.errors else 200


def _form(programme: Programme, staff: Any, **given: Any) -> RuleForm:
    form = RuleForm(**given)
    form.offer(operations.categories(), [(each.public_id, each.name) for each in staff])
    return form


def _both(slug: str, rule: Rule | None, form: RuleForm) -> ResponseReturnValue:
    """What was typed beside what somebody else saved meanwhile; what is the same is saved."""
    programme = _programme(slug)
    staff, last = staff_of(programme), queries.versions(programme)[0]
    now = _find_rule(programme, rule.key) if rule is not None else None
    theirs = _form(programme, staff, formdata=None, data=_facts(now, staff))
    if now is not None and form.cause.data != now.cause:
        theirs.cause.data = form.cause.data
    different = rows(told(form), told(theirs) if now is not None else ())
    if now is not None and not different:
        return redirect(url_for(".programme_escalation_rules", slug=slug), 303)
    form.seen.data = str(last.number)
    who = last.changed_by.name if last.changed_by else _("Somebody else")
    if rule is None:  # a new rule stands beside whatever was changed
        form.form_errors, different = [RulesChanged.message], []
    both = {"rows": different, "who": who, "at": last.created_at}
    page = render_template(
        "engagement/escalation_rule.html", programme=programme, form=form, rule=rule, causes=CAUSES, both=both
    )
    return page, 409


def _facts(rule: Rule | None, staff: Any) -> dict[str, Any]:
    """A rule as its form shows it."""
    if rule is None:
        return {"rank": "4", "settle": 5, "active": True}
    people = {each.id: each.public_id for each in staff}
    levels = [
        {"role": level.role, "channel": level.channel, "amount": level.amount, "unit": level.unit,
         "next": str(level.next or ""), "deputy": people.get(level.deputy or 0, "")}
        for level in rule.levels
    ]  # fmt: skip
    return {"cause": rule.cause, "number": rule.number, "category": rule.category, "rank": str(rule.rank),
            "levels": levels, "settle": rule.settle, "active": rule.active}  # fmt: skip


def _save(slug: str, rule: Rule | None, form: RuleForm, staff: Any) -> ResponseReturnValue:
    with transaction():
        programme = _programme(slug)
        key = rule.key if rule is not None else operations.new_key(programme, form.cause.data)
        made = operations.change_rule(
            programme, key, _typed(form, key, rule, staff), form.reason.data or "",
            seen_number=_whole(form.seen.data), actor=signed_in(),
        ).number  # fmt: skip
    flash(_("Version %(number)s is in force. What is open climbs by the rules it began with.", number=made), "ok")
    return redirect(url_for(".programme_escalation_rules", slug=slug), 303)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0


def _typed(form: RuleForm, key: str, rule: Rule | None, staff: Any) -> Rule:
    """The rule that was typed; levels left out are no levels."""
    people = {each.public_id: each.id for each in staff}
    cause = rule.cause if rule is not None else form.cause.data
    measured = CAUSES[cause].measure is not None
    return Rule(
        key=key, cause=cause, levels=tuple(_levels(form, people)), category=form.category.data,
        rank=int(form.rank.data), number=form.number.data if measured else None, settle=form.settle.data or 0,
        active=bool(form.active.data),
    )  # fmt: skip


def _levels(form: RuleForm, people: dict[str, int]) -> list[Level]:
    """The levels in their order.

    :raises BadRule: one is left out between two others
    """
    typed = [level.form for level in form.levels]
    used = [bool(level.role.data) for level in typed]
    if used != sorted(used, reverse=True):
        raise BadRule(_("Fill the levels in order: none may be left out between two others."))
    return [
        Level(level.role.data, level.channel.data, level.amount.data or 0, level.unit.data,
              int(level.next.data) if level.next.data else None, people.get(level.deputy.data))
        for level, is_used in zip(typed, used, strict=True) if is_used
    ]  # fmt: skip


@bp.route("/escalation-rules/<slug>/first", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.SUPERVISING_ATTORNEY, Role.ADMIN)
def first_escalation_rules(slug: str) -> ResponseReturnValue:
    """Go back to the rules every programme begins with."""
    programme = _programme(slug)
    if not policy.may_edit_rules(signed_in(), programme.id):
        raise NotAllowed
    form = ReasonForm(data={"seen": str(_number(programme))})
    if form.validate_on_submit():
        try:
            with transaction():
                operations.back_to_first(
                    _programme(slug), form.reason.data or "", seen_number=_whole(form.seen.data), actor=signed_in()
                )
        except BadInput as no:
            form.form_errors = [no.message]
        except RulesChanged as no:
            form.form_errors, form.seen.data = [no.message], str(_number(_programme(slug)))
        else:
            flash(_("The first rules are in force again."), "ok")
            return redirect(url_for(".programme_escalation_rules", slug=slug), 303)
    page = render_template("engagement/escalation_first_rules.html", programme=programme, form=form)
    return page, 409 if RulesChanged.message in form.form_errors else 422 if form.errors else 200


def _own_programme() -> Programme:
    """The programme the address names among the reader's own, or the first of them."""
    programmes = queries.programmes_of_staff(signed_in())
    if not programmes:
        raise NotFound
    return next((each for each in programmes if each.slug == request.args.get("programme")), programmes[0])


@bp.route("/away", methods=["GET", "POST"])
@open_to(*STAFF)
def away() -> ResponseReturnValue:
    """Who of the staff is away, who stands in, and saying so."""
    programme = _own_programme()
    staff = {each.public_id: each for each in staff_of(programme)}
    form = AbsenceForm(data={"who": signed_in().public_id})
    form.people([(public_id, each.name) for public_id, each in staff.items()])
    if form.validate_on_submit():
        try:
            _announce(programme, form, staff)
        except BadInput as no:
            form.form_errors = [no.message]
        else:
            flash(_("Saved. What waits for them goes to whoever stands in."), "ok")
            return redirect(url_for(".away", programme=programme.slug), 303)
    return _away_page(programme, form, staff), 422 if form.errors else 200


def _announce(programme: Programme, form: AbsenceForm, staff: dict[str, User]) -> None:
    with transaction():
        operations.announce_absence(
            staff[form.who.data], form.from_on.data, form.until_on.data, staff.get(form.stand_in.data or ""),
            programme=_own_programme(), actor=signed_in(),
        )  # fmt: skip


def _away_page(programme: Programme, form: AbsenceForm, staff: dict[str, User]) -> str:
    today = calendars.today(programme)
    absences = [each for each in queries.absences_of([user.id for user in staff.values()]) if each.until_on >= today]
    return render_template(
        "engagement/away.html", programme=programme, form=form, absences=absences, today=today,
        programmes=queries.programmes_of_staff(signed_in()),
    )  # fmt: skip


@bp.post("/away/<public_id>/end")
@open_to(*STAFF)
def end_absence(public_id: str) -> ResponseReturnValue:
    """Say that somebody is back."""
    with transaction():
        programme = _own_programme()
        operations.end_absence(
            queries.get_absence(public_id, programme=programme), programme=programme, actor=signed_in()
        )
        slug = programme.slug
    flash(_("Noted: they are there."), "ok")
    return redirect(url_for(".away", programme=slug), 303)
