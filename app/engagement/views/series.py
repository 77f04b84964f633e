"""The rules of a programme's series, changing them with a reason, and the days they lead to."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import Programme
from app.clients.policy import may_edit_rules
from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, NotAllowed, NotFound, Stale, refuse_if

from .. import operations_series, queries, question_words, series_preview, series_rules
from ..forms_series import ReasonForm, RuleForm
from ..forms_stale import rows, told
from ..models import Audience
from ..series import Rule
from . import bp

CHANGED = _l("Somebody changed the series while you had this open. Look at it again, then send this if it still fits.")


def _programme(slug: str) -> Programme:
    return queries.get_programme(slug, viewer=signed_in())


@bp.get("/series")
@open_to(*STAFF, Role.ADMIN)
def series_list() -> ResponseReturnValue:
    """The programmes whose series the reader may read; the only one opens at once."""
    found = queries.programmes_with_series(signed_in())
    if len(found) == 1:
        return redirect(url_for(".series", slug=found[0].slug))
    return render_template("engagement/series_list.html", programmes=found)


@bp.get("/series/<slug>")
@open_to(*STAFF, Role.ADMIN)
def series(slug: str) -> ResponseReturnValue:
    """The rules in force and every version with its reason."""
    programme = _programme(slug)
    rules = sorted(queries.rules_for(programme.id), key=lambda rule: (rule.stage == "package", rule.anchor, rule.days))
    return render_template(
        "engagement/series.html", programme=programme, rules=rules, words=series_rules, sets=question_words.SETS,
        matters=series_rules.matters(), versions=queries.series_versions(programme.id), audiences=tuple(Audience),
        may_edit=may_edit_rules(signed_in(), programme.id),
    )  # fmt: skip


@bp.route("/series/<slug>/new", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.ADMIN)
def new_series_rule(slug: str) -> ResponseReturnValue:
    """Add a rule."""
    return _edit(slug, None)


@bp.route("/series/<slug>/rules/<key>", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.ADMIN)
def series_rule(slug: str, key: str) -> ResponseReturnValue:
    """Change one rule."""
    rule = _find_rule(_programme(slug), key)
    refuse_if(rule is None and request.method == "GET", NotFound)
    return _edit(slug, rule, key)


def _find_rule(programme: Programme, key: str) -> Rule | None:
    return next((rule for rule in queries.rules_for(programme.id) if rule.key == key), None)


def _mine(slug: str) -> Programme:
    programme = _programme(slug)
    refuse_if(not may_edit_rules(signed_in(), programme.id), NotAllowed)
    return programme


def _edit(slug: str, rule: Rule | None, key: str | None = None) -> ResponseReturnValue:
    form = RuleForm(data=_filled(_mine(slug), rule))
    if form.validate_on_submit():
        try:
            with transaction():
                made = operations_series.put_rule(
                    _mine(slug), form.rule(key), form.reason.data or "", seen=form.seen_number, actor=signed_in()
                ).number
            return _saved(slug, made)
        except BadInput as no:
            form.form_errors = [no.message]
        except Stale:
            return _both(slug, form, key)
    page = render_template("engagement/series_rule.html", programme=_mine(slug), rule=rule, form=form)
    return page, 422 if form.errors else 200


def _both(slug: str, form: RuleForm, key: str | None) -> ResponseReturnValue:
    """What was typed beside what somebody else saved meanwhile; what is the same is saved."""
    programme = _mine(slug)
    rule, number = _find_rule(programme, key or ""), queries.series_number(programme.id)
    theirs = RuleForm(formdata=None, data=_filled(programme, rule))
    form.seen.data = str(number)
    different = rows(told(form), told(theirs) if rule is not None else ())
    if rule is not None and not different:
        return _saved(slug, number)
    if key is None:  # a new rule stands beside whatever was changed
        form.form_errors, different = [CHANGED], []
    both = {"rows": different, "by": next(iter(queries.series_versions(programme.id)), None)}
    page = render_template("engagement/series_rule.html", programme=programme, rule=rule, form=form, both=both)
    return page, 409


def _filled(programme: Programme, rule: Rule | None) -> dict[str, Any]:
    seen = {"seen": str(queries.series_number(programme.id))}
    return {**seen, **(rule.__dict__ if rule else {"audience": "volunteer"})}


def _saved(slug: str, number: int) -> ResponseReturnValue:
    flash(_("Version %(number)s counts for what is not yet sent. Below are its days.", number=number), "ok")
    return redirect(url_for(".preview_series", slug=slug), 303)


@bp.route("/series/<slug>/rules/<key>/end", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.ADMIN)
def end_series_rule(slug: str, key: str) -> ResponseReturnValue:
    """Ask by a rule no more."""
    refuse_if(_find_rule(_mine(slug), key) is None, NotFound)
    return _reasoned(
        slug, _("End this rule?"),
        _("Nobody is asked by it any more. What was sent already, and its reminders, go on."), _("End the rule"),
        lambda programme, reason, seen: operations_series.end_rule(
            programme, key, reason, seen=seen, actor=signed_in()
        ),
    )  # fmt: skip


@bp.route("/series/<slug>/defaults", methods=["GET", "POST"])
@open_to(Role.COORDINATOR, Role.ADMIN)
def series_defaults(slug: str) -> ResponseReturnValue:
    """Go back to the rules every programme begins with."""
    return _reasoned(
        slug, _("Go back to the rules to begin with?"),
        _("Your own rules end; every version stays to be read."), _("Go back to them"),
        lambda programme, reason, seen: operations_series.back_to_defaults(
            programme, reason, seen=seen, actor=signed_in()
        ),
    )  # fmt: skip


def _reasoned(slug: str, title: str, text: str, submit: str, act: Any) -> ResponseReturnValue:
    """Ask why before a change of the series."""
    programme = _mine(slug)
    form = ReasonForm(data={"seen": str(queries.series_number(programme.id))})
    if form.validate_on_submit():
        try:
            with transaction():
                made = act(_mine(slug), form.reason.data or "", form.seen_number).number
            return _saved(slug, made)
        except BadInput as no:
            form.form_errors = [no.message]
        except Stale:
            form.form_errors, form.seen.data = [CHANGED], str(queries.series_number(programme.id))
    page = render_template("engagement/series_reason.html", programme=_mine(slug), form=form, title=title, text=text,
                           submit=submit)  # fmt: skip
    return page, 409 if CHANGED in form.form_errors else 422 if form.errors else 200


@bp.get("/series/<slug>/preview")
@open_to(*STAFF, Role.ADMIN)
def preview_series(slug: str) -> ResponseReturnValue:
    """The days on which a case, or a sample placed today, would be asked."""
    programme, chosen = _programme(slug), request.args.get("case", "")
    rules = queries.rules_for(programme.id)
    part, sample = None, None
    if chosen in ("", "court", "other"):
        sample = series_preview.Sample(programme, litigation=chosen != "other")
        lines = series_preview.of_sample(sample, rules)
    else:
        part = queries.get_lead(chosen, viewer=signed_in())
        refuse_if(part.case.programme_id != programme.id, NotFound)
        lines = series_preview.of_part(part, rules)
    return render_template(
        "engagement/series_preview.html", programme=programme, lines=lines, part=part, sample=sample, chosen=chosen,
        cases=queries.leads_to_preview(programme.id, viewer=signed_in()), sets=question_words.SETS,
    )  # fmt: skip
