"""What is asked, in both languages: read by staff, changed by administrators with a reason."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.access import STAFF, Role, open_to, signed_in
from app.core.db import transaction
from app.core.errors import BadInput, NotFound, Stale, refuse_if
from app.core.plain_language import TOO_HARD, WANTED

from .. import forms_questions as forms
from .. import operations_questions, question_sets, question_words
from ..forms_stale import rows, told_questions
from . import bp


@bp.get("/questions")
@open_to(*STAFF, Role.ADMIN)
def question_list() -> ResponseReturnValue:
    """Every set with its version and how easy it is."""
    newest = question_sets.newest_of_all()
    sets = [(name, number, question_sets.asked_in(name, number)) for name, number in newest.items()]
    rows = [(name, number, asked, forms.ages(asked)) for name, number, asked in sets]
    return render_template("engagement/questions.html", rows=rows, sets=question_words.SETS, too_hard=TOO_HARD)


@bp.get("/questions/<name>")
@open_to(*STAFF, Role.ADMIN)
def question_set(name: str) -> ResponseReturnValue:
    """One set as it is put now, with its versions."""
    refuse_if(name not in question_sets.names(), NotFound)
    return _page(name, question_sets.asked_in(name, question_sets.newest(name)))


@bp.post("/questions/<name>")
@open_to(Role.ADMIN)
def change_question_set(name: str) -> ResponseReturnValue:
    """Look at the reading age of what was typed, or make it the version that is put."""
    refuse_if(name not in question_sets.names(), NotFound)
    asked = forms.typed(request.form)
    if request.form.get("act") == "check":
        return _page(name, asked)
    try:
        with transaction():
            number = operations_questions.change_questions(
                name, asked, request.form.get("reason", ""), seen=_seen(), actor=signed_in()
            ).number
    except BadInput as no:
        return _page(name, asked, [no.message]), 422
    except Stale:
        return _both(name, asked)
    flash(_("Version %(number)s is asked from now on.", number=number), "ok")
    return redirect(url_for(".question_set", name=name), 303)


def _both(name: str, asked: list[dict[str, Any]]) -> ResponseReturnValue:
    """What was typed beside what somebody else saved meanwhile; what is the same is saved."""
    number = question_sets.newest(name)
    meanings = question_words.MEANINGS[question_sets.audience_of(name)]
    yours, theirs = (
        told_questions(each, question_words.KINDS, meanings) for each in (asked, question_sets.asked_in(name, number))
    )
    different = rows(yours, theirs)
    if not different:
        return redirect(url_for(".question_set", name=name), 303)
    return _page(name, asked, both=different, seen=number), 409


def _seen() -> int:
    text = request.form.get("seen", "")
    return int(text) if text.isdecimal() and len(text) < 9 else -1


def _page(name: str, asked: list[dict[str, Any]], errors: Any = (), both: Any = (), seen: int | None = None) -> str:
    audience = question_sets.audience_of(name)
    return render_template(
        "engagement/question_set.html", name=name, rows=forms.with_room(asked), asked=asked, ages=forms.ages(asked),
        title=question_words.SETS.get(name, name), kinds=question_words.KINDS, audience=audience,
        meanings=question_words.MEANINGS[audience], fixed=operations_questions.FIXED, errors=errors,
        both=both, reason=request.form.get("reason", ""),
        seen=seen or request.form.get("seen") or question_sets.newest(name), versions=question_sets.versions(name),
        wanted=WANTED, too_hard=TOO_HARD, may_edit=signed_in().has(Role.ADMIN),
    )  # fmt: skip
